"""The backend of scheme `file`: the folders `blobs` and `thumbs` in the archive's own folder.

Either may be a link, to another disk; but they are two, as a blob and a thumbnail may have one
name. How files are written, and what is refused, is told in `durable.folder`; the rule for links
in `disk`.
"""

import contextlib
import errno
import shutil
import stat
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Self

from fapproc import ours
from fapproc.disk import LINKABLE, Folder, may_be_link, opened
from fapproc.durable.entry import Entry
from fapproc.durable.folder import IN_THE_WAY, NOT_OF_THE_FILE, DurableFolder, parts_of
from fapproc.vault import linked
from fapproc.vault.backend import Place

_NOT_OURS = "something else is in its place. Move it away."
_MEND = "Repair the disk or give permission."


class LocalBackend(DurableFolder):
    """The files of an archive in its own folder."""

    def __init__(self, place: Place) -> None:
        super().__init__(place.folder)
        self._place = place

    @classmethod
    def connect(cls, place: Place) -> Self:
        """The files in an archive's folder, which may be yet to be made.

        Raises:
            StorageError: links make one folder of two, or lead to another archive's.
        """
        made = cls(place)
        linked.refuse_shared(place, made.folders())
        return made

    @classmethod
    def refuse_taken(cls, place: Place) -> None:
        """Nothing: what is not ours in a folder is left there."""

    @classmethod
    def create(cls, place: Place) -> None:
        """Nothing: a folder is made with its first file."""

    def renew(self, name: str, data: bytes) -> None:  # noqa: ARG002 - a file's time can be set
        """Set the file's time to now."""
        with contextlib.suppress(OSError), self._folder_of(name) as (folder, last):
            folder.renew(last)

    def delete(self, name: str) -> bool:
        """Remove a file, itself and not by a link; False where none is."""
        return self.remove(name, ours.ANY)

    def entries(self, kind: str) -> Iterator[Entry]:
        """Every finished file of a kind; what is no folder is among them, a link too.

        So is a folder that can't be looked into.
        """
        with contextlib.suppress(OSError), opened(self.root, kind) as folder:
            yield from _entries(folder, (kind,))

    def obstacle(self, name: str) -> str | None:
        """What lies in a file's place, or where its folder belongs, and can't be written to.

        Not that the folder of all such files can't be opened: of that, who writes hears.
        """
        path, folder = self.path(name), parts_of(name)[:-1]
        if path.is_dir() and not path.is_symlink():
            return f"{path} can't be written: {_NOT_OURS}"
        if may_be_link(*folder):
            return None
        try:
            with opened(self.root, *folder):
                return None
        except OSError as error:
            is_its_own = error.filename == str(self.root.joinpath(*folder))
            if not is_its_own or error.errno in {errno.ENOENT, *NOT_OF_THE_FILE}:
                return None
            helps = _NOT_OURS if error.errno in IN_THE_WAY else f"{error.strerror}. {_MEND}"
            return f"{path} can't be written: {helps}"

    def sweep(self, *, alone: bool = False) -> None:
        """Remove temporary files that nobody writes any more, and mark what is linked as its own.

        Only who may write does so: a folder that is only looked at gets no mark.
        """
        linked.mark(self._place, self.folders())
        super().sweep(alone=alone)

    def now(self) -> float:
        """The time of this computer."""
        return time.time()

    def free(self) -> int:
        """What is free on the fuller of the disks on which files lie."""
        places = [folder for folder in self.folders() if folder.is_dir()] or [self.root]
        return min(shutil.disk_usage(place).free for place in places)

    def place(self, name: str) -> str:
        """The file's path."""
        return str(self.path(name))

    def folders(self) -> Sequence[Path]:
        """One a kind, whether it is there or not."""
        return [self.root / part for part in LINKABLE]


def _entries(folder: Folder, above: tuple[str, ...]) -> Iterator[Entry]:
    """What lies in a folder and below; each is read whole, as its files may be deleted meanwhile.

    A disk may pass over names of a folder from which others are removed while it is read.
    """
    for found in list(folder.entries()):
        below = (*above, found.name)
        if found.name in {ours.TEMPORARY, ours.MARK}:
            continue
        follow = may_be_link(*below)
        with contextlib.suppress(OSError):  # it is gone since
            inner = None
            if found.is_dir(follow_symlinks=follow):
                with contextlib.suppress(OSError):
                    inner = folder.below(found.name, follow=follow)
            if inner is None:
                looked = found.stat(follow_symlinks=False)
                is_regular = stat.S_ISREG(looked.st_mode)
                yield Entry("/".join(below), looked.st_size, looked.st_mtime, is_regular)
            else:
                with contextlib.closing(inner):
                    yield from _entries(inner, below)
