"""The letters: published corpora, arrays of pictures, augmentation, named random streams."""
