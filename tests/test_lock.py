"""Who holds an archive, seen from other processes, dead ones included."""

import json
import math
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fapproc.archive import Archive
from fapproc.errors import ArchiveHeld, StorageError
from fapproc.hold import Holder
from fapproc.lock import FOLDER, Lock
from tests.drawing import landscape
from tests.processes import Process
from tests.programs import REPOSITORY, Home

HOLDER = """
import sys
from pathlib import Path
from fapproc.lock import Lock

sys.argv = sys.argv[1].split()
lock = Lock(Path(sys.argv.pop()))
how = sys.argv.pop()
if how == "job":
    lock.share()
    with lock.job("passwd"):
        print("held", flush=True)
        sys.stdin.read()
else:
    lock.share() if how == "share" else lock.alone()
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def holder(folder: Path, how: str, line: str = "/usr/bin/fapproc dedup") -> Iterator[int]:
    """Another process, started as `line`, that holds the archive until the block ends."""
    with Process(
        [sys.executable, "-c", HOLDER, f"{line} {how} {folder}"],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process.pid
        finally:
            process.kill()


@pytest.fixture
def lock(tmp_path: Path) -> Iterator[Lock]:
    made = Lock(tmp_path)
    yield made
    made.release()


def openers(folder: Path) -> list[Path]:
    return list((folder / FOLDER).glob("opener-*"))


def test_many_share_an_archive(tmp_path: Path, lock: Lock) -> None:
    with holder(tmp_path, "share"), holder(tmp_path, "share"):
        lock.share()
        assert len(openers(tmp_path)) == 3


def test_nobody_has_it_alone_while_it_is_shared_and_the_sentence_names_who_does(
    tmp_path: Path, lock: Lock
) -> None:
    with holder(tmp_path, "share") as pid, pytest.raises(ArchiveHeld) as caught:
        lock.alone()
    sentence = str(caught.value)
    assert f"in use by 'fapproc dedup' (pid {pid} on {os.uname().nodename}, since 20" in sentence
    lock.alone()


def test_everyone_who_has_it_open_is_named(tmp_path: Path, lock: Lock) -> None:
    with (
        holder(tmp_path, "share", "fapproc run"),
        holder(tmp_path, "share", "fapproc process"),
        pytest.raises(ArchiveHeld) as caught,
    ):
        lock.alone()
    assert "'fapproc run' (" in str(caught.value)
    assert " and " in str(caught.value)
    assert "'fapproc process' (" in str(caught.value)


def test_nobody_shares_what_is_held_alone(tmp_path: Path, lock: Lock) -> None:
    with holder(tmp_path, "alone", "fapproc seal") as pid:
        with pytest.raises(ArchiveHeld, match=rf"'fapproc seal' \(pid {pid} on "):
            lock.share()
        with pytest.raises(ArchiveHeld):
            lock.alone()
    lock.share()


@pytest.mark.parametrize("how", ["share", "alone", "job"])
def test_a_killed_holder_holds_nothing(tmp_path: Path, lock: Lock, how: str) -> None:
    with holder(tmp_path, how) as pid:
        os.kill(pid, signal.SIGKILL)
    lock.alone()
    lock.release()
    with lock.job("passwd"):
        pass


def test_what_dead_openers_left_is_removed(tmp_path: Path, lock: Lock) -> None:
    for _ in range(3):
        with holder(tmp_path, "share") as pid:
            os.kill(pid, signal.SIGKILL)
    lock.share()
    assert len(openers(tmp_path)) == 1
    lock.release()
    assert not openers(tmp_path)


def test_a_job_is_done_by_one_at_a_time_and_the_sentence_names_it(
    tmp_path: Path, lock: Lock
) -> None:
    with holder(tmp_path, "job", "fapproc passwd") as pid:
        told = rf"passwd is already running in 'fapproc passwd' \(pid {pid} "
        with pytest.raises(ArchiveHeld, match=told), lock.job("passwd"):
            pass
        with lock.job("another"):
            pass
    with lock.job("passwd"):
        pass


def test_a_job_ends_with_its_block(tmp_path: Path, lock: Lock) -> None:
    with pytest.raises(KeyError), lock.job("passwd"):
        raise KeyError
    with lock.job("passwd"):
        pass


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (["/usr/bin/fapproc", "import", "Meadows"], "fapproc import"),
        (["/usr/bin/fapproc", "tag", "Lakes"], "fapproc tag"),
        (["/usr/bin/fapproc", "import", "-d"], "fapproc import"),
        (["/usr/bin/scrapy", "crawl", "favorites", "-a", "user=anna"], "scrapy crawl favorites"),
        (["/usr/bin/scrapy", "crawl", "-a", "user=anna"], "scrapy crawl"),
        (["-c"], "python"),
    ],
)
def test_a_holder_is_named_by_its_command_and_never_by_its_arguments(
    line: list[str], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", line)
    assert Holder.here().command == told


@pytest.mark.parametrize("left", ["", "{}", "[1]", "null", '{"pid": 1}', "\x00"])
def test_a_file_that_says_nothing_names_another_program(
    tmp_path: Path, lock: Lock, left: str
) -> None:
    with holder(tmp_path, "job"):
        assert not lock.was_held(0)
        for said in (*openers(tmp_path), tmp_path / FOLDER / "job-passwd"):
            said.write_text(left)
        assert lock.was_held(0)  # for it may have been there then
        with pytest.raises(ArchiveHeld, match="in use by another program"):
            lock.alone()
        with pytest.raises(ArchiveHeld, match="running in another program"), lock.job("passwd"):
            pass


def test_an_archive_that_can_not_be_locked_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / FOLDER).write_text("a file where a folder is to be")
    with pytest.raises(StorageError, match="can't be locked"):
        Lock(tmp_path).share()


def test_two_who_seal_at_once_are_told_apart(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    Archive.open_or_create(home.archive).close()
    with Archive.open(home.archive):
        refused = home.run("seal")
    assert refused.returncode == 11
    assert refused.stderr.startswith("Error: The archive is in use by")
    home.password("correct horse")
    both = [home.start("seal", "-q"), home.start("seal", "-q")]
    ended = [(*process.communicate(timeout=120), process.returncode) for process in both]
    codes = sorted(code or 0 for _, _, code in ended)
    assert codes in ([0, 2], [0, 11]), ended  # 2: sealed already, when the first was done
    assert json.loads((home.archive / "archive.json").read_text())["work"] is None
    home.done("stats")


def test_two_who_make_one_archive_at_once_do_not_lock_each_other_out(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    source = home.folder / "pictures"
    source.mkdir(parents=True)
    landscape(1, (40, 30)).save(source / "1.png")
    home.settings["FAP_PASSWORD"] = "first"
    first = home.start("import", str(source))
    home.settings["FAP_PASSWORD"] = "second"
    second = home.start("import", str(source))
    ended = {
        "first": (first, *first.communicate(120)),
        "second": (second, *second.communicate(120)),
    }
    winners = [name for name, (process, _, _) in ended.items() if process.returncode == 0]
    assert len(winners) == 1, ended
    loser, _, told = ended["second" if winners == ["first"] else "first"]
    assert loser.returncode in {11, 12}, told
    assert told.count("\n") == 1
    home.settings["FAP_PASSWORD"] = winners[0]
    assert json.loads(home.done("stats", "--json"))["images"] == 1


def test_a_job_is_waited_for_and_the_one_who_waits_is_told_for_whom(tmp_path: Path) -> None:
    told: list[str] = []
    holding, done = threading.Event(), threading.Event()

    def hold() -> None:
        with Lock(tmp_path).job("process"):
            holding.set()
            done.wait(120)

    holder = threading.Thread(target=hold)
    holder.start()
    holding.wait(120)

    def waiting(who: str) -> None:
        told.append(who)
        done.set()

    with Lock(tmp_path).job("process", wait=math.inf, waiting=waiting):
        assert len(told) == 1
    holder.join()
    assert f"(pid {os.getpid()} on " in told[0]


def test_a_lock_is_let_go_though_its_file_can_not_be_removed(tmp_path: Path, lock: Lock) -> None:
    lock.share()
    (tmp_path / FOLDER).rename(tmp_path / "elsewhere")
    (tmp_path / FOLDER).symlink_to(FOLDER)  # a circle: what is looked for in it is an error
    lock.release()
    (tmp_path / FOLDER).unlink()
    (tmp_path / "elsewhere").rename(tmp_path / FOLDER)
    other = Lock(tmp_path)
    other.alone()
    other.release()


@pytest.mark.skipif(sys.platform != "linux", reason="Linux tells who stands still")
def test_a_holder_that_was_stopped_is_named_as_such(tmp_path: Path, lock: Lock) -> None:
    with holder(tmp_path, "job", "fapproc passwd") as pid:
        os.kill(pid, signal.SIGSTOP)
        os.waitid(os.P_PID, pid, os.WSTOPPED | os.WNOWAIT)
        told = rf"\(pid {pid} on .*, stopped now\)"
        with pytest.raises(ArchiveHeld, match=told), lock.job("passwd"):
            pass
        with pytest.raises(ArchiveHeld, match=told):
            lock.alone()
