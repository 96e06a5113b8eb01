"""What stands between figures and templates: the words and the order of each page."""
