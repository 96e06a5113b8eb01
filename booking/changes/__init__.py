"""What changed: the audit, the change log, its numbers, and the locks of feeds."""
