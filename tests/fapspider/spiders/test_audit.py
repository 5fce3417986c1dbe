"""Audits of an archive against the imitation: what is seen, asked for, and left as it was."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from scrapy import Request
from scrapy.http import Response

from fapproc.archive import Archive
from fapproc.db import images
from fapproc.jobs import audit, ingest
from fapproc.jobs.ingest import Picture
from fapproc.model import LOCAL_DISK, Detail, User
from fapproc.vault.store import Key, Kind
from fapspider.crawl.lengths import length_of
from tests.demosite.pictures import render
from tests.demosite.site import Site
from tests.fapspider.crawling import Crawls, asked, paths
from tests.holdings import content
from tests.programs import Home
from tests.shelves import fill

AUDITED = {"user", "observation", "gone"}
"""Tables that an audit may write."""


@pytest.fixture
def photos(crawls: Crawls, site: Site) -> list[int]:
    """The ids of a user's pictures, all fetched, in two albums of which one lists four again."""
    owner, other = site.world.main, site.world.second
    listed = [number for folder in (*owner.folders, *other.folders) for number in folder.photo_ids]
    ids = sorted(number for number in {*listed} if not site.world.photos[number].copy_of)
    pictures = []
    for number in ids:
        data = render(site.world.photos[number])
        form = ingest.examine(data)
        assert not isinstance(form, Detail)
        pictures.append(Picture(number, f"{number}", data, form))
    albums = {"Hills": pictures, "Walks": pictures[:4]}
    with Archive.open_or_create(crawls.archive) as archive:
        fill(archive, albums, user=owner.id, name=owner.name)
    return ids


def look(crawls: Crawls, site: Site, *arguments: str, **settings: object) -> str:
    """Run an audit alone."""
    return crawls.run(f"user_id={site.world.main.id}", *arguments, spider="audit", **settings)


def observed(crawls: Crawls) -> dict[int, str | None]:
    """The level at which each image of the site was seen last, None where all was well."""
    with Archive.open(crawls.archive) as archive, archive.reading() as connection:
        rows = connection.exec_driver_sql("SELECT DISTINCT site_id, level FROM observation")
        return {row[0]: row[1] for row in rows}


def age(crawls: Crawls, days: float) -> None:
    """Let days pass."""
    with Archive.open(crawls.archive) as archive, archive.writing() as connection:
        for column in ("at", "since"):
            connection.exec_driver_sql(
                f"UPDATE observation SET {column} = {column} - {int(days * 86400)}"
            )
        for column in ("audit_since", "audited_at"):
            connection.exec_driver_sql(
                f"UPDATE user SET {column} = {column} - {int(days * 86400)} WHERE {column} > 0"
            )


def reconciled(crawls: Crawls) -> tuple[audit.Reconciliation, audit.AuditReport, User]:
    """What `fapproc audit --no-crawl` does."""
    with Archive.open(crawls.archive) as archive:
        (user,) = (one for one in _users(archive) if one.id != LOCAL_DISK)
        planned = audit.plan(archive, user)
        report = audit.reconcile(archive, user, planned, at=2_000_000_000)
        return planned, report, next(one for one in _users(archive) if one.id == user.id)


def _users(archive: Archive) -> Iterator[User]:
    from fapproc.jobs import inventory

    yield from inventory.users(archive)


def test_an_audit_sees_at_which_step_an_image_is_gone_and_changes_nothing_else(
    crawls: Crawls, site: Site, photos: list[int]
) -> None:
    kinds = {
        "page-missing": "page",
        "page-gone": "page",
        "page-notext": "page",
        "page-nolink": "link",
        "file-missing": "file",
        "longer": "file",
        "file-expired-once": None,
        "head-refused": None,
        "head-forbidden": None,
    }
    faults = dict(zip(photos, kinds, strict=False))
    assert len(faults) == len(kinds)
    site.board.set({str(number): kind for number, kind in faults.items()})
    silent = photos[len(kinds)]
    site.board.set({f"/photo/{silent}/": "503"})
    with Archive.open(crawls.archive) as archive:
        before, files = content(archive)
    told = look(crawls, site)
    assert f"{len(photos)} images to ask the site for" in told
    assert (
        f"Image {silent} is left for the next audit: {site.root}/photo/{silent}/ answers 503."
        in told
    )
    assert (
        f"{len(photos) - 1} images answered for in this run, {len(photos) - 7} there, "
        "3 without page, 1 without link, 2 without file." in told
    )
    assert observed(crawls) == {
        number: kinds[faults[number]] if number in faults else None
        for number in photos
        if number != silent
    }
    with Archive.open(crawls.archive) as archive:
        after, same = content(archive)
    assert files == same
    assert {name: rows for name, rows in after.items() if name not in AUDITED} == {
        name: rows for name, rows in before.items() if name not in AUDITED
    }
    assert after["gone"] == []
    for photo, kind in faults.items():
        pages = paths(site, f"/photo/{photo}/")
        most = 2 if "expired" in kind else 1  # a neighbour's page may renew an address as well
        assert 1 <= len(pages) <= most, kind
    sent = [one for one in asked(site) if one.path.startswith("/images/")]
    assert not [one for one in sent if one.method == "GET" and one.status == 200]
    assert len([one for one in sent if one.status == 404]) == 1

    planned, report, user = reconciled(crawls)
    assert {gone.image: gone.level for gone in planned.noticed} == {
        photo: kinds[kind] for photo, kind in faults.items() if kinds[kind]
    }
    assert (report.checked, report.left, report.gone, report.lost) == (len(photos) - 1, 1, 6, 0)
    assert user.audited_at == 0

    site.board.set({str(number): None for number in photos} | {f"/photo/{silent}/": None})
    age(crawls, 11)
    look(crawls, site)
    planned, report, _ = reconciled(crawls)
    assert {gone.image for gone in planned.back} == {
        gone for gone, kind in faults.items() if kinds[kind]
    }
    assert (report.checked, report.left, report.gone) == (len(photos), 0, 0)
    _, _, user = reconciled(crawls)
    assert user.audited_at > 0
    site.log.clear()
    assert "no request is sent" in look(crawls, site)
    assert asked(site) == []


def test_an_audit_that_the_site_stops_keeps_what_it_saw_and_the_next_goes_on(
    crawls: Crawls, site: Site, photos: list[int]
) -> None:
    gone, *others = photos
    site.board.set({str(gone): "page-missing"})
    for number in others[3:]:
        site.board.set({f"/photo/{number}/": "human"})
    told = look(crawls, site, SITE_PAUSE=0, CONCURRENT_REQUESTS=1)
    assert "Error: The site wants a human check" in told
    seen = observed(crawls)
    assert seen == {gone: "page"} | dict.fromkeys(others[:3])
    planned, report, user = reconciled(crawls)
    assert [entry.image for entry in planned.noticed] == [gone]
    assert (report.left, user.audited_at) == (len(others) - 3, 0)
    for number in others[3:]:
        site.board.set({f"/photo/{number}/": None})
    site.log.clear()
    look(crawls, site)
    assert {*paths(site, "/photo/")} == {f"/photo/{number}/" for number in others[3:]}
    assert observed(crawls) == {gone: "page"} | dict.fromkeys(others)


def test_a_page_that_led_elsewhere_is_named_by_the_address_that_was_asked_for(
    crawls: Crawls, site: Site, photos: list[int]
) -> None:
    site.board.set({f"/photo/{photos[0]}/": "home"})
    told = look(crawls, site)
    led = f"{site.root}/photo/{photos[0]}/ leads to {site.root}/."
    assert f"Image {photos[0]} is left for the next audit: {led}" in told


def test_pages_without_landmarks_are_no_observation_and_end_the_audit(
    crawls: Crawls, site: Site, photos: list[int]
) -> None:
    site.board.set({"/photo/": "landmarks"})
    told = look(crawls, site, SITE_PAUSE="0.01")
    assert "Error: Photo pages are not what was asked for, one after the other" in told
    assert "the site may have changed" in told and told.count("pausing for") == 3
    assert observed(crawls) == {}
    planned, report, _ = reconciled(crawls)
    assert planned == audit.Reconciliation()
    assert (report.checked, report.left) == (0, len(photos))


def test_a_server_without_head_is_asked_for_one_byte_and_one_without_ranges_is_understood(
    crawls: Crawls, site: Site, photos: list[int]
) -> None:
    site.board.set({str(number): "head-refused" for number in photos[:-1]})
    site.board.set({str(photos[-1]): "range-refused"})
    look(crawls, site, CONCURRENT_REQUESTS=1)
    assert observed(crawls) == dict.fromkeys(photos)
    assert 0 < len([one for one in asked(site) if one.method == "HEAD"]) < len(photos)


def test_a_lost_image_is_fetched_again_and_put_back_only_if_it_is_the_same(
    crawls: Crawls, site: Site, photos: list[int]
) -> None:
    same, other, missing = photos[:3]
    site.board.set({str(other): "longer", str(missing): "page-missing"})
    _lose(crawls, [same, other, missing])
    told = look(crawls, site)
    assert f"Image {same} was lost and is back." in told
    assert f"Image {other} is a different file on the site now; it stays lost." in told
    seen = observed(crawls)
    assert [seen[number] for number in (same, other, missing)] == [None, "file", "page"]
    _, report, _ = reconciled(crawls)
    assert (report.gone, report.lost) == (2, 2)
    with Archive.open(crawls.archive) as archive, archive.reading() as connection:
        rows = connection.exec_driver_sql("SELECT site_id, image_id, reason FROM listing").all()
        assert {row[0] for row in rows} == {*photos}
        assert all(row[1] is not None and row[2] is None for row in rows)
        assert len({row[1] for row in rows}) == len(photos)


def test_a_lost_image_whose_address_leads_to_another_picture_is_left_for_the_next_audit(
    crawls: Crawls, site: Site, photos: list[int]
) -> None:
    lost = photos[0]
    site.board.set({site.world.photos[lost].full_path: "placeholder"})
    _lose(crawls, [lost])
    told = look(crawls, site)
    assert f"Image {lost} is left for the next audit: " in told
    assert f"leads to {site.root}/img/unknown.jpg" in told
    assert lost not in observed(crawls)


def _lose(crawls: Crawls, photos: list[int]) -> None:
    """Lose the bytes of pictures, and let the archive know."""
    with Archive.open(crawls.archive) as archive, archive.writing() as connection:
        for number in photos:
            query = "SELECT DISTINCT image_id FROM listing WHERE site_id = ?"
            row = connection.exec_driver_sql(query, (number,)).scalar_one()
            image = images.by_ids(connection, [row])[row].image
            archive.vault.delete(Key(Kind.BLOB, image.digest, image.format))
            connection.exec_driver_sql("UPDATE image SET lost_at = 7 WHERE id = ?", (row,))


def test_the_command_checks_looks_and_records(
    crawls: Crawls, site: Site, photos: list[int], tmp_path: Path
) -> None:
    home = Home(tmp_path / "home", {"SITE_ROOT": site.root, "DOWNLOAD_DELAY": "0"})
    home.folder.mkdir()
    crawls.archive.rename(home.archive)
    owner, (gone, lost, silent, *_) = site.world.main, photos
    with Archive.open(home.archive) as archive, archive.reading() as connection:
        row = connection.exec_driver_sql(
            "SELECT DISTINCT image_id FROM listing WHERE site_id = ?", (lost,)
        ).scalar_one()
        image = images.by_ids(connection, [row])[row].image
        archive.vault.delete(Key(Kind.BLOB, image.digest, image.format))
    site.board.set({str(gone): "page-missing", f"/photo/{silent}/": "503"})
    ended = home.run("audit", "-u", owner.name.upper(), "-q")
    assert ended.returncode == 3, ended.stderr
    assert "missing-blob: " in ended.stdout
    assert (
        f"Image {gone} is gone from the site: page ({site.root}/photo/{gone}/).\n" in ended.stdout
    )
    assert (
        f"Audit of {owner.name} not finished: the site was asked for {len(photos) - 1} images so "
        "far, 1 left to ask for; 1 on record as gone from it. Run it again to go on.\n"
    ) in ended.stdout
    shown = [json.loads(line) for line in home.done("print", "--json").splitlines()]
    (entry,) = [one["gone"] for one in shown if one["kind"] == "image" and one["gone"]]
    assert entry[0] | {"at": 0} == {
        "image": gone, "level": "page", "url": f"{site.root}/photo/{gone}/", "at": 0,
    }  # fmt: skip
    assert json.loads(home.done("stats", "--json"))["gone"] == 1
    assert home.done("check") == "Everything is there and sound.\n"


@pytest.mark.parametrize(
    ("status", "headers", "body", "length"),
    [
        (200, {"Content-Length": "12"}, b"", 12),
        (200, {}, b"", None),
        (200, {}, b"abc", 3),
        (206, {"Content-Range": "bytes 0-0/77", "Content-Length": "1"}, b"a", 77),
        (206, {"Content-Range": "bytes 0-0/*", "Content-Length": "1"}, b"a", None),
        (206, {"Content-Length": "1"}, b"a", None),
        (200, {"Content-Length": "-4"}, b"", None),
    ],
)
def test_the_length_of_a_file_is_what_the_answer_says_of_the_whole(
    status: int, headers: dict[str, str], body: bytes, length: int | None
) -> None:
    answer = Response("http://127.0.0.1/a.jpg", status=status, headers=headers, body=body)
    answer.request = Request(answer.url)
    assert length_of(answer) == length
