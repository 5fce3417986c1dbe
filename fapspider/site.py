"""The site's addresses: pages are built from ids and the root; no other host is contacted."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

REAL_HOST = "imagefap.com"
_PORTS = {"http": 80, "https": 443}
_LONGEST = 8_192  # characters; servers take no longer one
_HOST = re.compile(r"[a-z0-9.-]+")  # a name with anything else is read differently elsewhere


@dataclass(frozen=True, slots=True)
class Site:
    """The site at `root`, without a slash at its end; tests point it at a local imitation."""

    root: str

    @property
    def host(self) -> str:
        """The host name of its pages."""
        return urlsplit(self.root).hostname or ""

    @property
    def key(self) -> str:
        """What tells it from other sites: all hosts of the real one are one site."""
        return REAL_HOST if is_real(self.host) else f"{self.host}:{urlsplit(self.root).port}"

    def profile(self, name: str) -> str:
        """The page that tells a user's id."""
        return f"{self.root}/profile/{quote(name, safe='')}"

    def folders(self, user: int, page: int) -> str:
        """A page of a user's list of folders, from 0."""
        return f"{self.root}/showfavorites.php?userid={user}&page={page}"

    def folder(self, user: int, folder: int, page: int) -> str:
        """A page of a folder, from 0."""
        return f"{self.root}/showfavorites.php?userid={user}&page={page}&folderid={folder}"

    def photo(self, image: int) -> str:
        """The page of an image."""
        return f"{self.root}/photo/{image}/"

    def has_host(self, host: str) -> bool:
        """Whether a host is one of the site's, whatever the scheme or the port."""
        return is_real(host) if is_real(self.host) else host == self.host

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
        if is_real(root[1]):
            return scheme == "https" and is_real(host) and _HOST.fullmatch(host) is not None
        return scheme in _PORTS and (scheme, host, port) == root


def _server(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port of an address; ValueError where it has none that can be read."""
    parts = urlsplit(url)
    port = _PORTS.get(parts.scheme) if parts.port is None else parts.port
    return parts.scheme, parts.hostname or "", port


def is_real(host: str) -> bool:
    """Whether a host is one of the real site's."""
    return host == REAL_HOST or host.endswith(f".{REAL_HOST}")
