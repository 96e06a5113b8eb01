"""What somebody looks for, and the places with their next free times."""
