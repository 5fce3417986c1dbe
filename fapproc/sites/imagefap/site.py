"""The site's addresses, built from ids and the root, and the marks of its human check."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import quote

from fapproc.sites.site import Check, Pasted, Site
from fapproc.sources import Source

if TYPE_CHECKING:
    from fapproc.sites.pages import Pages

_CHECKS = ("/human-verification", "/rl_captcha.php", "/captcha.php")


@dataclass(frozen=True, slots=True)
class ImageFap(Site):
    """imagefap.com, or an imitation of it."""

    name: ClassVar = "imagefap"
    source: ClassVar = Source.SITE
    home: ClassVar = "https://www.imagefap.com"
    domain: ClassVar = "imagefap.com"
    check: ClassVar = Check(_CHECKS, ("your ip made too many requests to our servers", *_CHECKS))

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

    @staticmethod
    def is_file(url: str) -> bool:
        """Whether an address is that of a picture, and not of a page."""
        return "/images/" in url

    @staticmethod
    def is_nothing(url: str) -> bool:
        """Whether an address is that of the page for what is not there."""
        return url.endswith("/404.php")

    @staticmethod
    def looks_pasted(text: str) -> bool:
        """Whether a text holds a page of the site, with or without a host before it."""
        from fapproc.sites.imagefap import pasted

        return pasted.looks_pasted(text)

    @staticmethod
    def read_pasted(text: str) -> Pasted | None:
        """What an address that a person copied says; None where it says nothing of a user."""
        from fapproc.sites.imagefap import pasted

        return pasted.read_pasted(text)

    @property
    def pages(self) -> "Pages":
        """The readers of its pages, loaded when the first is read: they need a parser of HTML."""
        from fapproc.sites.imagefap import pages

        return pages
