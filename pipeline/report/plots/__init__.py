"""Every plot of the project: contact sheets, curves, and pictures embedded in the page."""
