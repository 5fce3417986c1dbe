"""What is derived of images: which of it is missing, image by image, and the vectors of `cnn`."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, exists, func, literal, or_, select
from sqlalchemy.dialects.sqlite import insert

from fapproc.db.images import Stored, stored
from fapproc.db.schema import encoder, encoding, image, vector

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
    found = query.where(image.c.id > after, _any(missing)).order_by(image.c.id).limit(limit)
    lacks = []
    for row in connection.execute(found):
        names = {name for name in missing if getattr(row, f"no_{name}")}
        lacks.append(Lack(stored(row), "thumb" in names, frozenset(names - {"thumb", "facts"})))
    return lacks


def count_lacking(connection: Connection, wanted: Wanted) -> int:
    """How many images `lacking` would bring."""
    query = select(func.count()).select_from(image).where(_any(_missing(wanted)))
    return int(connection.execute(query).scalar_one())


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


def _any(missing: Mapping[str, ColumnElement[bool]]) -> ColumnElement[bool]:
    return and_(image.c.lost_at.is_(None), or_(*missing.values()))  # a lost one gives nothing
