"""What is derived from images: what is missing for each image, and the vectors of networks.

An image from which nothing can be derived is unsound. That is noted too, with the decoders that
said so, and it is tried again when the decoders have changed.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Table,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    update,
)

from fapproc.db import counting
from fapproc.db.bulk import among, read_many, write, write_many
from fapproc.db.dialect import insert, unindexed
from fapproc.db.images import Stored, stored
from fapproc.db.schema import compared, encoder, encoding, image, pair, vector
from fapproc.model import Detail, Facts

BATCH = 500
"""Images that are looked at together."""
_INSERT_VECTOR = insert(vector)
_SAVE_VECTOR = _INSERT_VECTOR.on_conflict_do_update(
    index_elements=["encoder_id", "image_id"], set_={"code": _INSERT_VECTOR.excluded.code}
)


@dataclass(frozen=True, slots=True)
class WantedParts:
    """What every image shall have: facts always; encoder numbers by method.

    `thumbs`: a thumbnail. `hashes` are in the table `encoding`, `vectors` in the table `vector`,
    and there too, of animations alone, `reels`.
    """

    thumbs: bool
    hashes: Mapping[str, int]
    vectors: Mapping[str, int]
    decoders: str = ""
    """Those that are here: what others found unsound is looked at again."""
    reels: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MissingParts:
    """An image and what is missing of it besides facts: its thumbnail, codes by method."""

    stored: Stored
    thumb: bool
    methods: frozenset[str]


def lacking(
    connection: Connection, wanted: WantedParts, *, after: int = 0, limit: int = BATCH
) -> list[MissingParts]:
    """A batch of images that lack anything wanted, by row number."""
    query = select(image).where(image.c.id > after, _lacks(wanted)).order_by(image.c.id)
    return _missing(connection, wanted, connection.execute(query.limit(limit)).all())


def lacking_of(
    connection: Connection, wanted: WantedParts, image_ids: Sequence[int]
) -> list[MissingParts]:
    """The same of these images, so many as a batch has at most, by row number."""
    query = select(image).where(image.c.id.in_(image_ids), _lacks(wanted)).order_by(image.c.id)
    return _missing(connection, wanted, connection.execute(query).all())


def _missing(
    connection: Connection, wanted: WantedParts, rows: Sequence[Row[tuple[object, ...]]]
) -> list[MissingParts]:
    made = _made(connection, wanted, [row.id for row in rows])
    return [_lack(row, made.get(row.id, set()), wanted) for row in rows]


def _lack(row: Row[tuple[object, ...]], made: set[str], wanted: WantedParts) -> MissingParts:
    is_known = row.unsound is not None and row.unsound_by == wanted.decoders
    coded = wanted.hashes.keys() | wanted.vectors.keys() | wanted.reels.keys()
    methods = frozenset() if is_known else coded - made
    thumb = wanted.thumbs and row.thumb_digest is None
    return MissingParts(stored(row), thumb, frozenset(methods))


def _made(
    connection: Connection, wanted: WantedParts, image_ids: Sequence[int]
) -> dict[int, set[str]]:
    """By image, the methods that are wanted of which it has a code."""
    found: dict[int, set[str]] = {}
    in_vectors = {**wanted.vectors, **wanted.reels}
    for table, methods in ((encoding, wanted.hashes), (vector, in_vectors)):
        names = {number: name for name, number in methods.items()}
        there = select(table.c.image_id, table.c.encoder_id).where(
            table.c.image_id.in_(image_ids), table.c.encoder_id.in_(names)
        )
        for image_id, number in connection.execute(there):
            found.setdefault(image_id, set()).add(names[number])
    return found


def count_lacking(connection: Connection, wanted: WantedParts) -> int:
    """How many images `lacking` would bring."""
    query = select(func.count()).select_from(image).where(_lacks(wanted))
    return int(connection.execute(query).scalar_one())


def set_unsound(
    connection: Connection, image_id: int, detail: Detail, *, seen: bool, decoders: str, at: int
) -> bool:
    """Note that these decoders make no whole picture of an image, and forget its encodings.

    When that was first said stays. False if the image has gone. `seen`: there is a picture, though
    not a whole one; where there is none, and no thumbnail either, none is looked for again.
    """
    since = case((image.c.unsound == detail, image.c.unsound_at), else_=at)
    values: dict[str, object] = {
        "unsound": detail,
        "unsound_at": func.coalesce(since, at),
        "unsound_by": decoders,
    }
    if not seen:
        shown = image.c.thumb_digest.is_not(None)
        sides = (image.c.width, image.c.height)
        values |= {side.name: case((shown, side), else_=None) for side in sides}
    counting.touch_places_of(connection, [image_id])
    known = write(connection, update(image).where(image.c.id == image_id).values(**values))
    for table in (encoding, vector, compared):
        connection.execute(delete(table).where(table.c.image_id == image_id))
    ends = or_(pair.c.a_id == image_id, pair.c.b_id == image_id)
    connection.execute(delete(pair).where(ends))
    return known > 0


def set_facts(connection: Connection, image_id: int, facts: Facts) -> None:
    """Record what another program says of an image of which nobody here has looked yet."""
    counting.touch(connection, images=[image_id])
    unknown = (image.c.id == image_id, image.c.width.is_(None))
    values = {"width": facts.width, "height": facts.height, "animated": facts.animated}
    connection.execute(update(image).where(*unknown).values(**values))


def count_unseen(connection: Connection, number: int | None) -> int:
    """How many sound animations have no reel of this encoder, though codes of others."""
    reel = exists().where(vector.c.image_id == image.c.id, vector.c.encoder_id == number)
    coded = exists().where(encoding.c.image_id == image.c.id)
    there = (image.c.animated, image.c.unsound.is_(None), image.c.lost_at.is_(None))
    query = select(func.count()).select_from(image).where(*there, coded, ~reel)
    return int(connection.execute(query).scalar_one())


def save_vectors(connection: Connection, number: int, codes: Mapping[int, bytes]) -> None:
    """Record vectors of this encoder by image row number, beside those of others.

    They are read in the order of the images, which is fast where they lie in it.
    """
    rows = [
        {"encoder_id": number, "image_id": image_id, "code": code}
        for image_id, code in sorted(codes.items())
    ]
    if rows:
        connection.execute(_SAVE_VECTOR, rows)


def vectors(
    connection: Connection, number: int, *, batch: int = 5000
) -> Iterator[list[tuple[int, bytes]]]:
    """All vectors of one encoder as (image row number, code), by row number, in batches."""
    query = select(vector.c.image_id, vector.c.code).where(vector.c.encoder_id == number)
    rows = connection.execute(query.order_by(vector.c.image_id))
    while found := rows.fetchmany(batch):
        yield [(row[0], row[1]) for row in found]


def replaced_vectors(
    connection: Connection, number: int, *, limit: int = 5000
) -> list[tuple[int, int]]:
    """Some vectors of images that have one of this encoder too, of others of its method.

    Returns:
        Numbers of encoder and image each.
    """
    method = select(encoder.c.method).where(encoder.c.id == number).scalar_subquery()
    former = select(encoder.c.id).where(encoder.c.method == method, encoder.c.id != number)
    own = vector.alias()
    has_own = exists().where(own.c.encoder_id == number, own.c.image_id == vector.c.image_id)
    query = select(vector.c.encoder_id, vector.c.image_id)
    query = query.where(vector.c.encoder_id.in_(former), has_own).limit(limit)
    return [(row[0], row[1]) for row in connection.execute(query)]


def forget_vectors(connection: Connection, keys: Sequence[tuple[int, int]]) -> None:
    """Remove vectors by the numbers of encoder and image."""
    statement = delete(vector).where(
        vector.c.encoder_id == bindparam("encoder"), vector.c.image_id == bindparam("image")
    )
    write_many(connection, statement, ("encoder", "image"), keys)


def encoder_of_vectors(connection: Connection, method: str, *, first: int | None) -> int | None:
    """The number of the encoder that most vectors of a method are of; of several `first`."""
    of_method = select(encoder.c.id).where(encoder.c.method == method)
    query = select(vector.c.encoder_id).where(vector.c.encoder_id.in_(of_method))
    preferred = case((vector.c.encoder_id == first, 1), else_=0).desc()
    most = query.group_by(vector.c.encoder_id).order_by(
        func.count().desc(), preferred, vector.c.encoder_id.desc()
    )
    number: int | None = connection.execute(most.limit(1)).scalar()
    return number


def encoder_version(connection: Connection, number: int) -> str:
    """The version of an encoder; its first word is what it is known by."""
    query = select(encoder.c.version).where(encoder.c.id == number)
    return str(connection.execute(query).scalar_one())


def codes_of(connection: Connection, image_ids: Collection[int]) -> dict[int, dict[str, bytes]]:
    """Each image's codes of bits by method, the newest encoder's; others may come along."""
    found: dict[int, dict[str, bytes]] = {}
    for number, method, _ in _encoders(connection) if image_ids else ():
        # One at a time, as its codes stand in the order of images: one look, not one by index.
        for image_id, code in _by(connection, encoding, number, image_ids, encoding.c.code):
            found.setdefault(image_id, {})[method] = code
    return found


def makers_of(connection: Connection, image_ids: Collection[int]) -> dict[int, dict[str, str]]:
    """By image row number and method, what made its vector; the newest where there are several."""
    found: dict[int, dict[str, str]] = {}
    for number, method, version in _encoders(connection) if image_ids else ():
        for (image_id,) in _by(connection, vector, number, image_ids):
            found.setdefault(image_id, {})[method] = version
    return found


def _encoders(connection: Connection) -> list[tuple[int, str, str]]:
    query = select(encoder.c.id, encoder.c.method, encoder.c.version).order_by(encoder.c.id)
    return [(row[0], row[1], row[2]) for row in connection.execute(query)]


def _by(
    connection: Connection,
    table: Table,
    number: int,
    image_ids: Collection[int],
    *more: ColumnElement[Any],
) -> Iterator[tuple[Any, ...]]:
    """What an encoder made of these images, or others between: rows that begin with the number."""
    these = and_(table.c.encoder_id == number, among(table.c.image_id, image_ids))
    for rows in read_many(connection, select(table.c.image_id, *more).where(these)):
        yield from rows


def _lacks(wanted: WantedParts) -> ColumnElement[bool]:
    """A lost image gives nothing; an unsound one a thumbnail at most, if it has sides at all."""
    is_new = or_(image.c.unsound.is_(None), image.c.unsound_by != wanted.decoders)
    no_thumb = image.c.thumb_digest.is_(None) if wanted.thumbs else literal(value=False)
    no_facts = or_(image.c.width.is_(None), image.c.sight.is_(None))
    # The narrow index has a hash's encoder beside its image: one look for all hashes, not each.
    hashes = _count(encoding, unindexed(encoding.c.encoder_id), wanted.hashes)
    vectors = _count(vector, vector.c.encoder_id, wanted.vectors)
    reels = _count(vector, vector.c.encoder_id, wanted.reels)
    unseen = and_(image.c.animated, reels < len(wanted.reels))
    too_few = or_(hashes < len(wanted.hashes), vectors < len(wanted.vectors), unseen)
    return and_(
        image.c.lost_at.is_(None),
        or_(
            and_(is_new, or_(no_facts, no_thumb, too_few)),
            and_(image.c.width.is_not(None), no_thumb),
        ),
    )


def _count(
    table: Table, encoder_id: ColumnElement[int], methods: Mapping[str, int]
) -> ColumnElement[int]:
    """How many codes an image has of these methods."""
    there = (table.c.image_id == image.c.id, encoder_id.in_(list(methods.values())))
    return select(func.count()).select_from(table).where(*there).scalar_subquery()
