"""Handwritten Russian letters, from raw scans to a Raspberry Pi: the workshop."""

__version__ = "1.0.0"
