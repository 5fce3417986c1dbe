import errno
import os
import re
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fapproc.durable.folder import DurableFolder
from fapproc.errors import StorageError, Unreadable
from fapproc.lock import try_lock
from fapproc.ours import TEMPORARY
from fapproc.vault.store import digest_of
from tests.connections import opened
from tests.disks import disk_of
from tests.shelves import files_below

ROOT = Path(__file__).parents[2]


def child(code: str, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def halves(folder: Path) -> list[Path]:
    return list(folder.rglob(f"{TEMPORARY}/*"))


def finished(folder: Path) -> dict[str, bytes]:
    return {name: data for name, data in files_below(folder).items() if TEMPORARY not in name}


@pytest.mark.parametrize(
    "name", ["", ".", "..", "/etc/passwd", "a/../../b", "../b", "a\\b", "a/..", "/"]
)
def test_a_name_that_leaves_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="not a name inside the folder"):
        DurableFolder(tmp_path).path(name)


def test_files_of_one_call_are_all_there_when_it_returns(tmp_path: Path) -> None:
    files = {f"{n % 3}/{n}": bytes([n]) * n for n in range(40)}
    DurableFolder(tmp_path).write(files)
    assert finished(tmp_path) == files


def test_a_write_replaces_what_is_there(tmp_path: Path) -> None:
    folder = DurableFolder(tmp_path)
    folder.write({"a/b": b"old"})
    folder.write({"a/b": b"new"})
    assert folder.read("a/b") == b"new"


def test_no_file_reads_as_none(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"text")
    folder = DurableFolder(tmp_path)
    assert folder.read("none") is None
    assert folder.read("none/below") is None


def test_what_lies_where_a_folder_belongs_hides_files_and_makes_none_missing(
    tmp_path: Path,
) -> None:
    (tmp_path / "file").write_bytes(b"text")
    folder = DurableFolder(tmp_path)
    for name in ("file/below", "file/far/below"):
        with pytest.raises(Unreadable, match=f"{tmp_path}/file is in the place of a folder"):
            folder.read(name)


def test_what_can_not_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_bytes(b"text")
    folder = DurableFolder(tmp_path)
    for name in ("file/below", "folder"):
        with pytest.raises(
            StorageError, match=r"in the archive: .*nothing that was stored is lost"
        ):
            folder.write({name: b"data"})
    assert files_below(tmp_path) == {"file": b"text"}


def half(folder: Path) -> Path:
    """A temporary file as a kill leaves it."""
    folder.mkdir(parents=True, exist_ok=True)
    made = folder / f"half-{secrets.token_hex(16)}"
    made.write_bytes(b"half")
    return made


@pytest.mark.parametrize("area", [".", "blobs", "thumbs", "tag_export"])
def test_a_sweep_takes_what_nobody_writes_and_leaves_what_somebody_locks(
    tmp_path: Path, area: str
) -> None:
    left, written = half(tmp_path / area / TEMPORARY), half(tmp_path / area / TEMPORARY)
    with written.open("rb+", buffering=0) as file:
        assert try_lock(file, alone=True)
        DurableFolder(tmp_path).sweep()
        assert (left.exists(), written.exists()) == (False, True)
    DurableFolder(tmp_path).sweep()
    assert not written.exists()


def test_a_sweep_takes_what_an_earlier_program_left_when_it_is_a_day_old(tmp_path: Path) -> None:
    (tmp_path / ".tmp").mkdir()
    young, old = (tmp_path / ".tmp" / f"{n}-0123456789abcdef" for n in (1, 22))
    others = tmp_path / "work" / ".tmp" / old.name  # where no program of ours has ever written
    others.parent.mkdir(parents=True)
    for file in (young, old, others):
        file.write_bytes(b"half")
    for file in (old, others):
        os.utime(file, (1, 1))
    DurableFolder(tmp_path).sweep()
    assert [file.exists() for file in (young, old, others)] == [True, False, True]


@pytest.mark.parametrize("place", [TEMPORARY, ".tmp", f"blobs/{TEMPORARY}"])
def test_a_sweep_leaves_what_has_another_name_or_lies_behind_a_link(
    tmp_path: Path, place: str
) -> None:
    docs = tmp_path / "docs"
    kept = half(docs)
    (docs / "1-0123456789abcdef").write_bytes(b"mine")
    os.utime(docs / "1-0123456789abcdef", (1, 1))
    before = files_below(docs)
    root = tmp_path / "archive"
    (root / place).parent.mkdir(parents=True)
    (root / place).symlink_to(docs)
    DurableFolder(root).sweep()
    assert files_below(docs) == before
    (root / place).unlink()
    (root / place).mkdir()
    for name in ("letter.txt", f"{kept.name}.txt", "half-0", "HALF-" + 32 * "0", "1-00"):
        (root / place / name).write_bytes(b"mine")
        os.utime(root / place / name, (1, 1))
    (root / place / f"half-{32 * 'a'}").mkdir()
    before = files_below(root)
    DurableFolder(root).sweep()
    DurableFolder(root).tidy()
    assert files_below(root) == before
    assert (root / place / f"half-{32 * 'a'}").is_dir()


def test_tidying_takes_an_empty_folder_and_no_other(tmp_path: Path) -> None:
    folder = DurableFolder(tmp_path)
    folder.tidy()
    folder.write({"a": b"data"})
    left = half(tmp_path / TEMPORARY)
    folder.tidy()
    assert (tmp_path / TEMPORARY).is_dir()
    left.unlink()
    folder.tidy()
    assert not (tmp_path / TEMPORARY).exists()


SAME = """
import sys
from collections.abc import Iterator
from pathlib import Path
from fapproc.durable.folder import DurableFolder
folder = DurableFolder(Path(sys.argv[1]))
for n in range(30):
    folder.write({f"{n % 2}/{n}": bytes([n]) * 5000})
"""


def test_two_processes_may_put_the_same_at_once(tmp_path: Path) -> None:
    with child(SAME, tmp_path) as one, child(SAME, tmp_path) as two:
        assert (one.wait(120), two.wait(120)) == (0, 0)
    assert finished(tmp_path) == {f"{n % 2}/{n}": bytes([n]) * 5000 for n in range(30)}
    assert halves(tmp_path) == []


WITHOUT_END = """
import hashlib, itertools, sys
from collections.abc import Iterator
from pathlib import Path
from fapproc.durable.folder import DurableFolder
folder = DurableFolder(Path(sys.argv[1]))
for n in itertools.count():
    batch = [n.to_bytes(4, "big") * 20_000, n.to_bytes(4, "little") * 30_000]
    folder.write({f"{n % 5}/" + hashlib.sha256(data).hexdigest(): data for data in batch})
    print(n, flush=True)
"""


@pytest.mark.parametrize("batches", [1, 3, 9])
def test_a_kill_in_the_middle_of_writes_leaves_whole_files_and_a_sweep_takes_the_rest(
    tmp_path: Path, batches: int
) -> None:
    with child(WITHOUT_END, tmp_path) as writer:
        assert writer.stdout is not None
        for _ in range(batches):
            acknowledged = int(writer.stdout.readline())
        writer.send_signal(signal.SIGKILL)
    left = finished(tmp_path)
    assert len(left) >= 2 * (acknowledged + 1)
    assert all(digest_of(data) == name.rpartition("/")[2] for name, data in left.items())
    DurableFolder(tmp_path).sweep()
    assert halves(tmp_path) == []
    assert finished(tmp_path) == left


FULL = """
import errno, resource, signal, sys
from collections.abc import Iterator
from pathlib import Path
from fapproc.errors import StorageError, Unreadable
from fapproc.durable.folder import DurableFolder
folder = DurableFolder(Path(sys.argv[1]))
folder.write({"before": b"sound"})
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
try:
    folder.write({"a/small": b"x" * 100, "a/large": b"y" * 200_000, "b/small": b"z" * 100})
except StorageError as error:
    print(error)
"""


def test_where_no_more_can_be_written_nothing_half_has_a_name(tmp_path: Path) -> None:
    with child(FULL, tmp_path) as writer:
        assert writer.stdout is not None
        said = writer.stdout.read()
    assert said.startswith("Can't write in the archive: ")
    assert os.strerror(errno.EFBIG) in said
    assert files_below(tmp_path) == {"before": b"sound"}


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    with disk_of("256k", tmp_path / "tiny") as place:
        yield place


def test_on_a_full_disk_what_was_there_stays_and_room_made_lets_it_go_on(tiny_disk: Path) -> None:
    folder = DurableFolder(tiny_disk)
    folder.write({"a": b"a" * 100_000})
    with pytest.raises(StorageError, match=r"No space left on device. Make room"):
        folder.write({"b": b"b" * 50_000, "c": b"c" * 200_000})
    assert files_below(tiny_disk) == {"a": b"a" * 100_000}
    assert folder.remove("a", re.compile("a"))
    folder.write({"c": b"c" * 200_000})
    assert folder.read("c") == b"c" * 200_000


def test_only_blobs_and_thumbs_of_the_archive_itself_may_be_links(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "here" / "tag_export").mkdir(parents=True)
    folder = DurableFolder(tmp_path / "here")
    for name in ("blobs", "tag_export/blobs"):
        (folder.root / name).symlink_to(tmp_path / "other")
    folder.write({"blobs/1": b"sound"})
    assert (tmp_path / "other" / "1").read_bytes() == b"sound"
    with pytest.raises(StorageError, match=r"tag_export/blobs: it is a link.*Move it away"):
        folder.write({"tag_export/blobs/2": b"sound"})


def test_what_lies_in_a_files_place_is_named_and_to_be_moved_away(tmp_path: Path) -> None:
    (tmp_path / "1").mkdir()
    with pytest.raises(StorageError, match=rf"{tmp_path}/1: Is a directory\. Move it away"):
        DurableFolder(tmp_path).write({"1": b"sound"})


@pytest.mark.skipif(sys.platform != "linux", reason="/proc")
def test_what_is_refused_is_not_left_open(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    folder = DurableFolder(tmp_path)
    for _ in range(9):
        with pytest.raises(Unreadable, match="it is a pipe"):
            folder.read("pipe")
    assert not any(each.startswith(str(tmp_path)) for each in opened(os.getpid()))
