"""Trusts' systems: their feeds in, our bookings out, FHIR, and HTTP that is safe to ask for."""
