"""Predictions on the test letters and the metrics made of them, computed once as plain tables."""
