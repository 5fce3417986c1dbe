"""What a job says it did goes to the person and into the journal of the archive."""

import time
from typing import TYPE_CHECKING, Protocol

from fapproc.voice import answer

if TYPE_CHECKING:
    from fapproc.archive import Archive


class Say(Protocol):
    """Says what a job did; only to the journal if the person gets JSON."""

    def __call__(self, sentence: str, *, aloud: bool = True) -> None:
        """Answer, and note it."""


def noting(archive: "Archive", name: str) -> Say:
    """Return a function that tells the person a result and notes it, of a job that begins now."""
    began = int(time.time())

    def say(sentence: str, *, aloud: bool = True) -> None:
        from fapproc.jobs import journal

        if aloud:
            answer(sentence)
        if not archive.read_only:
            journal.note(archive, name, began, sentence)

    return say
