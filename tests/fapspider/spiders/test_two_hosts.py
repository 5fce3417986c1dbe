"""Full-size files lie on two hosts, and one of them is dead: tried on a copy of the program.

A local imitation has one host alone, so the copy knows a site more, of which all ports of this
computer are hosts.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests import warm
from tests.copies import copied, put
from tests.demosite.process import IMPATIENT
from tests.demosite.response import Request, Response, Wire
from tests.demosite.site import Site
from tests.fapspider.commands.test_commands import SECONDS, Said
from tests.fapspider.conftest import small_world
from tests.fapspider.crawling import LOADED, contents, nobody, paths, serving
from tests.fapspider.spiders.test_crawl_hosts import Leading

SPREAD = '''"""A site whose files lie on more than one host."""

from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlsplit

from fapproc.sites.imagefap.site import ImageFap


@dataclass(frozen=True, slots=True)
class Spread(ImageFap):
    """An imitation that has all ports of its computer."""

    name: ClassVar = "spread"

    def allows(self, url: str) -> bool:
        return urlsplit(url).hostname == self.host
'''
DEATHS = {
    "503": Response(503, b"later"),
    "reset": Response(200, b"\xff\xd8", "image/jpeg", wire=Wire.DROP),
}


@dataclass
class Mortal(Site):
    """A host of files that gives so many, and dies."""

    gives: int = 0
    death: Response | None = None
    turn: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, request: Request, target: str) -> Response:
        with self.turn:
            if self.death is not None and len(paths(self)) >= self.gives:
                return self.death
            return Site.answer(self, request, target)


LED = sorted({photo for folder in small_world().main.folders for photo in folder.photo_ids})[::2]
"""The pictures whose files are on the other host."""


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a copy of the program that knows a site more."""
    folder = copied(tmp_path_factory.mktemp("program"), "fapproc", "fapspider")
    sites = folder / "fapproc" / "sites"
    (sites / "spread.py").write_text(SPREAD)
    registry = sites / "registry.py"
    put(registry, "from fapproc.sites.site import", "from fapproc.sites.spread import Spread\n")
    put(registry, "    ImageFap,\n", "    Spread,\n")
    return folder


@dataclass
class Archive:
    """An archive that is filled from the site."""

    program: Path
    folder: Path
    home: Path
    site: Leading

    @property
    def there(self) -> Path:
        return self.folder / "archive"

    def read(self) -> Said:
        environment = {name: os.environ[name] for name in os.environ if name.startswith("XDG_")}
        environment |= IMPATIENT | {
            "HOME": str(self.home),
            "PATH": os.environ["PATH"],
            "FAP_ARCHIVE": str(self.there),
            "FAP_SITE": "spread",
            "SITE_ROOT": self.site.root,
            "SITE_PAUSE": "0.01",
        }
        process = warm.start(
            "fapproc.program:main",
            ["fapproc", "read", "-i", str(self.site.world.main.id)],
            modules=LOADED,
            environment=environment,
            measured=False,
            folder=self.folder,
            root=self.program,
        )
        with process:
            out, err = process.communicate(SECONDS)
        assert "Traceback" not in err, err
        return Said(process.returncode, out, err)

    def images(self) -> set[int]:
        """What was had; nothing has failed."""
        found = contents(self.there)
        assert not [failure for shelf in found.shelves for failure in shelf.failures]
        return {image for shelf in found.shelves for image in shelf.images}


@pytest.fixture
def archive(program: Path, tmp_path: Path, home: Path) -> Iterator[Archive]:
    site = Leading(small_world())
    site.led = set(LED)
    with serving(site):
        yield Archive(program, tmp_path, home, site)


def images(paths_asked: list[str]) -> list[int]:
    """The images whose pages or files were asked for."""
    return sorted(int(Path(path).stem) for path in paths_asked)


def all_images(site: Site) -> set[int]:
    return {photo for folder in site.world.main.folders for photo in folder.photo_ids}


def left_for_later(said: Said, many: int) -> None:
    assert said.code == 3, said.err
    pictures = "1 picture" if many == 1 else f"{many} pictures"
    assert f"{pictures} of a host that does not work now left for the next crawl." in said.err
    assert "pausing" not in said.err


def brings_the_rest(archive: Archive, host: Site, left: set[int]) -> None:
    """The next crawl asks for what was left, once, and for nothing else."""
    archive.site.log.clear()
    host.log.clear()
    said = archive.read()
    assert said.code == 0, said.err
    assert archive.images() == all_images(host)
    assert images(paths(host, "/images/")) == sorted(left)
    assert paths(archive.site, "/images/") == []
    assert set(images(paths(archive.site, "/photo/"))) <= left


def test_pictures_of_a_host_that_refuses_connections_are_left_and_all_others_are_had(
    archive: Archive,
) -> None:
    led = archive.site.led
    with nobody() as root, ExitStack() as back:
        archive.site.elsewhere = root
        left_for_later(archive.read(), len(led))
        assert archive.images() == all_images(archive.site) - led
        host = back.enter_context(serving(Site(small_world()), port=urlsplit(root).port or 0))
        brings_the_rest(archive, host, led)


@pytest.mark.parametrize(("death", "gives"), [("reset", 0), ("503", 2)])
def test_pictures_of_a_host_that_is_dead_or_dies_are_left_and_all_others_are_had(
    archive: Archive, death: str, gives: int
) -> None:
    with serving(Mortal(small_world(), gives=gives, death=DEATHS[death])) as host:
        assert isinstance(host, Mortal)
        archive.site.elsewhere = host.root
        said = archive.read()
        had = archive.images()
        left = all_images(archive.site) - had
        left_for_later(said, len(left))
        assert left < archive.site.led if gives else left == archive.site.led
        assert len(archive.site.led) - len(left) == gives
        host.death = None
        brings_the_rest(archive, host, left)


@dataclass
class Faulty(Site):
    """A host of files that works, but for some of them."""

    broken: set[int] = field(default_factory=set)

    def answer(self, request: Request, target: str) -> Response:
        if images([request.path])[0] in self.broken:
            return DEATHS["503"]
        return Site.answer(self, request, target)


@pytest.mark.parametrize("album", ["Landscapes", "Long walk"])
def test_a_host_with_one_broken_album_is_not_set_aside_where_another_is_well(
    archive: Archive, album: str
) -> None:
    folder = archive.site.world.main.folder_named(album)
    broken = set(folder.photo_ids)
    archive.site.led |= broken
    with serving(Faulty(small_world(), broken=broken)) as host:
        archive.site.elsewhere = host.root
        said = archive.read()
    assert said.code == 3 and "pausing" not in said.err, said.err
    assert "left for the next crawl" not in said.err, said.err
    found = contents(archive.there)
    assert sorted(found.failures(folder.id)) == sorted(folder.photo_ids)
    for other in archive.site.world.main.folders:
        if other.photo_ids and other != folder:
            sound = [photo for photo in other.photo_ids if photo not in broken]
            assert found.images(other.id) == sound
