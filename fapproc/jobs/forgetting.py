"""Forget groups of possible duplicates, with the verdicts on their images.

Pictures, tags and the pairs that were found stay: the next search makes the groups again, without
verdicts.
"""

import hashlib
import time
from dataclasses import dataclass

from sqlalchemy import Connection

from fapproc.archive import Archive
from fapproc.db import judgements, queue, settings
from fapproc.db.queue import Stretch
from fapproc.errors import Changed
from fapproc.jobs import journal
from fapproc.jobs.recording import GROUPED
from fapproc.queues import Queue
from fapproc.wording import counted


@dataclass(frozen=True, slots=True)
class ForgettingPlan:
    """How many groups are forgotten, how many images they have, and of how many a word was said."""

    groups: int
    images: int
    judged: int
    version: str
    """Of other groups it is another one."""

    @property
    def summed(self) -> str:
        """What is forgotten, in half a sentence."""
        said = f", {self.judged:,} of them judged" * bool(self.judged)
        return f"{counted(self.groups, 'group')} of {counted(self.images, 'image')}{said}"


def plan(archive: Archive, which: Queue) -> ForgettingPlan:
    """What forgetting the groups of a kind takes away; changes nothing."""
    with archive.reading() as connection:
        return _planned(connection, _groups(connection, which))


def forget(archive: Archive, which: Queue, agreed: ForgettingPlan) -> None:
    """Forget the groups of a kind.

    Raises:
        Changed: these are others by now than was agreed to. Nothing was changed.
    """
    began = int(time.time())
    with archive.writing() as connection:
        groups = _groups(connection, which)
        if _planned(connection, groups) != agreed:
            raise Changed(
                "Other groups would be forgotten by now. Nothing was changed: look again."
            )
        judgements.forget(connection, groups, everything=which is Queue.ALL)
        settings.write(connection, GROUPED, None)  # the next search makes the groups again
    journal.note(archive, "forget", began, f"Forgot {agreed.summed}.")


def _groups(connection: Connection, which: Queue) -> list[int]:
    return queue.groups(connection, which, Stretch(limit=None))


def _planned(connection: Connection, groups: list[int]) -> ForgettingPlan:
    images, judged = judgements.count_members(connection, groups)
    version = hashlib.sha256(f"{groups} {images} {judged}".encode()).hexdigest()
    return ForgettingPlan(len(groups), images, judged, version)
