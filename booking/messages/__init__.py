"""What patients are told, in which words, and when."""
