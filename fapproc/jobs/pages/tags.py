"""A tag, its place in the tree, and what the tree and a selection of pictures hold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Select

from fapproc import names
from fapproc.archive import Archive
from fapproc.db import given, grids, images, kept_figures, selected
from fapproc.db import tags as tag_rows
from fapproc.db.dialect.engines import TooLong, driver_of
from fapproc.jobs import selection as selections
from fapproc.jobs.pages.grids import Scope, grid_of
from fapproc.jobs.tagging_versions import version_of
from fapproc.model import Tag
from fapproc.selections.selection import Selection
from fapproc.selections.view import View

_LOOKED_AT = 200
"""Decisions among which the tags that were used last are looked for."""


@dataclass(frozen=True, slots=True)
class TagHead:
    """A tag with those above and under it, and how many images carry it or one of the latter."""

    tag: Tag
    above: Sequence[Tag]
    """The highest first."""
    under: Sequence[Tag]
    images: int

    @property
    def version(self) -> str:
        """Of what is told of it."""
        return version_of([self.tag, *self.under], self.images)


@dataclass(frozen=True, slots=True)
class TreeCounts:
    """How many images carry each tag or one under it, by id; any tag; and none."""

    images: Mapping[int, int]
    tagged: int
    untagged: int


@dataclass(frozen=True, slots=True)
class Shared:
    """Which tags all of some images carry themselves, and which some of them."""

    all: Sequence[Tag]
    some: Sequence[Tag]


def tag(archive: Archive, tag_id: int, *, counted: bool = True) -> TagHead | None:
    """A tag; None where there is none of this id. Not `counted`, it says that no image has it."""
    with archive.reading() as connection:
        branch = tag_rows.branch(connection, tag_id)
        if not branch:
            return None
        ids = [each.id for each in branch] if counted else []
        images = tag_rows.count_images(connection, ids) if ids else 0
        return TagHead(branch[0], tag_rows.above(connection, tag_id), branch[1:], images)


def counted(archive: Archive, *, seconds: float) -> TreeCounts | None:
    """What the tree of tags holds; None where that takes too long."""
    with archive.reading() as connection:
        try:
            with driver_of(connection).within(connection, seconds):
                tagged = tag_rows.count_tagged(connection)
                every = kept_figures.totals(kept_figures.values(connection)).images
                return TreeCounts(tag_rows.count_branches(connection), tagged, every - tagged)
        except TooLong:
            return None


def found(archive: Archive, text: str) -> list[Tag]:
    """The tags in whose paths every word stands; those that were given last come first."""
    words = [names.key(word) for word in text.replace("/", " ").split()]
    with archive.reading() as connection:
        there = [
            each
            for each in tag_rows.lines(connection)
            if all(word in names.key(each.path) for word in words)
        ]
        last = {number: at for at, number in enumerate(given.tags(connection, within=_LOOKED_AT))}
    return sorted(there, key=lambda each: last.get(each.id, len(last)))


def shared(archive: Archive, digests: Sequence[str], *, seconds: float) -> Shared | None:
    """Which tags images have in common; None where that takes too long.

    Raises:
        FapError: an image isn't there.
    """
    with archive.reading() as connection:
        chosen = selections.resolve(connection, Selection(digests=tuple(digests)))
        return _shared(connection, selected.images_of(chosen), seconds)


def shared_in(
    archive: Archive, scope: Scope, view: View, without: Sequence[str], *, seconds: float
) -> Shared | None:
    """The same of all images of a view but some."""
    with archive.reading() as connection:
        left_out = list(images.numbers_of(connection, list(without)).values())
        these = grids.images_of(grid_of(connection, scope, view), left_out)
        return _shared(connection, these, seconds)


def _shared(connection: Connection, these: Select[tuple[int]], seconds: float) -> Shared | None:
    try:
        with driver_of(connection).within(connection, seconds):
            many = selected.count_rows(connection, these)
            carried = tag_rows.count_each(connection, these)
    except TooLong:
        return None
    known = [each for each in tag_rows.lines(connection) if each.id in carried]
    return Shared(
        [each for each in known if carried[each.id] == many],
        [each for each in known if carried[each.id] != many],
    )
