"""In each pod of a VM: one launch document becomes one running domain."""
