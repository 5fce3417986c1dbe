"""A tag, and its place in the tree."""

from collections.abc import Sequence
from dataclasses import dataclass

from fapproc.archive import Archive
from fapproc.db import tags as tag_rows
from fapproc.model import Tag


@dataclass(frozen=True, slots=True)
class TagHead:
    """A tag with those above and under it, and how many images carry it or one of the latter."""

    tag: Tag
    above: Sequence[Tag]
    """The highest first."""
    under: Sequence[Tag]
    images: int


def tag(archive: Archive, tag_id: int) -> TagHead | None:
    """A tag; None where there is none of this id."""
    with archive.reading() as connection:
        branch = tag_rows.branch(connection, tag_id)
        if not branch:
            return None
        images = tag_rows.count_images(connection, [each.id for each in branch])
        return TagHead(branch[0], tag_rows.above(connection, tag_id), branch[1:], images)
