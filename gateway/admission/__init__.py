"""Admission: the API server asks before it stores a VM; defaults, and all that is wrong."""
