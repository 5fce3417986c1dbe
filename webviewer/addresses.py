"""Addresses: what ours consist of, and the site's, to which pages link."""

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from werkzeug.routing import BaseConverter, IntegerConverter, Map, ValidationError

from fapproc.jobs.pages.grids import Scope
from fapproc.model import LOCAL_DISK, Place, User, UserId
from fapproc.sites.registry import FIRST, site_at, site_of
from fapproc.sites.site import Site as Online
from fapproc.sources import Source


class Sha(BaseConverter):
    """A digest: 64 hex characters in either case, lower in the program."""

    regex = "[0-9a-fA-F]{64}"

    def to_python(self, value: str) -> str:
        """The digest as the archive writes it."""
        return value.lower()


class Id(IntegerConverter):
    """A number that a row can have: plain digits, 63 bits."""

    regex = "[0-9]+"

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, max=2**63 - 1)


class Owner(BaseConverter):
    """A user: a number, after the name of its source where that is not the first; or `disk`."""

    regex = f"(?:[a-z][a-z0-9]{{0,30}}:)?[0-9]{{1,19}}|{LOCAL_DISK}"

    def to_python(self, value: str) -> UserId:
        """Who is meant.

        Raises:
            ValidationError: it is no user.
        """
        found = UserId.parse(value)
        if found.number >= 2**63:
            raise ValidationError
        return found

    def to_url(self, value: UserId) -> str:
        """What stands in an address."""
        return str(value)


@dataclass(frozen=True, slots=True)
class Site:
    """Pages of the site at `root`, and of others; None for what is on no site."""

    root: str
    imitated: str = FIRST.name
    """Which it is, where that is not its own address."""
    _asked: Online = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_asked", site_at(self.root, self.imitated))

    def user(self, user: User) -> str | None:
        """A user's profile."""
        site = self._of(user.id.source)
        return None if site is None else site.profile(user.name)

    def album(self, user: UserId, album: int) -> str | None:
        """An album's first page."""
        site = self._of(user.source)
        return None if site is None else site.folder(user.number, album, 0)

    def image(self, place: Place) -> str | None:
        """The page of an image."""
        site = self._of(place.user.source)
        return None if site is None else site.photo(place.image)

    def _of(self, source: Source) -> Online | None:
        return site_of(source, self._asked)


_ALBUM = re.compile(rf"favorite/({Owner.regex})/([0-9]{{1,19}})(?:/([0-9]{{1,19}}))?", re.ASCII)
_TAG = re.compile(r"tag/([0-9]{1,18})", re.ASCII)
_ALL = "all"


def scope_in(text: str) -> tuple[Scope, int | None] | None:
    """Whose pictures `favorite/USER/ALBUM`, `tag/ID` or `all` means; None for what is none.

    The site's number of an image may follow an album.
    """
    if text == _ALL:
        return Scope(), None
    if tag := _TAG.fullmatch(text):
        return Scope(tag=int(tag[1])), None
    found = _ALBUM.fullmatch(text)
    if found is None:
        return None
    user, album = UserId.parse(found[1]), int(found[2])
    image = None if found[3] is None else int(found[3])
    if max(user.number, album, image or 0) >= 2**63:
        return None
    return Scope(album=(user, album)), image


def written(scope: Scope, image: int | None = None) -> str:
    """The text that `scope_in` reads back."""
    if scope.album is None:
        return _ALL if scope.tag is None else f"tag/{scope.tag}"
    user, album = scope.album
    return f"favorite/{user}/{album}" + ("" if image is None else f"/{image}")


def followable(address: str | None) -> str | None:
    """An address that a page once gave, if it may be a link: http or https, no script."""
    try:
        known = address and urlsplit(address).scheme in {"http", "https"}
    except ValueError:
        known = False
    return address if known else None
