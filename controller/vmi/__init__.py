"""One VirtualMachineInstance: from its spec to its pod, and from the pod's end to its own."""
