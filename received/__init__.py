"""What comes in from outside, before anybody reads it: text, JSON, numbers and moments."""
