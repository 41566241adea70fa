"""Lets `python -m studies` run the command line."""

from studies.cli import main

main()
