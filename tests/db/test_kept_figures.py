"""Kept figures: whatever is written in whatever order, they are what counting the rows says."""

from collections.abc import Callable
from dataclasses import astuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, select, update

from fapproc.archive import Archive
from fapproc.cli.stats import as_lines
from fapproc.db import (
    catalogue,
    counting,
    derived,
    duplicates,
    hidden,
    images,
    judgements,
    kept_figures,
    listings,
    observations,
    placeholders,
    recounting,
    soundness,
)
from fapproc.db.owners import row_of
from fapproc.db.schema import (
    album,
    album_figures,
    archive_figure,
    group_member,
    image,
    listing,
    user_figures,
)
from fapproc.jobs.statistics import statistics
from fapproc.model import (
    LOCAL_DISK,
    Detail,
    Facts,
    Folder,
    FolderKind,
    Format,
    Gone,
    Level,
    Listed,
    Place,
    Reason,
    UserId,
    Verdict,
)
from fapproc.sources import Source
from tests.db.memory import rows_in_memory

USERS = (UserId(7), UserId(8), LOCAL_DISK)
ALBUMS = (1, 2)
IDS = range(1, 7)
CONTENTS = range(6)


def digest(content: int) -> str:
    return f"{content:064x}"


def prepared(connection: Connection) -> None:
    for owner in USERS:
        catalogue.save_user(connection, owner, f"user {owner}")
        catalogue.save_folders(connection, owner, [Folder(n, f"album {n}") for n in ALBUMS], 1)
        for number in ALBUMS:
            catalogue.set_kind(connection, owner, number, FolderKind.PICTURES)


def numbers(connection: Connection, some: int) -> list[int]:
    """One of the images that are there, by row number; none where there is none."""
    found = list(connection.scalars(select(image.c.id).order_by(image.c.id)))
    return found[some % len(found) :][:1] if found else []


def add_page(connection: Connection, a: int, b: int) -> None:
    page = [Listed(IDS[(b + n) % len(IDS)], None) for n in range(1 + b % 3)]
    listings.add_page(connection, USERS[a % 3], ALBUMS[b % 2], page)


def see(connection: Connection, a: int, b: int) -> None:
    content = CONTENTS[b % len(CONTENTS)]
    number = images.add(connection, digest(content), 10 ** (1 + content), Format.JPG, 5 + b)
    source = Source.DISK if a % 5 == 0 else Source.SITE
    listings.record_images(connection, [(IDS[a % len(IDS)], number, None)], source=source)


def fail(connection: Connection, a: int, b: int) -> None:
    source = Source.DISK if b % 5 == 0 else Source.SITE
    number = IDS[a % len(IDS)]
    missing = {"name": None, "url": None, "at": 9, "source": source}
    listings.record_failure(connection, number, Reason.PAGE, Detail.MISSING, **missing)  # type: ignore[arg-type]


def note_odd(connection: Connection, a: int, b: int) -> None:
    for _ in range(listings.ODD_CRAWLS):
        listings.note_odd(
            connection, IDS[a % len(IDS)], name=None, url=None, at=9, source=Source.SITE
        )


def set_gone(connection: Connection, a: int, b: int) -> None:
    observations.set_gone(
        connection, [Gone(IDS[a % len(IDS)], Level.PAGE, None, 9)], source=Source.SITE
    )


def forget_gone(connection: Connection, a: int, b: int) -> None:
    observations.forget_gone(connection, [IDS[a % len(IDS)]], source=Source.SITE)


def derive(connection: Connection, a: int, b: int) -> None:
    thumb = (b + 1, digest(99), Format.WEBP) if b % 3 else None
    for number in numbers(connection, a):
        facts = Facts(1 + b, 3, animated=bool(b % 2))
        images.set_derived(connection, number, facts, thumb)


def set_unsound(connection: Connection, a: int, b: int) -> None:
    for number in numbers(connection, a):
        given = {"seen": bool(b % 2), "decoders": "ours", "at": 9}
        derived.set_unsound(connection, number, Detail.TRUNCATED, **given)  # type: ignore[arg-type]


def set_lost(connection: Connection, a: int, b: int) -> None:
    for number in numbers(connection, a):
        soundness.set_lost(connection, number, 9 if b % 3 else None)


def forget_thumb(connection: Connection, a: int, b: int) -> None:
    for number in numbers(connection, a):
        soundness.forget_thumb(connection, number)


def learn(connection: Connection, a: int, b: int) -> None:
    for number in numbers(connection, a):
        if b % 2:
            chosen = image.c.id == number
            connection.execute(update(image).where(chosen).values(placeholder=True))
        placeholders.learn(connection, [number], 9, source=Source.SITE)


def group(connection: Connection, a: int, b: int) -> None:
    known = list(connection.scalars(select(group_member.c.group_id).distinct()))
    number = known[a % len(known)] if known and a % 2 else duplicates.new_groups(connection, 1)[0]
    some = [*numbers(connection, a), *numbers(connection, b), *numbers(connection, a + 1)]
    duplicates.place(connection, dict.fromkeys(some, number))
    duplicates.drop_small_groups(connection)


def release(connection: Connection, a: int, b: int) -> None:
    duplicates.release(connection, numbers(connection, a))
    if b % 2:
        duplicates.drop_small_groups(connection)


def judge(connection: Connection, a: int, b: int) -> None:
    """All of a group, so that it waits no more, or one image alone."""
    members = list(connection.scalars(select(group_member.c.image_id)))
    chosen = members if a % 3 else numbers(connection, a)
    judgements.set_verdicts(connection, dict.fromkeys(chosen, list(Verdict)[b % len(Verdict)]))


def judge_place(connection: Connection, a: int, b: int) -> None:
    """Every place of an id, so that it waits no more."""
    verdict = list(Verdict)[b % len(Verdict)]
    places = [Place(owner, number, IDS[a % len(IDS)]) for owner in USERS for number in ALBUMS]
    judgements.set_places(connection, dict.fromkeys(places, verdict))
    duplicates.forget_lone_places(connection)


def reorder(connection: Connection, a: int, b: int) -> None:
    """The site's order of an album has changed."""
    where = (USERS[a % 3], ALBUMS[b % 2])
    listed = listings.ids_in_order(connection, *where)
    listings.set_order(connection, *where, listed[b % 3 :] + listed[: b % 3])


def look(connection: Connection, a: int, b: int) -> None:
    for number in connection.scalars(select(group_member.c.group_id).limit(1 + a % 3)).all():
        duplicates.want_look(connection, number, wanted=bool(b % 2))


def show(connection: Connection, a: int, b: int) -> None:
    """Nothing stays hidden for what has gone; of all images, or of some."""
    hidden.settle(connection, numbers(connection, a) if b % 2 else None)


def drop_album(connection: Connection, a: int, b: int) -> None:
    """What a deletion of an album will do."""
    of = row_of(USERS[a % 3])
    here = (listing.c.user_id == of, listing.c.album_id == ALBUMS[b % 2])
    sites = connection.scalars(select(listing.c.site_id).where(*here)).all()
    counting.touch(connection, sites=sites)
    connection.execute(delete(listing).where(*here))
    connection.execute(delete(album).where(album.c.user_id == of, album.c.id == ALBUMS[b % 2]))
    folder = Folder(ALBUMS[b % 2], "again")
    catalogue.save_folder(connection, USERS[a % 3], folder, 9)


def settle(connection: Connection, a: int, b: int) -> None:
    """The end of a transaction, and the beginning of the next."""
    counting.settle(connection)


OPERATIONS: tuple[Callable[[Connection, int, int], None], ...] = (
    add_page, see, fail, note_odd, set_gone, forget_gone, derive, set_unsound, set_lost,
    forget_thumb, learn, group, release, judge, judge_place, reorder, look, show, drop_album,
    settle,
)  # fmt: skip
steps = st.tuples(st.sampled_from(OPERATIONS), st.integers(0, 30), st.integers(0, 30))


@given(st.lists(steps, min_size=1, max_size=40))
def test_whatever_is_written_the_kept_figures_are_what_counting_says(
    written: list[tuple[Callable[[Connection, int, int], None], int, int]],
) -> None:
    with rows_in_memory() as connection:
        prepared(connection)
        for owner in (0, 1, 2):  # else most of what follows finds nothing
            add_page(connection, owner, 2)
            add_page(connection, owner, 5)
        for number in range(6):
            see(connection, number, number % 4)
            derive(connection, number, number)
            group(connection, number, 2)
        for step, a, b in written:
            if b % 2:  # else what an earlier step touched hides what this one does not
                counting.settle(connection)
            step(connection, a, b)
        counting.settle(connection)
        assert recounting.miscounted(connection) == []


def test_what_was_not_committed_is_not_counted(archive: Archive) -> None:
    class Stopped(Exception):
        pass

    try:
        with archive.writing() as connection:
            images.add(connection, digest(1), 10, Format.JPG, 5)
            raise Stopped
    except Stopped:
        pass
    with archive.writing() as connection:
        images.add(connection, digest(2), 20, Format.JPG, 6)
    with archive.reading() as connection:
        known = kept_figures.values(connection)
        assert (known["images"], known["bytes"], known["fetched_least"]) == (1, 20, 6)


def test_sums_of_squares_keep_every_digit(archive: Archive) -> None:
    sizes = [2**31 + n for n in range(5)]
    with archive.writing() as connection:
        for number, size in enumerate(sizes):
            images.add(connection, digest(number), size, Format.JPG, 5)
    with archive.reading() as connection:
        assert kept_figures.spread(kept_figures.values(connection), "bytes").stdev == 2.5**0.5
        assert recounting.miscounted(connection) == []


def test_figures_that_were_changed_are_named_and_counted_again(archive: Archive) -> None:
    with archive.writing() as connection:
        prepared(connection)
        add_page(connection, 0, 0)
        number = images.add(connection, digest(1), 10, Format.JPG, 5)
        listings.record_images(connection, [(IDS[0], number, None)], source=Source.SITE)
    with archive.writing() as connection:
        for table in (album_figures, user_figures):
            connection.execute(update(table).values(images=5))
        connection.execute(update(archive_figure).values(value=3))
    with archive.reading() as connection:
        named = ["the archive", "user 7", "album 1 of user 7"]
        assert recounting.miscounted(connection) == named
    with archive.writing() as connection:
        recounting.recount(connection)
        assert recounting.miscounted(connection) == []


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM guest",
        "UPDATE guest SET fetched_at = 6",
        "INSERT INTO guest SELECT image_id, user_id + 5, 1, 1, 1, 1, 5 FROM guest",
        "INSERT INTO guest SELECT image_id + 5, user_id, 1, 1, 1, 1, 5 FROM guest",
        "UPDATE image SET shared = false",
        "UPDATE image SET elsewhere = false",
        "UPDATE image SET here = true",
        "UPDATE image SET gone = true",
    ],
)
def test_what_is_kept_of_images_that_users_share_is_named_where_it_is_wrong(
    archive: Archive, change: str
) -> None:
    with archive.writing() as connection:
        prepared(connection)
        add_page(connection, 0, 0)
        add_page(connection, 1, 0)
        number = images.add(connection, digest(1), 10, Format.JPG, 5)
        listings.record_images(connection, [(IDS[0], number, None)], source=Source.SITE)
    with archive.writing() as connection:
        assert recounting.miscounted(connection) == []
        connection.exec_driver_sql(change)
        assert recounting.miscounted(connection) == ["the archive"]
        recounting.recount(connection)
        assert recounting.miscounted(connection) == []


@pytest.mark.sqlite
@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM archive_figure WHERE name LIKE '%_least'",
        "UPDATE archive_figure SET value = 0 WHERE name LIKE '%_low'",
        "UPDATE archive_figure SET value = 'a word'",
        "UPDATE archive_figure SET value = 0.5",
        "UPDATE archive_figure SET value = 9223372036854775807",
        "UPDATE user_figures SET images = 'a word', bytes = x'00ff'",
        "UPDATE album_figures SET images = 'a word', bytes = 0.5",
    ],
)
def test_figures_that_can_t_be_stop_no_page_and_are_counted_again(
    archive: Archive, change: str
) -> None:
    with archive.writing() as connection:
        prepared(connection)
        add_page(connection, 0, 0)
        for content in (0, 1):
            number = images.add(connection, digest(content), 10 + content, Format.JPG, 5)
            listings.record_images(connection, [(IDS[content], number, None)], source=Source.SITE)
    with archive.writing() as connection:
        connection.exec_driver_sql(change)
    assert as_lines(statistics(archive), archive.folder)
    with archive.reading() as connection:
        held = kept_figures.of_users(connection) | kept_figures.of_albums(connection, USERS[0])
        assert all(type(value) is int for each in held.values() for value in astuple(each))
        assert recounting.miscounted(connection)
    with archive.writing() as connection:
        recounting.recount(connection)
        assert recounting.miscounted(connection) == []
