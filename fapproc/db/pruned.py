"""Images that a person has pruned: their rows are removed, and kept in the bin as parcels.

As they have no row, no other query finds them. A place where one was listed refers to it
(`listing.pruned_id`), shows nothing, and waits for nothing. Of what has left the bin the digest is
kept, so that the same bytes are recognised when they come again.
"""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Row,
    Update,
    bindparam,
    delete,
    func,
    select,
    update,
)

from fapproc.db import counting, duplicates, images, listings, pairs, parcels, tags
from fapproc.db.bulk import write
from fapproc.db.dialect import Name, given_words, insert, numbers, total
from fapproc.db.images import Stored
from fapproc.db.schema import image, image_tag, listing, pruned
from fapproc.model import Format, Image
from fapproc.sources import Source

_BATCH = 500
_KNOWN = select(pruned.c.digest, pruned.c.image_id).where(
    pruned.c.digest.in_(given_words("digests")), pruned.c.state.in_(given_words("states"))
)
_NOTE = update(pruned).where(pruned.c.image_id == bindparam("of"))
_GIVEN, _PLACED = "given", "placed"
"""Of a parcel, beside tables: tags that the kept image got, and whether there were places."""


class State(StrEnum):
    """Where a pruned image is."""

    BIN = "bin"
    LEAVING = "leaving"
    """Out of the bin; its files may be there yet."""
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Pruned:
    """A pruned image: the number of its row, its files, and the digest of the one that was kept."""

    stored: Stored
    kept: str
    at: int
    decision: int
    state: State


@dataclass(frozen=True, slots=True)
class Figures:
    """How many images were pruned, and what of them lies in the bin."""

    images: int
    in_bin: int
    bytes: int


def take_out(connection: Connection, kept: Mapping[int, int], decision: int, at: int) -> None:
    """Put images into the bin, each for another that is kept and gets its tags; by row numbers."""
    doomed = list(kept)
    counting.touch_places_of(connection, doomed)
    counting.touch_groups_of(connection, doomed)
    for start in range(0, len(doomed), _BATCH):
        some = {each: kept[each] for each in doomed[start : start + _BATCH]}
        _take_some(connection, some, decision, at)
    duplicates.drop_small_groups(connection)


def _take_some(connection: Connection, kept: Mapping[int, int], decision: int, at: int) -> None:
    these = numbers(kept)
    packed = parcels.pack(connection, list(kept))
    digests = pairs.digests_of(connection, [*kept, *kept.values()])
    shown = select(listing.c.image_id).where(listing.c.image_id.in_(these))
    placed = set(connection.scalars(shown))
    given = tags.hand_on(connection, kept)
    rows = []
    for number, other in kept.items():
        parcel = {**packed[number], _GIVEN: given.get(number, []), _PLACED: number in placed}
        own = packed[number][image.name][0]
        same = ("digest", "bytes", "format", "thumb_bytes", "thumb_digest", "thumb_format")
        values = {name: own[name] for name in same}
        where = {"kept": digests[other], "at": at, "decision_id": decision, "state": State.BIN}
        rows.append({"image_id": number, **values, **where, "parcel": json.dumps(parcel)})
    connection.execute(insert(pruned), rows)
    for number, other in kept.items():  # what was pruned for this one before was so for that one
        former = pruned.c.kept == digests[number]
        connection.execute(update(pruned).where(former).values(kept=digests[other]))
    shows = update(listing).where(listing.c.image_id.in_(these))
    connection.execute(shows.values(pruned_id=listing.c.image_id, image_id=None))
    connection.execute(delete(image).where(image.c.id.in_(these)))


def put_back(
    connection: Connection, decision: int, settled: Callable[[int, int], bool] = lambda *_: False
) -> int:
    """Put back what a decision has pruned, where it lies in the bin and a place is left for it.

    Args:
        connection: in a writing transaction.
        decision: by its number.
        settled: whether later decisions have said of an image and a tag; that stands then.

    Returns:
        How many images.
    """
    lies = (pruned.c.decision_id == decision, pruned.c.state == State.BIN)
    query = select(pruned).where(*lies)
    found = {row.image_id: json.loads(row.parcel) for row in connection.execute(query)}
    for each in found.values():
        carried = each.get(image_tag.name, ())
        each[image_tag.name] = [e for e in carried if not settled(e["image_id"], e["tag_id"])]
        each[_GIVEN] = [pair for pair in each[_GIVEN] if not settled(*pair)]
    places = select(listing.c.pruned_id, listing.c.site_id)
    listed = connection.execute(places.where(listing.c.pruned_id.in_(numbers(found)))).all()
    left = {row.pruned_id for row in listed}
    back = {n: each for n, each in found.items() if n in left or not each[_PLACED]}
    counting.touch(
        connection,
        sites={row.site_id for row in listed},
        groups={group for each in back.values() for group in parcels.groups_of(each)},
    )
    counting.add_images(connection, back)
    parcels.put_back(connection, list(back.values()))
    pairs.forget_compared(connection, list(back))  # others may have come meanwhile
    these = numbers(back)
    shows = update(listing).where(listing.c.pruned_id.in_(these))
    connection.execute(shows.values(image_id=listing.c.pruned_id, pruned_id=None))
    for each in back.values():
        for number, tag in each[_GIVEN]:
            this = (image_tag.c.image_id == number, image_tag.c.tag_id == tag)
            connection.execute(delete(image_tag).where(*this))
    connection.execute(delete(pruned).where(pruned.c.image_id.in_(these)))
    duplicates.drop_small_groups(connection)
    return len(back)


def retag(connection: Connection, tag_id: int, ids: Sequence[int], *, carried: bool) -> None:
    """Of these images note with those in the bin that they carried a tag, or that they didn't."""
    for start in range(0, len(ids), _BATCH):  # a parcel has the codes of its image, some kB
        some = numbers(ids[start : start + _BATCH])
        there = (pruned.c.state == State.BIN, pruned.c.image_id.in_(some))
        for row in connection.execute(select(pruned).where(*there)).all():
            parcel = json.loads(row.parcel)
            others = [each for each in parcel.get(image_tag.name, ()) if each["tag_id"] != tag_id]
            own = [{"tag_id": tag_id, "image_id": row.image_id}] if carried else []
            parcel[image_tag.name] = others + own
            connection.execute(_NOTE, {"of": row.image_id, "parcel": json.dumps(parcel)})


def record_places(
    connection: Connection, had: Sequence[tuple[int, int, str | None]], *, source: Source
) -> None:
    """Bytes came that were pruned: settle every place that waits for them.

    Args:
        connection: in a writing transaction.
        had: for each its id at the source, the number of the pruned image, and its name there.
        source: whose the ids are.
    """
    counting.touch(connection, sites=[site for site, _, _ in had])
    names = ("of_site_id", "of_pruned_id", "of_name")
    write(connection, _settle(source), [dict(zip(names, each, strict=True)) for each in had])


@cache
def _settle(source: Source) -> Update:
    values: dict[str, object] = {
        **dict.fromkeys(("reason", "detail", "url", "failed_at", "image_id")),
        "pruned_id": bindparam("of_pruned_id", type_=Integer),
        "name": func.coalesce(bindparam("of_name", type_=Name), listing.c.name),
        "odd": 0,
    }
    return update(listing).where(listings.open_places(source)).values(**values)


def leave(connection: Connection, image_ids: Collection[int]) -> None:
    """Take images out of the bin; their digests stay."""
    values = {"state": State.LEAVING, "parcel": None}
    these = pruned.c.image_id.in_(numbers(image_ids))
    connection.execute(update(pruned).where(these).values(**values))


def have_left(connection: Connection, image_ids: Collection[int]) -> None:
    """Note that the files of these are gone."""
    these = pruned.c.image_id.in_(numbers(image_ids))
    connection.execute(update(pruned).where(these).values(state=State.GONE))


def of_kept(connection: Connection, image_ids: Collection[int]) -> list[Pruned]:
    """Those that were pruned for these images."""
    kept = select(image.c.digest).where(image.c.id.in_(numbers(image_ids)))
    return _read(connection, pruned.c.kept.in_(kept))


def forget(connection: Connection, image_ids: Collection[int]) -> None:
    """Forget pruned images: their places wait again, and their bytes are welcome."""
    these = numbers(image_ids)
    sites = select(listing.c.site_id).where(listing.c.pruned_id.in_(these))
    counting.touch(connection, sites=set(connection.scalars(sites)))
    waits = update(listing).where(listing.c.pruned_id.in_(these))
    connection.execute(waits.values(pruned_id=None))
    connection.execute(delete(pruned).where(pruned.c.image_id.in_(these)))


def known(
    connection: Connection, digests: Sequence[str], state: State | None = None
) -> dict[str, int]:
    """Of these digests those of pruned images, or of those of a state, with their numbers."""
    asked = {"digests": digests, "states": [state] if state else State}
    rows = connection.execute(_KNOWN, asked).all() if digests else []
    return {row[0]: row[1] for row in rows}


def by_prefix(connection: Connection, prefix: str) -> list[Pruned]:
    """Pruned images whose digest begins so; one is enough to tell of it."""
    span = (pruned.c.digest >= prefix) & (pruned.c.digest < prefix + "g")
    return _read(connection, span, limit=1)


def by_digest(connection: Connection, digest: str) -> Stored | None:
    """The image of this digest that lies in the bin."""
    found = _read(connection, (pruned.c.digest == digest) & (pruned.c.state == State.BIN))
    return found[0].stored if found else None


def of_state(connection: Connection, state: State) -> list[Pruned]:
    """The pruned images of a state, by number."""
    return _read(connection, pruned.c.state == state)


def with_files(connection: Connection, batch: int = _BATCH) -> Iterator[list[Stored]]:
    """Every image whose files are there, in batches: those of the archive, and those in the bin."""
    yield from images.iterate(connection, batch)
    yield from in_bin(connection, batch)


def in_bin(
    connection: Connection, batch: int = _BATCH, *, only: Collection[int] | None = None
) -> Iterator[list[Stored]]:
    """What lies in the bin, in batches by number: their files are there."""
    after = 0
    wanted = [pruned.c.state == State.BIN]
    if only is not None:
        wanted.append(pruned.c.image_id.in_(numbers(only)))
    while True:
        query = select(pruned).where(*wanted, pruned.c.image_id > after)
        rows = connection.execute(query.order_by(pruned.c.image_id).limit(batch)).all()
        if not rows:
            return
        yield [_stored(row) for row in rows]
        after = rows[-1].image_id


def figures(connection: Connection) -> Figures:
    """How much was pruned."""
    lies = pruned.c.state == State.BIN
    held = total(pruned.c.bytes).label("bytes")
    row = connection.execute(select(func.count(), held).where(lies)).one()
    every = connection.execute(select(func.count()).select_from(pruned)).scalar_one()
    return Figures(every, row[0], row[1])


def _read(
    connection: Connection, which: ColumnElement[bool], limit: int | None = None
) -> list[Pruned]:
    query = select(pruned).where(which).order_by(pruned.c.image_id).limit(limit)
    return [
        Pruned(_stored(row), row.kept, row.at, row.decision_id, State(row.state))
        for row in connection.execute(query)
    ]


def _stored(row: Row[Any]) -> Stored:
    thumb = None if row.thumb_format is None else Format(row.thumb_format)
    kept = Image(
        row.digest,
        row.bytes,
        Format(row.format),
        row.at,
        thumb_bytes=row.thumb_bytes,
        thumb_digest=row.thumb_digest,
        thumb_format=thumb,
    )
    return Stored(row.image_id, kept)
