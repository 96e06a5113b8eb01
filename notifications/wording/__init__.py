"""The words of every text, one versioned template a kind, and the words for dates."""
