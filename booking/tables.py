"""Cells of the tables that people open in a spreadsheet."""

LIVE = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What makes a spreadsheet take a cell for a formula (OWASP, CSV injection)."""


def dead_cell(text: str) -> str:
    """Return a cell that no spreadsheet runs: one that looks like a formula starts with a quote."""
    return f"'{text}" if text.lstrip(" ").startswith(LIVE) else text
