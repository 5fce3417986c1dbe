"""What a database of the predecessor says, as values: users, albums, images, tags, groups.

What makes no sense of one thing is said of that thing, and the rest stands. Numbers of users,
albums and images are those of the source, `narrow` where they were wider.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from fapproc.model import Facts, Gone, Reason, Verdict

DISK = 1
"""The number of the user that stands for the local disk."""
HASHES = ("percept", "average", "diff", "wavelet")
CNN = "cnn"


@dataclass(frozen=True, slots=True)
class OldUser:
    """A user, and when the list of albums was read, all was done, all was looked at; 0 = never."""

    number: int
    name: str
    albums_at: int = 0
    finished_at: int = 0
    audited_at: int = 0


@dataclass(frozen=True, slots=True)
class OldFailure:
    """An image that could not be fetched; which step it was shows by what is known of it."""

    image: int
    at: int
    name: str | None
    url: str | None

    @property
    def reason(self) -> Reason:
        """The step that failed."""
        if self.url is not None:
            return Reason.FILE
        return Reason.PAGE if self.name is None else Reason.LINK


@dataclass(frozen=True, slots=True)
class OldAlbum:
    """An album: its images in order, and what failed; `read_at` is 0 if it was never read whole."""

    user: int
    id: int
    name: str
    pages: int
    read_at: int
    images: tuple[int, ...]
    failures: tuple[OldFailure, ...]


@dataclass(frozen=True, slots=True)
class OldPlace:
    """Where an image is listed, its name there, and what was said of it there."""

    user: int
    album: int
    image: int
    name: str | None
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class OldImage:
    """An image: its digest, and all that was known of it. `vector` is a float32 a dimension."""

    digest: str
    size: int
    extension: str
    at: int
    places: tuple[OldPlace, ...]
    tags: tuple[int, ...] = ()
    facts: Facts | None = None
    codes: Mapping[str, bytes] = field(default_factory=dict)
    vector: bytes = b""
    gone: tuple[Gone, ...] = ()


@dataclass(frozen=True, slots=True)
class OldTag:
    """A tag, below another or at the top; parents come before their children."""

    number: int
    parent: int | None
    name: str


@dataclass(frozen=True, slots=True)
class OldGroup:
    """Images that may be one picture, what was said of each, and pairs: method, a < b, score."""

    verdicts: Mapping[str, Verdict]
    pairs: Mapping[tuple[str, str, str], float]


@dataclass(frozen=True, slots=True)
class UnreadableEntry:
    """What made no sense: which thing, and why, as the parts of a sentence."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class OldDatabase:
    """All of it, in its own order."""

    users: tuple[OldUser, ...] = ()
    albums: tuple[OldAlbum, ...] = ()
    images: tuple[OldImage, ...] = ()
    tags: tuple[OldTag, ...] = ()
    groups: tuple[OldGroup, ...] = ()
    sensitivity: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """By kind of images, `regular` or `animated`, and method; -1 = off."""
    unreadable: tuple[UnreadableEntry, ...] = ()
