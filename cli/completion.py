"""`kubectl virt completion`: what makes a shell, and kubectl, complete our commands.

kubectl completes `kubectl virt …` by itself once it finds a program `kubectl_complete-virt` in
PATH, which pip, pipx and uv install; for the zipapp, `completion kubectl` prints one. The scripts
for shells are for those who call `kubectl-virt` by its own name.
"""

import argparse
import shlex
from typing import Final

from cli.kubectl import Kubectl
from cli.own import find_own_command

# Cobra's protocol, as in cli/complete.py; the words go through no shell a second time.
_BASH: Final = """\
_kubectl_virt() {{
    local line lines directive=4
    mapfile -t lines < <({program} complete -- "${{COMP_WORDS[@]:1:COMP_CWORD}}" 2>/dev/null)
    COMPREPLY=()
    for line in "${{lines[@]}}"; do
        if [[ $line == :* ]]; then directive=${{line#:}}; else COMPREPLY+=("$line"); fi
    done
    if [[ $directive == 0 ]]; then
        mapfile -t lines < <(compgen -f -- "${{COMP_WORDS[COMP_CWORD]}}")
        COMPREPLY+=("${{lines[@]}}")
    fi
}}
complete -F _kubectl_virt kubectl-virt
"""
_ZSH: Final = """\
#compdef kubectl-virt
_kubectl_virt() {{
    local -a lines names
    lines=("${{(@f)$({program} complete -- "${{(@)words[2,CURRENT]}}" 2>/dev/null)}}")
    names=("${{(@)lines:#:*}}")
    (( ${{#names}} )) && compadd -- "${{names[@]}}"
    [[ ${{lines[-1]}} == :0 ]] && _files
}}
compdef _kubectl_virt kubectl-virt
"""
_FISH: Final = """\
function __kubectl_virt
    set -l words (commandline -opc) (commandline -ct)
    set -l lines ({program} complete -- $words[2..-1] 2>/dev/null)
    string match -v ':*' -- $lines
    if contains -- :0 $lines
        __fish_complete_path (commandline -ct)
    end
end
complete -c kubectl-virt -f -a '(__kubectl_virt)'
"""
_KUBECTL: Final = """\
#!/bin/sh
exec {program} complete -- "$@"
"""
SCRIPTS: Final = {"bash": _BASH, "fish": _FISH, "kubectl": _KUBECTL, "zsh": _ZSH}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    text = f"{', '.join(SCRIPTS)}; the last is to be put into PATH as kubectl_complete-virt"
    parser.add_argument("shell", metavar="SHELL", choices=SCRIPTS, help=text)


def run(arguments: argparse.Namespace, _: Kubectl) -> int:
    """Print the script."""
    print(SCRIPTS[arguments.shell].format(program=shlex.join(find_own_command())), end="")
    return 0
