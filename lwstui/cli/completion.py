"""``lwstui completion``: scripts that make a shell complete commands, flags and names."""

from __future__ import annotations

import argparse
from typing import Final

from lwstui.cli.completing import WORD

NAME = "completion"
SUMMARY = "print the script that makes a shell complete commands, flags and names"
EXAMPLE = """\
The script asks the program itself what fits, so it need not be made again after an update. Names
of sets, pods, nodes and namespaces come from the cluster if it answers within a second.

examples:
  source <(lwstui completion bash)         in ~/.bashrc
  source <(lwstui completion zsh)          in ~/.zshrc, after compinit
  lwstui completion fish > ~/.config/fish/completions/lwstui.fish

example: lwstui completion bash

kubectl-lws is completed by the same script; kubectl lws by kubectl itself, which finds
kubectl_complete-lws beside it."""

_BASH: Final = """\
_lwstui() {
    local line files= current="${COMP_WORDS[COMP_CWORD]}"
    COMPREPLY=()
    while IFS= read -r line; do
        case "$line" in
            :0) files=yes ;;
            :*) ;;
            *) COMPREPLY+=("${line%%$'\\t'*}") ;;
        esac
    done < <("$1" @COMPLETE@ "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
    if [[ -n $files ]]; then
        [[ $current == = ]] && current=
        compopt -o filenames 2>/dev/null
        while IFS= read -r line; do
            COMPREPLY+=("$line")
        done < <(compgen -f -- "$current")
    fi
}
complete -F _lwstui lwstui kubectl-lws
"""
_ZSH: Final = """\
#compdef lwstui kubectl-lws
_lwstui() {
    local line files=
    local -a found
    for line in ${(f)"$("$words[1]" @COMPLETE@ "${(@)words[2,CURRENT]}" 2>/dev/null)"}; do
        case "$line" in
            :0) files=yes ;;
            :*) ;;
            *) found+=("${${line%%$'\\t'*}//:/\\\\:}:${line#*$'\\t'}") ;;
        esac
    done
    if [[ -n $files ]]; then
        _files
    else
        _describe lwstui found
    fi
}
compdef _lwstui lwstui kubectl-lws
"""
_FISH: Final = """\
function __lwstui_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l program $words[1]
    set -e words[1]
    for line in ($program @COMPLETE@ $words "$current" 2>/dev/null)
        switch $line
            case ':0'
                __fish_complete_path "$current"
            case ':*'
            case '*'
                echo $line
        end
    end
end
complete -c lwstui -f -a '(__lwstui_complete)'
complete -c kubectl-lws -f -a '(__lwstui_complete)'
"""
_SCRIPTS: Final = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command."""
    parser.add_argument("shell", metavar="SHELL", choices=tuple(_SCRIPTS), help="bash, zsh or fish")


def run(arguments: argparse.Namespace) -> int:
    """Print the script."""
    print(script(arguments.shell), end="")
    return 0


def script(shell: str) -> str:
    """Return the script for ``bash``, ``zsh`` or ``fish``."""
    return _SCRIPTS[shell].replace("@COMPLETE@", WORD)
