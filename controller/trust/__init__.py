"""The installation's certificate authority: makes, renews and spreads certificates."""
