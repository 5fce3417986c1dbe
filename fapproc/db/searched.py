"""Where a searched word may occur: names, users, albums, tags, digests."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    and_,
    case,
    exists,
    func,
    or_,
    select,
    tuple_,
    union_all,
)

from fapproc.db.dialect import contains, numbers, total, unindexed
from fapproc.db.schema import album, image, image_tag, listing, user
from fapproc.db.schema.kept import CALLED

_DIGITS = re.compile(r"[0-9a-f]{4,64}")
_SAMPLE = 300
_ASKED, _LOOKED_UP = 40, 13
"""To ask one image for a word takes as long as to go through so many names; to look up one that was
found, and to sort it, as long as this (a million images, 2026-11-29)."""


class Word(NamedTuple):
    """A word, and the tags in whose paths it stands."""

    text: str
    tags: Sequence[int]


def mentions(word: Word) -> CompoundSelect[tuple[int]]:
    """The row numbers of the images that have to do with a word."""
    shown = select(listing.c.image_id).where(unindexed(listing.c.image_id).is_not(None))
    found = [shown.where(each) for each in _placed(word)]  # each has an index of its own
    if word.tags:
        tagged = select(image_tag.c.image_id)
        found.append(tagged.where(image_tag.c.tag_id.in_(numbers(word.tags))))
    found += [select(image.c.id).where(begins) for begins in _begins(word)]
    return union_all(*found)


def is_mentioned(word: Word) -> ColumnElement[bool]:
    """The same of one row of `image`, for few, and for a word that many have to do with."""
    placed = exists().where(listing.c.image_id == image.c.id, or_(*_placed(word))).correlate(image)
    tags = image_tag.c.tag_id.in_(numbers(word.tags))
    tagged = [exists().where(image_tag.c.image_id == image.c.id, tags)] if word.tags else []
    return or_(placed, *tagged, *_begins(word))


def are_asked(connection: Connection, words: Sequence[Word], limit: int | None) -> list[bool]:
    """Whether to ask images one by one for each of these words, as a sample advises.

    That takes less than to find all that have to do with it, where many have, or few are wanted.
    `limit`: how many are wanted; None for all.
    """
    last = connection.execute(select(func.max(image.c.id))).scalar() or 0
    some = image.c.id.in_(numbers(range(last, 0, -max(last // _SAMPLE, 1))))
    found = []
    for word in words:
        hits = total(case((is_mentioned(word), 1), else_=0))
        count, many = connection.execute(select(func.count(), hits).where(some)).one()
        share = many / count if count else 0
        asked = last if limit is None or not share else min(limit / share, last)
        found.append(asked * _ASKED < last * (1 + share * _LOOKED_UP))
    return found


def _placed(word: Word) -> Sequence[ColumnElement[bool]]:
    """What may hold of a place that has to do with a word."""
    albums = select(album.c.user_id, album.c.id).where(contains(album.c.name, word.text))
    users = select(user.c.id).where(contains(user.c.name, word.text))
    return (
        contains(CALLED, word.text, is_lower=True),
        listing.c.user_id.in_(users),
        tuple_(listing.c.user_id, listing.c.album_id).in_(albums),
    )


def _begins(word: Word) -> Sequence[ColumnElement[bool]]:
    digits = word.text.lower()
    is_digest = _DIGITS.fullmatch(digits)
    return [and_(image.c.digest >= digits, image.c.digest < f"{digits}g")] if is_digest else []
