"""What a shell completes: names of the archive, settings, keys; nothing where it may not ask."""

import fcntl
import os
import pty
import shutil
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest
from click.shell_completion import CompletionItem, ShellComplete

from fapproc.archive import Archive
from fapproc.cli import main
from fapproc.commandline.shells import SHELLS, VARIABLE
from fapproc.jobs import tagging
from fapproc.vault.store import digest_of
from tests.processes import Process
from tests.programs import clean
from tests.shelves import fill, numbered, small
from tests.terminals import to_the_end

USER = "Ann, Bob & Co"
TAG = 'Odd "q" $HOME `id` it\'s; (x) *'
BIN = Path(sys.executable).parent


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("completion") / "archive"
    with Archive.open_or_create(folder) as archive:
        fill(archive, {"my lakes": numbered(small(1)), "été: hills\x1b": []}, name=USER)
        tagging.create(archive, "Places/Old lakes")
        tagging.create(archive, TAG)
    return folder


def completed(folder: Path, *words: str) -> list[str]:
    *before, typed = words
    shell = ShellComplete(main, {}, "fapproc", VARIABLE)
    found: list[CompletionItem[str]] = shell.get_completions(["-d", str(folder), *before], typed)
    return [item.value for item in found]


DIGITS = digest_of(small(1))[:16]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("list", "--user", "an"), [USER]),
        (("list", "--user", "A"), [USER]),
        (("list", "--album", "my"), ["my lakes"]),
        (("list", "--tag", "Pl"), ["Places", "Places/Old lakes"]),
        (("show", DIGITS[:3]), [DIGITS]),
        (("tag", "apply", "Places/"), ["Places/Old lakes"]),
        (("list", "--query", "por"), ["portrait="]),
        (("list", "--query", "animated="), ["animated=no", "animated=any", "animated=only"]),
        (("list", "--query", "nothing="), []),
        (("config", "set", "site_b"), ["site_budgets"]),
        (("config", "set", "cnn."), ["cnn.animated"]),
        (("read", "-u", "Ann"), [USER]),
        (("verdict", "set", "alt"), ["alternate"]),
        (("tag", "app"), ["apply"]),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, tuple) else "",
)
def test_names_of_the_archive_and_words_of_the_program_are_completed(
    words: tuple[str, ...], found: list[str], shelf: Path
) -> None:
    assert completed(shelf, *words) == found


def test_a_name_that_would_command_a_terminal_is_not_completed(shelf: Path) -> None:
    assert completed(shelf, "list", "--album", "") == ["my lakes"]


def test_nothing_is_completed_of_a_sealed_archive_and_nobody_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAP_PASSWORD", "correct horse")
    with Archive.open_or_create(tmp_path / "archive") as archive:
        fill(archive, {"lakes": numbered(small(1))})
    monkeypatch.setenv("FAP_PASSWORD_COMMAND", "false")
    assert completed(tmp_path / "archive", "list", "--album", "") == []


@pytest.mark.parametrize("damage", ["archive.json", "imagefap.database", None])
def test_nothing_is_completed_and_nothing_said_where_there_is_nothing_to_read(
    damage: str | None, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "archive"
    if damage:
        Archive.open_or_create(folder).close()
        (folder / damage).write_bytes(b"nothing of the kind" * 400)
    capfd.readouterr()
    for words in (("list", "--user", ""), ("show", "3f"), ("tag", "apply", "x")):
        assert completed(folder, *words) == []
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("shell", SHELLS)
def test_each_shell_gets_its_script(shell: str) -> None:
    ran = subprocess.run(
        [BIN / "fapproc", "completion", shell],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert f"{VARIABLE}={shell}_complete" in ran.stdout


SHELL_LINES = {
    "bash": (["--norc", "--noprofile", "-i"], ["set +o history; stty -echo"]),
    "zsh": (["-f", "-i"], ["autoload -Uz compinit; compinit -u"]),
    "fish": (["--no-config", "-i"], []),
}
"""How each is started without a person's own settings, and what it needs before completions."""
LOADED = {"fish": "fapproc completion fish | source"}
TOLD = {"fish": "function fapproc; printf '<%s>' $argv; echo; end"}
"""What is typed is told, not run; who completes calls the program itself."""
TELL = "fapproc() { printf '<%s>' \"$@\"; echo; }"


def _as_terminal_of_its_own() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_completes_names_as_they_can_be_typed(
    shell: str, shelf: Path, tmp_path: Path
) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed: on Debian, apt install {shell}")
    typed = (
        "list --user ann\t",
        'list --user "ann\t',
        "list --user=ann\t",
        "tag apply Places/O\t",
        "tag apply Odd\t",
        'tag apply "Odd\t',
        "list --query format=av\t",
        f"show {DIGITS[:4]}\t",
        "list --alb\tmy\\ \t",
    )
    environment = clean(os.environ) | {
        "FAP_ARCHIVE": str(shelf),
        "PATH": f"{BIN}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "TERM": "dumb",
        "HISTFILE": "",
    }
    options, first = SHELL_LINES[shell]
    parent, child = pty.openpty()
    fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 400, 0, 0))  # no line is broken
    with Process(
        [shell, *options],
        stdin=child,
        stdout=child,
        stderr=child,
        env=environment,
        start_new_session=True,
        preexec_fn=_as_terminal_of_its_own,
        cwd=tmp_path,
    ) as process:
        os.close(child)
        lines = [
            *first,
            LOADED.get(shell, f'eval "$(fapproc completion {shell})"'),
            TOLD.get(shell, TELL),
            *(f"fapproc {line}" for line in typed),
            "exit",
        ]
        os.write(parent, "".join(f"{line}\r" for line in lines).encode())
        told = to_the_end(parent).decode()
        process.wait(60)
    assert "Traceback" not in told
    for words in (
        ("list", "--user", USER),
        ("list", f"--user={USER}"),
        ("tag", "apply", "Places/Old lakes"),
        ("tag", "apply", TAG),
        ("list", "--query", "format=avif"),
        ("show", DIGITS),
        ("list", "--album", "my lakes"),
    ):
        assert "".join(f"<{word}>" for word in words) in told, told
    assert told.count(f"<{USER}>") == 2 and told.count(f"<{TAG}>") == 2
