"""This process: the simplest executor. One task after another, each when its outcome is asked for.

For what needs no limits and has its data here. An error that nobody foresaw is raised as it is, and
Ctrl-C ends the task that is at work.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

from fapproc.executors.outcomes import Done, Outcome, Refusal, Refused

K = TypeVar("K")
P = TypeVar("P")
R = TypeVar("R")


class Here(Generic[P, R]):
    """Calls a function on payloads in this process."""

    def __init__(self, function: Callable[[P], R]) -> None:
        self._function = function

    def map(self, tasks: Iterable[tuple[K, P]]) -> Iterator[tuple[K, Outcome[R]]]:
        """Yield what came of each payload, under its key, in the order of the tasks.

        Raises:
            Exception: what the function raises, but for `Refusal`.
        """
        for key, payload in tasks:
            outcome: Outcome[R]
            try:
                outcome = Done(self._function(payload))
            except Refusal as problem:
                outcome = Refused(problem)
            yield key, outcome
