"""The node's end of every console: one TLS port, one-time tokens, websockify."""
