"""The pages' generated parts: tables and sentences made of the committed results."""
