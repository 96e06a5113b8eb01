"""Doors of the network's picture, for staff."""
