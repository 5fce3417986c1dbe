"""A site at an address: which hosts are its own, what may be asked for, and where its pages are."""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import urlsplit

from fapproc.sources import Source

if TYPE_CHECKING:
    from fapproc.sites.pages import Pages

_PORTS = {"http": 80, "https": 443}
_LONGEST = 8_192  # characters; servers take no longer one
_HOST = re.compile(r"[a-z0-9.-]+")  # a name with anything else is read differently elsewhere
_DIGITS = re.compile(r"[0-9]+")


@dataclass(frozen=True, slots=True)
class Pasted:
    """What an address that a person copied says: whose page it is, and which folder of theirs."""

    host: str
    user: str | None
    user_id: int | None
    folder: int | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """The marks of a site's own human check, those of the services before it apart."""

    paths: tuple[str, ...] = ()
    """How the paths of its addresses end."""
    words: tuple[str, ...] = ()
    """What only such a page says, in lower case."""


@dataclass(frozen=True, slots=True)
class Site(ABC):
    """A site at `root`, without a slash at its end; tests point it at a local imitation."""

    root: str

    name: ClassVar[str]
    """What it is called by us."""
    source: ClassVar[Source]
    """Whose its users, albums and images are."""
    home: ClassVar[str]
    """The root of the real one."""
    domain: ClassVar[str]
    """Its hosts are this one and those below."""
    check: ClassVar[Check]

    @abstractmethod
    def profile(self, name: str) -> str:
        """The page that tells a user's id."""

    @abstractmethod
    def folders(self, user: int, page: int) -> str:
        """A page of a user's list of folders, from 0."""

    @abstractmethod
    def folder(self, user: int, folder: int, page: int) -> str:
        """A page of a folder, from 0."""

    @abstractmethod
    def photo(self, image: int) -> str:
        """The page of an image."""

    @staticmethod
    @abstractmethod
    def is_file(url: str) -> bool:
        """Whether an address is that of a picture, and not of a page."""

    @staticmethod
    @abstractmethod
    def is_nothing(url: str) -> bool:
        """Whether an address is that of the page for what is not there."""

    @staticmethod
    @abstractmethod
    def looks_pasted(text: str) -> bool:
        """Whether a text holds a page of the site, with or without a host before it."""

    @staticmethod
    @abstractmethod
    def read_pasted(text: str) -> Pasted | None:
        """What an address that a person copied says; None where it says nothing of a user."""

    @property
    @abstractmethod
    def pages(self) -> "Pages":
        """The readers of its pages."""

    @property
    def host(self) -> str:
        """The host name of its pages."""
        return urlsplit(self.root).hostname or ""

    @property
    def key(self) -> str:
        """What tells it from other sites: all hosts of the real one are one site."""
        return self.domain if self.is_real else f"{self.host}:{urlsplit(self.root).port}"

    @property
    def is_real(self) -> bool:
        """Whether this is the site itself, and no imitation."""
        return self.has_real(self.host)

    @classmethod
    def has_real(cls, host: str) -> bool:
        """Whether a host is one of the real site's."""
        return host == cls.domain or host.endswith(f".{cls.domain}")

    @staticmethod
    def is_page_of(url: str, image: int) -> bool:
        """Whether this may be the address of a page of that image: it has its number."""
        found = urlsplit(url)
        return str(image) in _DIGITS.findall(f"{found.path}?{found.query}")

    def has_host(self, host: str) -> bool:
        """Whether a host is one of the site's, whatever the scheme or the port."""
        return self.has_real(host) if self.is_real else host == self.host

    def asked(self, url: str) -> str:
        """The address as it is asked for: by https where the site itself is, whatever links say."""
        try:
            parts = urlsplit(url)
        except ValueError:
            return url
        if parts.scheme != "http" or not self.root.startswith("https:"):
            return url
        return parts._replace(scheme="https", netloc=parts.netloc.removesuffix(":80")).geturl()

    def first(self, links: Iterable[str]) -> str | None:
        """The first of a page's links that may be asked for, as it is asked for."""
        asked = (self.asked(link) for link in links)
        return next((link for link in asked if self.allows(link)), None)

    def allows(self, url: str) -> bool:
        """Whether an address may be asked for.

        On the real site only https and hosts of its own; else only the server at the root: scheme,
        host and port are all its own, for another port of this computer is another program.
        """
        if len(url) > _LONGEST:
            return False
        try:
            scheme, host, port = _server(url)
            root = _server(self.root)
        except ValueError:
            return False
        if self.has_real(root[1]):
            return scheme == "https" and self.has_real(host) and bool(_HOST.fullmatch(host))
        return scheme in _PORTS and (scheme, host, port) == root


def _server(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port of an address; ValueError where it has none that can be read."""
    parts = urlsplit(url)
    port = _PORTS.get(parts.scheme) if parts.port is None else parts.port
    return parts.scheme, parts.hostname or "", port
