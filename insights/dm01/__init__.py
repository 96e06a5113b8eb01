"""NHS England's monthly diagnostic waiting times and activity (DM01): read, compared, written."""
