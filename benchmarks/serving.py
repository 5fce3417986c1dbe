"""Thumbnails from the viewer's server: alone, and while a crawl writes and `process` runs.

The viewer is a process of its own, asked over six connections, as a browser does. What a thumbnail
takes is the processor's time of that process. The crawl is of the imitation of the site; both work
for the whole time that is measured.
"""

import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.check import fill
from fapproc.archive import Archive
from fapproc.db import images
from fapproc.jobs.derive import derive
from tests.demosite.process import IMPATIENT, DemoSite
from tests.drawing import landscape, write

ROOT = Path(__file__).resolve().parents[1]
COUNT = 500
SECONDS = 15.0
CONNECTIONS = 6
_TOKEN = "benchmark"
_VIEWER = "from webviewer.commands import run; run()"
_PROGRAM = "from fapproc.program import main; main()"
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Took:
    """What was measured: seconds of each answer, and of the viewer's process."""

    answers: Sequence[float]
    processor: float

    def __str__(self) -> str:
        ninety_ninth = sorted(self.answers)[len(self.answers) * 99 // 100]
        return (
            f"{len(self.answers) / SECONDS:,.0f} | {1000 * self.processor / len(self.answers):.1f}"
            f" | {1000 * median(self.answers):.1f} | {1000 * ninety_ninth:.0f}"
        )


def run() -> Iterator[str]:
    """Yield the lines of a table."""
    yield "| thumbnails | a second | ms of a processor each | ms: median | 99th | viewer, MiB |"
    yield "|---|---|---|---|---|---|"
    for form, password in (("open", ""), ("sealed", "correct-horse")):
        with TemporaryDirectory() as folder, ExitStack() as work:
            file = Path(folder, "password")  # a variable would be gone after the first program
            file.write_text(password, encoding="utf-8")
            os.environ["FAP_PASSWORD_FILE"] = str(file) if password else ""
            archive = Path(folder, "archive")
            digests = _make(archive)
            viewer, port = work.enter_context(_viewer(archive))
            yield f"| {form} | {_asked(port, digests, viewer.pid)} | {_memory(viewer.pid)} |"
            site = work.enter_context(DemoSite(scale=40, plain=True))
            work.enter_context(_busy(site, archive))
            took = _asked(port, digests, viewer.pid)
            yield f"| {form}, crawl and job at work | {took} | {_memory(viewer.pid)} |"


def _make(folder: Path) -> list[str]:
    """Fill an archive with drawn pictures and their thumbnails; returns their digests."""
    drawn = (write(landscape(number), "JPEG", quality=85) for number in range(COUNT))
    with Archive.open_or_create(folder) as archive:
        fill(archive, list(drawn))
        derive(archive)
        with archive.reading() as connection:
            return list(images.digests(connection).values())


@contextmanager
def _viewer(archive: Path) -> Iterator[tuple["subprocess.Popen[str]", int]]:
    command = [sys.executable, "-c", _VIEWER, "--port", "0"]
    environment = os.environ | {"FAP_ARCHIVE": str(archive), "FAP_VIEWER_TOKEN": _TOKEN}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    ) as viewer:
        try:
            assert viewer.stdout is not None
            address = viewer.stdout.readline().partition("http://127.0.0.1:")[2]
            yield viewer, int(address.partition("/")[0])
        finally:
            viewer.kill()


@contextmanager
def _busy(site: DemoSite, archive: Path) -> Iterator[None]:
    """Crawl, and process again and again what has come."""
    over = threading.Event()
    settings = os.environ | {"SITE_ROOT": site.root, **IMPATIENT, "FAP_ARCHIVE": str(archive)}
    crawl = ["-m", "scrapy", "crawl", "favorites", "-a", f"user_id={site.world.main.id}"]

    def process() -> None:
        while not over.is_set():
            with _started(["-c", _PROGRAM, "process"], settings) as once:
                once.wait(600)

    worker = threading.Thread(target=process)
    with _started(crawl, settings) as crawling:
        worker.start()
        try:
            time.sleep(5)  # until both are at work
            yield
            if crawling.poll() is not None:
                raise RuntimeError("the crawl ended before all was measured")
        finally:
            over.set()
            crawling.kill()
            worker.join()


def _started(command: Sequence[str], settings: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, *command],
        cwd=ROOT,
        env=settings,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _asked(port: int, digests: Sequence[str], pid: int) -> Took:
    answers: list[float] = []
    end, before = time.monotonic() + SECONDS, _processor(pid)
    threads = [
        threading.Thread(target=_ask, args=(port, digests, number, end, answers))
        for number in range(CONNECTIONS)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return Took(answers, _processor(pid) - before)


def _ask(port: int, digests: Sequence[str], seed: int, end: float, answers: list[float]) -> None:
    chance, connection = random.Random(seed), HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Authorization": f"Bearer {_TOKEN}"}
    while (began := time.monotonic()) < end:
        connection.request("GET", f"/viewer/thumb/{chance.choice(digests)}/", headers=headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise RuntimeError(f"a thumbnail: {answer.status}")
        answers.append(time.monotonic() - began)
    connection.close()


def _processor(pid: int) -> float:
    told = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(told[11]) + int(told[12])) / _TICKS


def _memory(pid: int) -> str:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return f"{int(next(each for each in lines if each.startswith('VmHWM')).split()[1]) / 1024:.0f}"
