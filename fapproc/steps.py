"""How what takes long tells that its steps begin, and how many of them are done."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

Done = Callable[[int], None]
Begin = Callable[[str, int], AbstractContextManager[Done]]
"""Told what begins and how many steps it has, gives what is called with how many more are done."""


@contextmanager
def unseen(what: str, total: int) -> Iterator[Done]:  # noqa: ARG001 - a `Begin`
    """Show nothing."""
    yield lambda _: None
