"""What only reads works where nothing may be written, and writes nothing there."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from click.testing import CliRunner, Result

from fapproc import ours
from fapproc.archive import Archive
from fapproc.cli import main
from fapproc.db.dialect import files
from fapproc.errors import StorageError
from fapproc.jobs import tagging
from fapproc.jobs.inventory import tags
from fapproc.looking import open_to_read
from fapproc.ours import DATABASE
from tests.archives import make
from tests.disks import disk_of, full_but_for
from tests.holdings import PASSWORD, fill, given, opened
from tests.processes import Process
from tests.programs import FAPPROC, REPOSITORY, clean
from tests.shelves import files_below
from tests.webviewer.shelf import digest

forms = pytest.mark.parametrize("password", [None, PASSWORD], ids=["open", "sealed"])
READING = (
    ("stats",),
    ("print", "--json"),
    ("list",),
    ("show", digest(1)),
    ("path", digest(1)),
    ("failures",),
    ("tag", "list"),
    ("verdict", "list"),
    ("prune", "--list"),
    ("check", "--read-data"),
    ("check",),
)
SAID = "can't be written, so it is opened read-only."


def run(*arguments: object) -> Result:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@contextmanager
def unwritable(folder: Path, place: Path) -> Iterator[Path]:
    """A copy of a folder in which nobody may write, root neither."""
    if os.getuid():
        copy = Path(shutil.copytree(folder, place))
        paths = [copy, *copy.rglob("*")]
        for path in paths:
            path.chmod(0o555 if path.is_dir() else 0o444)
        try:
            yield copy
        finally:
            for path in paths:
                path.chmod(0o755)
        return
    with disk_of("64m", place) as disk:
        copy = Path(shutil.copytree(folder, disk / "archive"))
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True, timeout=60)
        yield copy


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> dict[str | None, Path]:
    """An archive in each form, as it lies on disk when nobody has it open."""
    root = tmp_path_factory.mktemp("filled")
    found = {}
    for password in (None, PASSWORD):
        found[password] = root / str(password is None)
        fill(found[password], password)
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="a disk that is mounted for reading")
@forms
def test_what_reads_works_where_nothing_may_be_written(
    password: str | None, filled: dict[str | None, Path], tmp_path: Path
) -> None:
    expected = {}
    for line in READING:
        with given(password):
            expected[line] = run(*line, "-d", filled[password])
    with unwritable(filled[password], tmp_path / "disk") as folder:
        before = files_below(folder)
        for line, there in expected.items():
            with given(password):
                result = run(*line, "-d", folder)
            assert result.exit_code == there.exit_code, (line, result.output)
            if line[0] in {"list", "check"}:
                assert result.stdout == there.stdout
            assert SAID in result.stderr
        with given(password):
            refused = run("tag", "create", "More", "-d", folder)
        assert refused.exit_code == 1 and refused.stderr.count("\n") == 1
        assert files_below(folder) == before


@pytest.mark.skipif(sys.platform != "linux", reason="a disk that is full")
def test_what_reads_works_on_a_full_disk(filled: dict[str | None, Path], tmp_path: Path) -> None:
    with disk_of("16m", tmp_path / "disk") as disk:
        folder = Path(shutil.copytree(filled[None], disk / "archive"))
        with full_but_for(0, disk):
            for line in READING:
                assert (
                    run(*line, "-d", folder).exit_code == run(*line, "-d", filled[None]).exit_code
                )


@forms
def test_read_only_writes_nothing_where_it_could(
    password: str | None, filled: dict[str | None, Path], tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(filled[password], tmp_path / "copy"))
    shutil.rmtree(folder / ".locks")
    before = {path: path.stat().st_mtime_ns for path in [folder, *folder.rglob("*")]}
    for line in READING:
        with given(password):
            result = run(*line, "--read-only", "-d", folder)
        assert SAID not in result.stderr and "read-only" not in result.stderr
    assert {path: path.stat().st_mtime_ns for path in [folder, *folder.rglob("*")]} == before
    for writing in (["check", "--repair"], ["failures", "--retry"], ["prune"]):
        assert run(*writing, "--read-only", "-d", folder).exit_code == 2


@forms
@pytest.mark.parametrize("index", [True, False], ids=["with its index", "without"])
def test_rows_that_lie_in_a_log_are_read_too(
    password: str | None, index: bool, filled: dict[str | None, Path], tmp_path: Path
) -> None:
    source = Path(shutil.copytree(filled[password], tmp_path / "live"))
    with opened(source, password) as archive:
        tagging.create(archive, "InTheLog")
        copy = Path(shutil.copytree(source, tmp_path / "snapshot"))  # as a snapshot of a disk
    assert (copy / f"{DATABASE}{ours.LOGS[0]}").stat().st_size
    if not index:
        (copy / f"{DATABASE}{ours.LOGS[1]}").unlink()
    with given(password), open_to_read(copy, only=True) as archive:
        assert "InTheLog" in {tag.path for tag in tags(archive)}
        with pytest.raises(StorageError, match="read-only"), archive.writing():
            pass


def test_what_another_program_writes_meanwhile_is_seen(tmp_path: Path) -> None:
    fill(tmp_path / "archive")
    with open_to_read(tmp_path / "archive", only=True) as reader:
        assert files.to_read(tmp_path / "archive" / DATABASE).endswith("immutable=1")  # type: ignore[union-attr]
        with Archive.open(tmp_path / "archive") as writer:
            for number in range(3):
                tagging.create(writer, f"New{number}")
                assert f"New{number}" in {tag.path for tag in tags(reader)}
        assert "New2" in {tag.path for tag in tags(reader)}


@forms
def test_a_backup_opens_where_it_lies(
    password: str | None, filled: dict[str | None, Path], tmp_path: Path
) -> None:
    with given(password):
        assert run("backup", tmp_path / "backup", "-d", filled[password]).exit_code == 0
    with given(password):
        there = run("stats", "--json", "--read-only", "-d", tmp_path / "backup")
    assert there.exit_code == 0 and '"images": 6' in there.stdout


def test_an_archive_of_an_earlier_program_says_that_it_has_to_be_upgraded(tmp_path: Path) -> None:
    make.unpack("open", tmp_path, "0011")
    result = run("stats", "--read-only", "-d", next(tmp_path.glob("**/archive.json")).parent)
    assert result.exit_code == 1 and "Copy the archive to where you may write." in result.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="a disk that is mounted for reading")
def test_the_viewer_shows_what_may_not_be_written(
    filled: dict[str | None, Path], tmp_path: Path
) -> None:
    with (
        unwritable(filled[None], tmp_path / "disk") as folder,
        Process(
            [*FAPPROC, "run", "--port", "0", "-d", str(folder)],
            cwd=REPOSITORY,
            env=clean(os.environ) | {"HOME": str(tmp_path), "FAP_VIEWER_TOKEN": ""},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process,
    ):
        assert process.stdout
        told = process.stdout.readline()
        assert told, process.communicate(timeout=60)
        address = re.findall(r"http://127\.0\.0\.1:\d+", told)[0]
        request = Request(f"{address}/viewer/", headers={"Sec-Fetch-Site": "none"})
        with urlopen(request, timeout=60) as answer:
            assert answer.status == 200
        process.terminate()
        process.communicate(timeout=60)
