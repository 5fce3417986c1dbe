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

from fapproc.archive import Archive
from fapproc.cli import main
from fapproc.jobs import check, derive, passwords, sealing
from fapproc.jobs.import_folder import import_folder
from tests.disks import FailingDisk, Fault, disk_of, drawn, full_but_for
from tests.drawing import landscape, write
from tests.holdings import PASSWORD, Content, content, copied, fill, given
from tests.programs import Home

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="file systems as Linux has them")

PAGE = 4096
KEPT = ("user", "album", "listing", "tag", "image_tag")
"""Tables of which no row may change or go, whatever fails: what was had and what was judged."""


@dataclass(frozen=True)
class Case:
    """A command, and the archive that it is run on."""

    start: str
    line: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.line[0]} {self.start}"


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
        self.password = PASSWORD if case.start == "sealed" else None
        self.line = [part.format(pictures=starts / "pictures", disk=disk) for part in case.line] + [
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
        rows, files = self._content()
        for table in KEPT:
            assert set(self.held[0][table]) <= set(rows[table]), table
        assert self.held[1].items() <= files.items()

    def settled(self) -> None:
        """With room and a sound disk the command is done, and nothing is wrong."""
        if "passwd" in self.line and self._has_second_password():
            return  # it was done, and only its end could not be told
        done_before = {2} if "create" in self.line else set()  # the tag is there already
        assert self.run() in {0} | done_before
        self.look()
        with given(self.password), Archive.open(self.archive) as archive:
            assert check.check(archive, read_data=True).findings == ()

    def _has_second_password(self) -> bool:
        return "second" in passwords.names(self.archive)

    def _content(self) -> Content:
        """Every row and every original."""
        with given(self.password), Archive.open(self.archive) as archive:
            rows, blobs = content(archive, thumbs=False)
        return rows, blobs


def one_sentence(said: str) -> None:
    assert said.startswith("Error: ") and said.count("\n") == 1, said


@pytest.mark.parametrize("case", CASES, ids=str)
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
        assert ended.returncode in {0, 1, 3, 13}, (str(fault), ended)
        assert "Traceback" not in ended.stderr, (str(fault), ended.stderr)
        trial.look()
        trial.settled()
        if failed == faults:
            break
    return failed
