"""Where a searched word may occur: names, users, albums, tags, digests."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import CompoundSelect, select, tuple_, union_all

from fapproc.db.dialect import contains, numbers, unindexed
from fapproc.db.schema import album, image, image_tag, listing, user
from fapproc.db.schema.kept import CALLED

_DIGITS = re.compile(r"[0-9a-f]{4,64}")


class Word(NamedTuple):
    """A word, and the tags in whose paths it stands."""

    text: str
    tags: Sequence[int]


def mentions(word: Word) -> CompoundSelect[tuple[int]]:
    """The row numbers of the images that have to do with a word."""
    albums = select(album.c.user_id, album.c.id).where(contains(album.c.name, word.text))
    users = select(user.c.id).where(contains(user.c.name, word.text))
    # Three questions, each of which has an index of its own.
    placed = (
        contains(CALLED, word.text, is_lower=True),
        listing.c.user_id.in_(users),
        tuple_(listing.c.user_id, listing.c.album_id).in_(albums),
    )
    shown = select(listing.c.image_id).where(unindexed(listing.c.image_id).is_not(None))
    found = [shown.where(each) for each in placed]
    if word.tags:
        tagged = select(image_tag.c.image_id)
        found.append(tagged.where(image_tag.c.tag_id.in_(numbers(word.tags))))
    digits = word.text.lower()
    if _DIGITS.fullmatch(digits):
        begins = (image.c.digest >= digits) & (image.c.digest < f"{digits}g")
        found.append(select(image.c.id).where(begins))
    return union_all(*found)
