"""A mobile scanner stands at another place on the same day: who is booked is asked, in one text.

Not an offer: the slot is theirs already. Yes keeps it, no frees it and asks a person to find
another, silence asks a person to phone before the day.
"""
