"""Addresses: what stands in ours, and those of the site that pages link to."""

from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from werkzeug.routing import BaseConverter, IntegerConverter, Map, ValidationError

from fapproc.model import LOCAL_DISK, Place, Source, User, UserId


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
    """A user: the site's number, or `disk`."""

    regex = f"[0-9]{{1,19}}|{LOCAL_DISK}"

    def to_python(self, value: str) -> UserId:
        """Who is meant."""
        found = UserId.parse(value)
        if found.number >= 2**63:
            raise ValidationError
        return found

    def to_url(self, value: UserId) -> str:
        """What stands in an address."""
        return str(value)


@dataclass(frozen=True, slots=True)
class Site:
    """Pages of the site at `root`; None for what is of another source and not on it."""

    root: str

    def user(self, user: User) -> str | None:
        """A user's profile."""
        if user.id.source is not Source.SITE:
            return None
        return f"{self.root}/profile/{quote(user.name, safe='')}"

    def album(self, user: UserId, album: int) -> str | None:
        """An album's first page."""
        if user.source is not Source.SITE:
            return None
        return f"{self.root}/showfavorites.php?userid={user.number}&page=0&folderid={album}"

    def image(self, place: Place) -> str | None:
        """The page of an image."""
        on_site = place.user.source is Source.SITE
        return f"{self.root}/photo/{place.image}/" if on_site else None


def followable(address: str | None) -> str | None:
    """An address that a page once gave, if it is one of the web; a script's is none."""
    try:
        known = address and urlsplit(address).scheme in {"http", "https"}
    except ValueError:
        known = False
    return address if known else None
