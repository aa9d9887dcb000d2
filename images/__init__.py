"""Container images and test guests."""
