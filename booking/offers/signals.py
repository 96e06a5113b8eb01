"""What those who asked for an offer are told of it."""

from django.dispatch import Signal

offer_ended = Signal()
"""Sent with sender=Offer, `offer`, `now` and `actor` when an offer is open no more: accepted,
declined, lapsed, withdrawn or gone (`offer.state`). Inside that transaction; once an offer, but for
one that lapsed while its slot is kept (`kept_until`): its late yes or no is told, too.

A receiver looks at `offer.why`, locks no slot and writes rows of its own. The slot of an offer that
ended without a yes is let go right after the commit: then it is a FreedSlot, unless it is gone or
`offer.kept_until` keeps it.
"""
