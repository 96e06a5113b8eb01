"""What rooms above are told of appointments: one signal for every act."""

from django.dispatch import Signal

stop_moved = Signal()
"""Sent with sender=Appointment, `appointment`, `was_at` (a Site), `now` and `actor` when a mobile
scanner stands at another place on the day of an appointment, which has that place already. Inside
that transaction, before its change numbers; a receiver writes rows of its own only.
"""

appointment_changed = Signal()
"""Sent by `booking.record`, once an act, with sender=Appointment, `appointment`, `action` (an
AuditAction), `now`, `actor` and `freed`, the keys of the slots that the act let go of: whoever
wants to know whether one is free now looks at its row, which its trust may have taken meanwhile.

Inside the transaction of the act, after its slots and its appointment were written: a receiver
locks no slot, writes rows of its own only, and raises nothing for what can happen every day.
"""
