"""One VirtualMachineInstanceReplicaSet: as many equal VirtualMachineInstances as it asks for."""
