"""Images by content, and what was derived from them: facts, thumbnails, encodings."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    bindparam,
    delete,
    func,
    select,
    true,
    update,
)

from fapproc.db import counting
from fapproc.db.bulk import write
from fapproc.db.dialect import given_words, insert, numbers
from fapproc.db.schema import encoder, encoding, image
from fapproc.model import Detail, Facts, Format, Image

# Built once: to build a statement takes ten times as long as to run it.
_THESE = image.c.digest.in_(given_words("digests"))
_BY_DIGEST = select(image).where(_THESE)
_NUMBERS = select(image.c.digest, image.c.id).where(_THESE)
_DERIVE = update(image).where(image.c.id == bindparam("of"))
_INSERT_CODE = insert(encoding)
_SAVE_CODE = _INSERT_CODE.on_conflict_do_update(
    index_elements=["encoder_id", "image_id"], set_={"code": _INSERT_CODE.excluded.code}
)


@dataclass(frozen=True, slots=True)
class Stored:
    """An image and its row number: what the other tables know it by."""

    id: int
    image: Image


@dataclass(frozen=True, slots=True)
class Content:
    """What is recorded of bytes that were stored: their digest, how many, and what they are.

    `at`: when they were fetched, if not now.
    """

    digest: str
    bytes: int
    format: Format
    at: int | None = None


def add(connection: Connection, digest: str, size: int, form: Format, at: int) -> int:
    """Add an image of `size` bytes if its content is new; return its row number."""
    return add_all(connection, [Content(digest, size, form)], at).numbers[digest]


@dataclass(frozen=True, slots=True)
class Added:
    """The row numbers of images by digest, and which of them were there before."""

    numbers: Mapping[str, int] = field(default_factory=dict)
    known: Set[str] = frozenset()


def add_all(connection: Connection, contents: Sequence[Content], at: int) -> Added:
    """Add the images whose content is new.

    Their bytes are stored already, so an image that was lost is there again.
    """
    if not contents:
        return Added()
    digests = [one.digest for one in contents]
    rows = [
        {"digest": one.digest, "bytes": one.bytes, "format": one.format, "fetched_at": one.at or at}
        for one in contents
    ]
    known = numbers_of(connection, digests)
    connection.execute(_ADD, rows)
    now = numbers_of(connection, digests)
    counting.add_images(connection, set(now.values()) - set(known.values()))
    return Added(now, known.keys())


_ADD = insert(image).on_conflict_do_update(index_elements=["digest"], set_={"lost_at": None})


def by_digest(connection: Connection, digest: str) -> Stored | None:
    """The image of this digest."""
    row = connection.execute(select(image).where(image.c.digest == digest)).first()
    return None if row is None else stored(row)


def by_ids(connection: Connection, image_ids: Iterable[int]) -> dict[int, Stored]:
    """Images by row number, however many."""
    query = select(image).where(image.c.id.in_(numbers(image_ids)))
    return {row.id: stored(row) for row in connection.execute(query)}


def by_digests(connection: Connection, digests: Iterable[str]) -> dict[str, Stored]:
    """Images by digest, however many."""
    rows = connection.execute(_BY_DIGEST, {"digests": list(digests)})
    return {row.digest: stored(row) for row in rows}


def numbers_of(connection: Connection, digests: Sequence[str]) -> dict[str, int]:
    """Row numbers of the images of these digests, however many; of others nothing."""
    if not digests:
        return {}
    return {row[0]: row[1] for row in connection.execute(_NUMBERS, {"digests": digests})}


def by_prefix(connection: Connection, prefix: str) -> list[Stored]:
    """Images whose digest begins so; two are enough to see that it is not unique."""
    span = (image.c.digest >= prefix) & (image.c.digest < prefix + "g")
    query = select(image).where(span).order_by(image.c.digest).limit(2)
    return [stored(row) for row in connection.execute(query)]


def beginning(connection: Connection, prefix: str, *, most: int) -> list[str]:
    """So many digests at most that begin so, in their order."""
    span = (image.c.digest >= prefix) & (image.c.digest < prefix + "g")
    query = select(image.c.digest).where(span).order_by(image.c.digest).limit(most)
    return list(connection.scalars(query))


def every(connection: Connection, *, after: int = 0, limit: int = 500) -> list[Stored]:
    """A batch of images by row number."""
    query = select(image).where(image.c.id > after).order_by(image.c.id).limit(limit)
    return [stored(row) for row in connection.execute(query)]


def are_any(connection: Connection) -> bool:
    """Whether there is an image at all; asked of tables that an earlier program wrote, too."""
    return connection.execute(select(image.c.id).limit(1)).first() is not None


def count_after(connection: Connection, after: int) -> int:
    """How many images have a higher row number."""
    return _count(connection, image.c.id > after)


def set_derived(
    connection: Connection,
    image_id: int,
    facts: Facts,
    thumb: tuple[int, str, Format] | None,
    sight: int = 0,
) -> bool:
    """Record facts and the thumbnail's bytes, digest and format, or leave it as it is.

    `sight` is what was noticed of the picture (`dedup.sight`). An image that was unsound is sound
    now.

    Returns:
        False if the image has gone.
    """
    values: dict[str, object] = {
        "width": facts.width,
        "height": facts.height,
        "animated": facts.animated,
        "orientation": facts.orientation,
        "sight": sight,
        **dict.fromkeys(("unsound", "unsound_at", "unsound_by")),
    }
    if thumb is not None:
        values |= dict(zip(("thumb_bytes", "thumb_digest", "thumb_format"), thumb, strict=True))
    counting.touch_places_of(connection, [image_id])
    return write(connection, _DERIVE, {"of": image_id, **values}) > 0


def encoder_id(connection: Connection, method: str, version: str) -> int | None:
    """The number of this method in this version, if it ever encoded anything.

    The first word of a version is its identity: what follows tells what it was made with, and makes
    no difference.
    """
    query = select(encoder.c.id, encoder.c.version).where(encoder.c.method == method)
    for number, known in connection.execute(query.order_by(encoder.c.id)):
        if known.partition(" ")[0] == version.partition(" ")[0]:
            return int(number)
    return None


def add_encoder(connection: Connection, method: str, version: str) -> int:
    """The number of this method in this version; made if need be."""
    number = encoder_id(connection, method, version)
    if number is None:
        statement = insert(encoder).values(method=method, version=version)
        connection.execute(statement.on_conflict_do_nothing())
        number = encoder_id(connection, method, version)
        assert number is not None
    return number


def other_versions(connection: Connection, method: str, version: str) -> dict[str, int]:
    """By other versions of a method, how many codes there are of them."""
    number = encoder_id(connection, method, version)
    query = (
        select(encoder.c.version, func.count())
        .join(encoding, encoding.c.encoder_id == encoder.c.id)
        .where(encoder.c.method == method, encoder.c.id != (number or 0))
        .group_by(encoder.c.id)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def save_codes(connection: Connection, codes: Mapping[int, Mapping[int, bytes]]) -> None:
    """Record codes by image row number and encoder number."""
    rows = [
        {"encoder_id": number, "image_id": image_id, "code": code}
        for image_id, of_image in codes.items()
        for number, code in of_image.items()
    ]
    if rows:
        connection.execute(_SAVE_CODE, rows)


def forget_others(
    connection: Connection, numbers: Collection[int], image_ids: Collection[int]
) -> None:
    """Remove these images' codes of other versions of the methods that these encoders are of."""
    methods = select(encoder.c.method).where(encoder.c.id.in_(numbers))
    others = select(encoder.c.id).where(encoder.c.method.in_(methods), encoder.c.id.not_in(numbers))
    connection.execute(
        delete(encoding).where(
            encoding.c.encoder_id.in_(others), encoding.c.image_id.in_(image_ids)
        )
    )


def codes(connection: Connection, number: int) -> list[tuple[int, bytes]]:
    """All codes of one encoder as (image row number, code), by row number."""
    query = select(encoding.c.image_id, encoding.c.code).where(encoding.c.encoder_id == number)
    return [(row[0], row[1]) for row in connection.execute(query.order_by(encoding.c.image_id))]


def animated(connection: Connection) -> set[int]:
    """Row numbers of all animations."""
    return set(connection.scalars(select(image.c.id).where(image.c.animated.is_(true()))))


def digests(connection: Connection) -> dict[int, str]:
    """Every image's digest by row number."""
    return {row[0]: row[1] for row in connection.execute(select(image.c.id, image.c.digest))}


def count_animated(connection: Connection) -> int:
    """How many images are animations."""
    return _count(connection, image.c.animated.is_(true()))


def count_unsound(connection: Connection) -> int:
    """How many images are kept though no decoder makes a whole picture of them."""
    return _count(connection, image.c.unsound.is_not(None))


def _count(connection: Connection, which: ColumnElement[bool]) -> int:
    query = select(func.count()).select_from(image).where(which)
    return int(connection.execute(query).scalar_one())


def iterate(connection: Connection, batch: int = 500) -> Iterator[list[Stored]]:
    """Every image, in batches by row number."""
    after = 0
    while found := every(connection, after=after, limit=batch):
        yield found
        after = found[-1].id


def stored(row: Row[tuple[object, ...]]) -> Stored:
    """A row of the table `image` as a value."""
    facts = None
    if row.width is not None:
        facts = Facts(row.width, row.height, row.animated, row.orientation)
    form = None if row.thumb_format is None else Format(row.thumb_format)
    return Stored(
        row.id,
        Image(
            digest=row.digest,
            bytes=row.bytes,
            format=Format(row.format),
            fetched_at=row.fetched_at,
            facts=facts,
            thumb_bytes=row.thumb_bytes,
            thumb_digest=row.thumb_digest,
            thumb_format=form,
            lost_at=row.lost_at,
            unsound=None if row.unsound is None else Detail(row.unsound),
        ),
    )
