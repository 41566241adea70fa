# `make repro` and `make test` are all that a newcomer needs; both set up what they stand on.
PYTHON ?= python3
VENV ?= .venv

# The stages run `python`: it must be the one of the virtual environment.
export PATH := $(abspath $(VENV))/bin:$(PATH)
export PYTHONUTF8 := 1

.PHONY: setup repro test proofs pi lint format lock readme screenshot

setup: $(VENV)/.installed

$(VENV)/.installed: requirements.txt pyproject.toml edge/pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)
	python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e edge -e .
	touch $@

# `dvc repro` alone does the same, with one training after the other.
repro: setup
	dvc repro doubt
	dvc repro --single-item train@random & \
	dvc repro --single-item train@tail; tail=$$?; wait $$! && exit $$tail
	dvc repro

test: setup
	pytest -n auto --dist loadfile --no-loadscope-reorder --durations 8

# What takes minutes: the whole of the real corpora, and a hundred thousand mutated files.
proofs: setup
	pytest -m slow

# The wheel under the Python and NumPy of a Raspberry Pi, emulated: `sudo make pi`, on Debian, with
# the packages mmdebstrap and qemu-user-static. Others than the default: PI="trixie-arm64 ...".
pi: setup
	python -m tools.pi $(PI)

lint: setup
	ruff check
	ruff format --check

format: setup
	ruff check --fix
	ruff format

# The generated parts of both READMEs and both cards, after `make repro`.
readme: setup
	python -m pipeline readme

# The picture of `edge serve` in the README, taken in Chromium.
screenshot: setup
	python -m tools.screenshot

# Pin anew what pyproject.toml allows (needs `uv`).
lock:
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes --custom-compile-command "make lock" --quiet --output-file requirements.txt $(LOCK_OPTIONS)
