"""Lets who has a Kubernetes token into Cockpit, each session as a Unix user of its own."""
