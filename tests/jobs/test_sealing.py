"""Seal and unseal: nothing is lost, nothing stays in the clear, whatever happens on the way."""

import base64
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from fapproc import description, ours
from fapproc.archive import Archive
from fapproc.description import BACKUP, FILE
from fapproc.errors import (
    ArchiveHeld,
    Damaged,
    NoArchive,
    PasswordProblem,
    StorageError,
    Unreadable,
    UsageProblem,
)
from fapproc.jobs import sealing, tagging
from fapproc.jobs.check import check
from fapproc.ours import DATABASE
from fapproc.vault.keys import Keys
from tests.disks import disk_of, full_but_for
from tests.holdings import (
    ALBUM,
    NAME,
    PASSWORD,
    TAG,
    URL,
    USER,
    Content,
    content_of,
    copied,
    fill,
    given,
    opened,
    sample,
    settle,
)
from tests.programs import FAPPROC, REPOSITORY, Home
from tests.shelves import flip
from tests.webviewer.shelf import Shelf, digest, drawn

COMMANDS = ("seal", "unseal")


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One archive in both forms; each test copies the one that it needs."""
    folder = tmp_path_factory.mktemp("archives")
    fill(folder / "open")
    with opened(folder / "open", None) as archive:
        shelf = Shelf(archive)
        shelf.user(8800, f"{USER} too", {211: f"{ALBUM} too"})
        shelf.fill(8800, 211, [1])  # a guest there
    copied(folder / "open", folder / "sealed")
    with given(PASSWORD):
        sealing.seal(folder / "sealed")
    return folder


@pytest.fixture(scope="module")
def held(archives: Path) -> Content:
    """What both hold."""
    return content_of(archives / "open", None)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "home")
    made.password(PASSWORD)
    return made


def begin(archives: Path, home: Home, command: str) -> Path:
    return copied(archives / ("open" if command == "seal" else "sealed"), home.archive)


def begun(archives: Path, home: Home, command: str) -> Path:
    """An archive on which the command was killed while it made the other form."""
    folder = begin(archives, home, command)
    assert home.killed(30, command, "-q").returncode == -9
    found = description.read(folder)
    assert found is not None and found.work is not None and found.work.endswith("make")
    return folder


def run(command: str, folder: Path, password: str = PASSWORD) -> sealing.SealingReport:
    with given(password):
        return {"seal": sealing.seal, "unseal": sealing.unseal}[command](folder)


def after(command: str) -> str | None:
    """The password of the archive once the command is done."""
    return PASSWORD if command == "seal" else None


def test_sealing_keeps_every_row_and_every_file(archives: Path, held: Content) -> None:
    empty = {name for name, rows in held[0].items() if not rows}
    assert empty <= {"progress", "suspect"}, "a table without rows shows nothing"
    assert content_of(archives / "sealed", PASSWORD) == held
    kept = archives / "sealed" / BACKUP  # what a person puts back is no half-way state
    assert kept.read_bytes() == (archives / "sealed" / FILE).read_bytes()
    assert sum(len(files) for _, _, files in os.walk(archives / "sealed" / "blobs")) == 6


def test_unsealing_brings_back_the_same_files_under_the_same_names(
    archives: Path, home: Home, held: Content
) -> None:
    folder = begin(archives, home, "unseal")
    report = run("unseal", folder)
    assert (report.images, report.removed) == (6, 12)
    assert content_of(folder, None) == held
    names = [
        sorted(file.name for file in place.rglob("*.*")) for place in (archives / "open", folder)
    ]
    assert names[0] == names[1]


def spelled(words: bytes) -> list[bytes]:
    """Ways in which bytes may lie on a disk."""
    shifted = [base64.b64encode(bytes(n) + words)[4 if n else 0 : -4] for n in range(3)]
    return [words, words.hex().encode(), words.hex().upper().encode(), *shifted]


def secrets() -> list[bytes]:
    words = [USER, ALBUM, TAG, NAME, URL, "lost-vexillum", digest(1)]
    found = [way for word in words for way in spelled(word.encode())]
    found += [word.encode(code) for word in words for code in ("utf-16-le", "utf-16-be", "utf-32")]
    for number in range(1, 7):
        data = drawn(number)
        found += [*spelled(data[24:72]), *spelled(data[-60:-12])]
    return found


def in_the_clear(folder: Path) -> list[str]:
    sought = secrets()
    told = []
    for file in folder.rglob("*"):
        said = str(file.relative_to(folder)).encode() + b"\n"
        said += file.read_bytes() if file.is_file() else b""
        told += [f"{file}: {word!r}" for word in sought if word in said]
    return told


def test_nothing_clear_remains_in_a_sealed_archive(archives: Path, home: Home) -> None:
    folder = begin(archives, home, "seal")
    shutil.copy(folder / DATABASE, folder / f"{DATABASE}.before-0002")
    orphan = folder / "blobs" / "00" / ("00" * 32 + ".png")
    orphan.parent.mkdir(exist_ok=True)
    orphan.write_bytes(drawn(4))
    for left in (f".tmp/{os.getpid()}-{16 * '0'}", f"blobs/.unfinished/half-{32 * '0'}"):
        (folder / left).parent.mkdir(exist_ok=True)
        (folder / left).write_bytes(drawn(5))
    assert in_the_clear(folder)
    run("seal", folder)
    assert in_the_clear(folder) == []


def test_what_is_sealed_or_open_already_is_told(archives: Path) -> None:
    with pytest.raises(UsageProblem, match="sealed already"):
        run("seal", archives / "sealed")
    with pytest.raises(UsageProblem, match="open already"):
        run("unseal", archives / "open")
    with pytest.raises(NoArchive):
        run("seal", archives / "none")


def test_an_archive_that_is_open_elsewhere_is_not_sealed(archives: Path, home: Home) -> None:
    folder = begin(archives, home, "seal")
    with Archive.open(folder), pytest.raises(ArchiveHeld):
        run("seal", folder)
    assert description.read(folder) == description.read(archives / "open")


def test_a_wrong_password_unseals_nothing(archives: Path, home: Home) -> None:
    folder = begin(archives, home, "unseal")
    before = (folder / FILE).read_bytes()
    with pytest.raises(PasswordProblem):
        run("unseal", folder, "wrong")
    assert (folder / FILE).read_bytes() == before


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("kind", ["blobs", "thumbs"])
def test_a_damaged_file_stops_it_and_the_archive_is_what_it_was(
    command: str, kind: str, archives: Path, home: Home, held: Content
) -> None:
    folder = begin(archives, home, command)
    file = max(each for each in (folder / kind).rglob("*") if each.is_file())
    whole = file.read_bytes()
    file.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    before = description.read(folder)
    there = sorted(str(each) for each in folder.rglob("*") if each.is_file())
    with pytest.raises(Damaged):
        run(command, folder)
    now = description.read(folder)
    assert now == before
    left = sorted(str(each) for each in folder.rglob("*") if each.is_file())
    assert [name for name in left if ".locks" not in name] == [
        name for name in there if ".locks" not in name
    ]
    file.write_bytes(whole)
    assert content_of(folder, None if command == "seal" else PASSWORD) == held
    run(command, folder)
    assert content_of(folder, after(command)) == held


def killed_and_settled(home: Home, command: str, held: Content, step: str) -> None:
    """After a kill: others refuse and name the command, running it again finishes it."""
    found = description.read(home.archive)
    assert found is not None
    if found.work is not None:
        with pytest.raises(ArchiveHeld, match=f"'fapproc {command}' was started"):
            Archive.open(home.archive)
        with pytest.raises(PasswordProblem), given("wrong"):
            settle(home.archive, "wrong")
        settle(home.archive, PASSWORD)
    elif found.sealed != (command == "seal"):
        run(command, home.archive)
    assert content_of(home.archive, after(command)) == held, step
    assert in_the_clear(home.archive) == [] or command == "unseal", step
    assert not list(home.archive.glob(f"{DATABASE}.*")), step


@pytest.mark.parametrize("command", COMMANDS)
def test_a_kill_before_any_step_is_continued(
    command: str, archives: Path, home: Home, held: Content
) -> None:
    begin(archives, home, command)
    count = home.steps(command, "-q")
    for step in sample(count, 4, seed=0):
        begin(archives, home, command)
        home.killed_before(step, command, "-q")
        if step % 3 == 0:  # and again on the way to the end
            home.killed(step // 2, command, "-q")
        killed_and_settled(home, command, held, f"step {step} of {count}")


@pytest.mark.long
@pytest.mark.parametrize("command", COMMANDS)
def test_a_kill_before_each_step_is_continued(
    command: str, archives: Path, home: Home, held: Content
) -> None:
    begin(archives, home, command)
    count = home.steps(command, "-q")
    killed = 0
    for step in range(1, count + 1):
        begin(archives, home, command)
        killed += home.killed_before(step, command, "-q")
        killed_and_settled(home, command, held, f"step {step} of {count}")
    assert killed >= count - 2


@pytest.mark.long
@pytest.mark.parametrize("command", COMMANDS)
def test_a_kill_at_any_moment_is_continued(
    command: str, archives: Path, home: Home, held: Content
) -> None:
    chance = random.Random(3)
    for turn in range(100):
        begin(archives, home, command)
        home.killed_within(chance, 1.0, command, "-q")
        if turn % 2:
            home.killed_within(chance, 1.0, command, "-q")
        killed_and_settled(home, command, held, f"turn {turn}")


def test_a_begun_command_is_not_taken_back_by_the_other(archives: Path, home: Home) -> None:
    folder = begin(archives, home, "seal")
    assert home.killed(30, "seal", "-q").returncode == -9
    with pytest.raises(UsageProblem, match="'fapproc seal' was started"):
        run("unseal", folder)
    refused = home.run("stats")
    assert refused.returncode == 11
    assert refused.stderr.startswith("Error: 'fapproc seal' was started on the archive in ")


@pytest.mark.parametrize("command", COMMANDS)
def test_what_has_only_begun_is_given_up(
    command: str, archives: Path, home: Home, held: Content
) -> None:
    folder = begun(archives, home, command)
    assert home.done(command, "--give-up").startswith(f"The {command} was given up.")
    assert content_of(folder, None if command == "seal" else PASSWORD) == held
    assert not list(folder.glob(f"{DATABASE}.*"))
    run(command, folder)
    assert content_of(folder, after(command)) == held


def test_nothing_begun_is_not_given_up(archives: Path) -> None:
    with pytest.raises(UsageProblem, match="There is nothing to give up"):
        sealing.give_up(archives / "open")


@pytest.fixture
def clearing(archives: Path, home: Home) -> Path:
    """An archive of which both forms are there, and the sealed one is the archive already."""
    removals_and_last_words = 12 + 8
    for _ in range(10):  # a new key names files anew each time: now and then two share a folder
        begin(archives, home, "seal")
        count = home.steps("seal", "-q")
        folder = begin(archives, home, "seal")
        assert home.killed(count - removals_and_last_words, "seal", "-q").returncode == -9
        found = description.read(folder)
        clear, sealed = halves(folder)
        if found and found.work is description.Work.SEAL_CLEAR and len(clear) == len(sealed):
            return folder
    pytest.fail("no kill came between making and clearing")


def test_no_log_of_the_first_form_is_left_for_the_database_of_the_second(
    clearing: Path, archives: Path, held: Content, tmp_path: Path
) -> None:
    (clearing / DATABASE).rename(clearing / sealing.OTHER)
    found = description.read_existing(clearing)
    keys, _ = Keys.unlock(found.id, list(found.slots), PASSWORD)
    before = replace(found, suite=None, work=description.Work.SEAL_SWITCH)
    before.authenticated(keys).write(clearing)
    with Archive.open(copied(archives / "open", tmp_path / "first")) as first:
        tagging.create(first, "Vexillary")
        for name in (DATABASE, f"{DATABASE}{ours.LOGS[0]}"):
            shutil.copy(first.folder / name, clearing / name)
    for log in ours.LOGS[1:]:
        (clearing / f"{DATABASE}{log}").write_bytes(NAME.encode())
    run("seal", clearing)
    assert content_of(clearing, PASSWORD) == held
    assert in_the_clear(clearing) == []


def test_what_is_nearly_done_is_not_given_up(clearing: Path) -> None:
    with pytest.raises(UsageProblem, match="nearly done"):
        sealing.give_up(clearing)


def halves(folder: Path) -> tuple[list[Path], list[Path]]:
    """The clear and the sealed files of the pictures."""
    files = sorted(file for file in (folder / "blobs").rglob("*") if file.is_file())
    return [file for file in files if file.suffix], [file for file in files if not file.suffix]


def test_a_file_that_rots_between_making_and_clearing_is_made_again(
    clearing: Path, held: Content
) -> None:
    flip(halves(clearing)[1][0])
    assert not run("seal", clearing).damaged
    assert content_of(clearing, PASSWORD) == held


def test_no_clear_file_goes_that_can_not_be_read_while_its_sealed_one_is_damaged(
    clearing: Path, held: Content
) -> None:
    clear, sealed = halves(clearing)
    kept = {file: file.read_bytes() for file in clear}
    flip(sealed[0])
    for file in clear:
        file.unlink()
        os.mkfifo(file)
    with pytest.raises(Unreadable):
        run("seal", clearing)
    for file, data in kept.items():
        file.unlink()
        file.write_bytes(data)
    run("seal", clearing)
    assert content_of(clearing, PASSWORD) == held


def test_a_picture_that_rots_in_both_forms_is_told_and_stops_nothing(clearing: Path) -> None:
    clear, sealed = halves(clearing)
    for file in (*clear, sealed[0]):
        flip(file)
    assert run("seal", clearing).damaged.count == 1
    with given(PASSWORD), Archive.open(clearing) as archive:
        assert [entry.kind for entry in check(archive, read_data=True).findings] == ["changed"]


def test_a_seal_that_has_only_begun_is_given_up_by_putting_back_the_copy(
    archives: Path, home: Home, held: Content
) -> None:
    folder = begun(archives, home, "seal")
    shutil.copy(folder / BACKUP, folder / FILE)
    assert content_of(folder, None) == held


LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))
from fapproc.cli import main
main(sys.argv[2:], prog_name="fapproc")
"""


def one_sentence(ended: subprocess.CompletedProcess[str]) -> None:
    assert ended.returncode == 1, ended
    assert ended.stderr.startswith("Error: ") and ended.stderr.count("\n") == 1, ended.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="limits as POSIX has them")
@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("most", [100, 20_000, 120_000])
def test_a_file_that_may_not_grow_ends_in_a_sentence_and_goes_on_with_room(
    command: str, most: int, archives: Path, home: Home, held: Content
) -> None:
    begun(archives, home, command)
    ended = subprocess.run(
        [sys.executable, "-c", LIMITED, str(most), command, "-q"],
        cwd=REPOSITORY,
        env=home.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    one_sentence(ended)
    killed_and_settled(home, command, held, f"{most} bytes")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    with disk_of("3m", tmp_path / "disk") as place:
        yield place


@pytest.mark.parametrize("command", COMMANDS)
def test_a_full_disk_ends_in_a_sentence_loses_nothing_and_goes_on_with_room(
    command: str, archives: Path, small_disk: Path, home: Home, held: Content
) -> None:
    begun(archives, home, command)
    copied(home.archive, small_disk / "begun")
    shutil.rmtree(home.archive)
    home.archive.symlink_to(small_disk / "archive")
    for free in (0, 4096, 40_000, 150_000):
        copied(small_disk / "begun", small_disk / "archive")
        with full_but_for(free, small_disk):
            one_sentence(home.run(command, "-q"))
        killed_and_settled(home, command, held, f"{free} bytes free")


@pytest.mark.parametrize("full", ["rows", "files"])
def test_a_disk_without_room_for_both_forms_is_told_before_anything_is_begun(
    full: str, archives: Path, small_disk: Path, tmp_path: Path
) -> None:
    folder = copied(archives / "open", (small_disk if full == "rows" else tmp_path) / "archive")
    for part in ("blobs", "thumbs"):
        other = (tmp_path if full == "rows" else small_disk) / part
        shutil.move(folder / part, other)
        (folder / part).symlink_to(other)
    with (
        given(PASSWORD),
        full_but_for(150_000, small_disk),
        pytest.raises(StorageError, match="of disk space beside the archive"),
    ):
        sealing.seal(folder)
    said = description.read(folder)
    assert said is not None and said.work is None and not said.sealed


def test_seal_says_what_it_removed_and_what_may_remain(archives: Path, home: Home) -> None:
    begin(archives, home, "seal")
    ended = home.run("seal")
    assert ended.stdout == "Sealed. 12 unencrypted files removed, and the unencrypted database.\n"
    assert "free blocks" in ended.stderr and "tag_export.zip" in ended.stderr
    assert ended.stderr.count("\n") == 1 and "\\n" not in ended.stderr
    assert FAPPROC[0] == sys.executable
