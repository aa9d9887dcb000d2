// Cockpit's login page in the words of a login by token, where no other language was asked for.
window.cockpit_po = {
 "": { "plural-forms": (n) => n != 1, "language": "en", "language-direction": "ltr" },
 "Log in with your server user account.": [null, "Paste a Kubernetes token: you may do here what it may."],
 "User name": [null, "Name (any will do)"],
 "Password": [null, "Kubernetes token"],
 "User name cannot be empty": [null, "Type any name: it is not checked"],
 "Wrong user name or password": [null, "The cluster does not know this token, or it has expired"]
};
