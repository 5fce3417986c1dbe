"""Where a word that is searched for may stand: names, users, albums, tags, digests."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, or_, select, tuple_, union_all

from fapproc.db.dialect import contains, numbers
from fapproc.db.schema import album, image, image_tag, listing, user

_DIGITS = re.compile(r"[0-9a-f]{4,64}")


class Word(NamedTuple):
    """A word, and the tags in whose paths it stands."""

    text: str
    tags: Sequence[int]


def mentions(word: Word) -> ColumnElement[bool]:
    """Whether a row of `image` has to do with a word."""
    albums = select(album.c.user_id, album.c.id).where(contains(album.c.name, word.text))
    users = select(user.c.id).where(contains(user.c.name, word.text))
    placed = or_(
        contains(listing.c.name, word.text),
        listing.c.user_id.in_(users),
        tuple_(listing.c.user_id, listing.c.album_id).in_(albums),
    )
    found = [select(listing.c.image_id).where(listing.c.image_id.is_not(None), placed)]
    if word.tags:
        tagged = select(image_tag.c.image_id)
        found.append(tagged.where(image_tag.c.tag_id.in_(numbers(word.tags))))
    digits = word.text.lower()
    if _DIGITS.fullmatch(digits):
        begins = (image.c.digest >= digits) & (image.c.digest < f"{digits}g")
        found.append(select(image.c.id).where(begins))
    return image.c.id.in_(union_all(*found))
