"""The backend of scheme `s3`: the files of an archive in a bucket, `s3://BUCKET/PREFIX`.

Written over obstore (extra `s3`). Server, region and credentials are the environment's, by the
names that every S3 program reads (`AWS_ENDPOINT_URL`, `AWS_REGION`, `AWS_ACCESS_KEY_ID`, …), never
what an archive says: one that somebody was given must not choose whom this program talks to.

A bucket that is not there, is empty or is another's looks as if every file were lost. So a marker,
`PREFIX/archive.json`, says whose files these are: no archive is opened without it.
"""

import contextlib
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Self, TypeVar

import obstore

from fapproc.durable.entry import Entry
from fapproc.errors import Away, StorageError, Unreadable
from fapproc.vault.backend import Place
from fapproc.vault.calls import Calls, or_none, result
from fapproc.vault.s3_refusal import why
from fapproc.vault.s3_store import FAULTS, PARALLEL, silent_for, store

T = TypeVar("T")

MARKER = "archive.json"
CLOCK = "clock"
FORMAT = 1
PAGE = 1000
"""What one answer lists at most, by the protocol."""
_NO_SUCH_KEY = "NoSuchKey"
_FOR_PEOPLE = "text/html"  # of a proxy, with 200: log in first, or this server is being mended
_JUST_NOW = 10.0
"""Seconds: in a bucket that is emptied amid a job each picture would look lost. Each new picture is
asked for before it is put, so the marker can't be asked for each time."""


class S3Backend:
    """The files of an archive below one prefix of a bucket."""

    def __init__(self, place: Place) -> None:
        self._url, self._archive = place.url, place.archive
        self._store = store(place.url, silent_for(0))
        self._patient = {silent_for(0): self._store}
        self._ahead: float | None = None
        self._confirmed_at: float | None = None
        # A request that waits in another thread leaves the main thread open to Ctrl-C.
        self._requests = Calls(PARALLEL)

    @classmethod
    def connect(cls, place: Place) -> Self:
        """The files at a place that `create` made for this archive.

        Raises:
            StorageError: the server can't be reached or refuses, or holds no or other files there.
        """
        found = cls(place)
        found._confirm()
        return found

    @classmethod
    def refuse_taken(cls, place: Place) -> None:
        """See that nothing lies there but this archive.

        Raises:
            StorageError: something does, the URL has not this form, or as `connect`.
        """
        found = cls(place)
        owner = found._owner()
        lies = found._ask("looked into", lambda: next(iter(obstore.list(found._store)), None))
        if owner != place.archive and (owner is not None or lies):
            raise StorageError(
                f"{place.url} can't be used: something lies there already. Choose another bucket, "
                f"or a folder of its own in it: {place.url}/pictures."
            )

    @classmethod
    def create(cls, place: Place) -> None:
        """Mark a place as this archive's, if it is not; raises what `refuse_taken` raises."""
        cls.refuse_taken(place)
        made = cls(place)
        if made._owner() is None:
            said = {"format": FORMAT, "archive": place.archive}
            made.write({MARKER: json.dumps(said).encode()})

    def write(self, files: Mapping[str, bytes]) -> None:
        """Put all, some at a time: each put is whole or not at all, and durable when it returns."""
        puts = {name: self._requests.submit(self._put, name, data) for name, data in files.items()}
        for name, put in puts.items():
            with self._told("written", name), or_none(puts.values()):
                result(put)

    def read(self, name: str) -> bytes | None:
        """The object's bytes; None where the server says that this key is not there.

        Where the marker can't be had either it isn't this object's fault: a job ends then, rather
        than say of each picture that it can't be read.
        """
        try:
            return result(self._requests.submit(self._get, name))
        except FileNotFoundError as error:
            self._confirm(_JUST_NOW if _NO_SUCH_KEY in str(error) else 0)
            return None
        except FAULTS as error:
            self._confirm()
            raise Unreadable(f"{self.place(name)} can't be read: {why(str(error))}") from error

    def renew(self, name: str, data: bytes) -> None:
        """Put it again: a copy of an object onto itself is refused by some servers."""
        self.write({name: data})

    def delete(self, name: str) -> bool:
        """Remove the object; a server takes it for done where there is none, so it is asked."""
        if self._ask("looked up", lambda: self._head(name), name) is None:
            self._confirm()
            return False
        self._ask("removed", lambda: obstore.delete(self._store, name), name)
        return True

    def entry(self, name: str) -> Entry | None:
        """What a HEAD says."""
        with contextlib.suppress(*FAULTS):
            return result(self._requests.submit(self._head, name))
        return None

    def entries(self, kind: str) -> Iterator[Entry]:
        """The objects below a kind, a page of the server's at a time.

        A bucket that was emptied meanwhile has none, nor has a page for people in the server's
        place (the library reads any as a listing of nothing): at the end it is seen that it's ours.
        """
        pages = iter(obstore.list(self._store, kind, chunk_size=PAGE))
        while page := self._ask("listed", lambda: next(pages, None), kind):
            for found in page:
                yield Entry(found["path"], found["size"], found["last_modified"].timestamp())
        self._confirm()

    def obstacle(self, name: str) -> str | None:  # noqa: ARG002 - the same for every name
        """Nothing but objects has a key."""
        return None

    def now(self) -> float:
        """The time of the server, told by an object that is written once for it.

        Who may not write there is told the time of this computer: nor may it remove what is old.
        """
        if self._ahead is None:
            try:
                self.write({CLOCK: b""})
                told = self.entry(CLOCK)
            except StorageError:
                told = None
            self._ahead = (told.changed_at if told else time.time()) - time.monotonic()
        return self._ahead + time.monotonic()

    def free(self) -> int | None:
        """Nobody tells."""
        return None

    def place(self, name: str) -> str:
        """The object's URL."""
        return f"{self._url.rstrip('/')}/{name}"

    def folders(self) -> Sequence[Path]:
        """None of this computer."""
        return []

    def sweep(self) -> None:
        """Nothing is half written: no put is in parts."""

    def _confirm(self, seconds: float = 0) -> None:
        """See that the server answers and has this archive's files, if that was not seen just now.

        Raises:
            Away: it can't be reached or refuses, or holds no or other files there.
        """
        if self._confirmed_at is not None and time.monotonic() - self._confirmed_at < seconds:
            return
        owner = self._owner()
        if owner is None:
            raise Away(
                f"{self._url} holds no archive's pictures: another bucket or server is meant, or "
                f"it was emptied. {_look(self._url)}"
            )
        if owner != self._archive:
            raise Away(f"{self._url} holds the pictures of another archive. {_look(self._url)}")
        self._confirmed_at = time.monotonic()

    def _owner(self) -> str | None:
        """Which archive the marker names; None where there is no marker."""
        try:
            said = json.loads(result(self._requests.submit(self._get, MARKER)))
            return str(said["archive"]) if said["format"] == FORMAT else "of a newer program"
        except FileNotFoundError:
            return None
        except (ValueError, TypeError, KeyError, RecursionError):
            return "unknown"
        except FAULTS as error:
            raise Away(f"{self._url} can't be reached: {why(str(error))}") from error

    def _head(self, name: str) -> Entry | None:
        try:
            found = obstore.head(self._store, name)
        except FileNotFoundError:
            return None
        return Entry(name, found["size"], found["last_modified"].timestamp())

    def _get(self, name: str) -> bytes:
        found = obstore.get(self._store, name)
        if str(found.attributes.get("Content-Type", "")).lower().startswith(_FOR_PEOPLE):
            raise ConnectionError("a web page is there in place of files")
        return found.bytes().to_bytes()

    def _put(self, name: str, data: bytes) -> None:
        silent = silent_for(len(data))
        if silent not in self._patient:  # to make one takes 70 ms, so not one for each size
            self._patient[silent] = store(self._url, silent)
        obstore.put(self._patient[silent], name, data, use_multipart=False)

    def _ask(self, done: str, request: Callable[[], T], name: str = "") -> T:
        with self._told(done, name):
            return result(self._requests.submit(request))

    @contextlib.contextmanager
    def _told(self, done: str, name: str) -> Iterator[None]:
        """Say what can't be done, and with what; where the server is away no more than that."""
        try:
            yield
        except FAULTS as error:
            if self._confirmed_at is not None:  # else it is being made
                self._confirm()
            raise StorageError(f"{self.place(name)} can't be {done}: {why(str(error))}") from error


def _look(url: str) -> str:
    return f"Look at AWS_ENDPOINT_URL and at what lies at {url}."
