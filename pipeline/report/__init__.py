"""The report: its sections, each a function that returns a template's data, and its plots."""
