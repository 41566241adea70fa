"""The stages and what each stands on."""

import subprocess


def dag() -> str:
    """Draw the stages as DVC sees them, in Mermaid."""
    # All that the last one stands on; the studies are pipelines of their own.
    command = ["dvc", "dag", "--mermaid", "report"]
    drawn = subprocess.run(command, check=True, capture_output=True, encoding="utf-8").stdout
    return f"```mermaid\n{drawn.strip()}\n```\n"
