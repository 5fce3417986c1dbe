"""All near pairs among a million codes, by radius, with near pairs planted."""

import resource
import time
from collections.abc import Iterator

import numpy as np

from fapproc.dedup.hamming import near

COUNT = 1_000_000
PLANTED = 10_000
RADII = (1, 4)
BRUTE = 20_000


def run() -> Iterator[str]:
    """Yield the lines of a table; the result is held against brute force on fewer codes."""
    codes = _codes(COUNT)
    yield f"{COUNT:,} codes of 64 bits, {PLANTED:,} of them 1 to 4 bits from another one"
    yield ""
    yield "| radius | seconds | pairs | peak memory of the process |"
    yield "|---|---|---|---|"
    for radius in RADII:
        started = time.perf_counter()
        pairs = near(codes, radius)
        seconds = time.perf_counter() - started
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        yield f"| {radius} | {seconds:.2f} | {len(pairs):,} | {peak:,.0f} MiB |"
    few = _codes(BRUTE)
    same = len(near(few, 4)) == _brute(few, 4)
    yield ""
    yield f"Equal to brute force at {BRUTE:,}: {'yes' if same else 'NO'}"


def _codes(count: int) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    random = np.random.default_rng(7)
    codes = random.integers(0, 2**64, count, dtype=np.uint64)
    planted = min(PLANTED, count // 10)
    flips = np.zeros(planted, dtype=np.uint64)
    for _ in range(4):
        flips |= np.uint64(1) << random.integers(0, 64, planted).astype(np.uint64)
    codes[-planted:] = codes[:planted] ^ flips
    return codes


def _brute(codes: np.ndarray[tuple[int], np.dtype[np.uint64]], radius: int) -> int:
    return sum(
        int((np.bitwise_count(codes[k + 1 :] ^ codes[k]) <= radius).sum())
        for k in range(len(codes) - 1)
    )
