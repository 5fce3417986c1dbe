"""What pages of a site say, whichever site it is: values, errors, and the readers that each has."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from fapproc.errors import SiteError
from fapproc.model import Folder, FolderKind, Listed


class PageChanged(SiteError):
    """A page has none of the landmarks that it is known by, or is no page that can be read."""


class PageCutOff(PageChanged):
    """A page ends in its middle, after all tries: it could not be fetched."""


class PageGone(SiteError):
    """The page says that what it was for does not exist."""


@dataclass(frozen=True, slots=True)
class FoldersPage:
    """One page of a user's list of folders; `owner` in the site's own spelling."""

    owner: str | None
    folders: tuple[Folder, ...]


@dataclass(frozen=True, slots=True)
class FolderPage:
    """One page of one folder; `images` in the page's order, without repeats."""

    kind: FolderKind
    images: tuple[Listed, ...]


@dataclass(frozen=True, slots=True)
class PhotoPage:
    """The page of one image: its name, and addresses of its full-size file, the best first."""

    name: str | None
    links: tuple[str, ...]
    others: Mapping[int, str] = field(default_factory=dict)
    """Addresses of the clean copies of other images that the page carries, by their ids."""


class Pages(Protocol):
    """The readers of a site's pages: text in, values out. A module is one.

    Each reader knows its page by landmarks; a page without them is an error that names what is
    missing, never an empty list. Pages are foreign: every reader takes time in proportion to their
    length, which `markup` sees to.
    """

    def read_profile(self, html: str) -> int | None:
        """Read a user's profile page; return the user's id, or None where the page names none.

        Raises:
            PageChanged: it is no page that can be read.
        """

    def read_folders(self, html: str, user_id: int) -> FoldersPage:
        """Read one page of a user's list of folders.

        Raises:
            PageChanged: no landmark of such a list is on the page.
        """

    def read_folder(self, html: str) -> FolderPage:
        """Read one page of a folder: what it holds, and the images that it lists.

        Raises:
            PageChanged: no landmark of a folder is on the page.
        """

    def read_photo(self, html: str, image: int, url: str = "") -> PhotoPage:
        """Read the page of one image, which has this address; without it links stay as they are.

        Raises:
            PageGone: the page says that there is no such image.
            PageChanged: no name, no address and no landmark of a photo is on the page.
        """

    def is_list(self, html: str) -> bool:
        """Whether a page has the landmarks of a profile, of a list of folders, or of a folder."""
