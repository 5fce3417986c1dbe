"""Crawls as a person starts them: a command of its own against the local imitation."""

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from fapproc.archive import Archive
from fapproc.jobs import inventory, shelving
from fapproc.jobs.inventory import Entry
from fapproc.jobs.shelving import Shelf
from fapproc.model import Sighting, User
from fapproc.password import OPEN_WARNING
from fapproc.vault.store import Key, Kind
from tests import warm
from tests.demosite.board import LoggedRequest
from tests.demosite.process import IMPATIENT
from tests.demosite.server import DemoServer
from tests.demosite.site import Site

LOADED = (
    "aiohttp.web",
    "alembic.command",
    "fapproc.cli.print",
    "fapproc.cli.stats",
    "fapproc.db.migrations",
    "fapproc.jobs.derive",
    "fapproc.jobs.duplicates",
    "fapproc.jobs.looking_twice_one",
    "fapproc.sites.imagefap.pages",
    "fapproc.sites.pasted",
    "fapspider.commands.audit",
    "fapspider.commands.read",
    "fapspider.pipelines",
    "fapspider.politeness.bodies",
    "fapspider.politeness.limits",
    "fapspider.politeness.retries",
    "fapspider.politeness.whole_pages",
    "fapspider.running",
    "fapspider.show.extensions",
    "fapspider.spiders.audit",
    "fapspider.spiders.favorites",
    "fapspider.spiders.get",
    "fapspider.spiders.retry",
    "scrapy.cmdline",
    "scrapy.commands.bench",
    "scrapy.commands.check",
    "scrapy.commands.crawl",
    "scrapy.commands.genspider",
    "scrapy.commands.parse",
    "scrapy.commands.shell",
    "scrapy.downloadermiddlewares.httpcache",
    "scrapy.downloadermiddlewares.httpcompression",
    "scrapy.downloadermiddlewares.offsite",
    "scrapy.downloadermiddlewares.robotstxt",
    "scrapy.extensions.closespider",
    "scrapy.extensions.memusage",
    "scrapy.extensions.telnet",
    "scrapy.extensions.throttle",
    "scrapy.spidermiddlewares.referer",
    "scrapy.squeues",
    "tests.derived_once",
    "tests.one_worker",
    "tests.tried_before",
)
_OURS = ("FAP_", "SITE_", "DOWNLOAD_", "RETRY_", "SCRAPY_", "XDG_")
_SECONDS = 120


@contextmanager
def nobody() -> Iterator[str]:
    """The root of a site that refuses each connection; within the block nobody else gets its port.

    Who asks for this very port, with SO_REUSEADDR as servers do, can serve there.
    """
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{held.getsockname()[1]}"


@contextmanager
def serving(site: Site, host: str = "127.0.0.1", port: int = 0) -> Iterator[Site]:
    """The site on a port, else a free one, in a thread of the test: its log is at hand."""
    server = DemoServer(site, port, host)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Crawls:
    """A place for crawls: a folder with a home of its own, an archive in it, and a site."""

    folder: Path
    root: str
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def archive(self) -> Path:
        return self.folder / "archive"

    def start(self, *arguments: str, spider: str = "favorites", **settings: object) -> "Crawl":
        """Start `scrapy crawl SPIDER` with arguments like `user=NAME`."""
        command = ["scrapy", "crawl", spider]
        for argument in arguments:
            command += ["-a", argument]
        for name, value in settings.items():
            command += ["-s", f"{name}={value}"]
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(_OURS)}
        given = {
            "HOME": str(home),
            "XDG_CONFIG_HOME": str(home / "config"),
            "SITE_ROOT": self.root,
            **IMPATIENT,
            "FAP_ARCHIVE": str(self.archive),
        }
        return Crawl(command, inherited | given | self.environment)

    def run(self, *arguments: str, spider: str = "favorites", **settings: object) -> str:
        """Run a crawl to its end and return what it said; a traceback is never part of it."""
        return self.start(*arguments, spider=spider, **settings).end()


class Crawl:
    """A running crawl."""

    def __init__(self, command: list[str], environment: Mapping[str, str]) -> None:
        self.process = warm.start(
            "scrapy.cmdline:execute",
            command,
            modules=LOADED,
            environment=environment,
            measured=True,
            strict=True,
        )

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate(_SECONDS)

    def end(self) -> str:
        try:
            out, told = self.process.communicate(timeout=_SECONDS)
        except subprocess.TimeoutExpired as late:
            raise AssertionError(f"the crawl does not end:\n{late.stderr!s}") from None
        assert "Traceback" not in told, told
        assert out == ""
        assert self.process.returncode == 0, told
        return told.removeprefix(f"{OPEN_WARNING}\n")


def until(happened: Callable[[], bool], crawl: Crawl | None = None) -> None:
    """Wait for something; a crawl that ends before it is a failure."""
    deadline = time.monotonic() + _SECONDS
    while not happened():
        assert time.monotonic() < deadline
        assert crawl is None or crawl.process.poll() is None, crawl.end()
        time.sleep(0.005)


def asked(site: Site) -> list[LoggedRequest]:
    """Every request that the site answered."""
    return [LoggedRequest(**entry) for entry in site.log.as_data()]  # type: ignore[arg-type]


def paths(site: Site, start: str = "/") -> list[str]:
    """The paths that were asked for, without their queries."""
    found = [urlsplit(request.path).path for request in asked(site)]
    return [path for path in found if path.startswith(start)]


@dataclass(frozen=True)
class Contents:
    """All that an archive holds, read by the archive's own means."""

    users: list[User]
    shelves: list[Shelf]
    entries: list[Entry]
    files: dict[str, bytes]

    def shelf(self, album: int) -> Shelf:
        (found,) = [shelf for shelf in self.shelves if shelf.album.id == album]
        return found

    def images(self, album: int) -> list[int]:
        return self.shelf(album).images

    def names(self, album: int) -> list[str | None]:
        return [sighting.name for sighting in self._sightings(album)]

    def data(self, album: int) -> list[bytes]:
        return [self.files[sighting.digest] for sighting in self._sightings(album)]

    def _sightings(self, album: int) -> list[Sighting]:
        each = (one for entry in self.entries for one in entry.sightings)
        here = (one for one in each if one.place.album == album)
        return sorted(here, key=lambda one: (one.position, one.place.image))

    def failures(self, album: int) -> dict[int, tuple[str, str]]:
        return {
            failure.place.image: (str(failure.reason), str(failure.detail))
            for failure in self.shelf(album).failures
        }


def contents(folder: Path) -> Contents:
    """Read a whole archive; every file is verified on the way."""
    with Archive.open(folder) as archive:
        entries = list(inventory.entries(archive))
        keys = {e.image.digest: Key(Kind.BLOB, e.image.digest, e.image.format) for e in entries}
        return Contents(
            users=inventory.users(archive),
            shelves=list(shelving.shelves(archive)),
            entries=entries,
            files={digest: archive.vault.get(key) for digest, key in keys.items()},
        )
