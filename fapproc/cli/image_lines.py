"""An image as a line of JSON, for `list`, `print` and `show`: the one place that knows these forms.

Written as text directly from rows: for a million images, making objects first takes five times as
long. `:d` and `_text` refuse anything else than numbers and texts, which a damaged database may
hold.
"""

import json
from collections.abc import Iterable, Mapping
from json.encoder import encode_basestring
from typing import Any

from fapproc.db.where import Where
from fapproc.dedup.registry import VECTORS
from fapproc.jobs.inventory import Record, hashes_of, vectors_of
from fapproc.jobs.listing import Found
from fapproc.model import Detail, Format, Gone, Verdict
from fapproc.relations import Related

_text: Any = encode_basestring
_FORMATS, _VERDICTS = frozenset[str](Format), frozenset[str](Verdict)


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
    thumb, tags, gone, related = record.thumb_bytes, record.tags, record.gone, record.related
    orientation = None if record.width is None else record.orientation
    return (
        f"{_known(record)}, "
        f'"animated": {"true" if record.animated else "false"}, '
        f'"orientation": {"null" if orientation is None else f"{orientation:d}"}, '
        f'"turned": {_turned(orientation)}, "unsound": {_unsound(record.unsound)}, '
        f'"thumb_bytes": {"null" if thumb is None else f"{thumb:d}"}, '
        f'"fetched_at": {record.fetched_at:d}, "tags": {_texts(tags) if tags else "[]"}, '
        f'"hashes": {_hashes(record) if record.codes else "null"}, '
        f"{_vectors(record) if record.makers else _UNMADE}, "
        f'"sightings": [{", ".join(map(_place, record.places))}], '
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
    form, width, height = image.format, image.width, image.height
    if form not in _FORMATS:
        Format(form)  # raises, as of any word that is none of ours
    sides = (
        f'"width": {width:d}, "height": {height:d}'
        if width is not None and height is not None
        else f'"width": {_number(width)}, "height": {_number(height)}'
    )
    return (
        f'{{"kind": "image", "sha256": {_text(image.digest)}, "bytes": {image.bytes:d}, '
        f'"format": "{form}", {sides}'
    )


def _named_place(place: Where) -> str:
    return (
        f'{{"user": {place.number:d}, "user_name": {_text(place.user)}, "album": {place.album:d}, '
        f'"album_name": {_text(place.album_name)}, "image": {place.image:d}, {_said(place)}}}'
    )


def _place(place: Where) -> str:
    return (
        f'{{"user": {place.number:d}, "album": {place.album:d}, "image": {place.image:d}, '
        f"{_said(place)}}}"
    )


def _said(place: Where) -> str:
    verdict = place.verdict
    if verdict not in _VERDICTS:
        Verdict(verdict)
    name = "null" if place.name is None else _text(place.name)
    return f'"name": {name}, "verdict": "{verdict}", "source": {_text(place.source)}'


def _hashes(record: Record) -> str:
    codes = [f'{_text(name)}: "{code.hex()}"' for name, code in hashes_of(record).items()]
    return f"{{{', '.join(codes)}}}" if codes else "null"


def _vectors(record: Record) -> str:
    return _made_by(vectors_of(record))


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


_UNMADE = _made_by(dict.fromkeys(VECTORS))
"""The fields of an image without a vector."""
