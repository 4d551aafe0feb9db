"""Text for the eye."""
