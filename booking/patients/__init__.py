"""Patients: their record, how a caller's is found, how one signs in with a code."""
