"""Suspected cancer: the imaging team is told of a request until it is scanned."""
