"""Django's SQLite, with waiters that get their turn."""
