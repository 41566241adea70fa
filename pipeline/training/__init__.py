"""A profile's training: the recipe carried out, its checkpoint file, progress and interruption."""
