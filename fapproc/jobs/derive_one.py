"""What a worker process makes of one picture: facts, thumbnail and encodings. No archive, no disk.

Light to import, because each worker does it: importing the database takes half a second more.
"""

from dataclasses import dataclass
from itertools import chain

from fapproc.dedup import motion
from fapproc.dedup.colour import Colour
from fapproc.dedup.models import DEFAULT, Model
from fapproc.dedup.motion import MOTION
from fapproc.dedup.perceptual import PERCEPT
from fapproc.dedup.registry import encode, methods
from fapproc.dedup.seen import Seen, first_shown
from fapproc.dedup.sight import sight
from fapproc.imaging.decode import Decoded, decode
from fapproc.imaging.thumbnail import Thumbnail, thumbnail
from fapproc.model import Detail, Facts


@dataclass(frozen=True, slots=True)
class Task:
    """The bytes of an image, and what is to be made of them; `MOTION` only of an animation."""

    data: bytes
    thumb: bool
    methods: frozenset[str]


@dataclass(frozen=True, slots=True)
class Derived:
    """What one decode gave; `codes` by method: as its `encode` gives them, or `motion.reel`.

    `sight` is what was noticed of the picture. One that can be seen, though not whole, is `unsound`
    and has no codes.
    """

    facts: Facts
    thumb: Thumbnail | None
    codes: dict[str, bytes]
    sight: int = 0
    unsound: Detail | None = None


def load_methods(model: Model) -> None:
    """Load what methods need once, a network of some megabytes. Runs in a worker process.

    Raises:
        UsageProblem: a method can't be used.
    """
    for one in methods(model).values():
        one.begin()


def derive_one(task: Task, model: Model = DEFAULT) -> Derived:
    """Decode one picture and make what its task asks for. Runs in a worker process.

    Raises:
        Undecodable: no picture can be made of the bytes.
        UsageProblem: a method can't be used.
    """
    decoded = decode(task.data)
    if decoded.unsound is not None:
        thumb = thumbnail(decoded) if task.thumb else None
        return Derived(decoded.facts, thumb, {}, unsound=decoded.unsound)
    chosen = [one for name, one in methods(model).items() if name in task.methods]
    seen = _seen(decoded)
    colour = Colour(decoded.first, seen)
    codes = encode(colour, chosen) if chosen else {}
    stored = None if decoded.is_as_stored else decoded.upright(colour.at(PERCEPT.size))
    if decoded.facts.animated and MOTION in task.methods:
        codes[MOTION] = motion.reel([frame.image for frame in decoded.frames])
    thumb = thumbnail(decoded) if task.thumb else None
    return Derived(decoded.facts, thumb, codes, sight(seen, stored))


def _seen(decoded: Decoded) -> Seen:
    """What people see: of an animation the first frame in which there is anything to see."""
    first = Seen(decoded.frames[0].image, decoded.shown)
    return first_shown(chain([first], (Seen(frame.image) for frame in decoded.frames[1:])))
