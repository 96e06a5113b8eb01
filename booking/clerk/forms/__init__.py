"""The staff's forms: what may be typed and chosen on each page, and what is said if it is wrong."""
