"""Some hundred invented people in every state of their requests: what a booking team sees on a day.

None of them is real: numbers are those that are given to nobody, names are put together by a rule.
"""
