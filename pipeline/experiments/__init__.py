"""Trainings by the dozen: what is compared, and the engine that runs it."""
