"""Small faults made in our own code on purpose, to see which of them no test notices."""
