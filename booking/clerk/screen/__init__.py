"""The parts of the patient's screen: one module each, read by the template part of its name."""
