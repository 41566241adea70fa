"""The sections of the report, each a function that gives a template its data, and the templates."""
