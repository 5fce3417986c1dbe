"""`--cluster`, `fapproc scheduler` and `fapproc worker`: real programs, and the page about them."""

import os
import re
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import cycle
from pathlib import Path

import pytest

from fapproc.archive import Archive
from fapproc.errors import StorageError, UsageProblem
from fapproc.executors import cluster_rules
from fapproc.executors.cluster import BATCH
from fapproc.jobs import clusters, derive, inventory
from fapproc.jobs.import_folder import import_folder
from fapproc.vault.keys import Purpose
from fapproc.vault.store import digest_of
from tests.cli.conftest import Fapproc
from tests.connections import connections, sockets
from tests.drawing import landscape
from tests.holdings import PASSWORD, content, given
from tests.programs import COLD, REPOSITORY, Home
from tests.warm import Program
from tests.warm_workers import CLUSTER

URL = "tls://127.0.0.1:8786"
COUNT = 12
LONGEST = 60
SMALL_TALK = 2_000
"""More bytes than a scheduler sends to a worker unasked; pictures in its hands are 7,000."""
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="processes are looked at in /proc")


def drawn(home: Home) -> None:
    """Put pictures of which each is there twice, and a broken one, into a home's archive."""
    pictures = home.folder / "pictures"
    pictures.mkdir(parents=True)
    for seed in range(COUNT // 2):
        landscape(seed, (120, 80)).save(pictures / f"{seed}.png")
        landscape(seed, (120, 80)).save(pictures / f"{seed} again.jpg", quality=85)
    whole = (pictures / "1.png").read_bytes()
    (pictures / "broken.png").write_bytes(whole[:-900])
    kept(home, pictures)


def others(home: Home, first: int) -> list[str]:
    """Put some more pictures there, of which none is like another; their digests."""
    pictures = home.folder / f"pictures from {first}"
    pictures.mkdir(parents=True)
    for seed in range(first, first + 2 * BATCH + 1):
        landscape(seed, (60, 40)).save(pictures / f"{seed}.png")
    kept(home, pictures)
    return [digest_of(file.read_bytes()) for file in pictures.iterdir()]


def kept(home: Home, pictures: Path) -> None:
    with given(PASSWORD), Archive.open_or_create(home.archive) as archive:
        import_folder(archive, pictures)


def unprocessed(home: Home) -> int:
    with given(PASSWORD), Archive.open(home.archive) as archive:
        return derive.missing(archive)


def line(program: Program, words: str) -> str:
    """Wait for a line with these words: what a scheduler answers, or what a worker tells.

    Nothing of Dask's comes before it.
    """
    stream = program.stdout if "scheduler is at" in words else program.stderr
    for each in stream:
        if words in each:
            return each
        assert each.startswith("Made "), each
    raise AssertionError(f"it did not say {words!r}")


@dataclass
class Begun:
    """A scheduler and its workers; one that a test has ended is begun again by it."""

    home: Home
    url: str
    scheduler: Program
    workers: list[Program]

    @property
    def processes(self) -> list[int]:
        """The numbers of the processes that schedule and work, beside those of the programs."""
        return [child for one in (self.scheduler, *self.workers) for child in children(one.pid)]

    def kill(self, program: Program) -> None:
        """End a program and what it has begun at once: what was stopped hears of no end."""
        for pid in (program.pid, *children(program.pid)):
            os.kill(pid, signal.SIGKILL)
        program.communicate(LONGEST)

    def work_again(self, place: int) -> None:
        """Begin a worker in place of one that was killed."""
        self.workers[place] = self.home.start("worker", self.url, "--processes", "1")
        line(self.workers[place], "Working for")


def children(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def is_over(pid: int) -> bool:
    """Whether a process has ended; whose parent is dead may stay in the list of processes."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def unread(pids: list[int]) -> int:
    """Bytes that were sent to processes, which they have not read."""
    waiting = {line[9]: int(line[4].split(":")[1], 16) for line in connections()}
    return sum(waiting.get(inode, 0) for pid in pids for inode in sockets(pid))


def wait_until(happened: Callable[[], bool]) -> None:
    ends = time.monotonic() + LONGEST
    while not happened():
        assert time.monotonic() < ends
        time.sleep(0.02)


@contextmanager
def begun(home: Home, commands: list[str]) -> Iterator[Begun]:
    """Begin what the page says, at a free port; each ends by Ctrl-C, or as a service does."""
    assert commands[0] == "fapproc scheduler"
    scheduler = home.start("scheduler", "--listen", "tls://127.0.0.1:0")
    cluster = Begun(home, "", scheduler, [])
    try:
        cluster.url = line(scheduler, "The scheduler is at ").split()[-1]
        for each in commands[1:]:
            cluster.workers.append(home.start(*each.replace(URL, cluster.url).split()[1:]))
        for worker in cluster.workers:
            line(worker, "Working for")
        yield cluster
    finally:
        programs = (*cluster.workers, cluster.scheduler)
        for program, number in zip(programs, cycle((signal.SIGINT, signal.SIGTERM)), strict=False):
            program.send_signal(number)
        ended = [program.communicate(LONGEST)[1] for program in programs]
    assert [each.returncode for each in programs] == [0] * len(programs)
    assert all(said.endswith("has ended.\n") and said.count("has ended") == 1 for said in ended)


@pytest.fixture(scope="module")
def of_all_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Begun]:
    """The page's scheduler and workers, of a sealed archive; its processes are forks."""
    home = Home(tmp_path_factory.mktemp("cluster") / "home", loaded=(*COLD, CLUSTER))
    home.password(PASSWORD)
    with given(PASSWORD), Archive.open_or_create(home.archive):
        pass
    with begun(home, of_the_page()[:3]) as made:
        yield made


@pytest.fixture
def cluster(of_all_tests: Begun) -> Iterator[Begun]:
    """The same, of an archive without pictures: a search looks at each beside its nearest."""
    yield of_all_tests
    of_all_tests.home.done("delete", "--all", "--yes", "-q")


def of_the_page() -> list[str]:
    page = (REPOSITORY / "docs" / "cluster.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)
    return str(block).splitlines()


def in_memory(pid: int, sought: list[bytes]) -> list[bytes]:
    """Which of these bytes lie in the memory of a process now."""
    found = set[bytes]()
    maps = Path(f"/proc/{pid}/maps").read_text().splitlines()
    with Path(f"/proc/{pid}/mem").open("rb", 0) as memory:
        for each in maps:
            span, rights, _, _, inode, *_ = each.split()
            if not rights.startswith("rw") or inode != "0":  # else it is a library's
                continue
            first, last = (int(one, 16) for one in span.split("-"))
            memory.seek(first)
            try:
                data = memory.read(last - first)
            except OSError:
                continue
            found |= {one for one in sought if one in data}
    return sorted(found)


def on_disk(home: Home, sought: list[bytes]) -> list[str]:
    files = (file for file in home.folder.rglob("*") if file.is_file())
    return [
        str(file)
        for file in files
        if "pictures" not in file.parts and any(one in file.read_bytes() for one in sought)
    ]


@LINUX
def test_the_page_does_the_same_by_a_cluster_that_sees_nothing_of_a_sealed_archive(
    cluster: Begun, fapproc: Fapproc, tmp_path: Path
) -> None:
    alone, home = Home(tmp_path / "alone"), cluster.home
    for each in (alone, home):
        drawn(each)
    ended = []
    for command in ("process", "dedup"):
        with given(PASSWORD):
            ended.append(fapproc(command, "-q", "-d", alone.archive))
    said = [home.run(*each.replace(URL, cluster.url).split()[1:]) for each in of_the_page()[3:]]
    assert [(one.returncode, one.stdout) for one in said] == [
        (one.exit_code, one.stdout) for one in ended
    ]
    assert said[0].returncode == 3 and "12 images processed, 1 failed." in said[0].stdout
    with given(PASSWORD), Archive.open(alone.archive) as archive:
        expected, files = [*inventory.groups(archive)], content(archive)[1]
    with given(PASSWORD), Archive.open(home.archive) as archive:
        assert [set(each.verdicts) for each in inventory.groups(archive)] == [
            set(each.verdicts) for each in expected
        ]
        assert content(archive)[1].items() >= files.items()
        keys = archive.unlocked.keys
    assert keys is not None and len(expected) == COUNT // 2
    digests = [digest.encode() for each in expected for digest in each.verdicts]
    secrets = [keys.subkey(Purpose.CLUSTER), keys.subkey(Purpose.BLOB), PASSWORD.encode()]
    pictures = [data[len(data) // 2 :][:24] for data in files.values()]
    assert len(digests) == COUNT and len(pictures) >= 2 * COUNT
    sought = [*digests[::3], *pictures[::6], *secrets]  # each is looked for in 200 MB
    (scheduler,) = children(cluster.scheduler.pid)
    assert in_memory(scheduler, sought) == []
    assert in_memory(scheduler, [b"fapproc.executors.joined"]), "its memory was read"
    assert on_disk(home, sought) == []
    file = next(home.folder.rglob("cluster.pem"))
    assert file.stat().st_mode & 0o777 == 0o600


@LINUX
def test_pictures_in_the_hands_of_a_worker_that_is_killed_are_done_by_the_next(
    cluster: Begun,
) -> None:
    home, count = cluster.home, len(others(cluster.home, 100))
    working = [children(worker.pid)[0] for worker in cluster.workers]
    for pid in working:
        os.kill(pid, signal.SIGSTOP)
    before = unread(working)
    with home.start("process", "-q", "--cluster", cluster.url) as program:
        wait_until(lambda: unread(working) > before + SMALL_TALK)
        for worker in cluster.workers:
            cluster.kill(worker)
        waiting = line(program, "No worker for this archive is at")
        assert waiting == (
            f"No worker for this archive is at {cluster.url}: waiting until one joins it by "
            f"'fapproc worker {cluster.url}'.\n"
        )
        cluster.work_again(0)
        out, err = program.communicate(LONGEST)
    cluster.work_again(1)
    assert (program.returncode, out, err) == (0, f"{count} images processed, 0 failed.\n", "")
    assert unprocessed(home) == 0


@LINUX
def test_a_scheduler_that_is_killed_ends_a_command_with_one_sentence_and_it_goes_on(
    cluster: Begun,
) -> None:
    home, count = cluster.home, len(others(cluster.home, 200))
    working = [children(worker.pid)[0] for worker in cluster.workers]
    for pid in working:
        os.kill(pid, signal.SIGSTOP)
    before = unread(working)
    with home.start("process", "-q", "--cluster", cluster.url) as program:
        wait_until(lambda: unread(working) > before + SMALL_TALK)
        cluster.kill(cluster.scheduler)
        out, err = program.communicate(LONGEST)
    assert (program.returncode, out) == (1, "")
    assert err == (
        f"Error: The scheduler at {cluster.url} can't be reached any more. What was done is kept: "
        "run the same command again when it is back.\n"
    )
    for pid in working:
        os.kill(pid, signal.SIGCONT)
    for worker in cluster.workers:
        line(worker, f"The scheduler at {cluster.url} is gone: waiting until it is back.")
    cluster.scheduler = home.start("scheduler", "--listen", cluster.url)
    line(cluster.scheduler, "The scheduler is at ")
    for worker in cluster.workers:
        line(worker, "Working for")
    assert unprocessed(home) == count
    again = home.run("process", "-q", "--cluster", cluster.url)
    assert (again.returncode, again.stdout) == (0, f"{count} images processed, 0 failed.\n")
    assert unprocessed(home) == 0


@pytest.mark.long
@LINUX
def test_what_a_killed_command_leaves_of_its_cluster_is_gone_with_the_next(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.password(PASSWORD)
    others(home, 300)
    place = home.folder / "tmp"
    with home.start("process", "-q", "--cluster", "local[1]") as program:
        wait_until(lambda: len(children(program.pid)) == 2)
        begun_by_it = children(program.pid)
        program.kill()
    (left,) = place.iterdir()
    assert (left / "cluster.pem").read_bytes()
    for pid in begun_by_it:  # they end by themselves
        wait_until(partial(is_over, pid))
    stranger = place / "fapproc-cluster-notes"
    stranger.mkdir(0o700)
    (stranger / "cluster.pem").touch()
    assert home.run("process", "-q", "--cluster", "local[1]").returncode == 0
    assert unprocessed(home) == 0
    assert [*place.rglob("*")] == [stranger, stranger / "cluster.pem"]


def test_a_cluster_of_this_computer_begins_and_ends_with_the_command(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.password(PASSWORD)
    drawn(home)
    made = home.run("process", "-q", "--cluster", "local[1]")
    assert (made.returncode, made.stderr) == (3, "")
    assert made.stdout == "12 images processed, 1 failed.\n"
    assert not [*(home.folder / "tmp").iterdir()]
    assert not [*home.folder.rglob("cluster.pem")]


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("somewhere", r"somewhere is no address of a scheduler: give tls://HOST or"),
        ("local[0]", r"local\[0\] is no cluster: name 1 to 60 workers\."),
        ("tcp://127.0.0.1:8786", "is no address of a scheduler"),
        (URL, r"cluster\.pem, which admits computers to a cluster, can't be read: No such file"),
    ],
)
@pytest.mark.parametrize("command", ["process", "dedup"])
def test_what_is_no_cluster_is_code_2(
    fapproc: Fapproc, folder: Path, command: str, typed: str, sentence: str
) -> None:
    if typed == URL:
        fapproc("config", "-d", folder, "set", "percept", "3")  # so that there is something to do
        command = "worker"
    words = [command, "-d", folder, *(["--cluster"] if command != "worker" else []), typed]
    said = fapproc(*words)
    assert said.exit_code == 2
    assert re.search(sentence, said.stderr), said.stderr
    assert said.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("host", "why"), [("127.0.0.1", "in use"), ("192.0.2.1", "[Cc]an('t|not) assign")]
)
def test_an_address_that_a_scheduler_can_not_have_is_one_sentence(
    fapproc: Fapproc, host: str, why: str
) -> None:
    """Dask names only as the cause what kept it: 60 lines of traceback came."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        said = fapproc("scheduler", "--listen", f"tls://{host}:{taken.getsockname()[1]}")
    assert said.exit_code == 1
    assert re.search(rf"can't listen at tls://{host}:\d+: .*{why}.*--listen\.\n\Z", said.stderr)
    assert said.stderr.count("\n") == 1


def test_rows_in_a_file_are_not_shared_with_another_computer(
    fapproc: Fapproc, folder: Path, tmp_path: Path
) -> None:
    elsewhere = "tls://192.0.2.1:8786"
    said = fapproc("worker", "-d", folder, elsewhere)
    assert said.exit_code == 2
    assert "are in a file" in said.stderr and "fapproc move --database" in said.stderr
    with (
        Archive.open(folder) as archive,
        pytest.raises(UsageProblem, match="are in a file"),
        clusters.joined(archive, elsewhere, tmp_path / "any.pem", print),
    ):
        pass


@pytest.mark.skipif(sys.platform == "win32", reason="it has no such limit")
def test_a_certificate_that_finds_no_room_leaves_nothing_in_the_way(tmp_path: Path) -> None:
    import resource

    file = tmp_path / "new" / "cluster.pem"
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        with pytest.raises(StorageError, match="can't be written: No space left"):
            clusters.made(file)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not file.exists()
    assert clusters.made(file) and not clusters.made(file)
    assert clusters.kept(file) == file


def test_a_certificate_that_others_may_read_or_that_is_none_is_code_2(
    fapproc: Fapproc, folder: Path, tmp_path: Path
) -> None:
    file = tmp_path / "some.pem"
    file.write_text("none")
    for mode, sentence in ((0o644, "chmod 600"), (0o600, "is not the key and certificate")):
        file.chmod(mode)
        said = fapproc("worker", "-d", folder, URL, "--certificate", file)
        assert said.exit_code == 2 and sentence in said.stderr


def test_without_its_packages_it_is_one_sentence_with_the_next_step(
    fapproc: Fapproc, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "distributed"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(cluster_rules, "find_spec", lambda name: None)
    for words in (["process", "--cluster", "local"], ["worker", URL], ["scheduler"]):
        said = fapproc(*words, "-d", folder)
        assert said.exit_code == 2
        assert said.stderr == (
            "Error: A cluster needs the package distributed, which is not installed. "
            "Install it in the project's folder: pip install '.[cluster]'\n"
        )
