"""What may be asked of the figures, and set."""
