"""What an animation shows one after the other, in some hundred bytes, and which two go on alike.

All hashes of the registry see the first frame only, as those of imagededup do. So an animation has
a reel besides: those of its frames that differ from the one before, each as `percept` sees it, as
it is and mirrored. Two that are the same share most of these in one order, wherever the loop
begins, however fast it is, and though some frames were left out. Arrays in, values out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from fapproc.dedup import perceptual, search
from fapproc.dedup.colour import Colour
from fapproc.dedup.method import Flags, Index, Kind, Scores
from fapproc.dedup.perceptual import PERCEPT
from fapproc.dedup.tiles import Held

Codes = NDArray[np.uint64]

MOTION = "motion"
"""The name under which reels are kept, and of pairs that are told by them."""
FRAME = "frame"
"""The name of pairs of a still and an animation that it is a frame of: they are no group."""
FRAMES = 32
"""The most frames of an animation that its reel holds."""
_REVISION = 1
"""To be raised whenever a reel is made in another way."""
_LOOKED_AT = 96
"""How many frames of a long animation are looked at, spread evenly."""
_OTHER_BITS = 8
"""A frame that differs by so many bits from the one before shows something else."""
_NEAR_BITS, _LOOSE_BITS = 10, 16
"""At most so many bits lie between equal frames, and between equal ones of which one was cropped or
changed."""
_SAME_BITS = 4
"""If first frames are this near, nothing was changed: so the other frames must be near too."""
IN_ORDER, _LOOSE_IN_ORDER = 0.75, 0.6
"""Which part of the shorter one's frames must be in the other, in the same order."""
_COVERED = 0.3
"""Which part of the longer one's frames must be in the shorter, which may lack some."""
_LEAST = 3
"""With fewer different frames the first frames must agree too."""
_SHARED = 2
"""Animations that share fewer frames are not candidates for that alone."""
_LISTED = 32
"""How many of many equal frames are compared."""
_CHUNK = 1024
"""How many pairs are compared at a time: some megabytes."""


@dataclass(frozen=True, slots=True, eq=False)
class Reels:
    """The reels of some images, a row each; few of many images are animations.

    `at` is the place of a row's reel in `codes`, -1 where there is none. `codes`: a reel each, 2 x
    `FRAMES`, as it is and mirrored; 0 where there is no frame, which no code is.
    """

    at: NDArray[np.int32]
    codes: Codes

    @classmethod
    def none(cls, count: int) -> Self:
        """Make reels for so many rows, none of which has one."""
        return cls(np.full(count, -1, np.int32), np.zeros((0, 2, FRAMES), np.uint64))

    def rows(self, chosen: Index) -> "Reels":
        """The same of some rows."""
        return Reels(self.at[chosen], self.codes)

    @property
    def marks(self) -> Codes:
        """A number a row, equal where reels are; 0 where there is none."""
        marks = np.zeros(len(self.at), dtype=np.uint64)
        there = self.at >= 0
        odd = np.arange(1, 2 * FRAMES + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        codes = self.codes.reshape(-1, 2 * FRAMES)
        marks[there] = np.bitwise_xor.reduce(codes * (odd | np.uint64(1)), axis=1)[self.at[there]]
        return marks


@dataclass(frozen=True, slots=True, eq=False)
class Agreement:
    """How two animations go on, pair by pair.

    `share`: of the frames of the shorter one that are in the other in one order, NaN where one of
    the two is not known. `agrees`: they are the same if their first frames are. `tells`: they are
    the same, whatever their first frames say.
    """

    share: Scores
    agrees: Flags
    tells: Flags

    @property
    def is_close(self) -> Flags:
        """Whether most frames are near, and not only as near as where one was changed."""
        close: Flags = np.nan_to_num(self.share) >= _LOOSE_IN_ORDER
        return close

    def said(self, row: int) -> str:
        """Say in words how the two of a pair go on."""
        if self.tells[row]:
            part = f"{self.share[row]:.0%} of the shorter's frames are in the other, in one order"
            return f"both are animations, and {part}"
        told = "alike" if self.agrees[row] else "otherwise: they are not one picture"
        return f"both are animations and go on {told}"


def identity() -> str:
    """Say which reels these are: one word, that of the codes that they are made of within it."""
    return f"{_REVISION}-{perceptual.versions().partition(' ')[0]}"


def reel(frames: Sequence[Image.Image]) -> bytes:
    """Make the reel of an animation of its small frames, from the first to the last.

    Empty where only the first frame was decoded: how a very long animation goes on is not known.
    """
    if len(frames) < 2:
        return b""
    looked_at = [frames[number] for number in _spread(len(frames), _LOOKED_AT)]
    kept: list[Image.Image] = []
    codes: list[int] = []
    for frame in looked_at:
        code = _code(frame)
        if not codes or (code ^ codes[-1]).bit_count() >= _OTHER_BITS:
            kept.append(frame)
            codes.append(code)
    chosen = _spread(len(kept), FRAMES)
    made = np.zeros((2, FRAMES), dtype=">u8")
    made[0, : len(chosen)] = [codes[number] for number in chosen]
    made[1, : len(chosen)] = [_code(ImageOps.mirror(kept[number])) for number in chosen]
    return made[:, : len(chosen)].tobytes()


def read(reels: Sequence[bytes | None], rows: Index, count: int) -> Reels:
    """Read the reels of these of `count` rows; an empty one says nothing."""
    at = np.full(count, -1, dtype=np.int32)
    codes = np.zeros((len(reels), 2, FRAMES), dtype=np.uint64)
    at[rows] = np.arange(len(reels))
    for number, one in enumerate(reels):
        if one:
            known = np.frombuffer(one, dtype=">u8").reshape(2, -1)
            codes[number, :, : known.shape[1]] = known
    return Reels(at, codes)


def compare(reels: Reels, i: Index, j: Index) -> Agreement:
    """Compare the animations of pairs of rows; each of the two may be mirrored."""
    share = np.full(len(i), np.nan)
    agrees, tells = (np.zeros(len(i), dtype=np.bool_) for _ in range(2))
    known = np.flatnonzero((reels.at[i] >= 0) & (reels.at[j] >= 0))
    for start in range(0, len(known), _CHUNK):
        some = known[start : start + _CHUNK]
        a, b = reels.codes[reels.at[i[some]]], reels.codes[reels.at[j[some]]]
        share[some], agrees[some], tells[some] = _compared(a, b)
    return Agreement(share, agrees, tells)


def _compared(a: Codes, b: Codes) -> tuple[Scores, Flags, Flags]:
    """Compare reels, pair by pair: n x 2 x `FRAMES` each."""
    counts = [np.count_nonzero(reel[:, 0], axis=1) for reel in (a, b)]
    shorter, longer = np.minimum(*counts), np.maximum(*counts)
    either = np.maximum(shorter, 1)
    near, loose = (
        np.maximum(*(in_order(a[:, 0], b[:, way], bits) for way in (0, 1)))
        for bits in (_NEAR_BITS, _LOOSE_BITS)
    )
    share = np.where(shorter > 0, near / either, np.nan)
    starts = np.bitwise_count(a[:, 0, :1] ^ b[:, :, 0]).min(axis=1)
    found = np.where(starts <= _SAME_BITS, near, loose)
    agrees = (found >= _LOOSE_IN_ORDER * either) & (found >= _COVERED * longer) & (shorter > 0)
    rich = (near >= _LEAST) & (near >= _COVERED * longer)
    return share, agrees, rich & (near >= IN_ORDER * either)


def distance(reels: Reels, codes: Codes, i: Index, j: Index) -> Scores:
    """How far a still is from the nearest frame of an animation's reel, mirrored or not.

    Args:
        reels: of all rows.
        codes: by `percept`, of all rows.
        i: rows of the one; one of the two is an animation, the other a still.
        j: rows of the other.

    Returns:
        In bits; of an animation whose reel says nothing, from its first frame.
    """
    bits: Scores = np.bitwise_count(codes[i] ^ codes[j]).astype(np.float64)
    film = np.where(reels.at[i] >= 0, i, j)
    still = np.where(film == i, j, i)
    known = np.flatnonzero(reels.at[film] >= 0)
    for start in range(0, len(known), _CHUNK):
        some = known[start : start + _CHUNK]
        frames = reels.codes[reels.at[film[some]]]
        apart = np.bitwise_count(frames ^ codes[still[some], None, None]).astype(np.float64)
        apart[frames == 0] = np.nan
        with_any = (frames != 0).any(axis=(1, 2))
        bits[some[with_any]] = np.nanmin(apart[with_any], axis=(1, 2))
    return bits


def shared(reels: Reels, codes: Codes, new: Flags, among: Index) -> tuple[Index, Index]:
    """Find animations that share frames, and stills that are frames of one.

    Args:
        reels: of all rows.
        codes: by `percept`, of all rows; those of animations are of their first frames.
        new: for each row, whether it is to be compared with all others.
        among: the rows that are compared.

    Returns:
        Rows i and j, each pair once: two animations share `_SHARED` frames at least, one of each
        mirrored or not.
    """
    films = among[reels.at[among] >= 0]
    stills = among[reels.at[among] < 0]
    if not len(films):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    held = reels.codes[reels.at[films]]
    place, way, frame = np.nonzero(held)
    of = np.concatenate([films[place], stills])
    listed = np.concatenate([held[place, way, frame], codes[stills]])
    told = np.concatenate([place * FRAMES + frame, np.full(len(stills), -1)])
    mirrored = np.concatenate([way == 1, np.zeros(len(stills), np.bool_)])
    kept = np.flatnonzero(~PERCEPT.blank(listed) & _first_few(listed))
    of, listed, told, mirrored = of[kept], listed[kept], told[kept], mirrored[kept]
    found = search.run(search.plan(Kind.BITS, Held(listed), _SAME_BITS, new[of]))
    a, b = found.i, found.j
    wanted = (of[a] != of[b]) & ~(mirrored[a] & mirrored[b]) & ((told[a] >= 0) | (told[b] >= 0))
    a, b = a[wanted], b[wanted]
    i, j = np.minimum(of[a], of[b]), np.maximum(of[a], of[b])
    frame_of_i = np.where(of[a] == i, told[a], told[b])
    triples = np.unique(np.stack([i, j, frame_of_i], axis=1), axis=0)
    pairs, counts = np.unique(triples[:, :2], axis=0, return_counts=True)
    moving = (reels.at[pairs[:, 0]] >= 0) & (reels.at[pairs[:, 1]] >= 0)
    enough = pairs[~moving | (counts >= _SHARED)]
    return enough[:, 0], enough[:, 1]


def _first_few(codes: Codes) -> Flags:
    """Tell which are among the first `_LISTED` of their equals: a title in a thousand is none."""
    order = np.argsort(codes, kind="stable")
    ordered = codes[order]
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    lengths = np.diff(np.append(starts, len(ordered)))
    few = np.zeros(len(codes), dtype=np.bool_)
    few[order] = np.arange(len(ordered)) - np.repeat(starts, lengths) < _LISTED
    return few


def in_order(a: Codes, b: Codes, bits: int) -> NDArray[np.int64]:
    """Count the frames of each two reels that are near and stand in one order, in a circle.

    The longest common subsequence, over every frame of `b` with which its loop may begin.

    Args:
        a: a reel a row, n x `FRAMES`; 0 is no frame.
        b: the other one's.
        bits: how many may differ.
    """
    near = np.bitwise_count(a[:, :, None] ^ b[:, None, :]) <= bits
    near &= (a != 0)[:, :, None] & (b != 0)[:, None, :]
    count = b.shape[1]
    turned = (np.arange(count)[:, None] + np.arange(count)) % count
    longest = np.zeros((len(a), count, count + 1), dtype=np.int8)
    for row in np.flatnonzero(near.any(axis=(0, 2))).tolist():
        with_this = longest[..., :-1] + near[:, row][:, turned]
        best = np.maximum(longest[..., 1:], with_this)
        longest[..., 1:] = np.maximum.accumulate(best, axis=2)
    counts: NDArray[np.int64] = longest[..., -1].max(axis=1).astype(np.int64)
    return counts


def _code(frame: Image.Image) -> int:
    return int.from_bytes(PERCEPT.encode(Colour(frame)), "big")


def _spread(count: int, most: int) -> list[int]:
    """Choose so many of a row at most, evenly, the first among them."""
    return [number * count // most for number in range(most)] if count > most else [*range(count)]
