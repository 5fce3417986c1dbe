"""An image as a line of JSON, for `list`, `print` and `show`: the one place that knows these forms.

Written as text directly from rows: for a million images, making objects first takes five times as
long. `:d` and `_text` refuse anything else than numbers and texts, which a damaged database may
hold.
"""

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from json.encoder import encode_basestring
from typing import Any

from fapproc.db.where import Where
from fapproc.dedup.registry import HASHES, VECTORS
from fapproc.jobs.inventory import Record, vectors_of
from fapproc.jobs.listing import Found
from fapproc.model import Detail, Format, Gone, Verdict
from fapproc.relations import Related

_text: Any = encode_basestring
_FORMATS = frozenset[str](Format)


def listed_line(found: Found) -> str:
    """An image as `list --json` has it: as in `print --json`, with names, without hashes."""
    return (
        f"{_known(found)}, "
        f'"animated": {_truth(found.animated)}, "turned": {_turned(found.orientation)}, '
        f'"unsound": {_unsound(found.unsound)}, "fetched_at": {found.fetched_at:d}, '
        f'"tags": {_texts(found.tags)}, "sightings": {_all(map(_named_place, found.places))}}}'
    )


def image_line(record: Record) -> str:
    """An image as `print --json` has it, with its places, tags and hashes."""
    # A tuple taken apart: to ask for each of its parts by name takes twice as long.
    (
        digest,
        size,
        form,
        fetched_at,
        width,
        height,
        animated,
        orientation,
        unsound,
        _,
        thumb,
        _,
        _,
        places,
        tags,
        codes,
        makers,
        gone,
        related,
    ) = record
    if form not in _FORMATS:
        Format(form)  # raises, as of any word that is none of ours
    wide: int | str
    high: int | str
    shown: int | str
    # What is no whole number has no `|`: asked so, it is refused in a tenth of the time of `:d`.
    if width is None or height is None or thumb is None:
        wide, high, shown = _number(width), _number(height), _number(thumb)
        _ = size | fetched_at
    else:
        wide, high, shown = width, height, thumb
        _ = size | fetched_at | width | height | thumb
    return (
        f'{{"kind": "image", "sha256": {_text(digest)}, "bytes": {size}, "format": "{form}", '
        f'"width": {wide}, "height": {high}, "animated": {"true" if animated else "false"}, '
        f"{_oriented(None if width is None else orientation)}, "
        f'"unsound": {"null" if unsound is None else _unsound(unsound)}, "thumb_bytes": {shown}, '
        f'"fetched_at": {fetched_at}, "tags": {_texts(tags) if tags else "[]"}, '
        f'"hashes": {_hashes(codes) if codes else "null"}, '
        f"{_vectors(tuple(makers.items())) if makers else _UNMADE}, "
        f'"sightings": [{", ".join(map(_place, places))}], '
        f'"gone": {_all(map(_gone, gone)) if gone else "[]"}, '
        f'"related": {_all(map(_related, related)) if related else "[]"}}}'
    )


def image_object(record: Record) -> dict[str, Any]:
    """The same as an object, whose places have the names of users and albums too."""
    read: dict[str, Any] = json.loads(image_line(record))
    for said, place in zip(read["sightings"], record.places, strict=True):
        said |= {"user_name": place.user, "album_name": place.album_name}
    return read


def _known(image: Found | Record) -> str:
    if image.format not in _FORMATS:
        Format(image.format)
    return (
        f'{{"kind": "image", "sha256": {_text(image.digest)}, "bytes": {image.bytes:d}, '
        f'"format": "{image.format}", '
        f'"width": {_number(image.width)}, "height": {_number(image.height)}'
    )


def _named_place(place: Where) -> str:
    return (
        f'{{"user": {place.number:d}, "user_name": {_text(place.user)}, "album": {place.album:d}, '
        f'"album_name": {_text(place.album_name)}, "image": {place.image:d}, {_said(place)}}}'
    )


def _place(place: Where) -> str:
    source, number, _, album, _, _, image, name, verdict = place
    called = "null" if name is None else _text(name)
    return f'{_in_album(number, album)}{image:d}, "name": {called}{_judged(verdict, source)}}}'


@lru_cache(4096)
def _in_album(number: int, album: int) -> str:
    """What places in one album begin with."""
    return f'{{"user": {number:d}, "album": {album:d}, "image": '


@lru_cache(64)
def _judged(verdict: str, source: str) -> str:
    """What all places of a source end with that are judged alike."""
    return f', "verdict": "{Verdict(verdict)}", "source": {_text(source)}'


def _said(place: Where) -> str:
    name = "null" if place.name is None else _text(place.name)
    return f'"name": {name}{_judged(place.verdict, place.source)}'


def _hashes(codes: Mapping[str, bytes]) -> str:
    there = [f'{begins}"{codes[name].hex()}"' for name, begins in _NAMED.items() if name in codes]
    return f"{{{', '.join(there)}}}" if there else "null"


@lru_cache(64)
def _vectors(makers: tuple[tuple[str, str], ...]) -> str:
    return _made_by(vectors_of(dict(makers)))


def _made_by(vectors: Mapping[str, str | None]) -> str:
    return ", ".join([f"{_text(name)}: {_or_null(made)}" for name, made in vectors.items()])


def _gone(gone: Gone) -> str:
    return (
        f'{{"image": {gone.image:d}, "level": {_text(gone.level)}, "url": {_or_null(gone.url)}, '
        f'"at": {gone.at:d}}}'
    )


def _related(each: Related) -> str:
    return f'{{"how": {_text(each.relation)}, "sha256": {_text(each.digest)}}}'


def _unsound(detail: str | None) -> str:
    return "null" if detail is None else f'"{Detail(detail)}"'


@lru_cache(64)
def _oriented(orientation: int | None) -> str:
    return f'"orientation": {_number(orientation)}, "turned": {_turned(orientation)}'


def _turned(orientation: int | None) -> str:
    return "null" if orientation is None else _truth(orientation > 4)  # 1 to 4 keep the sides


def _truth(value: object) -> str:
    return "true" if value else "false"


def _number(value: int | None) -> str:
    return "null" if value is None else f"{value:d}"


def _or_null(text: str | None) -> str:
    return "null" if text is None else str(_text(text))


def _texts(texts: Iterable[str]) -> str:
    return _all(map(_text, texts))


def _all(values: Iterable[str]) -> str:
    return f"[{', '.join(values)}]"


_NAMED = {name: f"{_text(name)}: " for name in HASHES}
_UNMADE = _made_by(dict.fromkeys(VECTORS))
"""The fields of an image without a vector."""
