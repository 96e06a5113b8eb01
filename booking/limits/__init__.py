"""Limits of use: how often who may try what, the same in every process."""
