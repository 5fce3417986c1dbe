"""What comes of a task: done, refused, or broken; and what every executor does with tasks.

Light, so that whatever raises `Refusal` or looks at an outcome loads nothing else.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

K = TypeVar("K")
P_contra = TypeVar("P_contra", contravariant=True)
R_co = TypeVar("R_co", covariant=True)


class Refusal(Exception):
    """Raised by a task: with this payload, and each time it is given, it can't be done."""


class StaysHere(TypeError):
    """Raised where a value is to be pickled that has to stay in its process."""


@dataclass(frozen=True, slots=True)
class Done(Generic[R_co]):
    """The task was done, with this result."""

    value: R_co


@dataclass(frozen=True, slots=True)
class Refused:
    """The task says of its payload that it can't be done."""

    problem: Refusal


@dataclass(frozen=True, slots=True)
class Broken:
    """The work broke: it took too long, or its process ended. This says nothing of the payload.

    `why` is half a sentence for a person; `trace` the traceback, where an error was raised that
    nobody foresaw.
    """

    why: str
    trace: str = ""


Outcome = Done[R_co] | Refused | Broken


class Executor(Protocol[P_contra, R_co]):
    """Runs one function on many payloads."""

    def map(self, tasks: Iterable[tuple[K, P_contra]]) -> Iterator[tuple[K, Outcome[R_co]]]:
        """Yield what came of each payload, under its key, in whatever order it comes."""
        ...


MakeExecutor = Callable[[Callable[[Any], Any]], Executor[Any, Any]]
"""Makes what runs a function on many payloads: `Here`, say."""
