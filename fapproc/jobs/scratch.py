"""A private folder for the processes of a cluster, gone with the command that has made it.

In it are the certificate of a cluster that is there for one command, and what Dask writes. Of a
command that was killed it stays: the next one that needs such a folder removes it. Nothing else is
removed: a folder counts as left when it is ours, and holds a file that its maker had locked.
"""

import os
import re
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from io import FileIO
from pathlib import Path

from fapproc import disk
from fapproc.lock import try_lock

CERTIFICATE = "cluster.pem"
_PREFIX = "fapproc-cluster-"
_HELD, _MADE = "held", "held.new"
_OURS = re.compile(r"cluster\.pem|held")
_DASKS = "dask-scratch-space"
_OF_DASK = re.compile(r"(global|purge)\.lock|(scheduler|worker)-\w+\.dirlock")


@contextmanager
def scratch() -> Iterator[Path]:
    """Make the folder, and remove those of commands that are dead."""
    _sweep(Path(tempfile.gettempdir()))
    with tempfile.TemporaryDirectory(prefix=_PREFIX) as made:
        folder = Path(made)
        with FileIO(folder / _MADE, "x") as held:
            if sys.platform != "win32":  # there an open file keeps its name
                try_lock(held, alone=True)
                disk.replace(folder / _MADE, folder / _HELD)  # locked from when it can be seen
            yield folder


def _sweep(place: Path) -> None:
    if sys.platform == "win32":  # no file tells there who is dead
        return
    with suppress(OSError), disk.opened(place) as there:
        for entry in [*there.entries()]:
            if not entry.name.startswith(_PREFIX):
                continue
            with suppress(OSError):  # another command removes it, or it is none of ours
                if _is_private(there.look(entry.name)):
                    with closing(there.below(entry.name)) as folder:
                        _empty(folder)
                    there.remove_empty(entry.name)


def _is_private(found: os.stat_result) -> bool:
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077


def _empty(folder: disk.Folder) -> None:
    """Remove what we and Dask have put there, if its maker is dead.

    Raises:
        OSError: its maker is alive, or did not mark it.
    """
    with FileIO(folder.open(_HELD, os.O_RDWR), "r+") as held:
        if not try_lock(held, alone=True):
            raise BlockingIOError
        folder.remove(CERTIFICATE, _OURS)
        with suppress(FileNotFoundError), closing(folder.below(_DASKS)) as dasks:
            for entry in [*dasks.entries()]:
                dasks.remove(entry.name, _OF_DASK)
                dasks.remove_empty(entry.name)
        folder.remove_empty(_DASKS)
        folder.remove(_HELD, _OURS)
