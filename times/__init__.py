"""England's clock and calendar, and pages of long lists: what every other room may use."""
