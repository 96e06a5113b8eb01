"""Appointments: held, booked, moved, cancelled, displaced, undone, answered by their trust."""
