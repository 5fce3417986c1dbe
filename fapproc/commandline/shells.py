"""How shells ask for completions: click's ways, mended where a name has a space, a comma or a `=`.

zsh's is click's own. It is registered when a shell asks, which costs other commands nothing.
"""

import os
from typing import ClassVar

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    add_completion_class,
    get_completion_class,
    split_arg_string,
)

SHELLS = ("bash", "zsh", "fish")
PROGRAM = "fapproc"
VARIABLE = "_FAPPROC_COMPLETE"
"""Set by a shell that asks."""
_BREAKS = frozenset("=:@")
"""Where bash begins a new word amid one: what it completes is what follows."""


class Bash(BashComplete):
    """bash: what is typed is read from the whole line, and bash quotes what has to be."""

    name: ClassVar[str] = "bash"
    source_template: ClassVar[str] = """\
%(complete_func)s() {
    local answer
    COMPREPLY=()
    while IFS= read -r answer; do
        case $answer in
            dir,*) compopt -o dirnames ;;
            file,*) compopt -o default ;;
            plain,*)
                COMPREPLY+=("${answer#plain,}")
                [[ $answer == *[^[:alnum:]_/.,=:-]* ]] && compopt -o filenames
                ;;
        esac
    done < <(env COMP_LINE="${COMP_LINE:0:COMP_POINT}" COMP_WORD="${COMP_WORDS[COMP_CWORD]}" \\
        %(complete_var)s=bash_complete "$1" 2>/dev/null)
    [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]] && compopt -o nospace
    return 0
}
complete -o nosort -F %(complete_func)s %(prog_name)s
"""

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words before the one that is typed, and that one without its quotes."""
        # A letter behind the cursor: so a word that ends in a space, within quotes, is seen whole.
        *words, typed = split_arg_string(f"{os.environ['COMP_LINE']}x")
        self._typed = typed[:-1]
        return words[1:], self._typed

    def format_completion(self, item: CompletionItem[str]) -> str:
        """Without what bash takes for an earlier word."""
        word = "".join(split_arg_string(os.environ.get("COMP_WORD", "")))
        word = "" if word in _BREAKS else word
        before = self._typed[: len(self._typed) - len(word)]
        value = item.value
        if before and before[-1] in _BREAKS:
            value = value.removeprefix(before)
        return f"{item.type},{value}"


class Fish(FishComplete):
    """fish: a name with a comma stays whole."""

    name: ClassVar[str] = "fish"
    source_template: ClassVar[str] = FishComplete.source_template.replace(
        'string split ","', 'string split -m 1 ","'
    ).replace("%(prog_name)s);", "%(prog_name)s 2>/dev/null);")


def register() -> None:
    """Let these answer in place of click's own."""
    add_completion_class(Bash)
    add_completion_class(Fish)


def script(shell: str, command: click.Command) -> str:
    """What a shell is to run, once, so that it completes `fapproc`.

    Args:
        shell: one of `SHELLS`.
        command: the whole command line.
    """
    register()
    found = get_completion_class(shell)
    assert found is not None
    return found(command, {}, PROGRAM, VARIABLE).source()
