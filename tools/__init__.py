"""What helps to look after the project and is part of neither package."""
