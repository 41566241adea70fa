"""In which order the suite runs, and the fixtures that every test may ask for."""

import importlib.util

# `edge` is also tested by itself, where the workshop's packages are not installed.
pytest_plugins = ["tests.support.workplace"] if importlib.util.find_spec("pydantic") else []


def pytest_collection_modifyitems(items):
    # The longest file first: otherwise all other processes wait for it at the end.
    items.sort(key=lambda item: item.path.name != "test_end_to_end.py")
