"""One VirtualMachine: when it should run, and its VirtualMachineInstance."""
