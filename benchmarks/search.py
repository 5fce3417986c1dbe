"""Searches: all near pairs among a million hashes and a hundred thousand vectors; new against all.

Codes are drawn, with near ones planted; the results are held against brute force on fewer.
"""

import resource
import time
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.fft import idct

from fapproc.dedup import search
from fapproc.dedup.method import Kind
from fapproc.dedup.models import DEFAULT
from fapproc.dedup.registry import HASHES
from fapproc.dedup.tiles import Pairs

CODES = 1_000_000
NEW = 1_000
BRUTE_CODES = 100_000
VECTORS = 100_000
WIDTH = 1248
COMMON = 0.57
BRUTE_VECTORS = 8_000
FEW = 8_000
"""Of so many codes imagededup 0.3.3 takes 14.4 s on two cores, of so many vectors 38.7 s."""


near_codes = partial(search.pairs, Kind.BITS)
near_vectors = partial(search.pairs, Kind.VECTOR)


def run() -> Iterator[str]:
    """Yield the lines of a table; the result is held against brute force on fewer codes."""
    yield f"{CODES:,} codes of 64 bits and {VECTORS:,} vectors of {WIDTH}, some near others"
    yield ""
    yield "| search | seconds | pairs | peak memory of the process |"
    yield "|---|---|---|---|"
    recent = np.arange(CODES) >= CODES - NEW
    for name, method in HASHES.items():
        codes, radius = draw_hash(name, CODES), int(method.regular)
        yield _row(f"{name} within {radius} bits", partial(near_codes, codes, radius))
        one_new = partial(near_codes, codes, radius, recent)
        yield _row(f"{name}: {NEW:,} new against all", one_new)
    least, few, some = DEFAULT.regular, draw_codes(FEW), draw_vectors(FEW)
    for radius in (4, 10):
        yield _row(f"{FEW:,} codes within {radius} bits", partial(near_codes, few, radius))
    yield _row(f"{FEW:,} vectors of cosine {least} and more", partial(near_vectors, some, least))
    vectors = draw_vectors(VECTORS)
    yield _row(f"vectors of cosine {least} and more", partial(near_vectors, vectors, least))
    last = np.arange(VECTORS) >= VECTORS - NEW
    yield _row(f"{NEW:,} new against all", partial(near_vectors, vectors, least, last))
    same = True
    for name, method in HASHES.items():
        few, radius = draw_hash(name, BRUTE_CODES), int(method.regular)
        same &= len(near_codes(few, radius)) == _brute_codes(few, radius)
    some = vectors[:BRUTE_VECTORS]
    equal = len(near_vectors(some, least)) == _brute_vectors(some, least)
    yield ""
    yield f"Equal to brute force at {BRUTE_CODES:,} codes: {'yes' if same else 'NO'}"
    yield f"Equal to brute force at {BRUTE_VECTORS:,} vectors: {'yes' if equal else 'NO'}"


def draw_hash(name: str, count: int) -> NDArray[np.uint64]:
    """Draw codes as those of this method are spread."""
    seed = list(HASHES).index(name)
    return (draw_codes if HASHES[name].is_strong else draw_coarse_codes)(count, seed)


def draw_codes(count: int, seed: int = 7) -> NDArray[np.uint64]:
    """Draw codes, the last hundredth 1 to 4 bits from others."""
    random = np.random.default_rng(seed)
    return _planted(random.integers(0, 2**64, count, dtype=np.uint64), random)


def draw_coarse_codes(count: int, seed: int) -> NDArray[np.uint64]:
    """Draw codes as `average` and `wavelet` have them: what is bright in a picture hangs together.

    Of a million pairs 7 come to one bit; of unrelated photographs 2 by average, 15 by wavelet.
    """
    random = np.random.default_rng(seed)
    waves = idct(np.eye(8), axis=0, norm="ortho")
    lengths = np.hypot(*np.meshgrid(np.arange(8), np.arange(8)))
    lengths[0, 0] = np.inf
    field = np.einsum("xu,yv,uv->uvxy", waves, waves, lengths**-1.5).reshape(64, 64)
    codes = np.empty(count, dtype=np.uint64)
    for start in range(0, count, 1 << 16):
        stop = min(start + (1 << 16), count)
        bright = random.standard_normal((stop - start, 64)) @ field > 0
        codes[start:stop] = np.packbits(bright, axis=1).view(">u8")[:, 0]
    return _planted(codes, random)


def _planted(codes: NDArray[np.uint64], random: np.random.Generator) -> NDArray[np.uint64]:
    planted = len(codes) // 100
    flips = np.zeros(planted, dtype=np.uint64)
    for _ in range(4):
        flips |= np.uint64(1) << random.integers(0, 64, planted).astype(np.uint64)
    codes[-planted:] = codes[:planted] ^ flips
    return codes


def draw_vectors(count: int) -> NDArray[np.int8]:
    """Draw vectors with a common direction and a falling spectrum, the last hundredth near others.

    Of 500 photographs half of the cosines are under 0.25, and 128 axes hold 0.79 of the squared
    lengths; of these vectors half are so too, and 128 axes hold less, 0.67.
    """
    random = np.random.default_rng(7)
    spectrum = random.permutation((np.arange(WIDTH, dtype=np.float32) + 8) ** -0.5)
    common = COMMON * random.standard_normal(WIDTH, dtype=np.float32) * spectrum
    vectors = np.empty((count, WIDTH), dtype=np.int8)
    for start in range(0, count, 4096):
        stop = min(start + 4096, count)
        drawn = common + random.standard_normal((stop - start, WIDTH), dtype=np.float32) * spectrum
        vectors[start:stop] = np.rint(drawn * (127 / np.abs(drawn).max(axis=1, keepdims=True)))
    planted = count // 100
    noise = random.integers(-6, 7, (planted, WIDTH))
    vectors[-planted:] = np.clip(vectors[:planted] + noise, -127, 127)
    return vectors


def _row(what: str, searched: Callable[[], Pairs]) -> str:
    started = time.perf_counter()
    pairs = searched()
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return f"| {what} | {seconds:.2f} | {len(pairs):,} | {peak:,.0f} MiB |"


def _brute_codes(codes: NDArray[np.uint64], radius: int) -> int:
    return sum(
        int((np.bitwise_count(codes[k + 1 :] ^ codes[k]) <= radius).sum())
        for k in range(len(codes) - 1)
    )


def _brute_vectors(vectors: NDArray[np.int8], least: float) -> int:
    wide = vectors.astype(np.float64)
    squares = (wide * wide).sum(axis=1)
    return sum(
        int((wide[k + 1 :] @ wide[k] / np.sqrt(squares[k + 1 :] * squares[k]) >= least).sum())
        for k in range(len(wide) - 1)
    )
