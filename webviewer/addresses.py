"""Addresses: what stands in ours, and those of the site that pages link to."""

from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from werkzeug.routing import BaseConverter, IntegerConverter, Map

from fapproc.model import LOCAL_DISK_USER, Place, User


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


@dataclass(frozen=True, slots=True)
class Site:
    """Pages of the site at `root`; None for what is of the local disk and not on it."""

    root: str

    def user(self, user: User) -> str | None:
        """A user's profile."""
        if user.id == LOCAL_DISK_USER:
            return None
        return f"{self.root}/profile/{quote(user.name, safe='')}"

    def album(self, user: int, album: int) -> str | None:
        """An album's first page."""
        if user == LOCAL_DISK_USER:
            return None
        return f"{self.root}/showfavorites.php?userid={user}&page=0&folderid={album}"

    def image(self, place: Place) -> str | None:
        """The page of an image."""
        return None if place.user == LOCAL_DISK_USER else f"{self.root}/photo/{place.image}/"


def followable(address: str | None) -> str | None:
    """An address that a page once gave, if it is one of the web; a script's is none."""
    try:
        known = address and urlsplit(address).scheme in {"http", "https"}
    except ValueError:
        known = False
    return address if known else None
