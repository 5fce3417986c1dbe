"""Where passwords come from: a file, a command, the environment, or a prompt. Asked once a command.

`FAP_PASSWORD_FILE` wins over `FAP_PASSWORD_COMMAND`, and that over `FAP_PASSWORD`; an empty one
counts as not given; one newline at the end is cut. `FAP_PASSWORD` is taken out of the environment
as soon as it is read, so that no child process ever sees it. Nothing here is kept or logged.
"""

import getpass
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

from fapproc.errors import PasswordProblem
from fapproc.voice import tell

PREFIX = "FAP_PASSWORD"
OPEN_WARNING = (
    "Warning: no password was given, so the new archive is open: pictures and names are on disk "
    "unencrypted. 'fapproc seal' encrypts it at any time."
)
TRIES = 3
"""How often the two that are typed for a new password may differ."""
_DIRECT = re.compile(r"FAP_([A-Z]+_)?PASSWORD")
"""Variables that hold a password itself: one is read while another waits for its turn."""


def given(prefix: str = PREFIX) -> str | None:
    """The password that the environment gives, or None.

    Args:
        prefix: `FAP_PASSWORD`, or the name of another password with the same three sources.

    Raises:
        PasswordProblem: the file can't be read, or the command fails.
    """
    direct = os.environ.pop(prefix, "")
    if file := os.environ.get(f"{prefix}_FILE"):
        try:
            path = Path(file).expanduser()
        except RuntimeError:
            raise PasswordProblem(
                f"{prefix}_FILE is {file}, and there is no such home folder. Write the whole path."
            ) from None
        return _nonempty(_read(path, f"{prefix}_FILE"))
    if command := os.environ.get(f"{prefix}_COMMAND"):
        return _nonempty(_run(command, f"{prefix}_COMMAND"))
    try:
        direct.encode()
    except UnicodeEncodeError:  # its message would show the password
        raise PasswordProblem(f"{prefix} is not UTF-8 text.") from None
    return _nonempty(_cut(direct))


def ask(
    what: str = "Password", *, prefix: str = PREFIX, sealed: str = "The archive is sealed"
) -> str:
    """The password of a sealed archive.

    Args:
        what: how it is asked for.
        prefix: of the variables that may give it.
        sealed: why it is needed, as the beginning of a sentence.

    Raises:
        PasswordProblem: none was given, and there is no terminal to ask at.
    """
    password = given(prefix)
    if password is not None:
        return password
    if not _has_terminal():
        raise PasswordProblem(
            f"{sealed} and no password was given. Run this at a terminal, or set "
            f"{prefix}_FILE, {prefix}_COMMAND or {prefix}."
        )
    return _prompt(f"{what}: ")


def ask_new(
    what: str = "New password", *, prefix: str = PREFIX, may_be_empty: bool = True
) -> str | None:
    """A password that is chosen now, typed twice, and asked for anew where the two differ.

    None for none.

    Without a terminal and without one in the environment, None.

    Raises:
        PasswordProblem: the two were not the same three times, or it is empty and may not be.
    """
    password = given(prefix)
    if password is None and _has_terminal():
        hint = " (Enter = open archive, not encrypted)" if may_be_empty else ""
        password = _typed_twice(f"{what}{hint}: ")
    if password is None and not may_be_empty:
        raise PasswordProblem(
            f"A {what[0].lower()}{what[1:]} is needed. Run this at a terminal, or set "
            f"{prefix}_FILE, {prefix}_COMMAND or {prefix}."
        )
    return password


def _typed_twice(text: str) -> str | None:
    for tries_left in reversed(range(TRIES)):
        password = _prompt(text)
        if not password or _prompt("The same again: ") == password:
            return password or None
        if tries_left:
            tell("The two passwords don't match. Type both again.")
    raise PasswordProblem(f"The two passwords did not match, {TRIES} times. Nothing was changed.")


def warn_open() -> None:
    """Tell who could not be asked that the new archive is open."""
    if not _has_terminal():
        tell(OPEN_WARNING)


def _has_terminal() -> bool:
    return sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()


def _prompt(text: str) -> str:
    try:
        return getpass.getpass(text, stream=sys.stderr)
    except KeyboardInterrupt:
        sys.stderr.write("\n")  # what is said of it begins on a line of its own
        raise
    except EOFError as error:
        raise PasswordProblem("No password was typed. Nothing was changed.") from error
    except UnicodeDecodeError:
        raise PasswordProblem("What was typed is not UTF-8 text. Nothing was changed.") from None


def _read(path: Path, variable: str) -> str:
    try:
        return _cut(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise PasswordProblem(
            f"{variable}: {path} can't be read: {why}. Name a file that holds the password."
        ) from error


def _run(command: str, variable: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - the person's own command, as they wrote it
            shlex.split(command),
            stdout=subprocess.PIPE,
            check=True,
            encoding="utf-8",
            env={name: text for name, text in os.environ.items() if not _DIRECT.fullmatch(name)},
        )
    except (OSError, ValueError, subprocess.CalledProcessError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        if isinstance(error, subprocess.CalledProcessError):
            why = f"it ended with {error.returncode}"
        raise PasswordProblem(
            f"{variable}: the command gave no password: {why}. Try it in a shell."
        ) from error
    return _cut(done.stdout)


def _cut(text: str) -> str:
    return text.removesuffix("\n").removesuffix("\r")


def _nonempty(text: str) -> str | None:
    return text or None
