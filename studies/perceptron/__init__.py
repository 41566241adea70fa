"""The lecture's exercises on perceptrons."""
