"""The work of `process`, by whoever does it: which image is wanted, and who decodes it.

Whoever works reads the image by its digest in an archive of its own; its bytes go to a process with
limits and nowhere else.
"""

from collections import deque
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from typing import TypeVar

from fapproc.archive import Archive
from fapproc.dedup import motion
from fapproc.dedup.method import Methods
from fapproc.dedup.models import FOLDER, Model
from fapproc.dedup.motion import MOTION
from fapproc.dedup.registry import methods
from fapproc.errors import Damaged
from fapproc.executors.local import LocalProcesses
from fapproc.executors.outcomes import Executor, Outcome, Refusal, Refused
from fapproc.imaging import decoders
from fapproc.jobs import libraries
from fapproc.jobs.derive_one import Derived, Task, derive_one, load_methods
from fapproc.vault.store import Key, Vault

K = TypeVar("K")

SECONDS = 60
"""Of processor time that one image may take."""
_DECODERS = "decoders"


@dataclass(frozen=True, slots=True)
class Wanted:
    """An image, and what is to be made of it, as in `Task`."""

    key: Key
    thumb: bool
    methods: frozenset[str]


class NotRead(Refusal):
    """The file of an image can't be read; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Reads images in a vault when their turn comes, and has their bytes decoded."""

    vault: Vault
    executor: Executor[Task, Derived]

    def map(self, tasks: Iterable[tuple[K, Wanted]]) -> Iterator[tuple[K, Outcome[Derived]]]:
        """Yield what came of each image; `NotRead` of one that can't be read."""
        unread: deque[tuple[K, Outcome[Derived]]] = deque()

        def read() -> Iterator[tuple[K, Task]]:
            for key, wanted in tasks:
                try:
                    task = Task(self.vault.get(wanted.key), wanted.thumb, wanted.methods)
                except Damaged as error:
                    unread.append((key, Refused(NotRead(str(error)))))
                else:
                    yield key, task

        for answer in self.executor.map(read()):
            yield answer
            while unread:
                yield unread.popleft()
        yield from unread


@dataclass(frozen=True, slots=True)
class Deriving:
    """The work on many images, for whoever does it elsewhere; `versions`: what it depends on."""

    model: Model
    versions: dict[str, str]
    libraries: dict[str, str]

    @classmethod
    def here(cls, model: Model, names: Collection[str]) -> "Deriving":
        """The work as it is done with the libraries of this computer; `names`: of methods."""
        versions = identities(names, methods(model)) | {_DECODERS: decoders.identity()}
        return cls(model, versions, libraries.here())

    @classmethod
    def whole(cls, model: Model) -> "Deriving":
        """The work of `process`, with all methods."""
        return cls.here(model, [*methods(model), MOTION])

    def name(self) -> str:
        """The same for the same work; where its network lies makes no difference."""
        depends = replace(self.model, file=None), self.versions, self.libraries
        return sha256(repr(depends).encode()).hexdigest()

    @contextmanager
    def begun(self, archive: Archive, memory: int) -> Iterator[Executor[Wanted, Derived]]:
        """Who does it here, in one process that may take so many bytes.

        Raises:
            UsageProblem: it would come out otherwise here, or a method can't be used.
            FapError: the process can't be started.
        """
        model = self._found()
        names = self.versions.keys() - {_DECODERS}
        for one in methods(model).values() if names else ():
            one.prepare()
        mine = Deriving.here(model, names)
        libraries.refuse_others(self.versions, mine.versions)
        libraries.refuse_others(self.libraries, mine.libraries)
        begin = partial(load_methods, model) if names else None
        work = partial(derive_one, model=model)
        with LocalProcesses[Task, Derived](
            work, begin=begin, processes=1, seconds=SECONDS, memory=memory
        ) as process:
            process.make_ready()
            yield Reading(archive.vault, process)

    def _found(self) -> Model:
        """The network, where it lies here: one of ours comes with the program."""
        file = self.model.file
        if file is not None and not file.exists() and (FOLDER / file.name).exists():
            return replace(self.model, file=FOLDER / file.name)
        return self.model


def identities(names: Collection[str], known: Methods) -> dict[str, str]:
    """What the codes of methods, and of reels, depend on here, by name."""
    found = {name: one.identity() for name, one in known.items() if name in names}
    return found | ({MOTION: motion.identity()} if MOTION in names else {})
