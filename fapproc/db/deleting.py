"""What is deleted together with places: images that are nowhere else, albums, users, groups."""

from array import array
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, delete, func, select

from fapproc.db import (
    catalogue,
    counting,
    disk_albums,
    duplicates,
    hidden,
    images,
    kept_figures,
    pruned,
    selected,
)
from fapproc.db.bulk import read_many
from fapproc.db.dialect import numbers
from fapproc.db.images import Stored
from fapproc.db.owners import is_of_albums, row_of
from fapproc.db.schema import album, group_member, image, listing
from fapproc.db.selected import Chosen
from fapproc.model import UserId

_BATCH = 500


@dataclass(frozen=True, slots=True)
class Doomed:
    """What is to go: places by their condition, and the images that are nowhere else."""

    where: ColumnElement[bool]
    places: int
    """That show an image; those that wait or failed go too, uncounted."""
    images: Sequence[int]
    touched: Sequence[int]
    """Every image that loses a place or goes."""
    users: Sequence[UserId] = ()
    albums: Sequence[tuple[UserId, int]] = ()


@dataclass(frozen=True, slots=True)
class Counts:
    """How much there is, to be told before and after."""

    images: int
    places: int
    groups: int
    bytes: int


def of_users(connection: Connection, users: Sequence[UserId]) -> Doomed:
    """All that is of users."""
    where = listing.c.user_id.in_([row_of(each) for each in users])
    albums = [
        (entry.user, entry.id) for each in users for entry in catalogue.folders(connection, each)
    ]
    return _doomed(connection, where, users=users, albums=albums)


def of_albums(connection: Connection, albums: Sequence[tuple[UserId, int]]) -> Doomed:
    """All that is of albums."""
    where = is_of_albums(listing.c.user_id, listing.c.album_id, albums)
    return _doomed(connection, where, albums=albums)


def of_images(connection: Connection, chosen: Chosen) -> Doomed:
    """The places that a selection asks for of its images, all where it asks for none."""
    meant = selected.images_of(chosen)
    where = and_(listing.c.image_id.in_(meant), *selected.place_conditions(chosen))
    alone = select(image.c.id).where(
        image.c.id.in_(meant), image.c.id.not_in(select(listing.c.image_id).where(_shows()))
    )
    return _doomed(connection, where, unlisted=list(connection.scalars(alone)))


def counts(connection: Connection) -> Counts:
    """How much there is."""
    held = kept_figures.totals(kept_figures.values(connection))
    return Counts(held.images, held.sightings, held.groups, held.bytes)


def count_ending(connection: Connection, gone: Collection[int]) -> int:
    """How many groups have fewer than two images left without these."""
    touched = select(group_member.c.group_id).where(group_member.c.image_id.in_(numbers(gone)))
    left = func.count().filter(group_member.c.image_id.not_in(numbers(gone)))
    query = (
        select(group_member.c.group_id)
        .where(group_member.c.group_id.in_(touched))
        .group_by(group_member.c.group_id)
        .having(left < 2)
    )
    return len(connection.execute(query).all())


def stored(connection: Connection, image_ids: Sequence[int]) -> Iterator[Stored]:
    """These images, in their order."""
    for start in range(0, len(image_ids), _BATCH):
        some = image_ids[start : start + _BATCH]
        found = images.by_ids(connection, some)
        yield from (found[number] for number in some)


def delete_rows(connection: Connection, doomed: Doomed) -> None:
    """Delete the rows of all that is to go; what hangs on them goes along."""
    sites = _column(connection, listing.c.site_id, doomed.where)
    counting.touch(connection, images=doomed.touched, sites=sites)
    counting.touch_groups_of(connection, doomed.images)
    beside = hidden.beside(connection, doomed.images)
    connection.execute(delete(listing).where(doomed.where))
    for whose, number in doomed.albums:
        this = and_(album.c.user_id == row_of(whose), album.c.id == number)
        connection.execute(delete(album).where(this))
    for each in doomed.users:
        catalogue.forget_user(connection, each)
    disk_albums.forget_places_of_nothing(connection)
    # Without the image that was kept nobody would have what was pruned for it.
    forgotten = pruned.of_kept(connection, doomed.images)
    pruned.forget(connection, [each.stored.id for each in forgotten])
    connection.execute(delete(image).where(image.c.id.in_(numbers(doomed.images))))
    duplicates.drop_small_groups(connection)
    hidden.settle(connection, [*doomed.touched, *beside])


def _doomed(
    connection: Connection,
    where: ColumnElement[bool],
    *,
    unlisted: Sequence[int] = (),
    users: Sequence[UserId] = (),
    albums: Sequence[tuple[UserId, int]] = (),
) -> Doomed:
    here = (
        select(listing.c.image_id, func.count().label("places"))
        .where(_shows(), where)
        .group_by(listing.c.image_id)
        .subquery()
    )
    other = listing.alias("other")
    everywhere = select(func.count()).where(other.c.image_id == here.c.image_id).scalar_subquery()
    query = select(here.c.image_id, here.c.places, everywhere).order_by(here.c.image_id)
    places, gone, touched = 0, array("q", unlisted), array("q", unlisted)  # 8 bytes each
    for rows in read_many(connection, query):
        for number, count, total in rows:
            places += count
            touched.append(number)
            if count == total:
                gone.append(number)
    return Doomed(where, places, gone, touched, users, albums)


def _shows() -> ColumnElement[bool]:
    return listing.c.image_id.is_not(None)


def _column(
    connection: Connection, column: ColumnElement[int], where: ColumnElement[bool]
) -> set[int]:
    found: set[int] = set()
    for rows in read_many(connection, select(column).where(where)):
        found.update(row[0] for row in rows)
    return found
