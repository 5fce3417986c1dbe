"""The encodings of an archive as arrays, a row an image.

Hashes are held in memory, 32 bytes an image. The vectors of a million images are 1.25 GB: a search
reads some at a time, in the order of their rows, and holds none.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from fapproc.db import derived, images, pairs
from fapproc.dedup import motion
from fapproc.dedup.evidence import Encoded
from fapproc.dedup.method import Kind, Method, Methods
from fapproc.dedup.motion import MOTION
from fapproc.dedup.registry import HASHES, METHODS, VECTORS
from fapproc.dedup.tiles import Codes, Flags, Index

Ids = NDArray[np.int64]
Reading = Callable[[], AbstractContextManager[Connection]]
"""Opens the archive to read, for a moment."""
Stretch = tuple[Sequence[int], Sequence[bytes]]
"""Image row numbers, sorted, and a code each."""


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """Images and what is known of them; `ids` are row numbers, sorted, int64."""

    ids: Ids
    encoded: Encoded

    def with_vector(self, method: str) -> Ids:
        """The images that have a vector of this method."""
        vectors = self.encoded.codes.get(method)
        if vectors is None:
            return self.ids[:0]
        there = vectors.there if isinstance(vectors, Vectors) else vectors[:].any(axis=1)
        return self.ids[there]

    def rows(self, image_ids: Iterable[int]) -> Ids:
        """The rows of images that are there."""
        return np.searchsorted(self.ids, np.fromiter(image_ids, np.int64))


@dataclass(frozen=True, slots=True, eq=False)
class Vectors:
    """Vectors that lie in the archive, and are read from there when they are asked for.

    Of an image that had none when the search began, and of one that has gone since, zeros.

    `ids`: the images, by row; `there`: which of them have one.
    """

    reading: Reading
    encoder: int
    ids: Ids
    there: Flags
    width: int

    @property
    def shape(self) -> tuple[int, ...]:
        """How many images, and how many dimensions."""
        return len(self.ids), self.width

    @property
    def dtype(self) -> np.dtype[Any]:
        """A byte a dimension."""
        return np.dtype(np.int8)

    def __getitem__(self, rows: Index | slice) -> NDArray[np.int8]:
        wanted, places = np.unique(np.arange(len(self.ids))[rows], return_inverse=True)
        ids = self.ids[wanted[self.there[wanted]]]
        with self.reading() as connection:
            stretches = pairs.read_codes(connection, Kind.VECTOR, self.encoder, ids.tolist())
            found = _vectors(stretches, self.ids[wanted], self.width)
        return found[places]


def encoders(connection: Connection, methods: Methods = METHODS) -> dict[str, int]:
    """The encoders whose codes are compared, by method; only those that ever encoded anything.

    Of networks it is the one that most vectors are of, of several the method's own: while `process`
    goes over from one to the other there are vectors of both. The reels of animations come last.
    """
    found: dict[str, int | None] = {}
    for name, one in methods.items():
        found[name] = images.encoder_id(connection, name, one.identity())
        if one.kind is Kind.VECTOR:
            found[name] = derived.encoder_of_vectors(connection, name, first=found[name])
    found[MOTION] = images.encoder_id(connection, MOTION, motion.identity())
    return {name: number for name, number in found.items() if number is not None}


def in_use(
    connection: Connection, by_method: Mapping[str, int], methods: Methods
) -> dict[str, Method]:
    """The methods as they are for the codes that are compared: these may be a former network's."""
    versions = {name: derived.encoder_version(connection, by_method[name]) for name in by_method}
    return {
        name: one.of(versions[name].partition(" ")[0]) if name in versions else one
        for name, one in methods.items()
    }


def needed(by_method: Mapping[str, int]) -> int | None:
    """The mask of the encoders without which an image is not compared; None if one is missing."""
    if not by_method.keys() >= HASHES.keys():
        return None
    return sum(1 << bit for bit, name in enumerate(by_method) if name in HASHES)


def needed_to_move(by_method: Mapping[str, int]) -> int:
    """The mask of what an animation needs besides: while nobody made reels, a bit that none has."""
    names = list(by_method)
    return 1 << (names.index(MOTION) if MOTION in names else len(names))


def read_all(
    connection: Connection,
    by_method: Mapping[str, int],
    *,
    without: Collection[int] = (),
    later: Reading | None = None,
) -> Known:
    """Read every image that has all hashes, and its vector if it has one, without some.

    Args:
        connection: to read from.
        by_method: the encoders.
        without: images that are passed over.
        later: how the archive is read when vectors are asked for, and none is held; None: all are
            read now.
    """
    columns = {
        name: _hashes(pairs.read_codes(connection, Kind.BITS, by_method[name]))
        for name in HASHES
        if name in by_method
    }
    animated, sights = pairs.remarks(connection)
    reels = _reels(connection, by_method)
    ids = _common([found for found, _ in columns.values()])
    ids = ids[~np.isin(ids, [*(animated - reels.keys()), *without])]
    codes: dict[str, Codes] = {
        name: known[np.searchsorted(found, ids)] for name, (found, known) in columns.items()
    }
    for name in VECTORS.keys() & by_method.keys():
        number = by_method[name]
        if later is None:
            codes[name] = _vectors(pairs.read_codes(connection, Kind.VECTOR, number), ids)
        else:
            codes[name] = _kept(connection, number, ids, later)
    return Known(ids, _encoded(ids, codes, reels, sights))


def read_some(
    connection: Connection, by_method: Mapping[str, int], image_ids: Sequence[int]
) -> Known:
    """Read some images; those that lack a hash are not among them."""
    found = {
        name: pairs.codes_of(connection, _kind(name), number, image_ids)
        for name, number in by_method.items()
    }
    animated, sights = pairs.remarks(connection)
    reels = found.pop(MOTION, {})
    hashes = [set(found.get(name, ())) for name in HASHES]
    whole = set.intersection(*hashes) - (animated - reels.keys())
    ids = np.array(sorted(whole), dtype=np.int64)
    codes: dict[str, Codes] = {
        name: np.frombuffer(b"".join(found[name][n] for n in ids.tolist()), ">u8").astype(np.uint64)
        for name in HASHES
        if name in found
    }
    for name in VECTORS.keys() & by_method.keys():
        numbers = sorted(found[name])
        vectors = [found[name][number] for number in numbers]
        codes[name] = _vectors([(numbers, vectors)] if numbers else [], ids)
    return Known(ids, _encoded(ids, codes, reels, sights))


def _reels(connection: Connection, by_method: Mapping[str, int]) -> dict[int, bytes]:
    """The reel of every animation that has one, by row number."""
    if MOTION not in by_method:
        return {}
    stretches = pairs.read_codes(connection, Kind.VECTOR, by_method[MOTION])
    return {n: reel for some in stretches for n, reel in zip(*some, strict=True)}


def _kind(name: str) -> Kind:
    """In which table codes are: reels beside vectors, for they are as long."""
    return Kind.VECTOR if name == MOTION else METHODS[name].kind


def _kept(connection: Connection, number: int, ids: Ids, later: Reading) -> Vectors:
    """The vectors of these images, to be read later."""
    coded = pairs.coded(connection, Kind.VECTOR, number)
    found = np.concatenate([np.zeros(0, np.int64), *(np.array(some) for some in coded)])
    return Vectors(
        later,
        number,
        ids,
        np.isin(ids, found, assume_unique=True),
        pairs.code_length(connection, Kind.VECTOR, number),
    )


def _encoded(
    ids: Ids, codes: Mapping[str, Codes], reels: Mapping[int, bytes], sights: Mapping[int, int]
) -> Encoded:
    sight = np.zeros(len(ids), dtype=np.uint8)
    noticed = np.isin(ids, list(sights))
    sight[noticed] = [sights[number] for number in ids[noticed].tolist()]
    animated = np.isin(ids, list(reels))
    of = [reels[number] for number in ids[animated].tolist()]
    return Encoded(codes, animated, motion.read(of, np.flatnonzero(animated), len(ids)), sight)


def _hashes(stretches: Iterable[Stretch]) -> tuple[Ids, NDArray[np.uint64]]:
    ids: list[Ids] = [np.zeros(0, np.int64)]
    codes: list[NDArray[np.uint64]] = [np.zeros(0, np.uint64)]
    for numbers, some in stretches:
        ids.append(np.array(numbers, dtype=np.int64))
        codes.append(np.frombuffer(b"".join(some), ">u8").astype(np.uint64))
    return np.concatenate(ids), np.concatenate(codes)


def _vectors(stretches: Iterable[Stretch], ids: Ids, width: int = 0) -> NDArray[np.int8]:
    """Vectors of these images, zeros where there is none; other images' are passed over."""
    vectors = np.zeros((len(ids), width), dtype=np.int8)
    ended = np.append(ids, -1)
    for numbers, some in stretches:
        if not vectors.shape[1]:
            vectors = np.zeros((len(ids), len(some[0])), dtype=np.int8)
        rows = np.searchsorted(ids, numbers)
        wanted = ended[rows] == numbers
        vectors[rows[wanted]] = np.frombuffer(b"".join(some), np.int8).reshape(len(some), -1)[
            wanted
        ]
    return vectors


def _common(columns: Sequence[Ids]) -> Ids:
    common = columns[0] if columns else np.zeros(0, np.int64)
    for other in columns[1:]:
        common = np.intersect1d(common, other, assume_unique=True)
    return common
