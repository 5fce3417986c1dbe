"""Groups of possible duplicates, images listed more than once, and either of them in full."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from fapproc.archive import Archive
from fapproc.db import duplicates, images, judgements, kept_figures, observations
from fapproc.db import places as place_rows
from fapproc.db.images import Stored
from fapproc.db.queue import Stretch
from fapproc.dedup.method import OFF
from fapproc.dedup.motion import IN_ORDER, MOTION
from fapproc.dedup.registry import HASHES
from fapproc.dedup.turns import BITS, TURNED
from fapproc.jobs import batch, scenes, sensitivity
from fapproc.jobs.batch import Rule
from fapproc.jobs.pages.images import ImageDetails, details
from fapproc.jobs.pages.ranks import Ranks
from fapproc.model import Group, Image, Pair, Verdict
from fapproc.queues import Order, Queue
from fapproc.sameness import Sameness


@dataclass(frozen=True, slots=True)
class DuplicateCounts:
    """How much there is to judge: groups that may be one picture, images listed more than once."""

    grouped: int
    """Images that are in a group."""
    groups: Mapping[Queue, int]
    exact: Mapping[Queue, int]


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
    gone: bool = False
    """Whether the site has it no longer at one of its places."""


@dataclass(frozen=True, slots=True)
class Nearness:
    """Two images that a method found near, on its own scale and on one for all methods."""

    pair: Pair
    likeness: float | None
    """0 where it is just near enough, 10 where nothing is nearer; None for what is off by now."""


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A group, or an image that is in none; its members, the biggest first."""

    group: Group | None
    members: Sequence[Member]
    version: str | None
    """Of what stands, to say something of that alone; None where there is nothing to judge."""
    proposed: Mapping[str, Verdict]
    """What we would say, by digest: to keep the best, and to skip what is the same as that."""
    pairs: Sequence["Nearness"]


def counts(archive: Archive) -> DuplicateCounts:
    """How much there is, and how much waits for a verdict."""
    with archive.reading() as connection:
        held = kept_figures.totals(kept_figures.values(connection))
        look = len(duplicates.to_look(connection))
    return DuplicateCounts(
        grouped=held.grouped,
        groups=_by_queue(held.groups, held.groups_waiting, look),
        exact=_by_queue(held.exact, held.exact_waiting, 0),
    )


def verdicts(archive: Archive) -> Mapping[Verdict, int]:
    """How many images that are in groups have each verdict."""
    with archive.reading() as connection:
        return judgements.count_verdicts(connection)


def groups(
    archive: Archive,
    ranks: Ranks,
    which: Queue = Queue.ALL,
    order: Order = Order.FOUND,
    *,
    start: int,
    size: int,
    images_each: int,
) -> list[DuplicateEntry]:
    """A stretch of the groups, with so many images of each at most."""
    with archive.reading() as connection:
        numbers = ranks.groups(connection, which, Stretch(size, start), order)
        found = duplicates.of_numbers(connection, numbers)
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


def exact(
    archive: Archive,
    ranks: Ranks,
    which: Queue = Queue.ALL,
    order: Order = Order.FOUND,
    *,
    start: int,
    size: int,
) -> list[DuplicateEntry]:
    """A stretch of the images that are listed more than once."""
    with archive.reading() as connection:
        numbers = ranks.images(connection, which, Stretch(size, start), order)
        there = images.by_ids(connection, numbers)
        found = [there[number] for number in numbers]
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


def of_images(archive: Archive, digests: Sequence[str], *, most_pairs: int) -> dict[str, Duplicate]:
    """The group that each of these images is in, else the image alone; images of a group share it.

    A digest that no image has is not there. All are asked for together: ten groups cost little
    more than one.
    """
    with archive.reading() as connection:
        asked = images.by_digests(connection, digests)
        grouped = duplicates.group_numbers(connection, [each.id for each in asked.values()])
        groups = {
            each.id: each for each in duplicates.of_numbers(connection, sorted({*grouped.values()}))
        }
        members = {digest for group in groups.values() for digest in group.members}
        stored = {**images.by_digests(connection, members), **asked}
        known = _known(connection, list(stored.values()))
        versions = scenes.look_all(connection, list(asked))
        limits = {**sensitivity.in_force(connection).regular, MOTION: IN_ORDER, TURNED: BITS}
    shown: dict[int | str, Duplicate] = {}
    for digest, one in asked.items():
        number = grouped.get(one.id)
        if (key := number or digest) in shown:
            continue
        group = groups.get(number) if number is not None else None
        version = versions[digest].version if digest in versions else None
        shown[key] = Duplicate(
            group,
            _members([known[each] for each in (group.members if group else [digest])], group),
            version,
            batch.proposed(group, Rule.BEST) if group else {},
            _nearness(group.pairs[:most_pairs], limits) if group else (),
        )
    return {digest: shown[grouped.get(one.id) or digest] for digest, one in asked.items()}


def beside(archive: Archive, shown: Duplicate) -> tuple[str | None, str | None]:
    """The first images of the groups before and after one; else images listed more than once."""
    with archive.reading() as connection:
        if shown.group is not None:
            return duplicates.groups_beside(connection, shown.group.id)
        number = images.by_digest(connection, shown.members[0].details.image.digest)
        return duplicates.exact_beside(connection, number.id) if number else (None, None)


def _by_queue(every: int, waiting: int, look: int) -> dict[Queue, int]:
    return {
        Queue.WAITING: waiting,
        Queue.LOOK: look,
        Queue.JUDGED: every - waiting,
        Queue.ALL: every,
    }


def _nearness(pairs: Iterable[Pair], limits: Mapping[str, float]) -> list[Nearness]:
    return [Nearness(pair, _likeness(pair.method, pair.score, limits)) for pair in pairs]


def _likeness(method: str, score: float, limits: Mapping[str, float]) -> float | None:
    """From 0, at the limit for still pictures, to 10: no bit differs, or the same direction."""
    limit = limits.get(method, OFF)
    if limit == OFF:
        return None
    nearest = 0.0 if method in {*HASHES, TURNED} else 1.0
    if limit == nearest:  # nothing but the nearest counts as near
        return 10.0 if score == nearest else 0.0
    return min(10.0, max(0.0, (score - limit) / (nearest - limit) * 10))


def _known(connection: Connection, shown: Sequence[Stored]) -> dict[str, tuple[ImageDetails, bool]]:
    """What is known of images, by digest, and whether they are gone from somewhere."""
    gone = observations.gone_of(connection, [each.id for each in shown])
    return {
        stored.image.digest: (each, bool(gone.get(stored.id)))
        for stored, each in zip(shown, details(connection, shown), strict=True)
    }


def _members(known: Iterable[tuple[ImageDetails, bool]], group: Group | None) -> list[Member]:
    """The biggest picture first: by pixels, then bytes, then digest."""
    told = (group.sameness if group else None) or Sameness()
    same = told.classes[0] if told.best else ()
    verdicts = group.verdicts if group else {}
    return [
        Member(
            each,
            verdicts.get(each.image.digest),
            best=each.image.digest == told.best,
            same=each.image.digest in same,
            gone=gone,
        )
        for each, gone in sorted(known, key=lambda one: _size(one[0].image), reverse=True)
    ]


def _size(image: Image) -> tuple[int, int, str]:
    pixels = image.facts.width * image.facts.height if image.facts else 0
    return pixels, image.bytes, image.digest
