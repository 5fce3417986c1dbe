"""A selection as a value: what must hold of an image to be meant."""

from dataclasses import dataclass
from datetime import date as day
from enum import IntEnum, StrEnum

from fapproc.model import Format, Verdict


class Show(IntEnum):
    """What is done with images that have a feature; the numbers stand in addresses."""

    HIDE = 0
    ALLOW = 1
    ONLY = 2


class Twins(StrEnum):
    """How an image stands to others: in a group, at several places, and what is said of that."""

    NO = "no"
    ALIKE = "alike"
    LOOKALIKE = "lookalike"
    PLACES = "places"
    HERE = "here"
    ELSEWHERE = "elsewhere"
    WAITING = "waiting"
    LOOK = "look"
    JUDGED = "judged"


@dataclass(frozen=True, slots=True)
class Span:
    """Whole numbers from `low` to `high`, both included; None: no end there."""

    low: int | None
    high: int | None


@dataclass(frozen=True, slots=True)
class Days:
    """Days from `first` to `last`, both included; None: no end there."""

    first: day | None
    last: day | None


@dataclass(frozen=True, slots=True)
class Tagged:
    """A tag, by path, name or number, that images carry, or one under it; or that they don't."""

    tag: str | int
    children: bool = True
    wanted: bool = True


@dataclass(frozen=True, slots=True)
class Selection:
    """Images for which all of this holds.

    Of several digests, users, albums, and words of a list any will do; of tags and parts of a name
    all must be there. What is said of places (user, album, name, verdict) must hold at one place.
    """

    digests: tuple[str, ...] = ()
    """Or their beginnings; each means one image."""
    users: tuple[str, ...] = ()
    albums: tuple[str, ...] = ()
    tags: tuple[Tagged, ...] = ()
    names: tuple[str, ...] = ()
    """What the name of an image at a place has in it, in any case."""
    words: tuple[str, ...] = ()
    """What is searched for: in names, users, albums and tags, or the beginning of a digest."""
    formats: tuple[Format, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    """What was said of an image in its group."""
    place_verdicts: tuple[Verdict, ...] = ()
    duplicates: tuple[Twins, ...] = ()
    portrait: Show = Show.ALLOW
    landscape: Show = Show.ALLOW
    animated: Show = Show.ALLOW
    tagged: Show = Show.ALLOW
    gone: Show = Show.ALLOW
    unsound: Show = Show.ALLOW
    size: Span | None = None
    pixels: Span | None = None
    date: Days | None = None
    """When they came into the archive."""
    dup: bool = True
    """False: without images, and without places of users and albums asked for, judged `skip`."""
    listed: tuple[str, ...] | None = None
    """Digests of a list: no part of an address; what is no image there is passed over and told."""
    everything: bool = False
    """All images, in so many words: no part of an address, which means them without a word."""

    def __post_init__(self) -> None:
        """Of two shapes that shall be alone the landscape wins; the other is not shown."""
        if self.landscape is Show.ONLY:
            object.__setattr__(self, "portrait", Show.HIDE)
        elif self.portrait is Show.ONLY:
            object.__setattr__(self, "landscape", Show.HIDE)

    @property
    def says_nothing(self) -> bool:
        """Whether every image is meant, because nothing was asked for."""
        return self == Selection()
