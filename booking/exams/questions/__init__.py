"""What must be known before a scan: who is asked what, what was answered, and what follows."""
