"""The vocabulary: one frozen dataclass or enum a thing, used under this name on every floor.

digest: sha256 of the original bytes, 64 lower-case hex characters. Times are integer Unix seconds,
0 = never. This module does nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from fapproc.looks import PairLook
from fapproc.sameness import Sameness
from fapproc.sources import Source
from fapproc.verdict import Verdict as Verdict  # noqa: PLC0414 - given on, as of here

REST_SECONDS = 72 * 3600
"""An album, and the list of folders, is left alone this long after it was read in full."""
AUDIT_REST_SECONDS = 10 * 24 * 3600
"""A user is left alone by audits this long after one that looked at everything."""


@dataclass(frozen=True, slots=True, order=True)
class UserId:
    """Who a user is: a number, and the source that counts so. In text `7700`, `disk`, `other:7`."""

    number: int
    source: Source = Source.SITE

    def __str__(self) -> str:
        if self.source == Source.SITE:
            return str(self.number)
        return str(self.source) if self == LOCAL_DISK else f"{self.source}:{self.number}"

    @classmethod
    def parse(cls, text: str) -> "UserId":
        """Read what `str` has written.

        Raises:
            ValueError: it is neither a number, with a source or without, nor the disk.
        """
        if text == Source.DISK:
            return LOCAL_DISK
        source, _, number = text.rpartition(":")
        return cls(int(number), Source(source) if source else Source.SITE)


LOCAL_DISK = UserId(1, Source.DISK)
LOCAL_DISK_NAME = "LOCAL DISK"


class Format(StrEnum):
    """What a picture is, a pure function of its first bytes; also its file extension."""

    JPG = "jpg"
    PNG = "png"
    GIF = "gif"
    BMP = "bmp"
    TIFF = "tiff"
    WEBP = "webp"
    AVIF = "avif"


class Reason(StrEnum):
    """Which step of fetching an image failed: its page, its link, its file, or sound bytes."""

    PAGE = "page"
    LINK = "link"
    FILE = "file"
    DAMAGED = "damaged"


class Detail(StrEnum):
    """The word that says more than the reason; docs/failures.md explains each."""

    MISSING = "missing"
    UNREACHABLE = "unreachable"
    ODD = "odd"
    NONE = "none"
    PLACEHOLDER = "placeholder"
    EXPIRED = "expired"
    EMPTY = "empty"
    NOT_A_PICTURE = "not-a-picture"
    SHORT = "short"
    TRUNCATED = "truncated"
    TOO_LARGE = "too-large"
    FORMAT = "format"


class Level(StrEnum):
    """The step at which an audit no longer finds a sighting: its page, its link, or its file."""

    PAGE = "page"
    LINK = "link"
    FILE = "file"


class FolderKind(StrEnum):
    """What a folder of the site holds; unknown until one of its pages was read."""

    UNKNOWN = "unknown"
    PICTURES = "pictures"
    GALLERIES = "galleries"


@dataclass(frozen=True, slots=True)
class User:
    """A person of the site whose favorites are kept, in the site's own spelling; or the disk."""

    id: UserId
    name: str
    albums_at: int = 0
    finished_at: int = 0
    audited_at: int = 0


@dataclass(frozen=True, slots=True)
class Album:
    """A favorites folder; only those of kind `pictures` are shown as albums."""

    user: UserId
    id: int
    name: str
    kind: FolderKind = FolderKind.UNKNOWN
    pages: int = 0
    listed_at: int = 0
    """When all its pages were read."""
    fetched_at: int = 0
    """When, after that, each of its images was fetched or had failed."""


@dataclass(frozen=True, slots=True)
class Folder:
    """One entry of the site's list of a user's folders."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Listed:
    """One entry of a folder page: the site's id, and its name where the page shows it whole."""

    image: int
    name: str | None


@dataclass(frozen=True, slots=True)
class Place:
    """Where an image is listed: the key of a sighting and of a failure."""

    user: UserId
    album: int
    image: int


@dataclass(frozen=True, slots=True)
class Sighting:
    """One place where an image was listed; an image outlives all its sightings."""

    place: Place
    position: int
    name: str | None
    digest: str
    verdict: Verdict = Verdict.NEW


@dataclass(frozen=True, slots=True)
class Failure:
    """A listed image that failed, and why; `kept` if its bytes are here, not whole."""

    place: Place
    position: int
    reason: Reason
    detail: Detail
    name: str | None
    url: str | None
    at: int
    kept: bool = False


@dataclass(frozen=True, slots=True)
class Observation:
    """What an audit saw of an image of the site; `level` is None where all was well."""

    image: int
    level: Level | None = None
    url: str | None = None
    """What was asked for and not found."""


@dataclass(frozen=True, slots=True)
class Gone:
    """An image of the site that audits no longer find, since when, and what was asked for last."""

    image: int
    level: Level
    url: str | None
    at: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What a decoder says of a picture; sizes in pixels as stored, before it is turned upright.

    `orientation`: how it is to be turned, as EXIF counts; None where nobody has looked yet.
    """

    width: int
    height: int
    animated: bool
    orientation: int | None = 1

    @property
    def turned(self) -> bool | None:
        """Whether the sides change places when it is shown."""
        return None if self.orientation is None else self.orientation > 4  # 1 to 4 keep them


@dataclass(frozen=True, slots=True)
class Image:
    """One content, once in the archive however often it was listed.

    `facts`, `thumb_bytes`, `thumb_digest` and `thumb_format` are None before `fapproc process`.
    `lost_at`: when its bytes were found to be lost. `unsound`: why no whole picture can be made of
    them. Both are None while all is well.
    """

    digest: str
    bytes: int
    format: Format
    fetched_at: int
    facts: Facts | None = None
    thumb_bytes: int | None = None
    thumb_digest: str | None = None
    thumb_format: Format | None = None
    lost_at: int | None = None
    unsound: Detail | None = None


@dataclass(frozen=True, slots=True)
class Tag:
    """A word of the person's own for images; `path` is its lineage joined by slashes."""

    id: int
    parent: int | None
    name: str
    path: str
    images: int = 0
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class Pair:
    """Two images that one method finds near; a < b; `score` is a distance or, for cnn, a cosine."""

    method: str
    a: str
    b: str
    score: float


@dataclass(frozen=True, slots=True)
class Group:
    """Images that may be one picture, with what was said of each and why they are together."""

    id: int
    verdicts: Mapping[str, Verdict]
    pairs: tuple[Pair, ...] = ()
    to_look: bool = False
    """Its verdicts were given in other company: they want a second look."""
    sameness: Sameness | None = None  # where nobody has looked since it was changed
    looks: tuple[PairLook, ...] = ()  # of two of its images that were laid over each other

    @property
    def waits(self) -> bool:
        """Whether a word of the person is missing."""
        return self.to_look or Verdict.NEW in self.verdicts.values()

    @property
    def members(self) -> tuple[str, ...]:
        """The digests, sorted."""
        return tuple(sorted(self.verdicts))


@dataclass(frozen=True, slots=True)
class Membership:
    """The group that an image is in, or was in last, and what was said of it there."""

    group_id: int
    verdict: Verdict
    present: bool = True
