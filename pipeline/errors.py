"""The exception that a command raises if it cannot go on."""


class PipelineError(Exception):
    """Bad input to the pipeline: one line that names the file or the parameter, and what to do."""
