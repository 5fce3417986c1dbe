"""A site more is a package and its lines in the registry: tried on a copy of the program."""

import json
import shutil
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.copies import FAPPROC, copied, put, run, run_tests
from tests.demosite.process import IMPATIENT
from tests.drawing import landscape, write
from tests.warm import REPOSITORY

PICTURE = write(landscape(1, (64, 48)), "JPEG")

LIST = b"<html><h1 class=owner data-user=7>Ann</h1><a class=album data-id=1>Hills</a></html>"
ALBUM = b"<html><h2 class=album>Hills</h2><img class=small data-id=5 alt=lake.jpg></html>"
PHOTO = b"<html><h3>lake.jpg</h3><a class=large href=/large/5.jpg>whole</a></html>"
NO_MORE = b"<html><h1 class=owner data-user=7>Ann</h1><h2 class=album>Hills</h2></html>"
ANSWERS: Mapping[str, bytes] = {
    "/of/7/0": LIST,
    "/of/7/1/0": ALBUM,
    "/one/5": PHOTO,
    "/large/5.jpg": PICTURE,
}

SITE = '''"""Where the pages of lakes.example are."""

from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import quote, unquote, urlsplit

from fapproc.sites.pages import Pages
from fapproc.sites.site import Check, Pasted, Site
from fapproc.sources import Source


@dataclass(frozen=True, slots=True)
class Lakes(Site):
    """lakes.example, or an imitation of it."""

    name: ClassVar = "lakes"
    source: ClassVar = Source("lakes")
    home: ClassVar = "https://lakes.example"
    domain: ClassVar = "lakes.example"
    check: ClassVar = Check(("/are-you-human",))

    def profile(self, name: str) -> str:
        return f"{self.root}/by-name/{quote(name, safe='')}"

    def folders(self, user: int, page: int) -> str:
        return f"{self.root}/of/{user}/{page}"

    def folder(self, user: int, folder: int, page: int) -> str:
        return f"{self.root}/of/{user}/{folder}/{page}"

    def photo(self, image: int) -> str:
        return f"{self.root}/one/{image}"

    @staticmethod
    def is_file(url: str) -> bool:
        return "/large/" in url

    @staticmethod
    def is_nothing(url: str) -> bool:
        return url.endswith("/nothing-here")

    @staticmethod
    def looks_pasted(text: str) -> bool:
        return "/by-name/" in text

    @staticmethod
    def read_pasted(text: str) -> Pasted | None:
        host, _, name = text.removeprefix("https://").partition("/by-name/")
        return Pasted(host, unquote(name), None) if name else None

    @property
    def pages(self) -> Pages:
        from fapproc.sites.lakes import pages

        return pages
'''
PAGES = '''"""What the pages of lakes.example say."""

from fapproc.model import Folder, FolderKind, Listed
from fapproc.sites.addresses import joined
from fapproc.sites.markup import parse
from fapproc.sites.pages import FolderPage, FoldersPage, PageChanged, PhotoPage


def read_profile(html):
    found = parse(html).css("h1.owner::attr(data-user)").get()
    return None if found is None else int(found)


def read_folders(html, user_id):
    page = parse(html)
    if not (owner := page.css("h1.owner::text").get()):
        raise PageChanged("no owner on it")
    links = page.css("a.album")
    folders = (Folder(int(link.attrib["data-id"]), link.css("::text").get()) for link in links)
    return FoldersPage(owner, tuple(folders))


def read_folder(html):
    page = parse(html)
    if not page.css("h2.album"):
        raise PageChanged("no album on it")
    small = [each.attrib for each in page.css("img.small")]
    images = (Listed(int(each["data-id"]), each["alt"]) for each in small)
    return FolderPage(FolderKind.PICTURES, tuple(images))


def read_photo(html, image, url=""):
    page = parse(html)
    if not (name := page.css("h3::text").get()):
        raise PageChanged("no name on it")
    links = tuple(joined(link, url) for link in page.css("a.large::attr(href)").getall())
    return PhotoPage(name, links)


def is_list(html):
    return bool(parse(html).css("h1.owner, h2.album"))
'''
READ = {
    "list": (LIST, "folders", {"user": 7}, {"owner": "Ann", "folders": [[1, "Hills"]]}),
    "album": (ALBUM, "folder", {}, {"kind": "pictures", "images": [[5, "lake.jpg"]]}),
    "photo": (
        PHOTO,
        "photo",
        {"image": 5, "url": "https://lakes.example/one/5"},
        {"name": "lake.jpg", "links": ["https://lakes.example/large/5.jpg"]},
    ),
}
"""Cases for `tests/pages/lakes`: by name the page, its reader, and what that makes of it."""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """The folder of a copy of the program that knows a site more."""
    sites = copied(tmp_path, "fapproc", "fapspider") / "fapproc" / "sites"
    (sites / "lakes").mkdir()
    for name, text in {"__init__": '"""lakes.example."""\n', "site": SITE, "pages": PAGES}.items():
        (sites / "lakes" / f"{name}.py").write_text(text)
    registry = sites / "registry.py"
    put(registry, "from fapproc.sites.site import", "from fapproc.sites.lakes.site import Lakes\n")
    put(registry, "    ImageFap,\n", "    Lakes,\n")
    return tmp_path


class Lakes(BaseHTTPRequestHandler):
    """The site: three pages and a picture; all other pages are empty ones."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = ANSWERS.get(urlsplit(self.path).path, NO_MORE)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def root() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Lakes) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def objects(text: str) -> dict[str, dict[str, Any]]:
    return {each["kind"]: each for each in map(json.loads, text.splitlines())}


def test_the_suites_over_the_sites_take_another_one_with_three_pages(program: Path) -> None:
    shutil.copytree(REPOSITORY / "tests" / "sites", program / "tests" / "sites")
    (program / "tests" / "pages" / "imagefap").mkdir(parents=True)
    for name, (page, reader, arguments, value) in READ.items():
        case = program / "tests" / "pages" / "lakes" / name
        case.mkdir(parents=True)
        (case / "input.html").write_bytes(page)
        said = {"reader": reader, "arguments": arguments, "value": value}
        (case / "expected.json").write_text(json.dumps(said))
    suites = [f"tests/sites/test_{name}.py" for name in ("pages", "registry")]
    assert run_tests(program, *suites, "-k", "lakes").startswith("6 passed")


def test_another_site_is_a_package_and_its_line_in_the_registry(
    program: Path, root: str, tmp_path: Path
) -> None:
    folder = str(tmp_path / "archive")
    settings = {**IMPATIENT, "SITE_ROOT": root, "FAP_SITE": "lakes"}
    told = run(program, FAPPROC, "read", "-i", "7", "-o", folder, **settings)
    assert "Ann: 1 album read; 1 new picture" in told
    shown = objects(run(REPOSITORY, FAPPROC, "print", "-d", folder, "--json"))
    assert shown["user"]["name"] == "Ann" and shown["user"]["source"] == "lakes"
    assert shown["album"]["source"] == "lakes" and shown["album"]["fetched_at"] > 0
    assert shown["image"]["bytes"] == len(PICTURE)
