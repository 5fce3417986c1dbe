"""Which files below a folder are a person's own: decided by their names; none is read.

A NAS, a phone or a system keeps its own thumbnails, bins and notes among them, and most of these
are pictures too. They are recognised by the names that these programs use, left out, and counted.
"""

import os
from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path

from fapproc.errors import FapError
from fapproc.names import in_order
from fapproc.ours import DATABASE, DESCRIPTION, is_ours

ITSELF = "the archive itself"
Identity = tuple[int, int]
"""Device and inode of a folder: the same whatever link, mount or spelling leads to it."""

_OF_SYSTEMS = frozenset(
    {
        *("@eadir", "#recycle", "#snapshot", "@tmp", "@sharebin"),  # Synology
        *("@recycle", "@recently-snapshot", "@__thumb", "@transcode"),  # QNAP
        *("~snapshot", "trashbox", "network recycle bin"),  # NetApp, Buffalo, Asustor
        *("network trash folder", "temporary items", "thevolumesettingsfolder"),  # AFP
        *("$recycle.bin", "recycler", "recycled", "recycle bin"),  # Windows, ReadyNAS
        *("system volume information", "found.000", "$windows.~bt"),
        *("thumbs.db", "ehthumbs.db", "ehthumbs_vista.db", "desktop.ini"),
        *("__macosx", "icon\r", "ipod photo cache"),  # macOS
        *("lost+found", "lost.dir"),  # Linux, Android
    }
)
"""Names of folders and files that are a system's own, without regard to case; so are hidden ones:
`.DS_Store`, `._*`, `.Trash*`, `.thumbnails`, `.@__thumb`, Android's `.trashed-*` and `.pending-*`.
"""


class Tree:
    """What lies below a folder: its pictures' folders, and what is left out on the way."""

    def __init__(self, root: Path, own: Collection[Identity], *, everything: bool = False) -> None:
        """Look at nothing yet.

        Args:
            root: the folder.
            own: folders of the archive, which are never looked into.
            everything: whether what is a system's own, or hidden, is taken too.
        """
        self._root, self._own, self._everything = root, own, everything
        self.left_out: Counter[str] = Counter()
        """What was left out, by name or by a word for many names."""
        self.unreadable: list[str] = []
        """A sentence for each folder that could not be looked into."""

    def folders(self) -> Iterator[tuple[Path, list[Path]]]:
        """Every folder with its files, by name as people count; links to folders are not followed.

        Raises:
            FapError: the root can't be read.
        """
        if any(identity(place) in self._own for place in (self._root, *self._root.parents)):
            self.left_out[ITSELF] += 1
            return
        for place, folders, names in os.walk(self._root, onerror=self._note):
            folder = Path(place)
            wanted = (name for name in folders if self._is_wanted(folder / name))
            folders[:] = sorted(wanted, key=in_order)
            own = (name for name in names if not self._is_left_out(name, ".* (files)"))
            files = sorted(own, key=in_order)
            if files:
                yield folder, [folder / name for name in files]

    def _is_wanted(self, folder: Path) -> bool:
        if identity(folder) in self._own:
            self.left_out[ITSELF] += 1
            return False
        if self._is_left_out(folder.name, folder.name):
            return False
        if not self._everything and holds_archive(folder):
            self.left_out["archives"] += 1
            return False
        return True

    def _is_left_out(self, name: str, hidden: str) -> bool:
        """Whether a name is no person's, which is counted then; `hidden`: what it is counted as."""
        by_system = name.casefold() in _OF_SYSTEMS or name == ".DS_Store"
        if self._everything or not (by_system or name.startswith(".")):
            return False
        self.left_out[legible(name if by_system else "._*" if name[:2] == "._" else hidden)] += 1
        return True

    def _note(self, error: OSError) -> None:
        where = legible(str(error.filename))
        sentence = f"{where} can't be read: {error.strerror}. Give permission."
        if error.filename == str(self._root):
            raise FapError(sentence) from error
        self.unreadable.append(sentence)


def holds_archive(folder: Path) -> bool:
    """Whether a folder is an archive's; its rows may be on a server, and its pictures in a bucket.

    Half an archive is one too: what is left of it is no folder of pictures.
    """
    if identity(folder / DATABASE) is not None:
        return True
    try:
        names = {each.name for each in folder.iterdir()}
    except OSError:
        return False
    return DESCRIPTION in names and any(map(is_ours, names - {DESCRIPTION}))


def identity(place: Path) -> Identity | None:
    """What a folder or file is, wherever it is seen; None where that can't be told."""
    try:
        found = place.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def legible(name: str) -> str:
    """A name of the disk as text; what is no UTF-8 in it becomes the replacement character."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
