"""Codes, and people's names and numbers, as they are typed, kept and said."""
