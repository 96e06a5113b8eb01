"""Pages for booking clerks. The desk is to come; today they see what is booked and what waits."""
