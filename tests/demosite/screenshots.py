"""`make screenshots`: pages of the viewer over the demo archive, as small files for the docs."""

import argparse
import re
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, expect

from fapproc.archive import Archive
from fapproc.commandline.apart import Job
from fapproc.jobs import inventory, shelving, tagging
from fapproc.model import LOCAL_DISK
from fapproc.selections.grammar import of_digests
from tests.demosite.demo import MADE_ANEW, ROOT
from tests.shelves import sightings
from tests.webviewer.test_server import served, until
from tests.webviewer.visitors import ACCESS, SITE, TOKEN
from tests.webviewer.window import chromium, window
from webviewer.application import viewer_of
from webviewer.held import Held
from webviewer.serving import Limits

WIDE, PHONE = (1280, 800), (390, 780)
QUALITY = 80
_LOADED = """() => Promise.all([...document.images]
    .filter((image) => image.getBoundingClientRect().top < innerHeight)
    .map((image) => image.decode().catch(() => 0)))"""
"""Others may be loaded only when they come into sight."""


def main() -> None:
    """Take all of them anew."""
    parser = argparse.ArgumentParser(prog="make screenshots", description=__doc__)
    parser.add_argument("--archive", type=Path, default=Path(MADE_ANEW))
    parser.add_argument("--to", type=Path, default=ROOT / "docs" / "screenshots")
    options = parser.parse_args()
    options.to.mkdir(exist_ok=True)
    with Archive.open(options.archive) as archive:
        _tag(archive)
        shots = _shots(archive)
        held = Held(archive)
        app = viewer_of(held, SITE, ACCESS)
        held.start(Job.CHECK, read_data=True)
        until(lambda: held.jobs.running is None)
        with served(app, Limits()) as server, chromium() as browser, window(browser) as (tabs, _):
            root = f"http://127.0.0.1:{server.effective_port}/viewer/"
            tab = tabs.new_page()
            tab.goto(f"{root}?token={TOKEN}")
            tab.wait_for_url(root)
            for name, address, theme, size in shots:
                tab.emulate_media(color_scheme="dark" if theme == "dark" else "light")
                tab.set_viewport_size({"width": size[0], "height": size[1]})
                tab.goto(f"{root}{address}")
                _take(tab, options.to / f"{name}.webp")


def _tag(archive: Archive) -> None:
    """Give some pictures tags, where the demo has none."""
    if not tagging.listed(archive):
        some = [entry.image.digest for entry in inventory.entries(archive)]
        for path, first in (("Land/Hills", 0), ("Land/Towns", 1), ("Sea", 2)):
            tagging.create(archive, path)
            tagging.apply(archive, path, of_digests(some[first::7]))


def _shots(archive: Archive) -> list[tuple[str, str, str, tuple[int, int]]]:
    """What is shown: name, address, theme, size of the window."""
    shelf = max(
        (each for each in shelving.shelves(archive) if each.album.user != LOCAL_DISK),
        key=lambda each: len(each.images),
    )
    where = f"favorite/{shelf.album.user}/{shelf.album.id}/"
    with archive.reading() as connection:
        first = sightings(connection, shelf.album.user, shelf.album.id)[0]
    picture = f"image/{first.digest}/?in={where}{first.place.image}"
    return [
        ("overview", "", "light", WIDE),
        ("album", where, "light", WIDE),
        ("tagging", f"{where}?lock=1&all=1", "dark", WIDE),
        ("picture", picture, "light", WIDE),
        ("duplicates", "duplicates/", "dark", WIDE),
        ("judging", "duplicates/next/", "light", WIDE),
        ("jobs", "jobs/", "light", WIDE),
        ("phone", where, "light", PHONE),
    ]


def _take(tab: Page, file: Path) -> None:
    if file.stem == "judging":  # that page tells it a moment later
        left = tab.locator(".judge [data-show=left-count]")
        expect(left).to_have_text(re.compile(r"\d left"))
    tab.evaluate(_LOADED)
    with Image.open(BytesIO(tab.screenshot())) as shot:
        shot.convert("RGB").save(file, "WEBP", quality=QUALITY, method=6)
    print(f"{file.name}: {file.stat().st_size / 1000:.0f} kB", flush=True)


if __name__ == "__main__":
    main()
