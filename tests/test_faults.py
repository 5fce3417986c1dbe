"""A disk that is full or fails at any write: one sentence, nothing lost, and it goes on with room.

The full disk is a real one, a small file system with ever more bytes free, so that every write of a
command is once the one for which there is no room. The failing disk is a library between the
command and the system, which answers one call on the archive's files with an error, or all from it.
"""

import itertools
import os
import random
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from fapproc import description
from fapproc.archive import Archive
from fapproc.cli import main
from fapproc.jobs import check, derive, export, passwords, pruning, sealing
from fapproc.jobs.import_folder import import_folder
from tests.disks import FailingDisk, Fault, disk_of, drawn, full_but_for
from tests.drawing import landscape, write
from tests.holdings import PASSWORD, Content, content, copied, fill, given, settle, skip
from tests.legacy.writer import old_archive
from tests.programs import Home
from tests.webviewer.shelf import digest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="file systems as Linux has them")

PAGE = 4096
KEPT = ("user", "album", "listing", "tag", "image_tag")
"""Tables of which no row may change or go, whatever fails: what was had and what was judged."""
CALLED_OFF = ("listing", "image_tag", "album")
"""Those of them that change where a person says that a picture is to go, or is to come back."""
DONE_BEFORE = {"tag": 2, "delete": 1, "undo": 2, "seal": 2, "unseal": 2}
"""How a command ends that was done before."""
STAYS, GOES = digest(1), digest(2)
MINE = "tag_export/Xylotheque/mine.png"
"""A file of a person where an export was written."""


@dataclass(frozen=True)
class Case:
    """A command, and the archive that it is run on."""

    start: str
    line: tuple[str, ...]
    may_change: tuple[str, ...] = ()
    """Tables whose rows it is told to change."""
    may_go: frozenset[str] = frozenset()
    """Digests of the originals that it is told to remove."""

    def __str__(self) -> str:
        return f"{self.line[0]}{' --now' * ('--now' in self.line)} {self.start}"


CASES = [
    Case("open", ("import", "{pictures}", "-q")),
    Case("open", ("process", "-q")),
    Case("processed", ("dedup",)),
    Case("open", ("tag", "create", "Quokka")),
    Case("processed", ("export",)),
    Case("open", ("backup", "{disk}/backup", "-q")),
    Case("spoiled", ("check", "--repair", "-q")),
    Case("sealed", ("import", "{pictures}", "-q")),
    Case("sealed", ("process", "-q")),
    Case("sealed", ("passwd", "--add", "second")),
    Case("processed", ("delete", GOES, "--yes"), CALLED_OFF, frozenset({GOES})),
    Case("judged", ("prune", "--yes"), CALLED_OFF),
    Case("judged", ("prune", "--yes", "--now"), CALLED_OFF, frozenset({GOES})),
    Case("binned", ("prune", "--yes"), may_go=frozenset({GOES})),
    Case("binned", ("undo", "4"), CALLED_OFF),
    Case("exported", ("export", "--renumber")),
    Case("open", ("import-legacy", "{legacy}", "-q"), ("user", "album", "listing")),
    Case("open", ("seal", "-q")),
    Case("sealed", ("unseal", "-q")),
]


@pytest.fixture(scope="module")
def starts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archives that the commands begin with, and new pictures to import."""
    folder = tmp_path_factory.mktemp("starts")
    for part, seeds in (("first", range(4)), ("pictures", range(2, 8))):
        (folder / part).mkdir()
        for seed in seeds:
            for form in ("PNG", "JPEG"):
                data = write(landscape(seed, (96, 64)), form)
                (folder / part / f"{seed}.{form.lower()}").write_bytes(data)
    fill(folder / "open")
    with Archive.open(folder / "open") as archive:
        import_folder(archive, folder / "first")
    copied(folder / "open", folder / "processed")
    with Archive.open(folder / "processed") as archive:
        derive.derive(archive)
    copied(folder / "processed", folder / "spoiled")
    shutil.rmtree(folder / "spoiled" / "thumbs")
    copied(folder / "open", folder / "sealed")
    with given(PASSWORD):
        sealing.seal(folder / "sealed")
    copied(folder / "processed", folder / "judged")
    with Archive.open(folder / "judged") as archive:
        skip(archive, STAYS, GOES)
    copied(folder / "judged", folder / "binned")
    with Archive.open(folder / "binned") as archive:
        assert pruning.prune(archive, pruning.plan(archive)).decision == 4
    copied(folder / "processed", folder / "exported")
    with Archive.open(folder / "exported") as archive:
        export.export(archive, export.plan(archive))
    (folder / "exported" / MINE).write_bytes(b"a person's own")
    old_archive().write(folder / "legacy")
    return folder


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with disk_of("8m", tmp_path / "disk") as place:
        yield place


class Trial:
    """One command on one archive, on a disk that fails in some way."""

    def __init__(self, case: Case, starts: Path, disk: Path) -> None:
        self.case, self.starts, self.disk = case, starts, disk
        self.archive = disk / "archive"
        self.password = PASSWORD if case.start == "sealed" or "seal" in case.line else None
        places = {"pictures": starts / "pictures", "legacy": starts / "legacy", "disk": disk}
        self.line = [part.format(**places) for part in case.line] + [
            "-d",
            str(self.archive),
        ]
        self.new_password = starts.parent / "second-password"
        self.new_password.write_text("another\n", encoding="utf-8")
        self.begin()
        self.held = self._content()

    def begin(self) -> None:
        """Lay the archive anew."""
        shutil.rmtree(self.disk / "backup", ignore_errors=True)
        copied(self.starts / self.case.start, self.archive)

    def run(self) -> int:
        """Run the command in this process; its exit code."""
        os.environ["FAP_NEW_PASSWORD_FILE"] = str(self.new_password)
        try:
            with given(self.password):
                return int(main(self.line, prog_name="fapproc", standalone_mode=False) or 0)
        finally:
            del os.environ["FAP_NEW_PASSWORD_FILE"]

    def look(self) -> None:
        """All that was had and judged before is there, and nothing is wrong."""
        settle(self.archive, PASSWORD)
        rows, files = self._content()
        for table in {*KEPT} - {*self.case.may_change}:
            assert set(self.held[0][table]) <= set(rows[table]), table
        went = {f"blob {each}": self.held[1][f"blob {each}"] for each in self.case.may_go}
        there = went.keys() & files.keys()
        assert there in (set(), went.keys())
        assert self.held[1].items() <= {**went, **files}.items()
        assert (self.archive / MINE).exists() == (self.starts / self.case.start / MINE).exists()

    def settled(self) -> None:
        """With room and a sound disk the command is done, and nothing is wrong."""
        if self._is_done():
            return  # only its end could not be told; to say it again would do more
        # What it makes is there already, or what it takes is gone.
        assert self.run() in {0, DONE_BEFORE.get(self.line[0], 0)}
        self.look()
        with given(self._to_open), Archive.open(self.archive) as archive:
            assert check.check(archive, read_data=True).findings == ()

    def _is_done(self) -> bool:
        if self.line[0] == "passwd":
            return "second" in passwords.names(self.archive)
        if self.case.start != "judged":
            return False
        with Archive.open(self.archive) as archive:
            return bool(pruning.bin_(archive))

    def _content(self) -> Content:
        """Every row and every original, those in the bin too."""
        with given(self._to_open), Archive.open(self.archive) as archive:
            return content(archive, thumbs=False, binned=True)

    @property
    def _to_open(self) -> str | None:
        return PASSWORD if description.read_existing(self.archive).sealed else None


def one_sentence(said: str) -> None:
    assert said.startswith("Error: ") and said.count("\n") == 1, said


@pytest.mark.parametrize("case", [*CASES[:10], *CASES[11:16:2]], ids=str)
def test_a_full_disk_ends_in_a_sentence_and_loses_nothing(
    case: Case, starts: Path, disk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trial = Trial(case, starts, disk)
    assert fails_with(trial, 2 * PAGE, capsys)


@pytest.mark.long
@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_disk_full_at_any_page_ends_in_a_sentence_and_loses_nothing(
    case: Case, starts: Path, disk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trial = Trial(case, starts, disk)
    for free in itertools.count(0, PAGE):
        if not fails_with(trial, free, capsys):
            break
    assert free > 0


def fails_with(trial: Trial, free: int, capsys: pytest.CaptureFixture[str]) -> bool:
    """Whether the command ends for want of room; either way all is there and can go on."""
    trial.begin()
    capsys.readouterr()
    with full_but_for(free, trial.disk):
        code = trial.run()
    if code:
        assert code == 1, free
        one_sentence(capsys.readouterr().err)
        trial.look()
        trial.settled()
    return code != 0


def test_thumbnails_for_which_there_is_no_room_end_process_and_are_no_damage(
    starts: Path, disk: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = tmp_path / "archive"
    copied(starts / "open", archive)
    shutil.copytree(archive / "thumbs", disk, dirs_exist_ok=True)
    shutil.rmtree(archive / "thumbs")
    (archive / "thumbs").symlink_to(disk)  # the rows have room
    line = ["process", "-q", "-d", str(archive)]
    with full_but_for(PAGE, disk):
        assert main(line, prog_name="fapproc", standalone_mode=False) == 1
    one_sentence(said := capsys.readouterr().err)
    assert "No space left" in said
    assert not main(line, prog_name="fapproc", standalone_mode=False)


@pytest.mark.parametrize("case", [CASES[n] for n in (0, 6, 9)], ids=str)
def test_a_call_that_fails_loses_nothing(case: Case, starts: Path, tmp_path: Path) -> None:
    assert fail_often(case, starts, tmp_path, faults=2) == 2


def test_a_file_that_no_job_expects_to_fail_is_a_sentence_all_the_same(
    starts: Path, tmp_path: Path
) -> None:
    trial, disk = failing(CASES[5], starts, tmp_path)
    assert disk.run(None, *trial.line).returncode == 0
    trial.begin()
    rows = disk.calls()["n"] - 4  # `archive.json` and its copy come last, twice
    ended = disk.run(Fault("n", rows), *trial.line)
    assert ended.returncode == 1 and "imagefap.database" in ended.stderr
    one_sentence(ended.stderr)


@pytest.mark.long
@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_hundred_calls_that_fail_lose_nothing(
    case: Case, starts: Path, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    failed = fail_often(case, starts, tmp_path, faults=100)
    record_property("faults", failed)
    assert failed == 100


def failing(case: Case, starts: Path, folder: Path) -> tuple[Trial, FailingDisk]:
    """A trial, and the disk that it is on; the home of its programs is on another."""
    disk = folder / "disk"
    disk.mkdir()
    trial = Trial(case, starts, disk)
    home = Home(folder / "home")
    home.password(trial.password)
    home.settings |= {"FAP_NEW_PASSWORD_FILE": str(trial.new_password)}
    return trial, FailingDisk(home, disk)


def fail_often(case: Case, starts: Path, folder: Path, *, faults: int) -> int:
    """Let so many calls of a command fail, one in each run; each time all is there and goes on.

    Returns:
        how many failed; a run that had no such call, as threads take turns, doesn't count.
    """
    trial, disk = failing(case, starts, folder)
    assert disk.run(None, *trial.line).returncode == 0
    failed = 0
    for fault in itertools.islice(drawn(disk.calls(), random.Random(str(case))), 2 * faults):
        trial.begin()
        ended = disk.run(fault, *trial.line)
        if not disk.calls()[fault.kind.upper()]:
            continue
        failed += 1
        # What is kept is read twice, and what can't be then is another archive than was agreed to.
        changed = {2} if case.line[0] == "prune" else set()
        assert ended.returncode in {0, 1, 3, 13} | changed, (str(fault), ended)
        assert "Traceback" not in ended.stderr, (str(fault), ended.stderr)
        trial.look()
        trial.settled()
        if failed == faults:
            break
    return failed
