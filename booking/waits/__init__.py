"""Targets and breach days."""
