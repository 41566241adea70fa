"""Text of unknown origin, made safe to print."""


def printable(text, length):
    """Return at most `length` characters of a text, on one line and without control characters."""
    return "".join([letter if letter.isprintable() else "?" for letter in text[:length]])
