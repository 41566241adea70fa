# `make repro` and `make test` are all that a newcomer needs; both set up what they stand on.
PYTHON ?= python3
VENV ?= .venv

# The stages run `python`: it must be the one of the virtual environment.
export PATH := $(abspath $(VENV))/bin:$(PATH)
export PYTHONUTF8 := 1

.PHONY: setup repro test proofs yardsticks pi lint format lock pages notebook screenshot

setup: $(VENV)/.installed

$(VENV)/.installed: requirements.txt pyproject.toml edge/pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)
	python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e edge -e .
	touch $@

# `dvc repro` alone does the same, with one split after the other. Outside of git, DVC must be told.
repro: setup
	@test -e .git || for at in . studies; do dvc --cd $$at config --local core.no_scm true; done
	dvc repro compose
	dvc repro --single-item train@random evaluate@random & \
	dvc repro --single-item train@tail evaluate@tail; tail=$$?; wait $$! && exit $$tail
	dvc repro

test: setup
	pytest -n auto --dist loadfile --no-loadscope-reorder --durations 8

# What takes minutes: the whole of the real corpora, and a hundred thousand mutated files.
proofs: setup
	pytest -m slow

# The library beside PyTorch and Keras, in an environment of their own.
yardsticks: setup
	$(PYTHON) -m venv $(VENV)-yardsticks
	$(VENV)-yardsticks/bin/python -m pip install --quiet --disable-pip-version-check -e edge -e '.[dev,yardsticks]'
	$(VENV)-yardsticks/bin/python -m pytest tests/pipeline/nn/test_against_torch.py tests/studies/test_keras.py

# The wheel under the Python and NumPy of a Raspberry Pi, emulated: `sudo make pi`, on Debian, with
# the packages mmdebstrap and qemu-user-static. Others than the default: PI="trixie-arm64 ...".
pi: setup
	python -m tools.pi $(PI)

lint: setup
	ruff check
	ruff format --check
	lint-imports --no-cache
	ruff check --preview --select PLC2701 edge pipeline studies tools  # imports of private names

format: setup
	ruff check --fix
	ruff format

# The generated parts of the README, the cards and docs/, after `make repro`.
pages: setup
	python -m tools.pages

# The outputs of the notebook, by Jupyter in an environment of its own.
notebook: setup
	$(PYTHON) -m venv $(VENV)-notebook
	$(VENV)-notebook/bin/python -m pip install --quiet --disable-pip-version-check -e edge -e . ipykernel nbconvert
	$(VENV)-notebook/bin/jupyter nbconvert --to notebook --execute --inplace --NotebookClient.record_timing=False docs/first-network.ipynb

# The picture of `edge serve` in the README, taken in Chromium.
screenshot: setup
	python -m tools.screenshot

# Pin anew what pyproject.toml allows (needs `uv`).
lock:
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes --custom-compile-command "make lock" --quiet --output-file requirements.txt $(LOCK_OPTIONS)
