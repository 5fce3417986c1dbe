"""Searches: all near pairs among a million hashes and a hundred thousand vectors; new against all.

Codes are drawn, with near ones planted; the results are held against brute force on fewer.
"""

import resource
import time
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
from numpy.typing import NDArray

from fapproc.dedup import cosine, hamming
from fapproc.dedup.models import DEFAULT
from fapproc.dedup.pairs import Pairs

CODES = 1_000_000
PLANTED = 10_000
NEW = 1_000
RADII = (1, 4)
BRUTE_CODES = 100_000
VECTORS = 100_000
WIDTH = 1248
COMMON = 0.57
BRUTE_VECTORS = 8_000


def run() -> Iterator[str]:
    """Yield the lines of a table; the result is held against brute force on fewer codes."""
    yield f"{CODES:,} codes of 64 bits and {VECTORS:,} vectors of {WIDTH}, some near others"
    yield ""
    yield "| search | seconds | pairs | peak memory of the process |"
    yield "|---|---|---|---|"
    codes = draw_codes(CODES)
    recent = np.arange(CODES) >= CODES - NEW
    for radius in RADII:
        yield _row(f"hashes within {radius} bits", partial(hamming.near, codes, radius))
    yield _row(f"{NEW:,} new against all", partial(hamming.near, codes, 4, recent))
    vectors = draw_vectors(VECTORS)
    least = DEFAULT.regular
    yield _row(f"vectors of cosine {least} and more", partial(cosine.near, vectors, least))
    last = np.arange(VECTORS) >= VECTORS - NEW
    yield _row(f"{NEW:,} new against all", partial(cosine.near, vectors, least, last))
    few, some = draw_codes(BRUTE_CODES), vectors[:BRUTE_VECTORS]
    same = len(hamming.near(few, 4)) == _brute_codes(few, 4)
    equal = len(cosine.near(some, least)) == _brute_vectors(some, least)
    yield ""
    yield f"Equal to brute force at {BRUTE_CODES:,} codes: {'yes' if same else 'NO'}"
    yield f"Equal to brute force at {BRUTE_VECTORS:,} vectors: {'yes' if equal else 'NO'}"


def draw_codes(count: int) -> NDArray[np.uint64]:
    """Draw codes, of which some are 1 to 4 bits from another."""
    random = np.random.default_rng(7)
    codes = random.integers(0, 2**64, count, dtype=np.uint64)
    planted = min(PLANTED, count // 10)
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


def _row(what: str, search: Callable[[], Pairs]) -> str:
    started = time.perf_counter()
    pairs = search()
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
