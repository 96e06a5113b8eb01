"""England's clock and calendar: what every other room may use."""
