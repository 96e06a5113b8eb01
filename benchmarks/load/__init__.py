"""A booking day of everything together, with faults in the middle: `python -m benchmarks.load`."""
