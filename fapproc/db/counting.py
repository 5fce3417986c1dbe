"""Keeps figures up to date: counts what a transaction touches before and after, writes the change.

Before it writes, a writer says what it will touch (`touch`, `add_images`): images, listed ids,
groups. Their share in each figure is noted then, once a transaction. At the end `settle` counts
them again and writes the difference. So no writer has to know what a change means for a figure, and
the cost depends on what was touched, not on the archive: eight statements for one new picture.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Select, case, func, or_, select

from fapproc.db import best_places, guests, kept_figures
from fapproc.db.dialect import given_numbers
from fapproc.db.figures import has_failed, is_gone
from fapproc.db.kept_figures import HALF, LEAST, MOST, Holder
from fapproc.db.schema import duplicate_group, group_member, image, listing, user
from fapproc.model import Verdict

_OPTION = "changes"
_BATCH = 5000
_THESE = given_numbers("these")


@dataclass(slots=True)
class Shares:
    """What some things give to figures, by holder and name; and how often each value comes."""

    sums: Counter[tuple[Holder, str]] = field(default_factory=Counter)
    values: dict[str, Counter[int]] = field(
        default_factory=lambda: {name: Counter() for name in kept_figures.EXTREMES}
    )

    def add(self, holder: Holder, **figures: int) -> None:
        """Add to figures of a holder."""
        for name, value in figures.items():
            self.sums[holder, name] += value


@dataclass(slots=True)
class Changes:
    """What a transaction has touched so far, and what that gave to the figures before."""

    images: set[int] = field(default_factory=set)
    sites: set[int] = field(default_factory=set)
    groups: set[int] = field(default_factory=set)
    placed: set[int] = field(default_factory=set)
    """Images of which all places are touched."""
    before: Shares = field(default_factory=Shares)


def begun() -> dict[str, Changes]:
    """The options of a connection on which a writing transaction begins."""
    return {_OPTION: Changes()}


def touch(
    connection: Connection,
    *,
    images: Collection[int] = (),
    sites: Collection[int] = (),
    groups: Collection[int] = (),
) -> None:
    """Say what is about to change.

    Args:
        connection: in a writing transaction, in which nothing of it has changed yet.
        images: row numbers of images that get, change or lose a fact or a place.
        sites: ids of listed images whose fate changes at any place, whatever their source; the
            images at these places are touched too.
        groups: groups whose members or verdicts change.
    """
    changes = _changes(connection)
    new_sites = set(sites) - changes.sites
    shown: set[int] = set()
    for rows in _stretches(connection, _PLACES, new_sites):
        _add_failures(changes.before, [row for row in rows if row.failed])
        shown.update(row.image_id for row in rows if row.image_id is not None)
    new_images = {*images, *shown} - changes.images
    new_groups = set(groups) - changes.groups
    changes.images |= new_images
    changes.sites |= new_sites
    changes.groups |= new_groups
    _count(connection, changes.before, new_images, new_groups)


def touch_places_of(connection: Connection, images: Collection[int]) -> None:
    """Say that images change in a way that changes the fate of their places too."""
    changes = _changes(connection)
    new = set(images) - changes.placed
    if new:
        touch(connection, images=new, sites={row[0] for row in _each(connection, _SITES, new)})
        changes.placed |= new


def touch_groups_of(connection: Connection, images: Collection[int]) -> None:
    """Say that the groups that these images are in change."""
    touch(connection, groups={row[0] for row in _each(connection, _GROUPS, images)})


def add_images(connection: Connection, images: Iterable[int]) -> None:
    """Say that these images were not there before."""
    _changes(connection).images |= set(images)


def settle(connection: Connection) -> None:
    """Bring figures, best places and guests up to date with what was written so far."""
    changes = _changes(connection)
    if not (changes.images or changes.sites or changes.groups):
        return
    best_places.keep(connection, changes.images)
    guests.keep(connection, changes.images)
    before, after = changes.before, Shares()
    for rows in _stretches(connection, _PLACES, changes.sites):
        _add_failures(after, [row for row in rows if row.failed])
    _count(connection, after, changes.images, changes.groups)
    after.sums.subtract(before.sums)
    by: dict[Holder, dict[str, int]] = {(): _ends(connection, before, after)}
    for (holder, name), value in after.sums.items():
        if value:
            by.setdefault(holder, {})[name] = value
    kept_figures.change(connection, by)
    for touched in (changes.images, changes.sites, changes.groups, changes.placed):
        touched.clear()
    changes.before = Shares()


def _ends(connection: Connection, before: Shares, after: Shares) -> dict[str, int]:
    """The smallest and the largest of what came; of all, where one of these is gone."""
    found: dict[str, int] = {}
    known = None
    for figure, values in after.values.items():
        least, most = LEAST.format(figure), MOST.format(figure)
        if lost := before.values[figure] - values:
            known = kept_figures.values(connection) if known is None else known
            if {known.get(least), known.get(most)} & lost.keys():
                kept_figures.forget_ends(connection, figure)
                column = COLUMNS[figure]
                row = connection.execute(select(func.min(column), func.max(column))).one()
                if row[0] is not None:
                    found |= {least: row[0], most: row[1]}
                continue
        if new := values - before.values[figure]:
            found |= {least: min(new), most: max(new)}
    return found


def _changes(connection: Connection) -> Changes:
    found = connection.get_execution_options()[_OPTION]
    assert isinstance(found, Changes)
    return found


def _count(
    connection: Connection,
    shares: Shares,
    images: Collection[int],
    groups: Collection[int],
) -> None:
    """Add what images and groups give."""
    for rows in _stretches(connection, _IMAGES, images):
        for row in {row.image_id: row for row in rows}.values():
            _add_facts(shares, row)
        _add_places(shares, [row for row in rows if row.places])
    for _, members in _each(connection, _MEMBERS, groups):
        shares.add((), grouped=members, groups=1)
    for _ in _each(connection, _WAITING, groups):
        shares.add((), groups_waiting=1)


def _add_facts(shares: Shares, row: Any) -> None:
    shares.add((), images=1, animated=bool(row.animated), unsound=row.unsound is not None)
    shares.values["fetched"][row.fetched_at] += 1
    for figure, count in kept_figures.SPREADS.items():
        value = getattr(row, figure)
        if value is None:
            continue
        high, low = divmod(value * value, 1 << HALF)
        if figure != "bytes":
            shares.add((), **{count: 1})
        shares.add((), **{figure: value, f"{figure}_high": high, f"{figure}_low": low})
        shares.values[figure][value] += 1


def _add_places(shares: Shares, rows: Sequence[Any]) -> None:
    places, waiting, gone = Counter[int](), set[int](), set[int]()
    users = set[tuple[int, int]]()
    for row in rows:
        one = {"images": 1, "animated": bool(row.animated), "bytes": row.bytes}
        one["thumb_bytes"] = row.thumb_bytes or 0
        shares.add((row.user_id, row.album_id), places=row.places, gone=row.gone, **one)
        shares.add((row.user_id,), places=row.places)
        if (row.user_id, row.image_id) not in users:
            users.add((row.user_id, row.image_id))
            shares.add((row.user_id,), **one)
        places[row.image_id] += row.places
        if row.new:
            waiting.add(row.image_id)
        if row.gone:
            gone.add(row.image_id)
    twice = {number for number, count in places.items() if count > 1}
    shares.add((), sightings=places.total(), seen=len(places), gone=len(gone))
    shares.add((), exact=len(twice), exact_waiting=len(twice & waiting))


def _add_failures(shares: Shares, rows: Sequence[Any]) -> None:
    for row in rows:
        shares.add((row.user_id, row.album_id), failures=1)
    for user_id, _ in {(row.user_id, row.site_id) for row in rows}:
        shares.add((user_id,), failures=1)
    shares.add((), failures=len({(row.source, row.site_id) for row in rows}))


def _each(connection: Connection, query: Select[Any], these: Collection[int]) -> Iterator[Any]:
    for rows in _stretches(connection, query, these):
        yield from rows


def _stretches(
    connection: Connection, query: Select[Any], these: Collection[int]
) -> Iterator[Sequence[Any]]:
    """All rows of some of these at a time: what is held does not grow with how many there are."""
    found = sorted(these)
    for start in range(0, len(found), _BATCH):
        yield connection.execute(query, {"these": found[start : start + _BATCH]}).all()


_PIXELS = image.c.width * image.c.height
COLUMNS = {
    "bytes": image.c.bytes,
    "thumb_bytes": image.c.thumb_bytes,
    "pixels": _PIXELS,
    "fetched": image.c.fetched_at,
}
"""Where the values of a figure stand."""
_GROUPS = select(group_member.c.group_id).where(group_member.c.image_id.in_(_THESE))
_SITES = select(listing.c.site_id).where(listing.c.image_id.in_(_THESE))
_PLACES = (
    select(
        user.c.source,
        listing.c.user_id,
        listing.c.album_id,
        listing.c.site_id,
        listing.c.image_id,
        has_failed().label("failed"),
    )
    .join(user, user.c.id == listing.c.user_id)
    .where(listing.c.site_id.in_(_THESE))
)
_IMAGES = (
    select(
        image.c.id.label("image_id"),
        image.c.animated,
        image.c.unsound,
        image.c.fetched_at,
        image.c.bytes,
        image.c.thumb_bytes,
        _PIXELS.label("pixels"),
        listing.c.user_id,
        listing.c.album_id,
        func.count(listing.c.site_id).label("places"),
        func.count(case((listing.c.verdict == Verdict.NEW, 1))).label("new"),
        func.count(case((is_gone(), 1))).label("gone"),
    )
    .outerjoin(listing, listing.c.image_id == image.c.id)
    .where(image.c.id.in_(_THESE))
    .group_by(image.c.id, listing.c.user_id, listing.c.album_id)
)
"""A row for each album that shows an image; one without places where none does."""
_MEMBERS = (
    select(group_member.c.group_id, func.count())
    .where(group_member.c.group_id.in_(_THESE))
    .group_by(group_member.c.group_id)
)
_UNJUDGED = (
    select(group_member.c.image_id)
    .where(group_member.c.group_id == duplicate_group.c.id, group_member.c.verdict == Verdict.NEW)
    .exists()
)
_WAITING = select(duplicate_group.c.id).where(
    duplicate_group.c.id.in_(_THESE), or_(duplicate_group.c.to_look, _UNJUDGED)
)
