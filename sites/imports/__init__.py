"""A network's own places from one CSV file, and back into one: read, check, apply, export."""
