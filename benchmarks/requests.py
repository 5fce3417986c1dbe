"""How many pages a crawl asks for, beside what the predecessor's rules ask for the same world."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import update

from fapproc.archive import Archive
from fapproc.db import schema
from tests.demosite.model import Folder, FolderKind, World
from tests.demosite.process import DemoSite
from tests.demosite.world import FOLDERS_A_PAGE

ROOT = Path(__file__).resolve().parents[1]
SCALE = 3.0
PROBES = 3  # both stop after three empty pages
TRIES = 11  # the predecessor asks ten times again for what is missing
BACKTRACK_FROM = 5  # pages from which on the predecessor reads a known album from its end
_REPEATED = {"page-missing", "page-gone", "page-503"}


def run() -> Iterator[str]:
    """Yield a table: pages of a first crawl, and of one 72 hours later without news."""
    counts: list[int] = []
    with DemoSite(scale=SCALE) as site, TemporaryDirectory() as folder:
        archive = Path(folder) / "archive"
        for _ in range(2):
            site.reset()
            _crawl(site, archive)
            asked = [one for one in site.requests() if not one.path.startswith("/images/")]
            counts.append(len(asked))
            _rest(archive)
        first, again = _predecessor(site.world)
    yield f"| pages asked for, {len(_photos(site.world))} pictures | favorites | predecessor |"
    yield "|---|---|---|"
    yield f"| first crawl | {counts[0]} | {first} |"
    yield f"| 72 hours later, nothing new | {counts[1]} | {again} |"
    yield ""
    yield "The predecessor's numbers follow from its rules: it looks at each folder once before it"
    yield "reads it, asks eleven times for what is missing, and reads albums of five pages and more"
    yield "from their last page but one."


def _predecessor(world: World) -> tuple[int, int]:
    folders = world.main.folders
    lists = 1 + -(-len(folders) // FOLDERS_A_PAGE) + 1
    pictures = [one for one in folders if one.kind is FolderKind.PICTURES]
    first = lists + len(folders) + sum(one.page_count + PROBES for one in pictures)
    photos = sum(TRIES if world.photos[photo].fault in _REPEATED else 1 for photo in _photos(world))
    again = lists + len(folders) + sum(_read_again(one) for one in pictures)
    return first + photos, again


def _read_again(folder: Folder) -> int:
    known = folder.page_count
    return PROBES + (2 if known >= BACKTRACK_FROM else known)


def _photos(world: World) -> set[int]:
    return {photo for folder in world.main.folders for photo in folder.photo_ids}


def _crawl(site: DemoSite, archive: Path) -> None:
    quick = {"DOWNLOAD_DELAY": "0", "RETRY_DELAY": "0", "SITE_PAUSE": "0", "SITE_BUDGETS": "{}"}
    settings = {"SITE_ROOT": site.root, "FAP_ARCHIVE": str(archive), **quick}
    command = ["-m", "scrapy", "crawl", "favorites", "-a", f"user={site.world.main.name}"]
    environment = os.environ | settings
    subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env=environment,
        check=True,
        stderr=subprocess.DEVNULL,
    )


def _rest(archive: Path) -> None:
    """Let 72 hours pass."""
    with Archive.open(archive) as opened, opened.writing() as connection:
        connection.execute(update(schema.user).values(albums_at=1))
        connection.execute(update(schema.album).values(listed_at=1, fetched_at=1))
