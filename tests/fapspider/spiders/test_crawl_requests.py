"""What a crawl asks the site for, counted in the site's own log: nothing that is not needed."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import update

from fapproc.archive import Archive
from fapproc.db import schema
from tests.demosite.model import Folder, FolderKind, Photo, User
from tests.demosite.photo_page import Window
from tests.demosite.site import Site
from tests.demosite.world import FOLDERS_A_PAGE
from tests.fapspider.conftest import small_world
from tests.fapspider.crawling import Crawls, asked, contents, paths, serving
from tests.fapspider.spiders.test_crawl_stopped import assert_whole

PROBES = 3
SLOWLY = 0.02  # with a delay, two photo pages are under way at once and not eight


class Alone(Site):
    """A site whose photo pages show no neighbours."""

    def window(self, photo: Photo) -> Window:
        whole = super().window(photo)
        own = tuple(entry for entry in whole.entries if entry[0] is photo)
        return replace(whole, entries=own)


@pytest.fixture
def alone() -> Iterator[Site]:
    with serving(Alone(small_world())) as running:
        yield running


def pages_needed(user: User) -> int:
    """The user, the list of folders and the page after it, each folder's pages and three more."""
    lists = -(-len(user.folders) // FOLDERS_A_PAGE) + 1
    pictures = [folder for folder in user.folders if folder.kind is FolderKind.PICTURES]
    folders = sum(folder.page_count + PROBES for folder in pictures)
    return 1 + lists + folders + len(user.folders) - len(pictures)


def photos_of(user: User) -> set[int]:
    return {photo for folder in user.folders for photo in folder.photo_ids}


def test_a_crawl_asks_for_each_page_and_each_file_once_and_for_nothing_else(
    alone: Site, tmp_path: Path
) -> None:
    user = alone.world.main
    Crawls(tmp_path, alone.root).run(f"user={user.name}")
    kinds = Counter(path.split("/")[1] for path in paths(alone))
    pictures = len(photos_of(user))
    assert kinds["photo"] == kinds["images"] == pictures
    assert sum(kinds.values()) == pages_needed(user) + 2 * pictures
    assert len({request.path.partition("?end=")[0] for request in asked(alone)}) == kinds.total()


def test_addresses_in_windows_save_the_pages_of_pictures_whose_names_are_whole(
    tmp_path: Path,
) -> None:
    world = small_world()
    ids = list(world.photos)[:14]
    cut = ids[5:8]
    named = {photo: "x" * (1 + 20 * (photo in cut)) + f"{photo}.jpg" for photo in ids}
    photos = {photo: replace(world.photos[photo], name=named[photo]) for photo in ids}
    folder = Folder(FolderKind.PICTURES, 111, "lakes", (tuple(ids),))
    user = replace(world.main, folders=(folder,))
    with serving(Site(replace(world, users=(user,), photos=photos))) as site:
        crawls = Crawls(tmp_path, site.root)
        crawls.run(f"user={user.name}", DOWNLOAD_DELAY=SLOWLY)
        asked_pages = paths(site, "/photo/")
        assert {f"/photo/{photo}/" for photo in cut} <= set(asked_pages)
        assert len(asked_pages) < 8
        assert len(paths(site)) == pages_needed(user) + len(asked_pages) + len(ids)
        found = contents(crawls.archive)
        assert found.images(folder.id) == ids
        assert found.names(folder.id) == list(named.values())


def test_a_borrowed_address_that_is_refused_costs_the_photo_s_own_page_once(
    crawls: Crawls, site: Site, user: User
) -> None:
    site.board.set({str(photo): "file-expired-once" for photo in photos_of(user)})
    crawls.run(f"user={user.name}", DOWNLOAD_DELAY=SLOWLY)
    assert_whole(contents(crawls.archive), site, user)
    assert max(Counter(paths(site, "/photo/")).values()) <= 2
    assert max(Counter(paths(site, "/images/")).values()) == 2


def rested(archive: Path) -> None:
    """Let 72 hours pass."""
    with Archive.open(archive) as opened, opened.writing() as connection:
        connection.execute(update(schema.user).values(albums_at=1))
        connection.execute(update(schema.album).values(listed_at=1, fetched_at=1))


def test_a_known_album_costs_its_last_page_what_is_new_and_three_probes(tmp_path: Path) -> None:
    world = small_world()
    user = world.main
    walk = user.folder_named("Long walk")
    ids = [photo for photo in world.photos if photo not in photos_of(user)]
    long = replace(walk, pages=tuple((photo,) for photo in ids[:12]))
    with serving(Site(world)) as site:
        crawls = Crawls(tmp_path, site.root)
        _show(site, user, long)
        crawls.run(f"user={user.name}", "folder=Long walk")
        rested(crawls.archive)
        # The third left the site, so all that followed it moved one page up; two were added.
        _show(
            site,
            user,
            replace(long, pages=(*long.pages[:2], *long.pages[3:], *_one_each(ids[12:14]))),
        )
        site.log.clear()
        crawls.run(f"user={user.name}", "folder=Long walk")
        folder = [one.path for one in asked(site) if f"folderid={walk.id}" in one.path]
        assert [path.partition("&page=")[2].partition("&")[0] for path in folder] == [
            "11", "10", "12", "13", "14", "15",
        ]  # fmt: skip
        assert len(paths(site, "/images/")) == 2
        assert contents(crawls.archive).images(walk.id) == ids[:14]


def _one_each(ids: list[int]) -> list[tuple[int]]:
    return [(photo,) for photo in ids]


def _show(site: Site, user: User, folder: Folder) -> None:
    folders = tuple(folder if one.id == folder.id else one for one in user.folders)
    world = site.world
    site.world = replace(world, users=(replace(user, folders=folders), *world.users[1:]))
