"""The experiments of the source documents, on any data."""
