"""The nouns of the demo world: what exists, and nothing of how it is drawn or served."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property


class FolderKind(StrEnum):
    """What a favorites folder lists."""

    PICTURES = "pictures"
    GALLERIES = "galleries"


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that decides the bytes of a picture; equal recipes give equal bytes."""

    scene: int
    width: int
    height: int
    form: str = "jpeg"
    change: str = ""
    """How a near-copy differs from the picture of the unchanged recipe; empty: it does not."""
    tail: int = 0
    """Decides the frames after the first of an animation."""


@dataclass(frozen=True, slots=True)
class Photo:
    """One photo id of the site, with the truth about it."""

    id: int
    name: str
    recipe: Recipe
    extension: str
    """As in its address; may lie about the format."""
    description: str = ""
    added: str = "21/08/2014"
    views: int = 0
    votes: str = "0|0"
    uploader: str = "Meadow Keeper"
    fault: str | None = None
    copy_of: int | None = None
    """Id of the photo this one is an exact copy (equal recipe) or a near-copy of."""

    @property
    def tail_path(self) -> str:
        """The end of all addresses of its files, without extension."""
        return f"{self.id % 120 + 1}/{str(self.id)[:3]}/{self.id}"

    @property
    def full_path(self) -> str:
        """Path of the clean full-size file."""
        return f"/images/full/{self.tail_path}.{self.extension}"

    @property
    def framed_path(self) -> str:
        """Path of the display copy with a frame drawn on it."""
        return f"/images/framed/{self.tail_path}.{self.extension}"


@dataclass(frozen=True, slots=True)
class Gallery:
    """One row of a galleries folder; the row's number is not the gallery's id."""

    row: int
    id: int
    name: str
    count: int


@dataclass(frozen=True)
class Folder:
    """A favorites folder; pages may be empty in between."""

    kind: FolderKind
    id: int
    name: str
    pages: tuple[tuple[int, ...], ...] = ()
    gallery_pages: tuple[tuple[Gallery, ...], ...] = ()

    @cached_property
    def photo_ids(self) -> tuple[int, ...]:
        """Every photo once, in site order."""
        return tuple(dict.fromkeys(photo for page in self.pages for photo in page))

    @property
    def page_count(self) -> int:
        """Number of pages up to the last one that holds something."""
        return len(self.pages) or len(self.gallery_pages)


@dataclass(frozen=True)
class User:
    """An account with its favorites folders in list order."""

    id: int
    name: str
    folders: tuple[Folder, ...]

    def folder(self, folder_id: int) -> Folder | None:
        """Find one of the user's own folders."""
        return next((folder for folder in self.folders if folder.id == folder_id), None)

    def folder_named(self, name: str) -> Folder:
        """Find a folder by its exact name; KeyError if there is none."""
        for folder in self.folders:
            if folder.name == name:
                return folder
        raise KeyError(name)


@dataclass(frozen=True)
class World:
    """Everything the site holds; a pure function of seed, scale and plain."""

    seed: int
    scale: float
    plain: bool
    users: tuple[User, ...]
    photos: Mapping[int, Photo]

    @property
    def main(self) -> User:
        """The user with all kinds of folders."""
        return self.users[0]

    @property
    def second(self) -> User:
        """The user who shares some pictures with the main one."""
        return self.users[1]

    @property
    def bare(self) -> User:
        """The user without favorites."""
        return self.users[2]

    def user(self, user_id: int) -> User | None:
        """Find a user by id."""
        return next((user for user in self.users if user.id == user_id), None)

    def user_named(self, name: str) -> User | None:
        """Find a user by name, whatever its case."""
        wanted = name.casefold()
        return next((user for user in self.users if user.name.casefold() == wanted), None)

    @cached_property
    def _homes(self) -> dict[int, Folder]:
        homes: dict[int, Folder] = {}
        for user in self.users:
            for folder in user.folders:
                for photo_id in folder.photo_ids:
                    homes.setdefault(photo_id, folder)
        return homes

    def home(self, photo_id: int) -> Folder:
        """The first folder that lists a photo: the one whose neighbours its page shows."""
        return self._homes[photo_id]

    def with_fault(self, kind: str) -> tuple[Photo, ...]:
        """The photos that carry a built-in fault of this kind."""
        return tuple(photo for photo in self.photos.values() if photo.fault == kind)

    def is_exact_copy(self, photo: Photo) -> bool:
        """Whether a photo has the very bytes of the one it was copied from."""
        return photo.copy_of is not None and photo.recipe == self.photos[photo.copy_of].recipe

    def exact_copies(self) -> dict[int, int]:
        """Photo id -> the id it is an exact copy of."""
        return {
            p.id: p.copy_of for p in self.photos.values() if p.copy_of and self.is_exact_copy(p)
        }

    def near_copies(self) -> dict[int, int]:
        """Photo id -> the id it is a near-copy of."""
        return {
            p.id: p.copy_of for p in self.photos.values() if p.copy_of and not self.is_exact_copy(p)
        }
