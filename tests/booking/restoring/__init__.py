"""Backups, restores, and what follows."""
