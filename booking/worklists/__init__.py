"""What somebody must do, and what puts it there."""
