"""Store pictures: files first, then rows in one transaction, which is the commit point.

A crash between the two leaves a file without a row. That is harmless: when the same bytes come
again, the file is used or replaced.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from sqlalchemy import Connection

from fapproc.archive import Archive
from fapproc.db import catalogue, counting, images, listings, placeholders, places, pruned
from fapproc.db.images import Content
from fapproc.imaging.sniff import HEAD, sniff
from fapproc.model import Detail, Format, Reason
from fapproc.sources import Source
from fapproc.vault.store import AT_ONCE, Key, Kind, digest_of


@dataclass(frozen=True, slots=True)
class Picture:
    """The bytes fetched for an id, and the name they go by there."""

    image: int
    name: str | None
    data: bytes = field(repr=False)  # a log that names a picture is not to hold it
    format: Format
    accepted: bool = False
    """A person said that what comes for this id is the picture, though it was doubted."""


@dataclass(frozen=True, slots=True)
class Miss:
    """An id whose picture failed, and why; `url` is its full-size address, if known."""

    image: int
    reason: Reason
    detail: Detail
    name: str | None = None
    url: str | None = None
    why: str | None = field(default=None, compare=False)
    """What happened, as a sentence without its end, where the reason says less; it is not kept."""


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What a call of `store` did."""

    new: int = 0
    """Contents that the archive did not have."""
    known: int = 0
    """Pictures whose content it had already, or that a person has pruned."""
    bytes: int = 0
    """Size of the new ones."""
    failed: int = 0
    placeholders: int = 0
    """Those of the failed for which one small file came, as for many others."""
    odd: frozenset[int] = frozenset()
    """Ids whose page was odd, which the next crawl asks for again: they have not failed."""

    def __add__(self, other: "IngestReport") -> "IngestReport":
        return IngestReport(
            self.new + other.new,
            self.known + other.known,
            self.bytes + other.bytes,
            self.failed + other.failed,
            self.placeholders + other.placeholders,
            self.odd | other.odd,
        )


def examine(data: bytes) -> Format | Detail:
    """What the bytes are: a format of the list, or the word that says why they are no picture."""
    return sniff(data[:HEAD])


Entry = TypeVar("Entry")
Keyed = tuple[Key, Picture]


def weight(entry: object) -> int:
    """How many bytes an entry holds: those of a picture."""
    return len(entry.data) if isinstance(entry, Picture) else 0


def batches(
    entries: Iterable[Entry], *, most: int, weigh: Callable[[Entry], int] = weight
) -> Iterator[list[Entry]]:
    """Put together what is stored at once: so many entries, and few bytes more than `AT_ONCE`.

    They are taken as they are wanted, so no more of them than a batch lie in memory.
    """
    batch: list[Entry] = []
    held = 0
    for entry in entries:
        batch.append(entry)
        held += weigh(entry)
        if len(batch) >= most or held >= AT_ONCE:
            yield batch
            batch, held = [], 0
    if batch:
        yield batch


def store(
    archive: Archive,
    pictures: Sequence[Picture],
    misses: Sequence[Miss] = (),
    *,
    at: int,
    source: Source,
) -> IngestReport:
    """Store pictures and failures durably; when this returns, both survive a power cut.

    Args:
        archive: where to.
        pictures: what was fetched; their ids are listed in an album already.
        misses: what was not.
        at: the time, Unix seconds.
        source: whose the ids are.

    Raises:
        StorageError: the disk is full or can't be written; nothing of this call is recorded.
    """
    keyed = [(_key(picture), picture) for picture in pictures]
    with archive.reading() as connection:
        keyed, pruned_before = _without_pruned(connection, keyed)
    blocked = archive.vault.put((key, picture.data) for key, picture in keyed)
    misses = [*misses, *(_in_the_way(picture) for key, picture in keyed if key in blocked)]
    keyed = [each for each in keyed if each[0] not in blocked]
    with archive.writing() as connection:
        # A person may have pruned one of them meanwhile, or have taken that back.
        keyed, unwanted = _without_pruned(connection, [*keyed, *pruned_before])
        keyed = _listed(archive, connection, keyed, source)
        contents = [Content(key.digest, len(picture.data), key.format) for key, picture in keyed]
        # This program may have been stopped since the files were put, for days, and a check may
        # have taken them for orphans. From here on none can.
        archive.vault.ensure((key, picture.data) for key, picture in keyed)
        added = images.add_all(connection, contents, at)
        numbers, before = added.numbers, added.known
        sites = {picture.image for _, picture in keyed} | {miss.image for miss in misses}
        counting.touch(connection, images=numbers.values(), sites=sites)  # in one go
        had = [(picture.image, numbers[key.digest], picture.name) for key, picture in keyed]
        listings.record_images(connection, had, source=source)
        _settle_pruned(connection, unwanted, source)
        accepted = {numbers[key.digest] for key, picture in keyed if picture.accepted}
        repeated = {numbers[digest] for digest in before} | _repeated(keyed, numbers)
        many = 0
        if accepted:
            placeholders.accept(connection, accepted)
        if repeated and source.is_online:  # seldom
            many = placeholders.learn(connection, repeated, at, source)
        odd = set()
        for miss in misses:
            if miss.detail is Detail.ODD:
                if not listings.note_odd(
                    connection, miss.image, name=miss.name, url=miss.url, at=at, source=source
                ):
                    odd.add(miss.image)
                continue
            listings.record_failure(
                connection,
                miss.image,
                miss.reason,
                miss.detail,
                name=miss.name,
                url=miss.url,
                at=at,
                source=source,
            )
        catalogue.settle_albums(connection, at)
    new = {content.digest: content.bytes for content in contents if content.digest not in before}
    failed = len(misses) - len(odd) + many
    known = len(keyed) + len(unwanted) - len(new)
    return IngestReport(len(new), known, sum(new.values()), failed, many, frozenset(odd))


def _listed(
    archive: Archive, connection: Connection, keyed: Sequence[Keyed], source: Source
) -> list[Keyed]:
    """Pictures but for those that no album lists any more, as a person has deleted it meanwhile."""
    there = places.listed(connection, [picture.image for _, picture in keyed], source)
    kept = [each for each in keyed if each[1].image in there]
    alone = {key for key, _ in keyed} - {key for key, _ in kept}
    known = images.numbers_of(connection, [key.digest for key in alone])
    for key in alone:
        if key.digest not in known:
            archive.vault.delete(key)
    return kept


def _without_pruned(
    connection: Connection, keyed: Sequence[Keyed]
) -> tuple[list[Keyed], list[Keyed]]:
    """Pictures but for those that a person has pruned; and these."""
    unwanted = pruned.known(connection, [key.digest for key, _ in keyed])
    rest = [each for each in keyed if each[0].digest not in unwanted]
    return rest, [each for each in keyed if each[0].digest in unwanted]


def _settle_pruned(connection: Connection, unwanted: Sequence[Keyed], source: Source) -> None:
    known = pruned.known(connection, [key.digest for key, _ in unwanted])
    had = [(picture.image, known[key.digest], picture.name) for key, picture in unwanted]
    pruned.record_places(connection, had, source=source)


def _repeated(keyed: Sequence[tuple[Key, Picture]], numbers: Mapping[str, int]) -> set[int]:
    """Images that came more than once in a batch."""
    counts = Counter(key.digest for key, _ in keyed)
    return {numbers[digest] for digest, count in counts.items() if count > 1}


def _key(picture: Picture) -> Key:
    return Key(Kind.BLOB, digest_of(picture.data), picture.format)


def _in_the_way(picture: Picture) -> Miss:
    """What becomes of a picture in whose place a folder lies: fetched when that is gone."""
    return Miss(picture.image, Reason.FILE, Detail.UNREACHABLE, picture.name)
