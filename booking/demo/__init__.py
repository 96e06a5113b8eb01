"""The demo's invented capacity and people. Nothing here is real, and nothing else uses it."""
