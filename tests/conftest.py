"""In which order the suite runs."""


def pytest_collection_modifyitems(items):
    # The longest file first: otherwise all other processes wait for it at the end.
    items.sort(key=lambda item: item.path.name != "test_end_to_end.py")
