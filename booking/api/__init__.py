"""The slots API's outside, and the places API: thin doors over feeds and search."""
