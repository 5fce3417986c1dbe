"""Compares rows with the list of files: which look wrong by name and size, which have no row.

Neither the rows nor the list is held in memory. Of each file that a row names 16 bytes are kept,
the hash of its name and its size, and the list is compared with these as it comes. The hash is
Python's own, of 64 bits under a key of this process: of ten million names two have the same once in
300,000 archives, and nobody can provoke that.
"""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection

from fapproc.archive import Archive
from fapproc.db import images, pruned
from fapproc.durable.entry import Entry
from fapproc.jobs.findings import File, files_of, fits, is_sound

_AT_ONCE = 1024


@dataclass(frozen=True, slots=True)
class Survey:
    """What a look at names and sizes tells."""

    suspects: list[File]
    """Files that are not listed, or not as their rows say; others may have stored them since."""
    strays: dict[str, Entry]
    """What is listed and no row names, by name."""
    lost: list[File]
    """Files of images that are known to be lost, whatever is listed."""


class _Known:
    """What rows name: hashes of names in order, sizes beside them, and which were listed so."""

    def __init__(self, hashes: Iterable[int], sizes: Iterable[int]) -> None:
        unordered = np.array(hashes, dtype=np.int64)
        order = np.argsort(unordered)
        self._hashes = unordered[order]
        self._sizes = np.array(sizes, dtype=np.int64)[order]
        self._found = np.zeros(len(order), dtype=np.bool_)

    def hold(self, entries: list[Entry]) -> list[Entry]:
        """Take note of entries that are as their rows say; returns those that no row names."""
        places, named = self._look([entry.name for entry in entries])
        sizes = np.array([entry.bytes for entry in entries], dtype=np.int64)
        regular = np.array([entry.is_regular for entry in entries], dtype=np.bool_)
        fits = named & regular
        fits[fits] = self._sizes[places[fits]] == sizes[fits]
        self._found[places[fits]] = True
        return [entry for entry, known in zip(entries, named, strict=True) if not known]

    def are_all_found(self) -> bool:
        """Whether each file was listed as its row says."""
        return bool(self._found.all())

    def missed(self, files: list[File]) -> list[File]:
        """Those of these files that rows named, and that were not listed as they said."""
        places, named = self._look([file.name for file in files])
        named[named] = ~self._found[places[named]]
        return [file for file, is_missed in zip(files, named, strict=True) if is_missed]

    def _look(self, names: list[str]) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.bool_]]:
        """Where each name's hash stands, and whether it is one that is known."""
        wanted = np.array([hash(name) for name in names], dtype=np.int64)
        if not len(self._hashes):
            return np.zeros(len(names), dtype=np.intp), np.zeros(len(names), dtype=np.bool_)
        places = np.minimum(np.searchsorted(self._hashes, wanted), len(self._hashes) - 1)
        return places, self._hashes[places] == wanted


def misnoted(archive: Archive, suspects: Sequence[File]) -> list[File]:
    """Those of the suspects that are what was stored, and of another size than their rows say."""
    with archive.reading() as connection:
        known = images.by_ids(connection, {file.image for file in suspects})
    return [
        file
        for file in suspects
        if file.image in known
        and not fits(archive, file, archive.vault.entry(file.name))
        and is_sound(archive, file)
    ]


def survey(archive: Archive) -> Survey:
    """Look at the names and sizes of all files; none is read."""
    hashes, sizes, lost = array("q"), array("q"), list[File]()
    with archive.reading() as connection:
        for files in _files(archive, connection):
            lost += (file for file in files if file.lost)
            hashes.extend(hash(file.name) for file in files)
            sizes.extend(archive.vault.size(file.bytes) for file in files)
    known = _Known(hashes, sizes)
    strays: dict[str, Entry] = {}
    listing = archive.vault.entries()
    while entries := list(islice(listing, _AT_ONCE)):
        strays |= {entry.name: entry for entry in known.hold(entries)}
    suspects: list[File] = []
    if not known.are_all_found():
        with archive.reading() as connection:
            for files in _files(archive, connection):
                suspects += known.missed([file for file in files if not file.lost])
    return Survey(suspects, strays, lost)


def _files(archive: Archive, connection: Connection) -> Iterator[list[File]]:
    for batch in pruned.with_files(connection):
        yield [file for stored in batch for file in files_of(archive, stored)]
