"""What developers run: set-up, demo, tests, pictures. Python's standard library only."""
