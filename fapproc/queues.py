"""Vocabulary of what a person goes through: which possible duplicates, and where they are."""

from dataclasses import dataclass
from enum import StrEnum


class Queue(StrEnum):
    """Which possible duplicates: those that wait for a word, ask for a second look, or neither."""

    WAITING = "waiting"
    LOOK = "look"
    JUDGED = "judged"
    ALL = "all"


class Kind(StrEnum):
    """Possible duplicates of one kind: groups that look alike, or one image at several places."""

    ALIKE = "alike"
    PLACES = "places"


@dataclass(frozen=True, slots=True)
class Position:
    """Where a person is: an image of what was looked at last, and what was gone through."""

    digest: str
    kind: Kind | None = None
    """None: groups, and after these images at several places."""
    state: Queue = Queue.WAITING
