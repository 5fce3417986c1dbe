"""The times at which a site was asked for pages: a small file that all runs of a computer share.

One line a request, sixteen digits: microseconds since 1970. No names, no addresses, and the file's
own name is a digest of the site's host. Lines have one length and are written in place, so a kill
leaves a whole file; a line that counts no more is used again. It is not synced: after a power cut
the last seconds may be missing. Whoever deletes the file begins again at zero.
"""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

from fapproc.errors import StorageError
from fapproc.lock import try_lock
from fapspider.politeness.budget import SECOND, Window, Windows

LONGEST_ANSWER = 3600 * SECOND
"""What lies further in the future was written before the clock was set back."""
_LINE = 17
_LONGEST = 1_000_000 * _LINE
_LINES = re.compile(rb"(?:[0-9]{16}\n)*")


@dataclass(frozen=True, slots=True)
class Entry:
    """A request that is under way: its line, and until when it counts as sent just now."""

    line: int
    until: int


@dataclass(frozen=True, slots=True)
class Wait:
    """No request fits before this moment; `window` is None if another run is just writing."""

    until: int
    window: Window | None = None


class Ledger:
    """The file of one site in the folder of all; opened anew each time, so that it may be deleted.

    A file that is not what was written counts as used up at the time of its last change.
    """

    def __init__(self, folder: Path, site: str) -> None:
        self.path = folder / f"{hashlib.sha256(site.encode()).hexdigest()[:16]}.times"

    def prepare(self) -> None:
        """Make folder and file, so that a problem shows before the first request.

        Raises:
            StorageError: they can't be written.
        """
        with self._open():
            pass

    def enter(self, windows: Windows, now: int, until: int) -> Entry | Wait:
        """Enter a request that is sent now, if it fits; never waits.

        Args:
            windows: what it has to fit into.
            now: the time.
            until: when its answer is there at the latest.

        Raises:
            StorageError: the file can't be read or written.
        """
        with self._open() as file:
            if not try_lock(file, alone=True):
                return Wait(now + SECOND // 200)
            times = self._times(file, windows, now)
            at, window = windows.free_at(times, now)
            if window is not None:
                return Wait(at, window)
            oldest = min(times, default=now)
            line = times.index(oldest) if oldest <= now - windows.longest else len(times)
            entry = Entry(line, min(until, now + LONGEST_ANSWER))
            _write(file, line * _LINE, b"%016d\n" % entry.until)
            return entry

    def settle(self, entry: Entry, at: int) -> None:
        """Note when the answer came.

        Raises:
            StorageError: the file can't be read or written.
        """
        with self._open() as file:
            file.seek(entry.line * _LINE)
            if file.read(_LINE) == b"%016d\n" % entry.until:  # else it was deleted meanwhile
                _write(file, entry.line * _LINE, b"%016d\n" % min(at, entry.until))

    def times(self, windows: Windows, now: int) -> list[int]:
        """All times that are in the file, in no order.

        Raises:
            StorageError: the file can't be read or written.
        """
        with self._open() as file:
            return self._times(file, windows, now)

    def _times(self, file: FileIO, windows: Windows, now: int) -> list[int]:
        data = file.read(_LONGEST)
        if len(data) < _LONGEST and _LINES.fullmatch(data):
            times = list(map(int, data.split()))
            if max(times, default=0) <= now + LONGEST_ANSWER:
                return times
            times = [time if time <= now + LONGEST_ANSWER else now for time in times]
        else:
            changed = int(self.path.stat().st_mtime * SECOND)
            times = [min(changed, now)] * windows.most
        if try_lock(file, alone=True):
            _write(file, 0, b"".join(b"%016d\n" % time for time in times))
            file.truncate(len(times) * _LINE)
        return times

    @contextmanager
    def _open(self) -> Iterator[FileIO]:
        try:
            if not self.path.exists():
                self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                self.path.touch(mode=0o600)
            with self.path.open("r+b", buffering=0) as file:
                yield file
        except OSError as error:
            raise StorageError(
                f"The requests to the site can't be counted: {self.path}: {error.strerror}. "
                "Give permission or make room, name another folder with XDG_STATE_HOME, or switch "
                "the count off with SITE_BUDGETS='{}'."
            ) from error


def _write(file: FileIO, offset: int, data: bytes) -> None:
    """Write all, or nothing: what a full disk takes of a line is cut off again.

    Raises:
        OSError: there is no room.
    """
    file.seek(offset)
    written = file.write(data)
    if written != len(data):
        file.truncate(offset)
        raise OSError(28, "No space left on device")
