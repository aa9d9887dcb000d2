"""The Kubernetes client that controller and handler share: transport, informer, queue, lease."""
