"""Whose the folders are that links of an archive lead to: two of its own, and of no other archive.

Each archive's repair would take what another keeps in the same folder for nobody's, and remove it.
So a folder that is reached by a link or a mount gets a mark, which says whose it is.
"""

import contextlib
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from fapproc import ours
from fapproc.durable.folder import DurableFolder
from fapproc.errors import FapError, StorageError
from fapproc.real_paths import real
from fapproc.vault.backend import Place

_OF_ITS_OWN = "Give each archive a folder of its own."


@dataclass(frozen=True, slots=True)
class Mark:
    """Whose a folder is: an archive's id, and the folder in which that lay when it was marked."""

    archive: str
    folder: str


def refuse_shared(place: Place, folders: Sequence[Path]) -> None:
    """See that an archive's folders of files are two, and no other archive's.

    Args:
        place: of the archive.
        folders: those that are to hold its files, links or not, there or not.

    Raises:
        StorageError: links or mounts make one folder of two, or lead into another archive, or to a
            folder that another one uses.
    """
    _refuse_one_in_another([place.folder, *folders])
    for folder in folders:
        _refuse_another_archive(place.folder, real(folder))
        _refuse_marked(place, folder)


def mark(place: Place, folders: Sequence[Path]) -> None:
    """Mark those of an archive's folders that lie elsewhere, where they can be written."""
    own = Mark(place.archive, str(real(place.folder)))
    for folder in folders:
        with contextlib.suppress(FapError, OSError):
            if (folder.is_symlink() or folder.is_mount()) and _read(folder) != own:
                files = DurableFolder(real(folder, is_there=True))
                files.write({ours.MARK: json.dumps(asdict(own)).encode()})
                files.tidy()


def _refuse_one_in_another(folders: Sequence[Path]) -> None:
    """See that none of these folders is another one, or lies in it: but for the first, theirs."""
    root, *inner = map(real, folders)
    for place in inner:
        others = (root, *(other for other in inner if other is not place))
        for other in others:
            if place in (other, *other.parents) or _are_one(place, other):
                raise StorageError(
                    f"{folders[0]} can't be used: its links put two kinds of files into {place}. "
                    "Give blobs and thumbs a folder each."
                )


def _refuse_another_archive(root: Path, place: Path) -> None:
    if _holds_archive(place.parent) and not _are_one(place.parent, root):
        raise StorageError(
            f"{root} can't be used: its links lead to {place}, which belongs to the archive in "
            f"{place.parent}. {_OF_ITS_OWN}"
        )


def _refuse_marked(place: Place, folder: Path) -> None:
    """Believe a mark of another archive while that one uses the folder, or can't be looked at.

    So an archive may be moved; a copy of it, which has its id and its links, may not be used.
    """
    found = _read(folder)
    if found is None or _are_one(Path(found.folder), place.folder):
        return
    other = Path(found.folder)
    is_there = _holds_archive(other)
    if is_there and not _are_one(other / folder.name, folder):
        return
    if is_there or found.archive != place.archive:
        where = real(folder)
        raise StorageError(
            f"{place.folder} can't be used: its links lead to {where}, which belongs to the "
            f"archive in {other}. {_OF_ITS_OWN} If that one is no more, remove {where / ours.MARK}."
        )


def _holds_archive(folder: Path) -> bool:
    """Whether an archive is seen there: one in a folder that may not be looked into is not."""
    return os.path.lexists(folder / ours.DESCRIPTION)


def _read(folder: Path) -> Mark | None:
    """A folder's mark; None where it has none, or what lies there is none of ours."""
    with contextlib.suppress(
        FapError, OSError, ValueError, TypeError, AttributeError, RecursionError
    ):
        data = DurableFolder(real(folder, is_there=True)).read(ours.MARK)
        if data is not None:
            said = json.loads(data)
            if all(isinstance(each, str) for each in said.values()):
                return Mark(**said)
    return None


def _are_one(place: Path, other: Path) -> bool:
    """Whether two paths lead to one folder, by links or as mounts of a container do."""
    try:
        return place.samefile(other)
    except (OSError, ValueError):
        return False
