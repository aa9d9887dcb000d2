"""The graphical interface's door: files, sessions, and the users' own way to kube-apiserver."""
