"""Groups of possible duplicates, images listed more than once, and either of them in full."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from fapproc.archive import Archive
from fapproc.db import duplicates, images, judgements, kept_figures, observations, queue
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
    """A group, or an image that is in none; its members, the biggest first, and its neighbours."""

    group: Group | None
    members: Sequence[Member]
    version: str | None
    """Of what stands, to say something of that alone; None where there is nothing to judge."""
    proposed: Mapping[str, Verdict]
    """What we would say, by digest: to keep the best, and to skip what is the same as that."""
    pairs: Sequence["Nearness"]
    before: str | None
    after: str | None
    """Digests: of the first image of the groups beside it, or of images listed more than once."""


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
    which: Queue = Queue.ALL,
    order: Order = Order.FOUND,
    *,
    start: int,
    size: int,
    images_each: int,
) -> list[DuplicateEntry]:
    """A stretch of the groups, with so many images of each at most."""
    with archive.reading() as connection:
        numbers = queue.groups(connection, which, Stretch(size, start), order)
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
    which: Queue = Queue.ALL,
    order: Order = Order.FOUND,
    *,
    start: int,
    size: int,
) -> list[DuplicateEntry]:
    """A stretch of the images that are listed more than once."""
    with archive.reading() as connection:
        numbers = queue.images(connection, which, Stretch(size, start), order)
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


def duplicate(archive: Archive, digest: str, *, most_pairs: int) -> Duplicate | None:
    """The group that an image is in, else the image alone; None where no image has this digest."""
    with archive.reading() as connection:
        stored = images.by_digest(connection, digest)
        if stored is None:
            return None
        group = duplicates.group_of(connection, digest)
        if group is None:
            before, after = duplicates.exact_beside(connection, stored.id)
            alone = _members(connection, [stored], {})
            judged = len(alone[0].details.places) > 1
            version = scenes.look(connection, digest).version if judged else None
            return Duplicate(None, alone, version, {}, (), before, after)
        before, after = duplicates.groups_beside(connection, group.id)
        found = images.by_digests(connection, group.members)
        return Duplicate(
            group,
            _members(connection, found.values(), group.verdicts, group.sameness),
            scenes.look(connection, digest).version,
            batch.proposed(group, Rule.BEST),
            _nearness(connection, group.pairs[:most_pairs]),
            before,
            after,
        )


def _by_queue(every: int, waiting: int, look: int) -> dict[Queue, int]:
    return {
        Queue.WAITING: waiting,
        Queue.LOOK: look,
        Queue.JUDGED: every - waiting,
        Queue.ALL: every,
    }


def _nearness(connection: Connection, pairs: Iterable[Pair]) -> list[Nearness]:
    limits = {**sensitivity.in_force(connection).regular, MOTION: IN_ORDER, TURNED: BITS}
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
    gone = observations.gone_of(connection, [each.id for each in ordered])
    return [
        Member(
            each,
            verdicts.get(each.image.digest),
            best=each.image.digest == told.best,
            same=each.image.digest in same,
            gone=bool(gone.get(stored.id)),
        )
        for stored, each in zip(ordered, details(connection, ordered), strict=True)
    ]


def _size(stored: Stored) -> tuple[int, int, str]:
    image = stored.image
    pixels = image.facts.width * image.facts.height if image.facts else 0
    return pixels, image.bytes, image.digest
