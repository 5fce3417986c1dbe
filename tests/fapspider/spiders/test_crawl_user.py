"""One whole user of the demo world, with every built-in fault, held against the world's truth."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.demosite.damage import damaged_body
from tests.demosite.faults import FAULTS
from tests.demosite.listing_pages import cut_name
from tests.demosite.model import Folder, FolderKind, Photo
from tests.demosite.pictures import render
from tests.demosite.site import Site
from tests.demosite.world import build
from tests.fapspider.crawling import Contents, Crawls, contents, paths, serving

LATER = {"cut", "bomb"}  # pictures by their first bytes; `process` decodes them


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, Contents, str]]:
    world = build(scale=0.1)
    folder = tmp_path_factory.mktemp("whole")
    with serving(Site(world)) as site:
        crawls = Crawls(folder, site.root)
        told = crawls.run(f"user={world.main.name.upper()}")
        yield site, contents(crawls.archive), told


def picture_folders(site: Site) -> list[Folder]:
    return [each for each in site.world.main.folders if each.kind is FolderKind.PICTURES]


def failure(photo: Photo) -> tuple[str, str] | None:
    fault = FAULTS[photo.fault] if photo.fault else None
    if fault is None or fault.reason is None or fault.kind in LATER:
        return None
    assert fault.detail
    return fault.reason, fault.detail


def had(site: Site, folder: Folder) -> list[Photo]:
    photos = [site.world.photos[number] for number in folder.photo_ids]
    return [photo for photo in photos if failure(photo) is None]


def test_every_picture_is_there_byte_for_byte_in_the_site_s_order(
    crawled: tuple[Site, Contents, str],
) -> None:
    site, archive, _ = crawled
    for folder in picture_folders(site):
        photos = had(site, folder)
        assert archive.images(folder.id) == [photo.id for photo in photos]
        served = [damaged_body(photo.fault or "", render(photo)) for photo in photos]
        whole = [render(photo) for photo in photos]
        expected = [cut or body for cut, body in zip(served, whole, strict=True)]
        assert archive.data(folder.id) == expected


def test_what_could_not_be_had_has_its_reason_and_its_name(
    crawled: tuple[Site, Contents, str],
) -> None:
    site, archive, _ = crawled
    seen = set()
    for folder in picture_folders(site):
        photos = [site.world.photos[number] for number in folder.photo_ids]
        failed = {photo.id: found for photo in photos if (found := failure(photo))}
        assert archive.failures(folder.id) == failed
        seen |= set(failed.values())
        for failed_one in archive.shelf(folder.id).failures:
            photo = site.world.photos[failed_one.place.image]
            shown = cut_name(photo.name) == photo.name
            from_list = failed_one.reason == "page"
            assert failed_one.name == (photo.name if shown or not from_list else None)
            assert (failed_one.url is None) == (failed_one.reason in {"page", "link"})
    assert len(seen) == 10


def test_names_are_the_site_s_own(crawled: tuple[Site, Contents, str]) -> None:
    site, archive, _ = crawled
    for folder in picture_folders(site):
        assert archive.names(folder.id) == [photo.name or None for photo in had(site, folder)]


def test_users_and_albums_are_the_site_s_own(crawled: tuple[Site, Contents, str]) -> None:
    site, archive, _ = crawled
    (user,) = archive.users
    assert (user.id.number, user.name) == (site.world.main.id, site.world.main.name)
    assert user.albums_at > 0 and user.finished_at >= user.albums_at
    albums = [shelf.album for shelf in archive.shelves]
    assert [(album.id, album.name) for album in albums] == [
        (folder.id, folder.name) for folder in picture_folders(site)
    ]
    assert [album.pages for album in albums] == [len(f.pages) for f in picture_folders(site)]
    assert all(album.fetched_at > 0 for album in albums)


def test_equal_pictures_are_one_file(crawled: tuple[Site, Contents, str]) -> None:
    site, archive, _ = crawled
    digests = [entry.image.digest for entry in archive.entries]
    assert len(set(digests)) == len(digests)
    places = sum(len(had(site, folder)) for folder in picture_folders(site))
    assert sum(len(entry.sightings) for entry in archive.entries) == places > len(digests)


def test_the_last_words_count_what_was_done(crawled: tuple[Site, Contents, str]) -> None:
    site, archive, told = crawled
    failed = sum(len(shelf.failures) for shelf in archive.shelves)
    assert f"{site.world.main.name}: 9 albums read, 2 folders of galleries skipped; " in told
    assert f"{len(archive.entries)} new pictures" in told
    assert f"{failed} failed" in told
    assert told.endswith("Next: 'fapproc process', then 'fapproc dedup' and 'fapproc run'.\n")


def test_no_page_of_a_gallery_and_no_display_copy_is_asked_for(
    crawled: tuple[Site, Contents, str],
) -> None:
    site, _, _ = crawled
    asked = set(paths(site))
    assert not [path for path in asked if path.startswith(("/images/framed", "/images/thumb"))]
    assert not [path for path in asked if "gallery" in path]


def test_no_file_is_left_half_written(
    crawled: tuple[Site, Contents, str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folders = Path(tmp_path_factory.getbasetemp()).glob("whole*/archive")
    for folder in folders:
        assert not list(folder.rglob(".unfinished/*"))
