"""How shells ask for completions: click's scripts, corrected for spaces, commas and `=` in names.

They are registered when a shell asks, which costs other commands nothing.
"""

import os
from typing import ClassVar

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ZshComplete,
    add_completion_class,
    get_completion_class,
    split_arg_string,
)

SHELLS = ("bash", "zsh", "fish")
PROGRAM = "fapproc"
VARIABLE = "_FAPPROC_COMPLETE"
"""Set by a shell that asks."""
_BREAKS = frozenset("=:@")
"""Characters at which bash begins a new word: it completes only what follows them."""


class Bash(BashComplete):
    """bash: what is typed is read from the whole line.

    Within quotes bash escapes what has to be; elsewhere it leaves `$` as it is, so we do.
    """

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
                answer=${answer#plain,}
                case ${COMP_WORDS[COMP_CWORD]} in
                    [\\"\\']*) compopt -o filenames ;;
                    *) printf -v answer %%q "$answer" ;;
                esac
                COMPREPLY+=("$answer")
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
        """Write a completion without the part that bash takes for an earlier word."""
        word = "".join(split_arg_string(os.environ.get("COMP_WORD", "")))
        word = "" if word in _BREAKS else word
        before = self._typed[: len(self._typed) - len(word)]
        value = item.value
        if before and before[-1] in _BREAKS:
            value = value.removeprefix(before)
        return f"{item.type},{value}"


class _Whole:
    """For shells to which `--user=An` is one word: what completes it begins with `--user=`."""

    _before = ""

    def _see(self, args: list[str], incomplete: str) -> tuple[list[str], str]:
        option, equals, _ = incomplete.partition("=")
        self._before = f"{option}=" if equals and option.startswith("-") else ""
        return args, incomplete

    def _whole(self, item: CompletionItem[str]) -> CompletionItem[str]:
        if item.type != "plain" or item.value.startswith(self._before):
            return item
        return CompletionItem(f"{self._before}{item.value}", item.type, item.help)


class Zsh(_Whole, ZshComplete):
    """zsh: an option and its value may be one word, and errors stay unseen."""

    name: ClassVar[str] = "zsh"
    source_template: ClassVar[str] = ZshComplete.source_template.replace(
        '%(prog_name)s)}")', '%(prog_name)s 2>/dev/null)}")'
    )

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words before the one that is typed, and that one."""
        return self._see(*super().get_completion_args())

    def format_completion(self, item: CompletionItem[str]) -> str:
        """With the option that it is a value of."""
        return super().format_completion(self._whole(item))


class Fish(_Whole, FishComplete):
    """fish: a name with a comma stays whole, and so do an option and its value."""

    name: ClassVar[str] = "fish"
    source_template: ClassVar[str] = FishComplete.source_template.replace(
        'string split ","', 'string split -m 1 ","'
    ).replace("%(prog_name)s);", "%(prog_name)s 2>/dev/null);")

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words before the one that is typed, and that one."""
        return self._see(*super().get_completion_args())

    def format_completion(self, item: CompletionItem[str]) -> str:
        """With the option that it is a value of."""
        return super().format_completion(self._whole(item))


def register() -> None:
    """Use these in place of click's own."""
    add_completion_class(Bash)
    add_completion_class(Zsh)
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
