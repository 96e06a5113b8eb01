"""Measures against controls in the same run. Ratios hold; absolute figures are the machine's."""
