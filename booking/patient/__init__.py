"""Pages for patients: thin doors over identify, search and reserve."""
