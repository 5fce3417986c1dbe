"""The real server against visitors who ask half, read slowly, send much, or come in crowds."""

import json
import os
import re
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from http.client import HTTPConnection
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flask import Flask, Response, request, request_started
from PIL import Image
from waitress import wasyncore

from fapproc.archive import Archive
from fapproc.errors import UsageProblem
from fapproc.jobs import ingest, tagging
from fapproc.jobs.ingest import Picture
from fapproc.jobs.pages.grids import PART
from fapproc.model import Format
from fapproc.sources import Source
from fapproc.vault.store import digest_of
from tests.connections import opened
from tests.holdings import given
from tests.shelves import list_ids
from tests.webviewer.shelf import ANNA, AT, MEADOW, Shelf, digest
from tests.webviewer.test_serving import FLASK, REPOSITORY, RUN, environment, process, served_at
from tests.webviewer.visitors import TOKEN, viewer_for
from webviewer.serving import THREADS, Limits, Server, listening

PASSWORD = "correct horse"
LET_IN = f"Authorization: Bearer {TOKEN}\r\n"
LARGE = 6_000_000
"""Bytes; the sockets of both sides hold less, so a reader who stops leaves some to the server."""
PROC = Path("/proc/self/fd")


def until(met: Callable[[], object]) -> None:
    """Wait for something that another thread or process does."""
    deadline = time.monotonic() + 120
    while not met():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)


class Visitor:
    """A connection of somebody with little room for what comes."""

    def __init__(self, port: int) -> None:
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        self.socket.settimeout(120)
        self.socket.connect(("127.0.0.1", port))
        self.came = b""

    def send(self, text: str) -> None:
        self.socket.sendall(text.encode())

    def ask(self, path: str, host: str = "127.0.0.1") -> None:
        self.send(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n{LET_IN}Connection: close\r\n\r\n")

    def begin(self) -> None:
        """Read until some of the answer's body is there: then the server has all of it."""
        while not self.came.partition(b"\r\n\r\n")[2]:
            self.came += self._some()

    def rest(self) -> bytes:
        """Read to the end, or to where it breaks off."""
        while part := self._some():
            self.came += part
        return self.came

    def is_let_go(self) -> bool:
        return not self._some()

    def _some(self) -> bytes:
        try:
            return self.socket.recv(1 << 16)
        except ConnectionError:
            return b""

    def close(self) -> None:
        self.socket.close()


@pytest.fixture
def visit() -> Iterator[Callable[[int], Visitor]]:
    with ExitStack() as opened:
        yield lambda port: opened.enter_context(closing(Visitor(int(port))))


@contextmanager
def served(app: Flask, limits: Limits, *each_round: Callable[[], None]) -> Iterator[Server]:
    """The server in a thread of this process, on a port of its own."""

    def end() -> None:
        # Who wakes the loop writes to a pipe: closed here, another wake-up may have come before,
        # and this thread would write to whatever is opened next.
        server.trigger.del_channel()
        for each in [*server._map.values()]:
            wasyncore.dispatcher.close(each)  # the server's own method closes the pipe as well

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Server(app, listener, limits, *each_round)
        thread = threading.Thread(target=server.run)
        thread.start()
        try:
            yield server
        finally:
            server.trigger.pull_trigger(end)
            thread.join()
            server.task_dispatcher.shutdown()
            server.trigger.close()


def test_what_is_to_be_looked_after_needs_no_visitor(app: Flask) -> None:
    looked = threading.Event()
    with served(app, Limits(), looked.set):
        assert looked.wait(120)


def test_nothing_is_made_for_who_leaves_before_its_turn(
    app: Flask, visit: Callable[[int], Visitor]
) -> None:
    go, made = threading.Event(), list[int]()
    app.add_url_rule("/held", "held", lambda: str(go.wait(120)))

    @app.get("/made")
    def make() -> str:
        made.append(1)
        return "made"

    with served(app, Limits()) as server:
        port, work = server.effective_port, server.task_dispatcher
        busy = [visit(port) for _ in range(THREADS)]
        for each in busy:
            each.ask("/held")
        until(lambda: work.active_count == THREADS)
        leaves = visit(port)
        leaves.ask("/made")
        until(lambda: work.queue)
        leaves.close()
        go.set()
        for each in busy:
            each.begin()
        until(lambda: not work.queue)
        made.append(0)
        last = visit(port)
        last.ask("/made")
        last.begin()
    assert made == [0, 1]


def test_what_is_to_be_saved_is_saved_when_who_sent_it_has_left(
    app: Flask, visit: Callable[[int], Visitor]
) -> None:
    go, saved = threading.Event(), threading.Event()
    app.add_url_rule("/held", "held", lambda: str(go.wait(120)))

    def begins(_: Flask, **__: object) -> None:
        if request.method == "PUT":
            saved.set()

    with request_started.connected_to(begins, app), served(app, Limits()) as server:
        port, work = server.effective_port, server.task_dispatcher
        for _ in range(THREADS):
            visit(port).ask("/held")
        until(lambda: work.active_count == THREADS)
        leaves = visit(port)
        leaves.send("PUT /verdict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n\r\n")
        until(lambda: work.queue)
        leaves.close()
        go.set()
        assert saved.wait(120)


def test_a_connection_stays_for_a_visitor_who_asks_again_at_once(app: Flask) -> None:
    app.add_url_rule("/small", "small", lambda: "small")
    with served(app, Limits()) as server:
        connection = HTTPConnection("127.0.0.1", server.effective_port, timeout=120)
        for _ in range(60):
            connection.request("GET", "/small", headers={"Authorization": f"Bearer {TOKEN}"})
            assert connection.getresponse().read() == b"small"
        connection.close()


@pytest.fixture
def large(app: Flask) -> Flask:
    """The viewer, with one more page of many bytes."""
    app.add_url_rule("/large", "large", lambda: Response(bytes(LARGE), content_type="image/png"))
    return app


def answered(visitor: Visitor) -> bool:
    """Whether the way to the viewer's home is shown to this visitor."""
    visitor.ask("/")
    return b"302 FOUND" in visitor.rest()


def test_a_crowd_that_asks_half_gives_way_and_the_oldest_first(
    app: Flask, visit: Callable[[int], Visitor]
) -> None:
    with served(app, Limits(connections=10, patience=3600)) as server:
        crowd = [visit(server.effective_port) for _ in range(25)]
        for each in crowd[::2]:
            each.send("GET / HTTP/1.1\r\nHost: 127")
        assert answered(visit(server.effective_port))
        assert all(each.is_let_go() for each in crowd[:14])
        crowd[-1].send(f".0.0.1\r\n{LET_IN}Connection: close\r\n\r\n")
        assert b"302 FOUND" in crowd[-1].rest()


def test_who_waits_for_an_answer_gives_way_to_nobody(
    app: Flask, visit: Callable[[int], Visitor]
) -> None:
    made = threading.Event()
    app.add_url_rule("/slow", "slow", lambda: Response("made" if made.wait(120) else "late"))
    with served(app, Limits(connections=3, patience=0.2)) as server:
        waiting = [visit(server.effective_port) for _ in range(3)]
        for each in waiting:
            each.ask("/slow")
        until(lambda: sum(len(c.requests) for c in [*server.active_channels.values()]) == 3)
        assert answered(visit(server.effective_port))
        assert visit(server.effective_port).is_let_go()  # patience has passed for who came later
        made.set()
        assert all(each.rest().endswith(b"made") for each in waiting)


def test_who_holds_a_connection_gives_way_before_who_reads(
    large: Flask, visit: Callable[[int], Visitor]
) -> None:
    with served(large, Limits(connections=6, patience=3600)) as server:
        readers = [visit(server.effective_port) for _ in range(3)]
        for each in readers:
            each.ask("/large")
            each.begin()
        crowd = [visit(server.effective_port) for _ in range(9)]
        assert answered(visit(server.effective_port))
        assert crowd[0].is_let_go()
        assert all(each.rest().endswith(bytes(LARGE)) for each in readers)


def test_readers_who_hold_too_much_give_way_and_the_last_one_stays(
    large: Flask, visit: Callable[[int], Visitor]
) -> None:
    with served(large, Limits(held=LARGE, patience=3600)) as server:
        readers = [visit(server.effective_port) for _ in range(12)]
        for each in readers:
            each.ask("/large")
            each.begin()
            until(lambda: not any(one.requests for one in [*server.active_channels.values()]))
        assert len(readers[0].rest()) < LARGE
        assert readers[-1].rest().endswith(bytes(LARGE))


def test_an_answer_larger_than_all_that_may_be_held_is_given(
    large: Flask, visit: Callable[[int], Visitor]
) -> None:
    with served(large, Limits(held=1)) as server:
        reader = visit(server.effective_port)
        reader.ask("/large")
        assert reader.rest().endswith(bytes(LARGE))


def test_ten_slow_readers_keep_nobody_waiting(
    large: Flask, visit: Callable[[int], Visitor]
) -> None:
    with served(large, Limits(patience=3600)) as server:
        readers = [visit(server.effective_port) for _ in range(20)]
        for each in readers:
            each.ask("/large")
            each.begin()
        assert answered(visit(server.effective_port))
        assert all(each.rest().endswith(bytes(LARGE)) for each in readers)


@pytest.mark.skipif(not PROC.exists(), reason="no /proc to see the files of a process in")
def test_an_answer_in_small_parts_waits_in_no_file_either(
    app: Flask, visit: Callable[[int], Visitor]
) -> None:
    part, count = bytes(65_000), 390  # more in all than waitress lets wait by itself
    app.add_url_rule("/parts", "parts", lambda: Response(part for _ in range(count)))
    with served(app, Limits(patience=3600)) as server:
        before = set(written(os.getpid(), Path("/nowhere")))
        reader = visit(server.effective_port)
        reader.ask("/parts")
        reader.begin()
        until(lambda: not any(each.requests for each in [*server.active_channels.values()]))
        assert any(each.total_outbufs_len for each in server.active_channels.values())
        assert set(written(os.getpid(), Path("/nowhere"))) <= before
        assert reader.rest().count(part) == count


def test_a_request_that_never_becomes_whole_is_not_waited_for(
    app: Flask, visit: Callable[[int], Visitor]
) -> None:
    with served(app, Limits(patience=0.2)) as server:
        slow = visit(server.effective_port)
        slow.send("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ")
        slow.socket.settimeout(0.02)
        for _ in range(1000):  # a byte now and then is no progress
            try:
                slow.send("x")
                if slow.is_let_go():
                    break
            except TimeoutError:
                continue
            except ConnectionError:
                break
        else:
            pytest.fail("it was waited for")


def test_a_reader_who_takes_nothing_is_not_waited_for(
    large: Flask, visit: Callable[[int], Visitor]
) -> None:
    with served(large, Limits(patience=0.2)) as server:
        reader = visit(server.effective_port)
        reader.ask("/large")
        until(lambda: server.active_channels)
        until(lambda: not server.active_channels)
        assert len(reader.rest()) < LARGE


def test_requests_that_come_at_once_on_one_connection_end_it(
    large: Flask, visit: Callable[[int], Visitor]
) -> None:
    with served(large, Limits(patience=3600)) as server:
        greedy = visit(server.effective_port)
        greedy.send(f"GET /large HTTP/1.1\r\nHost: 127.0.0.1\r\n{LET_IN}\r\n" * 5)
        assert len(greedy.rest()) < 2 * LARGE


HEADS = ["Content-Length: 300000000", "Transfer-Encoding: chunked"]


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1\r\nHost: evil.example"])
def test_a_foreign_host_is_refused_without_its_body(
    app: Flask, visit: Callable[[int], Visitor], host: str, head: str
) -> None:
    with served(app, Limits()) as server:
        stranger = visit(server.effective_port)
        stranger.send(f"POST /viewer/ HTTP/1.1\r\nHost: {host}\r\n{head}\r\n\r\n")
        stranger.begin()
        for _ in range(30):
            stranger.send("x" * 100_000)  # who sends on still hears why
        told = stranger.rest()
        assert told.startswith(b"HTTP/1.1 400")
        assert b"names of this computer" in told
        assert b"\r\nX-Content-Type-Options: nosniff\r\n" in told


JSON = "Content-Type: application/json\r\n"


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize(
    ("path", "kind", "parts"),
    [("/", "", 5), ("/data/tags/", "", 5), ("/data/tags/", JSON, 65), ("/", JSON, 5)],
)
def test_a_body_beyond_the_limit_is_refused(
    app: Flask, visit: Callable[[int], Visitor], head: str, path: str, kind: str, parts: int
) -> None:
    with served(app, Limits()) as server:
        sender = visit(server.effective_port)
        sender.send(f"POST /viewer{path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{kind}{head}\r\n\r\n")
        if "chunked" in head:
            for _ in range(parts):
                sender.send("10000\r\n" + "x" * 0x10000 + "\r\n")
        told = sender.rest()
        assert told.startswith(b"HTTP/1.1 413")
        assert b"\r\nX-Content-Type-Options: nosniff\r\n" in told
        assert (b"\r\nContent-Type: application/json\r\n" in told) == ("data" in path)
        assert (b'{"error": "This is more than the viewer takes' in told) == ("data" in path)


def test_who_sends_much_and_does_not_end_gives_way(
    app: Flask, visit: Callable[[int], Visitor]
) -> None:
    with served(app, Limits(held=2_000_000, patience=3600)) as server:
        senders = [visit(server.effective_port) for _ in range(4)]
        head = f"POST /viewer/data/tags/ HTTP/1.1\r\nHost: 127.0.0.1\r\n{LET_IN}{JSON}"
        for each in senders:
            each.send(f"{head}Content-Length: 700001\r\nConnection: close\r\n\r\n" + " " * 700_000)
        assert all(each.is_let_go() for each in senders[:2])
        senders[-1].send("5")
        assert b"Send an object of JSON." in senders[-1].rest()


def test_digests_of_all_pictures_that_a_page_scrolls_through_are_taken(
    archive: Archive, shelf: Shelf
) -> None:
    tagging.create(archive, "Land")
    digests = [digest(number) for number in range(1, 6)] * (PART // 5)
    but_one = [digest(number) for number in range(1, 5)] * (PART // 4)
    view = {"view": f"favorite/{ANNA}/{MEADOW}", "except": but_one, "count": 1}
    with served(viewer_for(archive), Limits()) as server:

        def ask(method: str, path: str, sent: object) -> dict[str, Any]:
            with closing(HTTPConnection("127.0.0.1", server.effective_port)) as asked:
                marks = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
                asked.request(method, f"/viewer/data/{path}", json.dumps(sent), marks)
                told = asked.getresponse()
                assert told.status == 200
                found: dict[str, Any] = json.loads(told.read())
                return found

        with ThreadPoolExecutor(8) as pool:
            sent = [{"images": digests}, view] * 4
            shared = [*pool.map(lambda each: ask("POST", "tags/shared/", each), sent)]
        assert all(each == {"all": [], "some": []} for each in shared)
        assert ask("POST", "tag/1/images/", {"images": digests})["changed"] == 5
        assert ask("DELETE", "tag/1/images/", view)["changed"] == 1
        assert ask("DELETE", "tag/1/images/", {"images": digests})["changed"] == 4


def test_a_head_beyond_the_limit_is_refused(app: Flask, visit: Callable[[int], Visitor]) -> None:
    with served(app, Limits()) as server:
        sender = visit(server.effective_port)
        sender.send("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n" + "X: y\r\n" * 20_000)
        assert b" 431 " in sender.rest().partition(b"\r\n")[0]


def noise(seed: int) -> bytes:
    """A picture of 6.8 MB that no compression makes smaller."""
    pixels = np.random.default_rng(seed).integers(0, 256, (1500, 1500, 3), dtype=np.uint8)
    out = BytesIO()
    Image.fromarray(pixels).save(out, "PNG", compress_level=0)
    return out.getvalue()


@contextmanager
def running(command: Sequence[str], folder: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A viewer as a process, once it serves."""
    with process((*command, "--port", "0"), folder) as viewer:
        yield viewer, served_at(viewer, folder)


def written(process_id: int, folder: Path) -> list[str]:
    """Files that a process has open outside of this folder, those without a name too."""

    def is_ours(file: str) -> bool:
        return file.startswith(("/dev/", f"{folder}/")) and "(deleted)" not in file

    return [each for each in opened(process_id) if each.startswith("/") and not is_ours(each)]


@pytest.mark.skipif(not PROC.exists(), reason="no /proc to see the files of a process in")
@pytest.mark.parametrize("command", [RUN, FLASK], ids=["fapproc run", "flask run"])
def test_pictures_of_a_sealed_archive_wait_for_slow_readers_in_no_file(
    command: Sequence[str], tmp_path: Path, visit: Callable[[int], Visitor]
) -> None:  # fmt: skip
    folder = tmp_path / "sealed"
    pictures = {digest_of(data): data for data in map(noise, range(2))}
    with given(PASSWORD), Archive.open_or_create(folder) as archive:
        Shelf(archive).user(ANNA, "Anna", {MEADOW: "Meadow"})
        given_ = [Picture(n, None, data, Format.PNG) for n, data in enumerate(pictures.values())]
        list_ids(archive, *range(len(pictures)))
        ingest.store(archive, given_, [], at=AT, source=Source.SITE)
    with given(PASSWORD), running(command, folder) as (viewer, port):
        readers = [(digest, visit(port)) for digest in pictures for _ in range(5)]
        for digest, reader in readers:
            reader.ask(f"/viewer/blob/{digest}/")
            reader.begin()
        sender = visit(port)
        body = "x" * 200_000
        sender.send(
            f"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n"
            f"{LET_IN}Connection: close\r\n\r\n{body[1:]}"
        )
        assert answered(visit(port))
        assert written(viewer.pid, folder) == []
        sender.send("x")
        assert b"405 METHOD NOT ALLOWED" in sender.rest()
        for digest, reader in readers:
            assert reader.rest().partition(b"\r\n\r\n")[2] == pictures[digest]


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "example.org", "", "unix:///x"])
def test_an_address_that_others_reach_is_not_served(host: str) -> None:
    with pytest.raises(UsageProblem, match="others would reach it"):
        listening(host, 0)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.9", "localhost"])
def test_an_address_of_this_computer_is_served(host: str) -> None:
    with listening(host, 0) as listener:
        assert listener.getsockname()[0].startswith("127.0.0.")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--host", "0.0.0.0"], "others would reach it at 0.0.0.0"),
        (["--reload"], "has no --reload"),
    ],
)
def test_flask_run_serves_nobody_else_and_nothing_beside(
    shelf: Shelf, options: list[str], told: str
) -> None:
    done = subprocess.run(
        (*FLASK, "--port", "0", *options),
        cwd=REPOSITORY,
        env=environment(shelf.archive.folder),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 2
    assert re.search(rf"^Error: .*{re.escape(told)}", done.stderr)
