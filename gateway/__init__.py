"""The door: subresources of VMs as an aggregated API, and what is asked at admission."""
