"""A sealed archive is used in every way; then all that was written is searched for its content."""

import base64
import json
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from email.message import Message
from io import BytesIO
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import numpy as np
import pytest
from PIL import Image

from fapproc.archive import Archive
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


VIEWS = 8


def browse(home: Home, digests: Sequence[str]) -> None:
    """Look at every page of the viewer that leads anywhere, through its own server.

    Orders, states and filters make thousands of views of a few pages: some of each.
    """
    with home.start("run", "--port", "0") as viewer:
        address = viewer.stdout.readline().split(" at ")[1].split(" - ")[0]
        root, token = address.split("/viewer/?token=")
        todo, seen, looked, views = ["/viewer/"], set[str](), set[str](), Counter[str]()
        while todo:
            address = todo.pop()
            seen.add(address)
            views[page := address.partition("?")[0]] += 1
            if views[page] > VIEWS:
                continue
            looked.add(address)
            status, headers, data = fetched(f"{root}{address}", token)
            assert status in {200, 404}, address
            kept = "no-cache" if "/static/" in address else "no-store"
            assert headers["Cache-Control"].removeprefix("private, ") == kept, address
            assert remembered(headers) <= {"csrf_token", "entered"}
            if headers["Content-Type"].startswith("text/html"):
                parts = re.findall(r' (?:href|src)="([^"#]*)', data.decode())
                todo += [link for link in parts if link.startswith("/viewer/")]
                todo = [link for link in dict.fromkeys(todo) if link not in seen]
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
