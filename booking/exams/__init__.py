"""What a scan needs, and which slots can give it."""
