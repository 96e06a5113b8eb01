"""England's clock and calendar, pages of long lists, several queries as one: what every other room
may use."""
