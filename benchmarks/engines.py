"""The viewer's questions on a million images, asked in turn of a file and of a server.

The rows are those of `viewer`, moved to the server as `fapproc move --database` moves them. Both
archives are asked in one run, one after the other, the middle of several times counts: by the
clock, as half of the work is the server's.
"""

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from flask.testing import FlaskClient

from benchmarks import viewer
from fapproc.archive import Archive
from fapproc.jobs.moving_rows import move_rows
from tests.database_server import served
from webviewer.access import Access
from webviewer.addresses import Site
from webviewer.application import viewer_of
from webviewer.held import Held

COUNT = int(os.environ.get("COUNT", "1000000"))
TIMES = 5
MOST, ENOUGH = 2.0, 0.05
"""At most so many times as long as in a file, or so many seconds."""
ASKED = {
    **viewer.PAGES,
    "queue": "/viewer/data/queue/",
    "judging": "/viewer/duplicates/next/",
    "charts": "/viewer/data/charts/",
    "tags, as data": "/viewer/data/tags/",
    "decisions": "/viewer/decisions/",
    "an album's page": "/viewer/favorite/7/1/",
    "a tag's page": "/viewer/tag/1/",
}


def run() -> Iterator[str]:
    """Yield the lines of a table: every question, and which are too slow on the server."""
    with TemporaryDirectory() as name:
        file, server = Path(name, "file"), Path(name, "server")
        viewer.COUNT = COUNT
        with Archive.open_or_create(file) as archive:
            viewer.make(archive)
        (file / "blobs" / "00").mkdir(parents=True)  # rows alone, whose pictures are elsewhere
        shutil.copytree(file, server)
        began, used = time.perf_counter(), time.process_time()
        move_rows(server, served().empty("viewer"))
        took, own = time.perf_counter() - began, time.process_time() - used
        yield f"Moved there in {took:.0f} s, {own:.0f} of a processor here, {COUNT:,} images."
        yield ""
        yield from compared(file, server)


def compared(file: Path, server: Path) -> Iterator[str]:
    """Yield the lines of a table about two archives with the same rows."""
    yield "| milliseconds | file | server | |"
    yield "|---|---|---|---|"
    with Archive.open(file) as one, Archive.open(server) as other:
        clients = [_client(one), _client(other)]
        for what, address in _all():
            times: list[list[float]] = [[], []]
            for _ in range(TIMES):
                for client, took in zip(clients, times, strict=True):
                    took.append(_took(client, address))
            here, there = (median(each[1:]) for each in times)
            slow = there > max(MOST * here, ENOUGH)
            yield f"| {what} | {here * 1000:,.0f} | {there * 1000:,.0f} | {'slow' * slow} |"


def _all() -> Iterator[tuple[str, str]]:
    yield from ASKED.items()
    orders = {f"all, by {order}": ("all/", f"of=all&order={order}") for order in viewer.ORDERS}
    for where, (page, query) in {**viewer.SCOPES, **orders}.items():
        for what, asked in viewer.FILTERS.items():
            view = f"{query}&{asked}"
            yield f"{where}: {what}", f"/viewer/{page}?{view}"
            for at in (0, 120 * 77, 120 * 490):
                yield f"{where}: {what}, cells {at:,}", f"/viewer/data/cells/?{view}&at={at}"
            yield f"{where}: {what}, count", f"/viewer/data/count/?{view}"


def _client(archive: Archive) -> FlaskClient:
    access = Access(None, b"secret")
    return viewer_of(Held(archive), Site("https://www.imagefap.com"), access).test_client()


def _took(client: FlaskClient, address: str) -> float:
    before = time.perf_counter()
    answer = client.get(address)
    taken = time.perf_counter() - before
    if answer.status_code not in (200, 204, 303):
        raise RuntimeError(f"{address}: {answer.status_code}")
    return taken
