"""The embedded cluster: real Kubernetes on one bare machine.

What a cluster consists of, and where to read about it:

    trust, pki       who is believed: three authorities and the certificates that they sign
    control_plane    etcd, kube-apiserver, kube-controller-manager, kube-scheduler; their flags
    node             a machine's stand-in with containerd, kubelet and kube-proxy in it
    network          a bridge, routes to every node's pods, masquerading towards the world
    image            the few images that a cluster needs before it can run its first pod
    render           every configuration file, and the addons: DNS and storage

    up, down         all of it, started in order and taken away again
    membership       nodes that come and go
    install          virtpod on the cluster, and a VM on virtpod: `make up`

State lies in one directory (paths), programs and images in a cache that survives it. Every
step makes sure of one thing and may be repeated; so `up` goes on wherever it was killed.
"""
