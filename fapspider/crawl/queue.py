"""Which folder of a user is read next: one at a time, in the site's order, each with its turn."""

from collections import deque

from fapproc.model import Album


class FolderQueue:
    """The folders that are to be read."""

    def __init__(self) -> None:
        self._waiting: deque[Album] = deque()
        self._total = 0
        self._is_walking = False

    @property
    def left(self) -> int:
        """How many were not read to their ends yet."""
        return len(self._waiting) + self._is_walking

    @property
    def turn(self) -> tuple[int, int]:
        """Which one is read now, counted from 1, and how many there are."""
        return self._total - len(self._waiting), self._total

    def add(self, album: Album) -> None:
        """Have a folder read after the others."""
        self._waiting.append(album)
        self._total += 1

    def next(self) -> Album | None:
        """Begin the next folder; None while another one is being read, or if none is left."""
        if self._is_walking or not self._waiting:
            return None
        self._is_walking = True
        return self._waiting.popleft()

    def end(self) -> None:
        """End the folder that is being read."""
        self._is_walking = False

    def put_back(self, album: Album) -> None:
        """Put the folder that is being read back, to be the next one again."""
        self.end()
        self._waiting.appendleft(album)
