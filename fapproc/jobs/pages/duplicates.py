"""Groups that may be one picture, images listed more than once, and either of them in full."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from fapproc.archive import Archive
from fapproc.db import duplicates, images, kept_figures
from fapproc.db import places as place_rows
from fapproc.db.images import Stored
from fapproc.jobs.pages.images import ImageDetails, details
from fapproc.model import Group, Image, Verdict
from fapproc.sameness import Sameness


@dataclass(frozen=True, slots=True)
class DuplicateCounts:
    """How much there is to judge: groups that may be one picture, images listed more than once."""

    grouped: int
    """Images that are in a group."""
    groups: int
    groups_waiting: int
    exact: int
    exact_waiting: int


@dataclass(frozen=True, slots=True)
class DuplicateEntry:
    """A group in the list, or an image that is listed more than once."""

    digest: str
    images: Sequence[Image]
    """The first of them, or the one image."""
    count: int
    """Of images in the group, or of places."""
    verdicts: Sequence[Verdict]
    waits: bool
    """Whether a word of the person is missing."""


@dataclass(frozen=True, slots=True)
class Member:
    """An image of a group with all that helps to judge it."""

    details: ImageDetails
    verdict: Verdict | None
    """None for an image that is in no group."""
    best: bool
    """Whether it is the one of its group that we would keep."""
    same: bool
    """Whether it is the same as that but for size and quality, or is that."""


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A group, or an image that is in none; its members, the biggest first, and its neighbours."""

    group: Group | None
    members: Sequence[Member]
    before: str | None
    after: str | None
    """Digests: of the first image of the groups beside it, or of images listed more than once."""


def counts(archive: Archive) -> DuplicateCounts:
    """How much there is, and how much waits for a verdict."""
    with archive.reading() as connection:
        held = kept_figures.totals(kept_figures.values(connection))
    return DuplicateCounts(
        held.grouped, held.groups, held.groups_waiting, held.exact, held.exact_waiting
    )


def groups(archive: Archive, *, start: int, size: int, images_each: int) -> list[DuplicateEntry]:
    """A stretch of the groups, with so many images of each at most."""
    with archive.reading() as connection:
        found = duplicates.groups(connection, offset=start, limit=size)
        shown = {group.id: group.members[:images_each] for group in found}
        wanted = [digest for members in shown.values() for digest in members]
        there = images.by_digests(connection, wanted)
        return [
            DuplicateEntry(
                digest=group.members[0],
                images=[there[digest].image for digest in shown[group.id]],
                count=len(group.members),
                verdicts=[group.verdicts[digest] for digest in group.members],
                waits=group.waits,
            )
            for group in found
        ]


def exact(archive: Archive, *, start: int, size: int) -> list[DuplicateEntry]:
    """A stretch of the images that are listed more than once."""
    with archive.reading() as connection:
        found = duplicates.exact_page(connection, offset=start, limit=size)
        places = place_rows.sightings_of(connection, [stored.id for stored in found])
        said = {number: [each.verdict for each in rows] for number, rows in places.items()}
        return [
            DuplicateEntry(
                digest=stored.image.digest,
                images=[stored.image],
                count=len(said[stored.id]),
                verdicts=said[stored.id],
                waits=Verdict.NEW in said[stored.id],
            )
            for stored in found
        ]


def duplicate(archive: Archive, digest: str) -> Duplicate | None:
    """The group that an image is in, else the image alone; None where no image has this digest."""
    with archive.reading() as connection:
        stored = images.by_digest(connection, digest)
        if stored is None:
            return None
        group = duplicates.group_of(connection, digest)
        if group is None:
            before, after = duplicates.exact_beside(connection, stored.id)
            return Duplicate(None, _members(connection, [stored], {}), before, after)
        before, after = duplicates.groups_beside(connection, group.id)
        found = images.by_digests(connection, group.members)
        members = _members(connection, found.values(), group.verdicts, group.sameness)
        return Duplicate(group, members, before, after)


def _members(
    connection: Connection,
    members: Iterable[Stored],
    verdicts: Mapping[str, Verdict],
    told: Sameness | None = None,
) -> list[Member]:
    """The biggest picture first: by pixels, then bytes, then digest."""
    ordered = sorted(members, key=_size, reverse=True)
    told = told or Sameness()
    same = told.classes[0] if told.best else ()
    return [
        Member(
            each,
            verdicts.get(each.image.digest),
            best=each.image.digest == told.best,
            same=each.image.digest in same,
        )
        for each in details(connection, ordered)
    ]


def _size(stored: Stored) -> tuple[int, int, str]:
    image = stored.image
    pixels = image.facts.width * image.facts.height if image.facts else 0
    return pixels, image.bytes, image.digest
