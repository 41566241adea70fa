"""What `edge serve` answers a request with that it does not carry out."""


class Refusal(Exception):  # noqa: N818
    """An answer of status, one sentence, headers, and further members of the JSON."""

    def __init__(self, status, error, headers=None, **details):
        super().__init__(error)
        self.status = status
        self.headers = headers or {}
        self.document = {"error": error, **details}


def busy(what="too many pictures at a time"):
    """Return the refusal of what may be asked for again in a second."""
    return Refusal(503, f"{what}; try again", {"Retry-After": "1"})
