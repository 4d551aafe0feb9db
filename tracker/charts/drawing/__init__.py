"""What charts share: theme, text, steps, saving."""
