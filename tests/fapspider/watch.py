"""Which threads touch files of a folder, as the interpreter itself reports it."""

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scrapy import signals
from scrapy.crawler import Crawler

_EVENTS = {"open", "os.rename", "os.mkdir", "os.remove", "sqlite3.connect"}
_watched: dict[str, set[str]] = {}


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    if _watched and event in _EVENTS and isinstance(arguments[0], str | os.PathLike):
        path = os.fspath(arguments[0])
        for folder, names in _watched.items():
            if str(path).startswith(folder):
                names.add(threading.current_thread().name)


sys.addaudithook(_hook)  # it can't be taken back, so it does nothing while no folder is watched


@contextmanager
def threads_at(folder: Path) -> Iterator[set[str]]:
    """The names of all threads that touch a file of the folder inside the block."""
    names = _watched.setdefault(str(folder), set())
    try:
        yield names
    finally:
        del _watched[str(folder)]


class ThreadWatch:
    """A Scrapy extension: notes in file WATCH_NOTES which threads touched the archive."""

    def __init__(self, folder: str, notes: Path) -> None:
        self._folder, self._notes = folder, notes
        _watched[folder] = set()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "ThreadWatch":
        made = cls(os.environ["FAP_ARCHIVE"], Path(os.environ["WATCH_NOTES"]))
        crawler.signals.connect(made.write, signals.engine_stopped)
        return made

    def write(self) -> None:
        self._notes.write_text("\n".join(sorted(_watched[self._folder])))
