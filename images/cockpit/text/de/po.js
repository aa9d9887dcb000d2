
// The same of a login by token; the build appends it to Cockpit's own German.
Object.assign(window.cockpit_po, {
 "Log in with your server user account.": [null, "Fügen Sie ein Kubernetes-Token ein. Sie dürfen hier, was es darf."],
 "User name": [null, "Name (beliebig)"],
 "Password": [null, "Kubernetes-Token"],
 "User name cannot be empty": [null, "Geben Sie irgendeinen Namen ein: er wird nicht geprüft"],
 "Wrong user name or password": [null, "Der Cluster kennt dieses Token nicht, oder es ist abgelaufen"]
});
