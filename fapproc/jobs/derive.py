"""Process: one decode per image gives facts, thumbnail and encodings; only what is missing is made.

Decoding happens in worker processes with limits; results are stored in batches while the workers go
on. An image is never dropped: if no whole picture can be made of it, it stays and is `unsound`; if
a worker broke, it stays as it is. In both cases it is first tried again, alone, with more time and
all available memory. May be stopped at any time, and goes on from there.
"""

from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import partial
from itertools import islice

from fapproc.archive import Archive
from fapproc.db import derived as derived_rows
from fapproc.db import images
from fapproc.db.derived import MissingParts, WantedParts
from fapproc.db.images import Stored
from fapproc.dedup import motion
from fapproc.dedup.method import Methods
from fapproc.dedup.models import DEFAULT, Model
from fapproc.dedup.motion import MOTION
from fapproc.dedup.registry import HASHES, VECTORS, methods
from fapproc.executors.local import LocalProcesses
from fapproc.executors.outcomes import Broken, Done, Executor, Outcome, Refused
from fapproc.firsts import Firsts
from fapproc.imaging import decoders
from fapproc.imaging.undecodable import Undecodable
from fapproc.jobs.derive_one import Derived, Task, derive_one, load_methods
from fapproc.jobs.derive_store import Storing
from fapproc.jobs.deriving import SECONDS, Deriving, NotRead, Reading, Wanted, identities
from fapproc.model import Detail
from fapproc.vault.store import Key, Kind
from fapproc.wording import short

SECONDS_ALONE = 300
"""Of processor time that one image may take when it is tried alone."""
Elsewhere = Callable[[Deriving], Executor[Wanted, Derived]]
"""Makes what derives on other computers."""


class Part(Enum):
    """What `derive` can make apart; facts come with either."""

    THUMBS = auto()
    ENCODE = auto()


BOTH = frozenset(Part)


@dataclass(frozen=True, slots=True)
class DeriveReport:
    """What `derive` did.

    `unsound` are the digests of images that failed, each with the reason that their bytes give.
    `damaged` are sentences, one for each file that the disk spoiled and each thumbnail that it did
    not take, or one where it takes none; `broken` one for each image that could not be processed on
    this machine now. These are tried again by the next run.
    """

    made: int = 0
    unsound: Firsts[tuple[str, Detail]] = field(default_factory=Firsts)
    damaged: Firsts[str] = field(default_factory=Firsts)
    broken: Firsts[str] = field(default_factory=Firsts)

    @property
    def failed(self) -> int:
        """How many images are unsound."""
        return self.unsound.count


def missing(archive: Archive, *, parts: Collection[Part] = BOTH, model: Model = DEFAULT) -> int:
    """How many images `derive` would process."""
    wanted = _wanted(archive, parts, _identities(parts, methods(model)))
    with archive.reading() as connection:
        return derived_rows.count_lacking(connection, wanted)


def outdated(archive: Archive) -> dict[str, int]:
    """How many images have hashes that the libraries here make otherwise, by who made them.

    `derive` makes these again. Hashes of one maker are made together, so one tells of all.
    """
    found: dict[str, int] = {}
    with archive.reading() as connection:
        for name, one in HASHES.items():
            others = images.other_versions(connection, name, one.identity())
            found |= {
                made_by: max(count, found.get(made_by, 0)) for made_by, count in others.items()
            }
    return found


def unseen(archive: Archive) -> int:
    """How many animations were hashed, and how they go on is not known: `derive` looks at them."""
    with archive.reading() as connection:
        number = images.encoder_id(connection, MOTION, motion.identity())
        return derived_rows.count_unseen(connection, number)


def derive(
    archive: Archive,
    done: Callable[[int], None] = lambda _: None,
    *,
    parts: Collection[Part] = BOTH,
    model: Model = DEFAULT,
    only: Collection[int] | None = None,
    processes: int | None = None,
    elsewhere: Elsewhere | None = None,
) -> DeriveReport:
    """Make whatever is missing of facts, thumbnails and encodings.

    Args:
        archive: whose images.
        done: called with the number of images finished since its last call.
        parts: what to make; facts come with either.
        model: the network that the settings choose; vectors of another one are compared until
            a run has come to its end, and replaced then.
        only: the row numbers of the images to look at; all if None.
        processes: how many workers at most; as many as this computer can do with if None.
        elsewhere: makes what does the work instead of processes of this computer. Only what breaks
            there is tried again here.

    Raises:
        StorageError: the disk is full; what was stored before stays.
        UsageProblem: a method can't be used.
        FapError: no worker can be started.
    """
    known = methods(model)
    versions = _identities(parts, known)
    for one in known.values() if versions else ():
        one.prepare()
    wanted = _wanted(archive, parts, versions)
    begin = partial(load_methods, model) if versions else None
    workers = partial(LocalProcesses[Task, Derived], partial(derive_one, model=model), begin=begin)
    damaged, broken = Firsts[str](), Firsts[str]()
    again = array("q")  # row numbers: without decoders all of an archive may be tried again
    with Storing(archive, versions, damaged, done) as storing:
        taken = _Taken(storing)
        with workers(processes=processes, seconds=SECONDS) as many:
            work: Executor[Wanted, Derived] = Reading(archive.vault, many)
            if elsewhere is not None:
                work = elsewhere(Deriving.here(model, versions))
            for lack, outcome in _outcomes(archive, work, _lacks(archive, wanted, only), damaged):
                if isinstance(outcome, Done):
                    taken.add(lack, outcome)
                else:
                    again.append(lack.stored.id)
        with workers(processes=1, seconds=SECONDS_ALONE) as alone:
            work = Reading(archive.vault, alone)
            for lack, outcome in _outcomes(archive, work, _lacks(archive, wanted, again), damaged):
                if isinstance(outcome, Broken):
                    broken.add([_sentence(lack, outcome)])
                    storing.skip()
                else:
                    taken.add(lack, outcome)
    if only is None:
        for name in {*VECTORS, MOTION} & versions.keys():
            _forget_replaced(archive, name, versions[name])
    return DeriveReport(taken.made, taken.unsound, damaged, broken)


class _Taken:
    """Counts what came of images as it is stored, and keeps the first that failed."""

    def __init__(self, storing: Storing) -> None:
        self._storing = storing
        self.made = 0
        self.unsound = Firsts[tuple[str, Detail]]()

    def add(self, lack: MissingParts, outcome: Done[Derived] | Refused) -> None:
        """Store what came of an image."""
        self._storing.add(lack, outcome)
        detail = _detail(outcome)
        if detail is None:
            self.made += 1
        else:
            self.unsound.add([(lack.stored.image.digest, detail)])


def _forget_replaced(archive: Archive, method: str, version: str) -> None:
    """Remove former networks' vectors, some at a time: a crawl has its turn in between."""
    while True:
        with archive.reading() as connection:
            number = images.encoder_id(connection, method, version) or 0
            keys = derived_rows.replaced_vectors(connection, number)
        if not keys:
            return
        with archive.writing() as connection:
            derived_rows.forget_vectors(connection, keys)


def _identities(parts: Collection[Part], known: Methods) -> dict[str, str]:
    """By method, and of reels, which codes are made; nothing if none are to be."""
    return identities([*known, MOTION], known) if Part.ENCODE in parts else {}


def _wanted(archive: Archive, parts: Collection[Part], versions: Mapping[str, str]) -> WantedParts:
    with archive.reading() as connection:
        encoders = {
            name: images.encoder_id(connection, name, version) or 0
            for name, version in versions.items()
        }
    hashes = {name: number for name, number in encoders.items() if name in HASHES}
    vectors = {name: number for name, number in encoders.items() if name in VECTORS}
    reels = {name: number for name, number in encoders.items() if name == MOTION}
    return WantedParts(Part.THUMBS in parts, hashes, vectors, decoders.identity(), reels)


def _detail(outcome: Done[Derived] | Refused) -> Detail | None:
    """Why an image is unsound; None if it is sound."""
    if isinstance(outcome, Done):
        return outcome.value.unsound
    return outcome.problem.detail if isinstance(outcome.problem, Undecodable) else None


def _sentence(lack: MissingParts, broken: Broken) -> str:
    digest = lack.stored.image.digest
    return f"Image {short(digest)} could not be processed: {broken.why}."


def _lacks(
    archive: Archive, wanted: WantedParts, only: Collection[int] | None
) -> Iterator[MissingParts]:
    """Images that lack something, in the order of arrival; of some alone, in the given order."""
    if only is not None:
        given = iter(only)
        while these := list(islice(given, derived_rows.BATCH)):
            with archive.reading() as connection:
                found = derived_rows.lacking_of(connection, wanted, these)
            yield from found
        return
    after = 0
    while True:
        with archive.reading() as connection:
            found = derived_rows.lacking(connection, wanted, after=after)
        if not found:
            return
        after = found[-1].stored.id
        yield from found


def _outcomes(
    archive: Archive,
    work: Executor[Wanted, Derived],
    lacks: Iterable[MissingParts],
    damaged: Firsts[str],
) -> Iterator[tuple[MissingParts, Outcome[Derived]]]:
    """What came of each image; a file that the disk spoiled is told and skipped."""
    for lack, outcome in work.map((lack, _wanted_of(lack)) for lack in lacks):
        if isinstance(outcome, Refused) and isinstance(outcome.problem, NotRead):
            if _is_there(archive, lack.stored):  # else another program dropped it since
                damaged.add([str(outcome.problem)])
        else:
            yield lack, outcome


def _wanted_of(lack: MissingParts) -> Wanted:
    image = lack.stored.image
    return Wanted(Key(Kind.BLOB, image.digest, image.format), lack.thumb, lack.methods)


def _is_there(archive: Archive, stored: Stored) -> bool:
    with archive.reading() as connection:
        return images.by_digest(connection, stored.image.digest) is not None
