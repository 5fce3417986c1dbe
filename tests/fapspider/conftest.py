"""A small world, the site that shows it, and a place for crawls of it."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.demosite.model import Folder, User, World
from tests.demosite.site import Site
from tests.demosite.world import build
from tests.fapspider.crawling import Crawls, serving

_WHOLE = build(scale=0.1, plain=True)


def small_world() -> World:
    """Two users; of the first three folders of pictures, which share ids, and one of galleries."""
    user, other = _WHOLE.main, _WHOLE.second
    photos = [
        number
        for name in (
            "Landscapes",
            "Long walk",
            'Cities & "Lights"',
            "Moving",
            "Formats",
        )
        for number in user.folder_named(name).photo_ids
    ]
    walk = _with_pages(user.folder_named("Long walk"), photos[4:7], (), (), photos[7:11])
    hills = _with_pages(user.folder_named("Landscapes"), photos[:4])
    numbered = replace(_with_pages(user.folder_named("Moving"), photos[11:14]), name="2024")
    parks = user.folder_named("Park galleries")
    shared = _with_pages(other.folder_named("Shared views"), photos[:3], photos[14:17])
    users = (
        replace(user, folders=(hills, parks, walk, numbered)),
        replace(other, folders=(shared,)),
        _WHOLE.bare,
    )
    return replace(_WHOLE, users=users)


def _with_pages(folder: Folder, *pages: object) -> Folder:
    return replace(folder, pages=tuple(tuple(page) for page in pages))  # type: ignore[arg-type]


@pytest.fixture
def site() -> Iterator[Site]:
    with serving(Site(small_world())) as running:
        yield running


@pytest.fixture
def crawls(tmp_path: Path, site: Site) -> Crawls:
    return Crawls(tmp_path, site.root)


@pytest.fixture
def user(site: Site) -> User:
    return site.world.main
