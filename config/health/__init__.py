"""Whether an installation is well: what the probes, /metrics and `manage.py doctor` ask."""
