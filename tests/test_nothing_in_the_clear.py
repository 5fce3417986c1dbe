"""A sealed archive is used in every way; then all that was written is searched for its content."""

import base64
import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from email.message import Message
from html import unescape
from io import BytesIO
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import parse_qsl
from urllib.request import Request, urlopen

import numpy as np
import pytest
from PIL import Image

from fapproc import queues
from fapproc.archive import Archive
from fapproc.queues import Kind, Queue
from fapproc.selections.grammar import MARKS
from fapproc.selections.view import Order
from fapproc.vault.store import digest_of
from tests.demosite.process import IMPATIENT
from tests.demosite.site import Site
from tests.drawing import film, landscape, write
from tests.fapspider.conftest import small_world
from tests.fapspider.crawling import serving
from tests.holdings import content, given
from tests.programs import REPOSITORY, Home

COUNTED = {"SITE_BUDGETS": '{"60": 100000}'}
"""A budget that is never used up: what is kept of it is searched too."""
PASSWORD = "correct-horse-battery-staple"
NEW_PASSWORD = "staple-battery-horse-correct"
ALBUM, INNER, NAME, TAG = "Zubrowka-Meadows", "Quimby-Lakes", "vexillology-naïve.jpg", "Xylotheque"
BROKEN, LOST = "wombat-truncated.png", "quokka-no-picture.jpg"


@dataclass(slots=True)
class Searched:
    """What was written, and what must not be found in it."""

    home: Home
    words: list[str] = field(default_factory=list)
    data: list[bytes] = field(default_factory=list)
    said: dict[str, str] = field(default_factory=dict)
    """By command: what it wrote to stderr."""

    def command(self, *arguments: str, code: int = 0) -> str:
        """Run a command of fapproc and keep what it said."""
        ended = self.home.run(*arguments)
        assert ended.returncode == code, ended.stderr
        self.said[" ".join(arguments)] = ended.stderr
        return ended.stdout

    def found(self) -> list[str]:
        """Each place with something that belongs under seal."""
        sought = [*self._words(), *self._data()]
        told: list[str] = []
        for place, text in self._written():
            told += [f"{place}: {what!r}" for what in sought if what in text]
        return told

    def _words(self) -> Iterator[bytes]:
        for word in self.words:
            for text in {word, word.lower(), word.casefold(), ascii(word)[1:-1]}:
                yield from _spelled(text.encode())
                for code in ("utf-16-le", "utf-16-be", "utf-32-le", "latin-1"):
                    yield text.encode(code, "replace")

    def _data(self) -> Iterator[bytes]:
        for data in self.data:
            middle = len(data) // 2
            for start in (min(64, middle), middle, max(0, len(data) - 80)):
                yield from _spelled(data[start : start + 24])

    def _written(self) -> Iterator[tuple[str, bytes]]:
        """Every file below home and its name, but what the test put there and `export` wrote."""
        archive = self.home.archive
        for file in sorted(self.home.folder.rglob("*")):
            name = file.relative_to(self.home.folder)
            if name.parts[0] == "pictures" or archive / "tag_export" in (file, *file.parents):
                continue
            yield f"name of {name}", str(name).encode()
            if file.is_file():
                yield str(name), file.read_bytes()
        for command, said in self.said.items():
            yield f"stderr of {command}", said.encode()


def _spelled(words: bytes) -> Iterator[bytes]:
    yield words
    yield words.hex().encode()
    yield words.hex().upper().encode()
    for shift in range(3):  # base64 has three ways, by where it begins
        yield base64.b64encode(bytes(shift) + words)[4 if shift else 0 : -4]


@pytest.fixture
def searched(tmp_path: Path) -> Searched:
    home = Home(tmp_path / "home")
    home.password(PASSWORD)
    return Searched(home, words=[PASSWORD, NEW_PASSWORD])


def draw(source: Path) -> list[bytes]:
    """Pictures of every kind that is handled in a way of its own, one damaged, one that is none."""
    inner = source / INNER
    inner.mkdir(parents=True)
    one = write(landscape(1, (300, 200)), "JPEG", quality=90)
    near = write(landscape(1, (300, 200)), "JPEG", quality=60)
    tiff = write(landscape(2, (200, 150)), "TIFF")
    moving = film("GIF", 3, (80, 60))
    broken = write(landscape(3, (200, 150)), "PNG")[:-3000]
    (source / NAME).write_bytes(one)
    (inner / f"near-{NAME}").write_bytes(near)
    (inner / "tiff-wombat.tiff").write_bytes(tiff)
    (inner / "moving-wombat.gif").write_bytes(moving)
    (inner / BROKEN).write_bytes(broken)
    (inner / LOST).write_bytes(b"a quokka is no picture, whatever its name says of it")
    return [one, near, tiff, moving, broken]


def derived(home: Home, password: str) -> list[bytes]:
    """What was made of the pictures: thumbnails, and a still of each that might lie somewhere."""
    with given(password), Archive.open(home.archive) as archive:
        rows, files = content(archive)
        assert rows["encoding"] and rows["image_tag"] and rows["duplicate_group"]
        return [data for name, data in files.items() if name.startswith("thumb")]


def pixels(data: bytes) -> bytes:
    return np.asarray(Image.open(BytesIO(data)).convert("RGB")).tobytes()


FILTERED = (
    *(f"order={each}" for each in (*Order, "random(7)")),
    *(f"mark={each}" for each in MARKS),
    *("portrait=2", "landscape=0", "dup=1", "tf1=2&tv1=1", f"q={NAME[:6]}", f"name={NAME[:6]}"),
    *("lock=1", "lock=1&all=1", "filters=1&portrait=0"),
)
"""The views of a page with pictures that differ."""
LISTED = (
    *(f"state={each}" for each in Queue),
    *(f"kind={each}" for each in Kind),
    *(f"order={each}" for each in queues.Order),
)
"""Those of the list of duplicates."""


def views_of(page: str, html: str) -> Iterator[str]:
    """Addresses of the views of a page that differ."""
    if 'id="filters"' in html:
        yield from (f"{page}?{each}" for each in FILTERED)
    if page == "/viewer/duplicates/":
        yield from (f"{page}?{each}" for each in LISTED)


def is_new(page: str, query: str, seen: set[tuple[str, str]]) -> bool:
    """Whether a link leads to a page, or gives it a parameter, as none did before."""
    names = [(page, name) for name, _ in parse_qsl(query, keep_blank_values=True)] or [(page, "")]
    is_first = any(each not in seen for each in names)
    seen.update(names)
    return is_first


def browse(home: Home, digests: Sequence[str]) -> None:
    """Look at every page of the viewer that leads anywhere, through its own server.

    Orders, states and filters make thousands of views of a few pages: those that differ are named,
    and links lead to each parameter of each page once.
    """
    with home.start("run", "--port", "0") as viewer:
        address = viewer.stdout.readline().split(" at ")[1].split(" - ")[0]
        root, token = address.split("/viewer/?token=")
        todo, looked, seen = ["/viewer/"], set[str](), set[tuple[str, str]]()
        kinds = set[str]()
        while todo:
            address = todo.pop()
            if address in looked:
                continue
            looked.add(address)
            status, headers, data = fetched(f"{root}{address}", token)
            assert status in {200, 404}, address
            kept = "no-cache" if "/static/" in address else "no-store"
            assert headers["Cache-Control"].removeprefix("private, ") == kept, address
            assert remembered(headers) <= {"csrf_token", "entered"}
            if not headers["Content-Type"].startswith("text/html"):
                continue
            page, _, query = address.partition("?")
            html = data.decode()
            if not query and (kind := re.sub(r"\d+", "1", page)) not in kinds:
                kinds.add(kind)  # of albums one, of tags one
                todo += views_of(page, html)
            for link in re.findall(r' (?:href|src)="(/viewer/[^"#]*)', html):
                page, _, query = unescape(link).partition("?")
                if is_new(page, query, seen):
                    todo.append(unescape(link))
        for page, some in (("all/", FILTERED), ("duplicates/", LISTED)):
            assert {f"/viewer/{page}?{each}" for each in some} <= looked
        for digest in digests:
            assert fetched(f"{root}/viewer/blob/{digest}/", token)[0] == 200
        assert any("/thumb/" in address for address in looked)
        assert any("/duplicate" in address for address in looked)
        assert any("/tag/" in address for address in looked)
        viewer.send_signal(signal.SIGINT)
        assert "private window" in viewer.communicate(120)[1]
    assert viewer.returncode == 0


def remembered(headers: Message) -> set[str]:
    """What the browser is given to keep: the names in the session's cookie, signed and readable."""
    kept = [cookie.split("=", 1)[1].split(".")[0] for cookie in headers.get_all("Set-Cookie", [])]
    return {name for text in kept for name in json.loads(base64.urlsafe_b64decode(text + "=="))}


def fetched(address: str, token: str) -> tuple[int, Message, bytes]:
    """Status, headers and body of what is at an address."""
    asked = Request(address, headers={"Authorization": f"Bearer {token}"})
    try:
        with urlopen(asked, timeout=120) as answer:
            return answer.status, answer.headers, answer.read()
    except HTTPError as refused:
        with refused:
            return refused.code, refused.headers, refused.read()


def test_a_sealed_archive_leaves_nothing_in_the_clear(searched: Searched) -> None:
    home = searched.home
    source = home.folder / "pictures" / ALBUM
    pictures = draw(source)
    digests = [digest_of(data) for data in pictures[:4]]
    searched.command("import", str(source), "-q", code=3)
    searched.command("process", "-q", code=3)
    searched.command("dedup")
    searched.command("tag", "create", f"{TAG}/Inner-{TAG}")
    searched.command("tag", "apply", TAG, digests[0], digests[1][:12])
    searched.command("tag", "list")
    assert ALBUM in searched.command("print") and TAG in searched.command("print", "--json")
    searched.command("stats")
    searched.command("export")
    assert list((home.archive / "tag_export").rglob("*.jpg"))
    home.password(NEW_PASSWORD, "FAP_NEW_PASSWORD")
    searched.command("passwd")
    home.password(NEW_PASSWORD)
    browse(home, digests)
    for arguments in (["tag", "apply", "No-such-tag", digests[0]], ["passwd", "--remove", "none"]):
        assert home.run(*arguments).returncode in {1, 2}  # a sentence may name what was typed
    searched.words += [ALBUM, INNER, NAME, TAG, BROKEN, LOST, *digests]
    searched.data += [*pictures, *derived(home, NEW_PASSWORD)]
    searched.data += [pixels(data) for data in pictures[:4]]
    assert searched.found() == []


def test_the_search_itself_finds_what_an_open_archive_shows(searched: Searched) -> None:
    home = searched.home
    home.password(None)
    source = home.folder / "pictures" / ALBUM
    pictures = draw(source)
    searched.command("import", str(source), "-q", code=3)
    for word in (ALBUM, INNER, NAME, BROKEN, digest_of(pictures[0])):
        searched.words = [word]
        assert searched.found(), word
    searched.words = []
    for data in pictures:
        searched.data = [data]
        assert searched.found()


def audit(home: Home, site: Site) -> None:
    """Look which images of a user are still on the site: two are gone."""
    user = site.world.second
    line = [sys.executable, "-m", "scrapy", "crawl", "favorites", "-a", f"user_id={user.id}"]
    home.settings |= {"SITE_ROOT": site.root, **IMPATIENT, **COUNTED}
    subprocess.run(line, cwd=REPOSITORY, env=home.environment, check=True, capture_output=True)
    photos = [photo for folder in user.folders for photo in folder.photo_ids]
    site.board.set({str(photos[0]): "page-missing", str(photos[1]): "file-missing"})
    home.done("audit", "-i", str(user.id), "-q")


@pytest.mark.parametrize("killed", [False, True], ids=["to its end", "killed on the way"])
def test_a_crawl_into_a_sealed_archive_leaves_nothing_in_the_clear(
    killed: bool, searched: Searched
) -> None:
    home = searched.home
    with serving(Site(small_world())) as site:
        user = site.world.main
        settings = {"SITE_ROOT": site.root, **IMPATIENT, **COUNTED}
        line = [sys.executable, "-m", "scrapy", "crawl", "favorites", "-a", f"user={user.name}"]
        environment = home.environment | settings | {"FAP_ARCHIVE": str(home.archive)}
        process = subprocess.Popen(
            line,
            cwd=REPOSITORY,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        if killed:
            while process.poll() is None and len(list(home.archive.glob("blobs/*/*"))) < 10:
                time.sleep(0.01)
            process.kill()
        _, err = process.communicate(timeout=120)
        if not killed:
            audit(home, site)
    assert (home.archive / "archive.json").exists(), err
    with given(PASSWORD), Archive.open(home.archive) as archive:
        assert archive.sealed
        rows, files = content(archive)
    assert rows["user"] and rows["listing"]
    assert files or killed
    assert rows["gone"] or killed
    searched.words += [str(row[4]) for row in rows["gone"]]
    searched.words += [user.name, *(str(row[2]) for row in rows["album"])]
    searched.words += [str(row[4]) for row in rows["listing"] if row[4] and len(str(row[4])) > 8]
    searched.words = [word for word in searched.words if len(word) > 5]
    searched.data += [data for data in files.values() if len(data) > 200]
    assert searched.found() == []
