"""The cluster controller: what should exist."""
