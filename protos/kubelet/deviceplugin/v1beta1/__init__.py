"""The kubelet's device-plugin contract, version v1beta1."""
