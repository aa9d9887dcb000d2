"""The embedded cluster: real Kubernetes on one bare machine."""
