"""Suspected-cancer alerts: raised, acknowledged, booked, scanned; and who is on call."""
