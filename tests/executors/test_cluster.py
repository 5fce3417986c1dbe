"""The executor over Dask, with a real scheduler and real workers on this computer."""

import gc
import os
import signal
import socket
import ssl
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection, HTTPException
from itertools import count, takewhile
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from fapproc.errors import FapError
from fapproc.executors import certificate, cluster_rules
from fapproc.executors.cluster import BATCH, OnCluster
from fapproc.executors.cluster_process import Lost, Order
from fapproc.executors.crew import Crew
from fapproc.executors.joined import Cluster
from fapproc.executors.outcomes import Broken, Done, Outcome, Refusal, Refused
from tests import warm_workers
from tests.connections import listening
from tests.executors.stations import OUT_OF_STOCK, Station, Wire, impatient, loading, stuck

GROUP = "tests/"
CREDENTIALS = ("AWS_SECRET_ACCESS_KEY", "PGPASSWORD")
LOOPBACK = "127.0.0.1"
LISTENS = "127.0.0.2" if sys.platform == "linux" else LOOPBACK
"""Another address of this computer, so that it shows what listens there and what does not."""
UNREACHED = "tls://255.255.255.255:1"
"""Who wants to go there is refused by the system, and nothing is sent."""

pytestmark = pytest.mark.filterwarnings(
    # Where a connection was cut, tornado leaves its socket to the garbage collector.
    "ignore:Exception ignored in. <ssl.SSLSocket:pytest.PytestUnraisableExceptionWarning"
)


@pytest.fixture(scope="module", autouse=True)
def collected() -> Iterator[None]:
    """Whatever is left of connections is collected here, and in nobody else's test."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.fixture(scope="module", autouse=True)
def forks() -> Iterator[None]:
    """Processes of a cluster are forks: tests/cli/test_cluster.py has one that begins anew."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("fapproc.executors.crew.start", warm_workers.start_cluster)
        for name in CREDENTIALS:
            patch.setenv(name, "quokka")
        yield


@dataclass
class Grounds:
    """A scheduler and two workers."""

    url: str
    file: Path
    folder: Path
    scheduler: Crew
    workers: Crew

    @contextmanager
    def joined(self, group: str = GROUP) -> Iterator[Cluster]:
        said: list[str] = []
        watch = lambda: self.workers.watch(0)  # noqa: E731 - a function that is called now and then
        with Cluster(self.url, self.file, group, said.append, watch) as cluster:
            yield cluster

    @contextmanager
    def client(self) -> Iterator[Any]:
        """Dask's own, to look into its processes."""
        from distributed import Client

        security = cluster_rules.security(self.file)
        with Client(self.url, security=security, set_as_default=False) as client:
            yield client

    def answers(self, *commands: bytes, job: bytes = b"obey") -> list[tuple[int, Outcome[Any]]]:
        with self.joined() as cluster:
            return list(
                OnCluster[bytes, Any](cluster, job.decode(), job, Wire()).map(enumerate(commands))
            )


def private(folder: Path, name: str = "cluster.pem") -> Path:
    file = folder / name
    file.write_bytes(certificate.new())
    return file


@contextmanager
def scheduler(folder: Path, file: Path, host: str = LISTENS) -> Iterator[tuple[str, Crew]]:
    with Crew([Order(f"tls://{host}:0", file, folder)]) as crew:
        while not crew.urls:
            crew.watch(1)
        yield crew.urls[0], crew


@pytest.fixture(scope="module")
def grounds(forks: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Grounds]:
    folder = tmp_path_factory.mktemp("cluster")
    file = private(folder)
    with (
        scheduler(folder, file) as (url, scheduling),
        Crew([Order(url, file, folder, GROUP, Station)] * 2) as workers,
    ):
        while len(workers.urls) < 2:
            workers.watch(1)
        yield Grounds(url, file, folder, scheduling, workers)


def test_every_payload_is_answered_once_under_its_key(grounds: Grounds) -> None:
    count = 3 * BATCH + 1
    answers = grounds.answers(*(f"echo {n}".encode() for n in range(count)))
    assert sorted(answers) == [(n, Done(str(n))) for n in range(count)]


def test_what_a_limited_process_says_of_a_payload_comes_back_and_the_worker_lives(
    grounds: Grounds,
) -> None:
    found = dict(grounds.answers(b"die segv", b"refuse this", b"fail here", b"echo on"))
    assert found[0] == Broken(f"its worker ended with {-signal.SIGSEGV}")
    assert isinstance(found[1], Refused) and isinstance(found[1].problem, Refusal)
    assert isinstance(found[2], Broken) and found[2].why == "ZeroDivisionError: here"
    assert found[3] == Done("on")


def test_at_most_two_batches_a_worker_are_on_their_way(grounds: Grounds) -> None:
    taken = 0

    def source() -> Iterator[tuple[int, bytes]]:
        nonlocal taken
        for taken in range(1, 20 * BATCH):
            yield taken, b"echo"

    with grounds.joined() as cluster:
        for answered, _ in enumerate(
            OnCluster[bytes, Any](cluster, "obey", b"obey", Wire()).map(source()), start=1
        ):
            assert taken - answered < 2 * 2 * BATCH


def test_a_worker_that_has_forgotten_the_job_is_told_it_again(grounds: Grounds) -> None:
    commands = [b"forget" if n % BATCH == 3 else b"echo" for n in range(5 * BATCH)]
    assert len(grounds.answers(*commands)) == len(commands)


def test_an_error_for_which_nothing_could_be_begun_is_raised_here(grounds: Grounds) -> None:
    with pytest.raises(LookupError, match="there is no such job"):
        grounds.answers(b"echo", job=OUT_OF_STOCK)


def test_an_error_of_a_worker_itself_is_raised_here_and_is_no_loss(grounds: Grounds) -> None:
    with pytest.raises(ZeroDivisionError, match="in the station"):
        grounds.answers(b"raise")


def test_the_batches_of_a_worker_that_was_killed_are_done_again_and_none_twice(
    grounds: Grounds,
) -> None:
    count = 20 * BATCH
    answers = []
    with grounds.joined() as cluster:
        executor = OnCluster[bytes, Any](cluster, "obey", b"obey", Wire())
        for answer in executor.map((n, b"echo %d" % n) for n in range(count)):
            answers.append(answer)
            if len(answers) == 2 * BATCH:
                os.kill(grounds.workers.pids[0], signal.SIGKILL)
    assert sorted(answers) == [(n, Done(str(n))) for n in range(count)]


def test_what_nobody_waits_for_any_more_is_not_begun(grounds: Grounds, tmp_path: Path) -> None:
    go = tmp_path / "go"

    def source() -> Iterator[tuple[int, bytes]]:
        yield from enumerate([b"await %b" % bytes(go)] * 3)  # of which one waits behind another
        raise KeyboardInterrupt

    with grounds.joined() as cluster, grounds.client() as client:
        executor = OnCluster[bytes, Any](cluster, "obey", b"obey", Wire(), 1)
        with pytest.raises(KeyboardInterrupt):
            list(executor.map(source()))
        ends = time.monotonic() + 20
        while any(client.run(waiting).values()):
            assert time.monotonic() < ends
        go.touch()


def waiting(dask_worker: Any) -> int:
    """How many batches a worker has not begun."""
    return len(dask_worker.state.ready)


def test_a_worker_that_joins_gets_its_part_though_the_others_are_never_idle(
    grounds: Grounds,
) -> None:
    seen = set[object]()
    end = time.monotonic() + 60

    def source() -> Iterator[tuple[int, bytes]]:
        number = 0
        while len(seen) < 3 and time.monotonic() < end:
            yield number, b"pid"
            number += 1

    with ExitStack() as ending, grounds.joined() as cluster:
        for number, outcome in OnCluster[bytes, Any](cluster, "obey", b"obey", Wire()).map(
            source()
        ):
            assert isinstance(outcome, Done)
            seen.add(outcome.value)
            if number == 0:
                order = Order(grounds.url, grounds.file, grounds.folder, GROUP, Station)
                ending.enter_context(Crew([order]))
    assert len(seen) == 3


def test_what_costs_three_workers_is_broken_and_what_waits_behind_it_is_done(
    grounds: Grounds,
) -> None:
    commands = [b"end the worker" if n == 3 else b"echo" for n in range(3 * BATCH)]
    order = Order(grounds.url, grounds.file, grounds.folder, "alone/", Station)
    with (
        Crew([order]) as alone,
        Cluster(grounds.url, grounds.file, "alone/", print, lambda: alone.watch(0)) as cluster,
        grounds.client() as client,
    ):
        executor = OnCluster[bytes, Any](cluster, "obey", b"obey", Wire())
        found = dict(executor.map(enumerate(commands)))
        ends = time.monotonic() + 30
        while client.run_on_scheduler(known):
            assert time.monotonic() < ends
    broken = {n for n, one in found.items() if isinstance(one, Broken)}
    assert broken == set(range(BATCH))
    assert len(found) == len(commands)


def known(dask_scheduler: Any) -> int:
    """How many batches a scheduler has in mind."""
    return len(dask_scheduler.tasks)


def test_nothing_of_a_payload_comes_to_a_disk(grounds: Grounds) -> None:
    large = b"echo " + b"quokka" * 500_000
    assert len(grounds.answers(*[large] * 8)) == 8
    files = [file for file in grounds.folder.rglob("*") if file.is_file()]
    assert {file.suffix for file in files} <= {".pem", ".lock", ".dirlock"}
    assert not [file for file in files if b"quokka" in file.read_bytes()]


def test_workers_of_others_get_nothing(grounds: Grounds, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fapproc.executors.cluster._QUIET", 0.2)
    monkeypatch.setattr("fapproc.executors.cluster.PATIENCE", 0.6)
    told: list[str] = []
    with Cluster(grounds.url, grounds.file, "another/", told.append) as cluster:
        executor = OnCluster[bytes, Any](cluster, "obey", b"obey", Wire())
        with pytest.raises(FapError, match=r"another archive, or another version of fapproc"):
            list(executor.map([(1, b"echo")]))
    assert len(told) == 1 and "waiting until one joins it by 'fapproc worker tls://" in told[0]


def test_a_worker_for_another_archive_does_nothing_of_ours(grounds: Grounds) -> None:
    theirs = Order(grounds.url, grounds.file, grounds.folder, "another/", Station)
    with Crew([theirs]) as others, grounds.joined() as ours, grounds.joined("another/") as another:
        while not others.urls:
            others.watch(0.1)
        done = [
            {str(one) for _, one in OnCluster[bytes, Any](each, "obey", b"obey", Wire(), 1).map(t)}
            for each, t in (
                (another, [(0, b"pid")]),
                (ours, [(n, b"pid") for n in range(2 * BATCH)]),
            )
        ]
        assert ours.others() and not ours.others()[0].startswith(GROUP)
    assert len(done[0]) == 1 and not done[0] & done[1]


def test_each_time_that_all_workers_are_gone_there_is_as_long_for_one_to_join(
    grounds: Grounds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fapproc.executors.cluster._TICK", 0.05)
    monkeypatch.setattr("fapproc.executors.cluster._QUIET", 0.1)
    monkeypatch.setattr("fapproc.executors.cluster.PATIENCE", 0.3)
    told: list[str] = []

    def tell(sentence: str) -> None:
        told.append(sentence)
        cluster.group = GROUP

    with Cluster(grounds.url, grounds.file, GROUP, tell) as cluster:
        source = ((n, b"echo") for n in takewhile(lambda _: len(told) < 2, count()))
        executor = OnCluster[bytes, Any](cluster, "obey", b"obey", Wire(), 1)
        answers = []
        for answer in executor.map(source):
            answers.append(answer)
            if len(told) < 2:
                cluster.group = "nobody/"  # as if all workers had gone
    assert len(told) == 2
    assert sorted(answers) == [(n, Done("")) for n in range(len(answers))]


def test_who_has_another_certificate_or_none_is_refused(grounds: Grounds) -> None:
    other = private(grounds.folder, "other.pem")
    with (
        pytest.raises(FapError, match=r"has another certificate than .*other\.pem, or none\. Copy"),
        Cluster(grounds.url, other, GROUP, print),
    ):
        pass
    other.unlink()
    anybody = ssl.create_default_context(cafile=str(grounds.file))
    anybody.check_hostname = False
    address = cluster_rules.address(grounds.url)
    for context in (anybody, None):  # one that knows whom it talks to, and one in the clear
        with socket.create_connection(address, 30) as plain:
            talking = context.wrap_socket(plain) if context else plain
            with talking, pytest.raises((ssl.SSLError, ConnectionError, EOFError)):
                talking.sendall(b"\x01" + bytes(63))
                while talking.recv(1 << 12):
                    pass
                raise EOFError


def test_dask_is_let_talk_to_nobody_unencrypted(grounds: Grounds) -> None:
    from distributed import Client

    security = cluster_rules.security(grounds.file)
    with pytest.raises(RuntimeError, match="encryption required"):
        Client(grounds.url.replace("tls", "tcp"), security=security, set_as_default=False)


def test_nobody_at_an_address_is_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    sentence = rf"No scheduler answers at tls://127\.0\.0\.1:{port}: Connection refused\. Start"
    with (
        pytest.raises(FapError, match=sentence),
        Cluster(f"tls://127.0.0.1:{port}", private(tmp_path), GROUP, print),
    ):
        pass


@contextmanager
def alone(
    folder: Path, make: Callable[[], Station], url: str
) -> Iterator[tuple[Connection, warm_workers.Worker]]:
    """A worker for which no scheduler is there, and our end of its pipe."""
    ours, theirs = Pipe()
    with theirs:
        worker = warm_workers.start_cluster("fapproc.executors.cluster_process", theirs)
    with ours:
        ours.send(Order(url, private(folder), folder, GROUP, make))
        yield ours, worker


def test_a_worker_that_finds_no_scheduler_ends_with_who_has_begun_it(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"tls://127.0.0.1:{taken.getsockname()[1]}"
    with alone(tmp_path, Station, url) as (pipe, worker):
        assert not pipe.poll(0.3)
    assert worker.wait(8) == 0


def test_a_worker_that_has_no_way_to_a_scheduler_says_so_once_however_often_it_tries(
    tmp_path: Path,
) -> None:
    with alone(tmp_path, impatient, UNREACHED) as (pipe, worker):
        assert pipe.poll(30)
        assert isinstance(pipe.recv(), Lost)
        assert not pipe.poll(0.7)
    assert worker.wait(8) == 0


def test_a_worker_that_lets_go_of_nothing_ends_all_the_same(tmp_path: Path) -> None:
    with alone(tmp_path, stuck, UNREACHED) as (pipe, worker):
        assert isinstance(pipe.recv(), Lost)
    assert worker.wait(30) == 1


def test_a_worker_that_ends_before_it_begins_is_told_with_its_code(tmp_path: Path) -> None:
    order = Order("tls://127.0.0.1", private(tmp_path), tmp_path, GROUP, partial(os._exit, 7))
    with (
        pytest.raises(FapError, match=r"can't be started: one ended with 7\. Free some memory"),
        Crew([order]) as crew,
    ):
        for _ in range(30):
            crew.watch(1)


def test_workers_that_are_loading_end_at_once_with_who_has_begun_them(tmp_path: Path) -> None:
    order = Order("tls://127.0.0.1", private(tmp_path), tmp_path, GROUP, partial(loading, tmp_path))
    with Crew([order] * 2) as crew:
        while len([*tmp_path.glob("*.begun")]) < 2:
            crew.watch(0.01)
    assert not [*tmp_path.glob("*.loaded")]


def test_a_scheduler_that_is_killed_is_one_sentence_and_workers_find_its_successor(
    tmp_path: Path,
) -> None:
    file = private(tmp_path)
    with (
        scheduler(tmp_path, file) as (url, crew),
        Crew([Order(url, file, tmp_path, GROUP, Station)]) as workers,
    ):
        (there,) = crew.pids
        with (
            pytest.raises(FapError, match=rf"The scheduler at {url} can't be reached any more\."),
            Cluster(url, file, GROUP, print, lambda: workers.watch(0)) as cluster,
        ):
            executor = OnCluster[bytes, Any](cluster, "obey", b"obey", Wire())
            for number, _ in executor.map((n, b"echo") for n in range(100 * BATCH)):
                if number == 0:
                    os.kill(there, signal.SIGKILL)
        again = Order(url, file, tmp_path)
        with (
            Crew([again]) as successor,
            _patiently(successor, workers),
            Cluster(url, file, GROUP, print, lambda: workers.watch(0)) as cluster,
        ):
            executor = OnCluster[bytes, Any](cluster, "obey", b"obey", Wire())
            assert list(executor.map([(1, b"echo on")])) == [(1, Done("on"))]


@contextmanager
def _patiently(crew: Crew, workers: Crew) -> Iterator[None]:
    while not crew.urls:
        crew.watch(1)
        workers.watch(0)
    yield


def test_a_certificate_is_whole_or_none() -> None:
    one, other = certificate.new(), certificate.new()
    assert certificate.is_whole(one) and one != other
    mixed = one[: one.index(b"-----BEGIN CERT")] + other[other.index(b"-----BEGIN CERT") :]
    for pem in (b"", one[:-60], mixed, b"\xff" * 100):
        assert not certificate.is_whole(pem)


SHOWN = ("/", "/health", "/metrics", "/status", "/info/main/workers.html", "/json/counts.json")


@pytest.mark.skipif(sys.platform != "linux", reason="it has one address of this computer")
def test_a_cluster_listens_where_it_was_told_to_shows_nothing_and_knows_what_it_needs(
    grounds: Grounds,
) -> None:
    with grounds.client() as client:
        assert client.run_on_scheduler(credentials) == []
        seen = client.run(credentials).values()
        assert all(each == [*CREDENTIALS] for each in seen)  # they open archives
        assert {*client.run(kept_where).values()} == {dict.__name__}
    for crew, named in ((grounds.scheduler, LISTENS), (grounds.workers, LOOPBACK)):
        there = listening(crew.pids[0])
        assert {host for host, _ in there} == {named, LOOPBACK}
        shown = [status for each in there for status in answers_of(*each)]
        assert {*shown} == {404} and len(shown) == len(SHOWN)


@pytest.mark.skipif(not Path("/proc/net/tcp6").exists(), reason="it has no IPv6")
def test_over_ipv6_work_is_done_and_nothing_else_is_listened_for_there(tmp_path: Path) -> None:
    file = private(tmp_path)
    with (
        scheduler(tmp_path, file, "[::1]") as (url, scheduling),
        Crew([Order(url, file, tmp_path, GROUP, Station)]) as workers,
    ):
        while not workers.urls:
            workers.watch(1)
        for crew in (scheduling, workers):
            assert sorted(host for host, _ in listening(crew.pids[0])) == [LOOPBACK, "::1"]
        with Cluster(url, file, GROUP, print) as cluster:
            executor = OnCluster[bytes, Any](cluster, "obey", b"obey", Wire())
            assert list(executor.map([(1, b"echo on")])) == [(1, Done("on"))]


def credentials() -> list[str]:
    """Those that a process of a cluster sees."""
    return [name for name in CREDENTIALS if name in os.environ]


def kept_where(dask_worker: Any) -> str:
    """What a worker keeps results in."""
    return type(dask_worker.data).__name__


def answers_of(host: str, port: int) -> list[int]:
    """What is answered to who asks for a page; nothing by what speaks otherwise."""
    try:
        return [answered(host, port, path) for path in SHOWN]
    except (OSError, HTTPException):
        return []


def answered(host: str, port: int, path: str) -> int:
    """The status of what is answered to who asks for a page."""
    with closing(HTTPConnection(host, port, timeout=30)) as asking:
        asking.request("GET", path)
        return asking.getresponse().status
