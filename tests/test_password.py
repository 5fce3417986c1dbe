"""Where a password comes from, who sees it, and what a person reads who gives a wrong one."""

import json
import os
import pty
import re
import select
import shlex
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from fapproc import description, password
from fapproc.archive import Archive
from fapproc.cli import main
from fapproc.errors import PasswordProblem, UsageProblem
from fapproc.executors.local import WORKER
from fapproc.jobs import passwords
from fapproc.jobs.import_folder import import_folder
from fapproc.unlocking import unlock
from fapproc.vault import recovery
from fapproc.vault.keys import MOST_SLOTS, Keys
from tests.drawing import landscape, write
from tests.programs import COLD, FAPPROC, REPOSITORY, Home

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="terminals as POSIX has them")
SAY = (sys.executable, "-c", "print('from the command')")
PASSWORD = "correct horse"
STORAGE = "object storage's own secret"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def sealed(home: Home, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A sealed archive, whose password is not given by the environment."""
    (home.folder / "pictures").mkdir(parents=True)
    monkeypatch.setenv("FAP_PASSWORD", PASSWORD)
    Archive.open_or_create(home.archive).close()
    return home


# Sources


def test_a_file_wins_over_a_command_and_that_over_the_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("from the file\n")
    monkeypatch.setenv("FAP_PASSWORD", "from the variable")
    monkeypatch.setenv("FAP_PASSWORD_COMMAND", shlex.join(SAY))
    monkeypatch.setenv("FAP_PASSWORD_FILE", str(tmp_path / "file"))
    assert password.given() == "from the file"
    monkeypatch.setenv("FAP_PASSWORD_FILE", "")
    assert password.given() == "from the command"
    monkeypatch.setenv("FAP_PASSWORD", "from the variable")
    monkeypatch.setenv("FAP_PASSWORD_COMMAND", "")
    assert password.given() == "from the variable"
    assert password.given() is None


@pytest.mark.parametrize("name", ["FAP_PASSWORD", "FAP_PASSWORD_FILE", "FAP_PASSWORD_COMMAND"])
def test_an_empty_one_counts_as_not_given(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "")
    assert password.given() is None


@pytest.mark.parametrize(
    ("written", "read"),
    [("a\n", "a"), ("a\r\n", "a"), ("a\n\n", "a\n"), (" a \n", " a "), ("\n", None), ("", None)],
)
def test_one_newline_at_the_end_is_cut(
    written: str, read: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text(written, newline="")
    monkeypatch.setenv("FAP_PASSWORD_FILE", str(tmp_path / "file"))
    assert password.given() == read
    monkeypatch.setenv("FAP_PASSWORD_FILE", "")
    monkeypatch.setenv("FAP_PASSWORD", written)
    assert password.given() == read


def test_the_file_may_be_named_from_home(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.folder.mkdir()
    (home.folder / "secret").write_text("from home\n")
    monkeypatch.setenv("HOME", str(home.folder))
    monkeypatch.setenv("FAP_PASSWORD_FILE", "~/secret")
    assert password.given() == "from home"


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("false", "it ended with 1"),
        ("no-such-command", "No such file or directory"),
        ("'", "No closing quotation"),
        ("printf '\\377'", "'utf-8' codec can't decode"),
    ],
)
def test_a_command_that_gives_no_password_is_a_sentence(
    command: str, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAP_PASSWORD_COMMAND", command)
    with pytest.raises(PasswordProblem, match=f"the command gave no password: {why}") as told:
        password.given()
    assert ".." not in str(told.value)


@pytest.mark.parametrize("content", [None, b"\xff\xfe\xff"])
def test_a_file_that_can_not_be_read_is_a_sentence(
    content: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if content is not None:
        (tmp_path / "file").write_bytes(content)
    monkeypatch.setenv("FAP_PASSWORD_FILE", str(tmp_path / "file"))
    with pytest.raises(PasswordProblem, match=r"FAP_PASSWORD_FILE: .* can't be read"):
        password.given()


def test_a_password_that_is_no_text_is_a_sentence_that_does_not_show_it(sealed: Home) -> None:
    sealed.settings["FAP_PASSWORD"] = os.fsdecode(b"secret\xff")
    ended = sealed.run("stats")
    assert (ended.returncode, ended.stdout) == (12, "")
    assert ended.stderr == "Error: FAP_PASSWORD is not UTF-8 text.\n"


# Who sees it

SHOW = "import os; print([n for n in os.environ if os.environ[n] == 'THE ' + 'SECRET'])"


def test_no_child_has_it_in_its_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAP_PASSWORD", "THE SECRET")
    assert password.ask() == "THE SECRET"
    assert "FAP_PASSWORD" not in os.environ
    shown = subprocess.run([sys.executable, "-c", SHOW], capture_output=True, text=True, check=True)
    assert shown.stdout == "[]\n"


def test_the_password_command_sees_no_other_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAP_NEW_PASSWORD", "THE SECRET")
    monkeypatch.setenv("FAP_PASSWORD", "THE SECRET")
    monkeypatch.setenv("FAP_PASSWORD_COMMAND", shlex.join([sys.executable, "-c", SHOW]))
    assert password.given() == "[]"


@pytest.mark.skipif(sys.platform != "linux", reason="/proc")
def test_the_workers_that_decode_have_neither_password_nor_key_in_sight(sealed: Home) -> None:
    for seed in range(12):
        landscape(seed, (600, 400)).save(sealed.folder / "pictures" / f"{seed}.png")
    sealed.settings["FAP_PASSWORD"] = PASSWORD
    sealed.settings["AWS_SECRET_ACCESS_KEY"] = STORAGE
    sealed.done("import", str(sealed.folder / "pictures"))
    sealed.loaded = COLD
    process = sealed.start("process", "-q")
    seen: dict[int, tuple[bytes, bytes]] = {}
    while process.poll() is None:
        with suppress(OSError):  # a process or one of its threads has just ended
            for task in Path(f"/proc/{process.pid}/task").glob("*/children"):
                for child in map(int, task.read_text().split()):
                    place = Path(f"/proc/{child}")
                    parts = (place / "environ").read_bytes(), (place / "cmdline").read_bytes()
                    if WORKER.encode() in parts[1]:
                        seen[child] = parts
        time.sleep(0.02)  # a worker is there for a second
    process.communicate(timeout=120)
    assert process.returncode == 0
    assert any(b"FAP_ARCHIVE" in environment for environment, _ in seen.values())
    for environment, line in seen.values():
        assert PASSWORD.encode() not in environment + line
        assert STORAGE.encode() not in environment + line
        assert b"FAP_PASSWORD=" not in environment


# Without a terminal


def test_a_new_archive_without_a_password_is_open_with_a_warning(home: Home) -> None:
    (home.folder / "pictures").mkdir(parents=True)
    ended = home.run("import", str(home.folder / "pictures"))
    assert ended.returncode == 0
    assert ended.stderr.startswith("Warning: no password was given, so the new archive is open")
    assert ended.stderr.count("\n") == 1
    assert json.loads((home.archive / "archive.json").read_text())["suite"] is None


def test_a_sealed_archive_without_a_password_is_one_sentence(sealed: Home) -> None:
    for command in ("stats", "seal", "passwd"):
        ended = sealed.run(command)
        wanted = 2 if command == "seal" else 12
        assert (ended.returncode, ended.stdout) == (wanted, ""), command
        assert ended.stderr.startswith("Error: ") and ended.stderr.count("\n") == 1


def test_a_wrong_password_is_one_sentence_without_noise(sealed: Home) -> None:
    sealed.password("wrong")
    for command in ("stats", "unseal"):
        ended = sealed.run(command)
        assert (ended.returncode, ended.stdout) == (12, "")
        assert ended.stderr == "Error: The password is wrong. Nothing was changed; try again.\n"


def test_a_password_for_an_open_archive_is_refused(home: Home) -> None:
    (home.folder / "pictures").mkdir(parents=True)
    Archive.open_or_create(home.archive).close()
    home.password(PASSWORD)
    for arguments in (["stats"], ["import", str(home.folder / "pictures")]):
        ended = home.run(*arguments)
        assert ended.returncode == 12
        assert ended.stderr.startswith("Error: A password was given, but the archive in ")


# At a terminal


def at_terminal(home: Home, arguments: list[str], answers: list[str]) -> tuple[int, str]:
    """Run a command at a terminal and type an answer at each prompt; its exit code and screen."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # forking beside a thread, Python 3.12
        pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(REPOSITORY)
        os.execve(FAPPROC[0], [*FAPPROC, *arguments], home.environment)
    stop = threading.Timer(120, os.kill, (pid, 9))
    stop.start()
    screen = b""
    left = list(answers)
    while True:
        select.select([terminal], [], [])
        try:
            read = os.read(terminal, 4096)
        except OSError:  # the other end is closed
            break
        if not read:
            break
        screen += read
        if left and re.search(rb"(assword[^\n]*|again|y/N\]): $", screen):
            os.write(terminal, os.fsencode(left.pop(0)) + b"\n")
    stop.cancel()
    os.close(terminal)
    _, status = os.waitpid(pid, 0)
    assert not left, screen
    return os.waitstatus_to_exitcode(status), screen.decode().replace("\r\n", "\n")


def begin(home: Home) -> list[str]:
    (home.folder / "pictures").mkdir(parents=True, exist_ok=True)
    return ["import", str(home.folder / "pictures")]


def suite(home: Home) -> object:
    return json.loads((home.archive / "archive.json").read_text())["suite"]


def test_a_new_password_is_typed_twice_and_not_shown(home: Home) -> None:
    code, screen = at_terminal(home, begin(home), [PASSWORD, PASSWORD])
    assert code == 0
    which = f"Password for the new archive in {home.archive}"
    assert screen.startswith(f"{which} (Enter = open archive, not encrypted): ")
    assert "The same again: " in screen
    assert PASSWORD not in screen
    assert suite(home)
    code, screen = at_terminal(home, ["stats"], [PASSWORD])
    assert (code, screen.splitlines()[0]) == (0, f"Password of the archive in {home.archive}: ")
    assert PASSWORD not in screen


def test_two_that_differ_are_asked_for_once_more(home: Home) -> None:
    code, screen = at_terminal(home, begin(home), [PASSWORD, "other", PASSWORD, PASSWORD])
    assert code == 0, screen
    assert screen.count("The two passwords don't match. Type both again.\n") == 1
    assert suite(home)


def test_two_that_differ_three_times_make_no_archive(home: Home) -> None:
    code, screen = at_terminal(home, begin(home), [PASSWORD, "another"] * 3)
    assert code == 12
    assert "Error: The two passwords did not match, 3 times. Nothing was changed.\n" in screen
    assert not home.archive.exists()


def test_enter_makes_an_open_archive_without_a_warning(home: Home) -> None:
    code, screen = at_terminal(home, begin(home), [""])
    assert code == 0
    assert "Warning" not in screen and "again" not in screen
    assert suite(home) is None
    code, screen = at_terminal(home, ["stats"], [])
    assert (code, "assword" in screen) == (0, False)


def test_ctrl_c_at_a_prompt_is_told_on_a_line_of_its_own(home: Home) -> None:
    code, screen = at_terminal(home, begin(home), ["\x03"])
    assert code == 130
    assert "\nInterrupted" in screen and "Traceback" not in screen
    assert not home.archive.exists()


def test_a_wrong_password_at_the_prompt_is_one_sentence(sealed: Home) -> None:
    code, screen = at_terminal(sealed, ["stats"], ["wrong"])
    assert code == 12
    first, _, rest = screen.partition("\n")
    assert first == f"Password of the archive in {sealed.archive}: "
    assert rest == "Error: The password is wrong. Nothing was changed; try again.\n"


def test_a_no_is_answered_with_what_became_of_it(sealed: Home) -> None:
    code, screen = at_terminal(sealed, ["unseal"], ["n"])
    assert (code, screen.count("Nothing was changed.")) == (0, 1)
    assert screen.endswith("[y/N]: n\nNothing was changed.\n")


def test_what_is_typed_and_is_no_text_is_one_sentence(sealed: Home) -> None:
    code, screen = at_terminal(sealed, ["stats"], [os.fsdecode(b"\xff\xfe")])
    assert code == 12
    assert screen.count("Error:") == 1 and "Traceback" not in screen


def test_seal_wants_a_password_and_takes_no_empty_one(home: Home) -> None:
    assert at_terminal(home, begin(home), [""])[0] == 0
    code, screen = at_terminal(home, ["seal"], [""])
    assert code == 12
    assert "Enter = open" not in screen
    assert suite(home) is None
    code, screen = at_terminal(home, ["seal"], [PASSWORD, PASSWORD])
    assert code == 0, screen
    assert suite(home)


# Slots


@pytest.fixture
def shut(tmp_path: Path) -> Path:
    """A sealed archive with a picture in it, to be used in this process."""
    folder = tmp_path / "archive"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FAP_PASSWORD", PASSWORD)
        with Archive.open_or_create(folder) as archive:
            import_folder(archive, a_picture(tmp_path))
    return folder


def a_picture(folder: Path) -> Path:
    (folder / "pictures").mkdir()
    (folder / "pictures" / "1.png").write_bytes(write(landscape(1, (40, 30)), "PNG"))
    return folder / "pictures"


def opens(folder: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> bool:
    monkeypatch.setenv("FAP_PASSWORD", text)
    try:
        Archive.open(folder).close()
    except PasswordProblem:
        return False
    return True


def test_a_change_of_password_touches_no_picture_and_leaves_no_copy_of_the_old_slot(
    shut: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {file: (file.read_bytes(), file.stat().st_mtime_ns) for file in shut.glob("blobs/*/*")}
    assert len(before) == 1
    monkeypatch.setenv("FAP_PASSWORD", PASSWORD)
    monkeypatch.setenv("FAP_NEW_PASSWORD", "new one")
    assert passwords.change(shut) == "password"
    assert {file: (file.read_bytes(), file.stat().st_mtime_ns) for file in before} == before
    copy = (shut / description.BACKUP).read_bytes()
    assert copy == (shut / description.FILE).read_bytes()
    assert not opens(shut, PASSWORD, monkeypatch)
    assert opens(shut, "new one", monkeypatch)


def test_a_password_is_added_and_removed_and_a_recovery_key_opens(
    shut: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAP_PASSWORD", PASSWORD)
    monkeypatch.setenv("FAP_NEW_PASSWORD", "second")
    passwords.add(shut, "laptop")
    monkeypatch.setenv("FAP_PASSWORD", "second")
    written = passwords.recovery(shut)
    assert written is not None
    assert passwords.names(shut) == ["password", "laptop", "recovery"]
    assert opens(shut, written, monkeypatch)
    monkeypatch.setenv("FAP_PASSWORD", PASSWORD)
    passwords.remove(shut, "laptop")
    assert not opens(shut, "second", monkeypatch)
    monkeypatch.setenv("FAP_PASSWORD", written)
    passwords.remove(shut, "password")
    monkeypatch.setenv("FAP_PASSWORD", written)
    with pytest.raises(UsageProblem, match="the last password"):
        passwords.remove(shut, "recovery")


def test_a_recovery_key_is_typed_in_any_way_and_a_mistake_is_told_from_another_key(
    shut: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAP_PASSWORD", PASSWORD)
    key = passwords.recovery(shut)
    assert key is not None and re.fullmatch(r"([A-Z2-7]{4}-){8}[A-Z2-7]{4}", key)
    bare = key.replace("-", "")
    ways = (key.lower(), bare, bare.lower(), key.replace("-", " "), f" {key} ")
    for typed in (*ways, key.replace("O", "0").replace("I", "1"), key.replace("-", "\u2013")):
        assert opens(shut, typed, monkeypatch), typed
    other = "B" if key[0] == "A" else "A"
    for typed, words in [
        (other + key[1:], "typing mistake"),
        (key[:-1] + ("B" if key[-1] == "A" else "A"), "typing mistake"),
        (key[:-1], "has 36 letters and digits, and this has 35"),
        (recovery.new(), "belongs to another"),
        ("not a key at all", "The password is wrong"),
        ("A" * 35, "The password is wrong"),
    ]:
        monkeypatch.setenv("FAP_PASSWORD", typed)
        with pytest.raises(PasswordProblem, match=words):
            unlock(shut)


def test_a_key_of_before_there_was_a_checksum_opens_in_any_way_too(
    shut: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = description.read(shut)
    assert found is not None
    keys, _ = Keys.unlock(found.id, list(found.slots), PASSWORD)
    former = "ABCD-EFGH-IJKL-MNOP-QRST-UVWX-YZ23-4567"
    slots = (*found.slots, keys.slot(passwords.RECOVERY, former))
    replace(found, slots=slots).authenticated(keys).write(shut)
    assert opens(shut, former.replace("-", "").lower(), monkeypatch)
    assert opens(shut, former, monkeypatch)


def test_who_has_only_the_key_sets_a_new_password_and_the_key_stays(
    shut: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAP_PASSWORD", PASSWORD)
    key = passwords.recovery(shut)
    assert key is not None
    monkeypatch.setenv("FAP_PASSWORD", key.lower())
    monkeypatch.setenv("FAP_NEW_PASSWORD", "remembered")
    assert passwords.change(shut) == "password"
    assert passwords.names(shut) == ["recovery", "password"]
    assert opens(shut, key, monkeypatch) and opens(shut, "remembered", monkeypatch)
    assert not opens(shut, PASSWORD, monkeypatch)


def test_what_can_lock_a_person_out_asks_first(shut: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def given(*arguments: str) -> Result:
        monkeypatch.setenv("FAP_PASSWORD", PASSWORD)
        return CliRunner().invoke(main, ["passwd", *arguments, "-d", str(shut)])

    first = given("--recovery")
    assert first.exit_code == 0
    refused = given("--recovery")
    assert refused.exit_code == 2 and "There is already a recovery key" in refused.stderr
    assert "add --yes to do it." in refused.stderr
    assert opens(shut, first.stdout.strip(), monkeypatch)
    assert given("--recovery", "--yes").exit_code == 0
    assert not opens(shut, first.stdout.strip(), monkeypatch)
    assert "only the recovery key will open" in given("--remove", "password").stderr
    monkeypatch.setenv("FAP_NEW_PASSWORD", "second")
    assert given("--add", "laptop").exit_code == 0
    assert "that you have just typed" in given("--remove", "password").stderr
    assert given("--remove", "laptop").exit_code == 0
    assert given("--remove", "password", "-y").exit_code == 0
    assert passwords.names(shut) == ["recovery"]


def test_there_are_never_more_slots_than_are_read(
    shut: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = description.read(shut)
    assert found is not None
    keys, first = Keys.unlock(found.id, list(found.slots), PASSWORD)
    full = [first, *(replace(first, name=f"slot {n}") for n in range(1, MOST_SLOTS))]
    replace(found, slots=tuple(full)).authenticated(keys).write(shut)
    extensions: tuple[Callable[[], object], ...] = (
        lambda: passwords.add(shut, "one more"),
        lambda: passwords.recovery(shut),
    )
    for extend in extensions:
        monkeypatch.setenv("FAP_PASSWORD", PASSWORD)
        monkeypatch.setenv("FAP_NEW_PASSWORD", "new")
        with pytest.raises(UsageProblem, match="at most 16"):
            extend()
    assert opens(shut, PASSWORD, monkeypatch)
