"""What is derived of images: which of it is missing, image by image, and the vectors of `cnn`.

An image of which nothing can be derived is unsound: that is noted too, with the decoders that said
so, and looked at again when these are others.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    case,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.sqlite import insert

from fapproc.db.images import Stored, stored
from fapproc.db.schema import compared, encoder, encoding, image, pair, vector
from fapproc.model import Detail

_INSERT_VECTOR = insert(vector)
_SAVE_VECTOR = _INSERT_VECTOR.on_conflict_do_update(
    index_elements=["image_id"],
    set_={
        "encoder_id": _INSERT_VECTOR.excluded.encoder_id,
        "code": _INSERT_VECTOR.excluded.code,
    },
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What every image shall have: facts always; encoder numbers by method.

    `thumbs`: a thumbnail. `hashes` are in the table `encoding`, `vectors`, one method at most, in
    the table `vector`.
    """

    thumbs: bool
    hashes: Mapping[str, int]
    vectors: Mapping[str, int]
    decoders: str = ""
    """Those that are here: what others found unsound is looked at again."""


@dataclass(frozen=True, slots=True)
class Lack:
    """An image and what is missing of it besides facts: its thumbnail, codes by method."""

    stored: Stored
    thumb: bool
    methods: frozenset[str]


def lacking(
    connection: Connection, wanted: Wanted, *, after: int = 0, limit: int = 500
) -> list[Lack]:
    """A batch of images that lack anything wanted, by row number."""
    missing = _missing(wanted)
    query = select(image, *(there.label(f"no_{name}") for name, there in missing.items()))
    found = query.where(image.c.id > after, _any(missing, wanted)).order_by(image.c.id)
    return [_lack(row, missing, wanted) for row in connection.execute(found.limit(limit))]


def _lack(row: Row[tuple[object, ...]], missing: Iterable[str], wanted: Wanted) -> Lack:
    names = {name for name in missing if getattr(row, f"no_{name}")}
    if row.unsound is not None and row.unsound_by == wanted.decoders:
        names &= {"thumb"}
    return Lack(stored(row), "thumb" in names, frozenset(names - {"thumb", "facts"}))


def count_lacking(connection: Connection, wanted: Wanted) -> int:
    """How many images `lacking` would bring."""
    query = select(func.count()).select_from(image).where(_any(_missing(wanted), wanted))
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
    known = connection.execute(update(image).where(image.c.id == image_id).values(**values))
    for table in (encoding, vector, compared):
        connection.execute(delete(table).where(table.c.image_id == image_id))
    ends = or_(pair.c.a_id == image_id, pair.c.b_id == image_id)
    connection.execute(delete(pair).where(ends))
    return known.rowcount > 0


def save_vectors(connection: Connection, number: int, codes: Mapping[int, bytes]) -> None:
    """Record vectors of this encoder by image row number, in place of any other's."""
    rows = [
        {"image_id": image_id, "encoder_id": number, "code": code}
        for image_id, code in codes.items()
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


def models_of(connection: Connection, image_ids: Iterable[int]) -> dict[int, str]:
    """By image row number, which model made its vector."""
    query = (
        select(vector.c.image_id, encoder.c.version)
        .join(encoder, encoder.c.id == vector.c.encoder_id)
        .where(vector.c.image_id.in_(list(image_ids)))
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def _missing(wanted: Wanted) -> dict[str, ColumnElement[bool]]:
    thumb = image.c.thumb_digest.is_(None) if wanted.thumbs else literal(value=False)
    return {
        "facts": or_(image.c.width.is_(None), and_(image.c.animated, image.c.motion.is_(None))),
        "thumb": thumb,
        **{
            name: ~exists().where(table.c.encoder_id == number, table.c.image_id == image.c.id)
            for table, methods in ((encoding, wanted.hashes), (vector, wanted.vectors))
            for name, number in methods.items()
        },
    }


def _any(missing: Mapping[str, ColumnElement[bool]], wanted: Wanted) -> ColumnElement[bool]:
    """A lost image gives nothing; an unsound one a thumbnail at most, if it has sides at all."""
    is_new = or_(image.c.unsound.is_(None), image.c.unsound_by != wanted.decoders)
    has_sides = image.c.width.is_not(None)
    return and_(
        image.c.lost_at.is_(None),
        or_(and_(is_new, or_(*missing.values())), and_(has_sides, missing["thumb"])),
    )
