"""`kubectl virt`: sugar over the API, never the only way to do a thing."""
