"""The one exception that a stage raises on purpose."""


class PipelineError(Exception):
    """Bad input to the pipeline: one line that names the file or the parameter, and what to do."""
