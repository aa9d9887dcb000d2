"""The node agent: supervises launchers and reports their state."""
