"""Pairs that were accepted, pairs that were judged different, and which images were compared."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    bindparam,
    case,
    delete,
    false,
    func,
    or_,
    select,
    union_all,
)

from fapproc.db import paired
from fapproc.db.bulk import read_many, write_many
from fapproc.db.dialect import insert, numbers, total
from fapproc.db.schema import compared, different_pair, encoding, image, pair, vector

UNFINISHED = 0
"""What is noted as the encoders of an image that has pairs to be looked at: none has this mask."""
PairKey = tuple[str, int, int]
"""Method and the two images' row numbers, the lower first."""


def every(connection: Connection) -> Iterator[tuple[Any, ...]]:
    """Method, both images and score of every stored pair; none of them is held."""
    for rows in read_many(connection, select(pair)):
        yield from rows


def pairs_of(connection: Connection, image_ids: Collection[int]) -> set[PairKey]:
    """The stored pairs of which these images are the first."""
    query = select(pair.c.method, pair.c.a_id, pair.c.b_id)
    rows = connection.execute(query.where(pair.c.a_id.in_(numbers(image_ids))))
    return {(row[0], row[1], row[2]) for row in rows}


def count(connection: Connection) -> int:
    """How many pairs are stored."""
    return int(connection.execute(select(func.count()).select_from(pair)).scalar_one())


def by_method(
    connection: Connection, method: str, image_ids: Collection[int] | None = None
) -> list[tuple[int, int]]:
    """The pairs of a method: all, or those with one of these images in them."""
    query = select(pair.c.a_id, pair.c.b_id).where(pair.c.method == method)
    if image_ids is not None:
        query = query.where(or_(pair.c.a_id.in_(image_ids), pair.c.b_id.in_(image_ids)))
    return [(row[0], row[1]) for row in connection.execute(query)]


def withdraw_pairs(connection: Connection, keys: Iterable[PairKey]) -> None:
    """Remove pairs that no longer hold."""
    statement = delete(pair).where(
        pair.c.method == bindparam("method"),
        pair.c.a_id == bindparam("a"),
        pair.c.b_id == bindparam("b"),
    )
    write_many(connection, statement, ("method", "a", "b"), list(keys))


def save_pairs(connection: Connection, found: Mapping[PairKey, float]) -> None:
    """Add pairs, or take over their present score."""
    statement = insert(pair)
    statement = statement.on_conflict_do_update(
        index_elements=["method", "a_id", "b_id"], set_={"score": statement.excluded.score}
    )
    rows = [(*key, score) for key, score in found.items()]
    write_many(connection, statement, ("method", "a_id", "b_id", "score"), rows)


def different(connection: Connection) -> set[tuple[int, int]]:
    """Every two images of which a person said that they are not one picture."""
    stretches = paired.different(connection)
    return {two for a, b in stretches for two in zip(a, b, strict=True)}


def different_among(connection: Connection, image_ids: Sequence[int]) -> set[tuple[int, int]]:
    """Those of them that are both among these images."""
    these = numbers(image_ids)
    query = select(different_pair.c.a_id, different_pair.c.b_id).where(
        different_pair.c.a_id.in_(these), different_pair.c.b_id.in_(these)
    )
    return {(row[0], row[1]) for row in connection.execute(query)}


def change_different(
    connection: Connection,
    gone: Iterable[tuple[int, int]],
    new: Iterable[tuple[int, int]],
    at: int,
) -> None:
    """Forget of some pairs that they were judged different, and remember it of others."""
    ends = (different_pair.c.a_id == bindparam("a"), different_pair.c.b_id == bindparam("b"))
    write_many(connection, delete(different_pair).where(*ends), ("a", "b"), sorted(gone))
    statement = insert(different_pair).on_conflict_do_nothing()
    rows = [(a, b, at) for a, b in sorted(new)]
    write_many(connection, statement, ("a_id", "b_id", "at"), rows)


def uncompared(
    connection: Connection,
    encoders: Sequence[int],
    needed: int,
    *,
    reels: int = 0,
    again: bool = False,
) -> dict[int, int]:
    """Images that were not compared yet with the codes that they have now; all, if `again`.

    Args:
        connection: to read from.
        encoders: numbers of encoders; each is a bit of a mask, the first the lowest.
        needed: the mask of those without which an image is not compared.
        reels: the mask of those without which an animation is not, besides.
        again: whether those that were compared are wanted too.

    Returns:
        By row number, the mask of the encoders whose codes an image has.
    """
    # No condition on the encoder: the narrow indexes answer it, and no vector is read.
    there = union_all(
        *(select(table.c.image_id, table.c.encoder_id) for table in _TABLES.values())
    ).subquery()
    bits = [(there.c.encoder_id == number, 1 << n) for n, number in enumerate(encoders)]
    mask = total(case(*bits, else_=0)).label("mask")
    masks = select(there.c.image_id, mask).group_by(there.c.image_id).subquery()
    query = (
        select(masks.c.image_id, masks.c.mask)
        .join(image, image.c.id == masks.c.image_id)
        .outerjoin(compared, compared.c.image_id == masks.c.image_id)
        .where(
            masks.c.mask.op("&")(needed) == needed,
            or_(image.c.animated.is_(False), masks.c.mask.op("&")(reels) == reels),
        )
    )
    if not again:
        query = query.where(compared.c.encoders.is_distinct_from(masks.c.mask))
    return {row[0]: row[1] for row in connection.execute(query)}


def save_compared(connection: Connection, masks: Mapping[int, int]) -> None:
    """Note that images were compared with all others, with the codes of these encoders."""
    statement = insert(compared)
    statement = statement.on_conflict_do_update(
        index_elements=["image_id"], set_={"encoders": statement.excluded.encoders}
    )
    write_many(connection, statement, ("image_id", "encoders"), list(masks.items()))


def unfinished(connection: Connection) -> frozenset[int]:
    """Images that were compared with all others, and have pairs that nobody looked at twice yet."""
    query = select(compared.c.image_id).where(compared.c.encoders == UNFINISHED)
    return frozenset(row[0] for rows in read_many(connection, query) for row in rows)


def forget_compared(connection: Connection, only: Sequence[int] | None = None) -> None:
    """Forget that images were compared, all or some: they are to be compared again."""
    statement = delete(compared)
    if only is None:
        connection.execute(statement)
    else:
        of = statement.where(compared.c.image_id == bindparam("image"))
        write_many(connection, of, ("image",), [(number,) for number in only])


def read_codes(
    connection: Connection, kind: str, number: int, image_ids: Sequence[int] | None = None
) -> Iterator[tuple[Sequence[int], Sequence[bytes]]]:
    """Codes of one encoder, in stretches: image row numbers, sorted, and codes.

    Straight from the driver: there may be millions.

    Args:
        connection: to read from.
        kind: in which table they are.
        number: of the encoder.
        image_ids: of which images, sorted; None: of all.
    """
    table = _TABLES[kind]
    query = select(table.c.image_id, table.c.code).where(table.c.encoder_id == number)
    if image_ids is not None:
        query = query.where(_are_among(table.c.image_id, image_ids))
    for rows in read_many(connection, query.order_by(table.c.image_id)):
        numbers, codes = zip(*rows, strict=True)
        yield numbers, codes


def _are_among(column: ColumnElement[int], sorted_ids: Sequence[int]) -> ColumnElement[bool]:
    """Where they leave few others out, from the first to the last: a search for each costs more."""
    span = column.between(sorted_ids[0], sorted_ids[-1]) if sorted_ids else false()
    is_dense = bool(sorted_ids) and sorted_ids[-1] - sorted_ids[0] < _DENSE * len(sorted_ids)
    return span if is_dense else column.in_(numbers(sorted_ids))


def coded(connection: Connection, kind: str, number: int) -> Iterator[Sequence[int]]:
    """The row numbers of the images that have a code of one encoder, in stretches."""
    table = _TABLES[kind]
    query = select(table.c.image_id).where(table.c.encoder_id == number)
    for rows in read_many(connection, query):
        yield [row[0] for row in rows]


def code_length(connection: Connection, kind: str, number: int) -> int:
    """How many bytes a code of an encoder has; 0 where there is none."""
    table = _TABLES[kind]
    query = select(func.length(table.c.code)).where(table.c.encoder_id == number).limit(1)
    return int(connection.execute(query).scalar() or 0)


def codes_of(
    connection: Connection, kind: str, number: int, image_ids: Sequence[int]
) -> dict[int, bytes]:
    """The codes of one encoder for some images."""
    table = _TABLES[kind]
    found: dict[int, bytes] = {}
    for start in range(0, len(image_ids), _BATCH):
        some = list(image_ids[start : start + _BATCH])
        query = select(table.c.image_id, table.c.code).where(
            table.c.encoder_id == number, table.c.image_id.in_(some)
        )
        found.update((row[0], row[1]) for row in connection.execute(query))
    return found


def remarks(connection: Connection) -> tuple[set[int], dict[int, int]]:
    """What is known of images besides their codes, by row number, where there is anything.

    Returns:
        The animations, and what was noticed of an image (`dedup.sight`).
    """
    animated: set[int] = set()
    sights: dict[int, int] = {}
    query = select(image.c.id, image.c.animated, image.c.sight)
    for rows in read_many(connection, query.where(or_(image.c.animated, image.c.sight > 0))):
        animated.update(row[0] for row in rows if row[1])
        sights.update((row[0], row[2]) for row in rows if row[2])
    return animated, sights


def digests_of(connection: Connection, image_ids: Sequence[int]) -> dict[int, str]:
    """The digests of those of these images that are there, by row number."""
    found: dict[int, str] = {}
    for start in range(0, len(image_ids), _BATCH):
        some = list(image_ids[start : start + _BATCH])
        query = select(image.c.id, image.c.digest).where(image.c.id.in_(some))
        found.update((row[0], row[1]) for row in connection.execute(query))
    return found


def comparable(connection: Connection, image_ids: Iterable[int]) -> set[int]:
    """Those of these images that are there and may be compared: unsound ones may not."""
    sound = select(image.c.id).where(image.c.unsound.is_(None), image.c.id.in_(numbers(image_ids)))
    return {row[0] for rows in read_many(connection, sound) for row in rows}


def last_image(connection: Connection) -> int:
    """The highest row number of an image; 0 where there is none."""
    return int(connection.execute(select(func.coalesce(func.max(image.c.id), 0))).scalar_one())


def images_up_to(connection: Connection, last: int) -> tuple[int, str | None]:
    """How many sound images there are up to a row number, and the digest of that one.

    No row number is given again, so both are as before if none has gone.
    """
    count = connection.execute(
        select(func.count()).select_from(image).where(image.c.id <= last, image.c.unsound.is_(None))
    ).scalar_one()
    digest = connection.execute(select(image.c.digest).where(image.c.id == last)).scalar()
    return int(count), digest


_TABLES = {"bits": encoding, "vector": vector}
"""Where codes of each kind are kept, by encoder and image."""
_BATCH = 5000
_DENSE = 2
"""So many times as many rows are read as are wanted at most, where all of a stretch are read."""
