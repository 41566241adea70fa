"""Lets `python -m pipeline STAGE` run a stage, as `dvc.yaml` does."""

from pipeline.cli import main

main()
