"""The slots API's inside: what a trust sends, read line by line, matched, and kept."""
