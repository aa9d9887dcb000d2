"""Websockets between users and guests: serial console, screen, and ports."""
