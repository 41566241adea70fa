"""What makes the network read strangers' letters, and how far a letter may change."""

from pathlib import Path

FOLDER = Path("studies/strangers")
PARAMS = FOLDER / "params.yaml"
RESULTS = FOLDER / "results"
