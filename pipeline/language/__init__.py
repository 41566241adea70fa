"""What is expected of letters that stand in words: the words of a language, and their trigrams."""
