"""Vocabulary of what a person goes through: which possible duplicates."""

from enum import StrEnum


class Queue(StrEnum):
    """Which possible duplicates: those that wait for a word, ask for a second look, or neither."""

    WAITING = "waiting"
    LOOK = "look"
    JUDGED = "judged"
    ALL = "all"
