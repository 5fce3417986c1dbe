"""Of near pairs the nearest few of each picture."""

import numpy as np
import pytest

from fapproc.dedup import cosine, search
from fapproc.dedup.cosine import planned
from fapproc.dedup.method import Kind
from fapproc.dedup.tiles import Pairs, held
from tests.dedup.test_cosine import alike

COUNT = 400


def searched(each: int | None, threshold: float, fresh: int = COUNT) -> Pairs:
    new = np.arange(COUNT) < fresh
    return search.run(search.plan(Kind.VECTOR, held(alike(3, COUNT)), threshold, new, each=each))


@pytest.mark.parametrize("tile", [64, 2048])
@pytest.mark.parametrize("fresh", [COUNT, 30])
@pytest.mark.parametrize(
    ("each", "threshold"), [(1, 0.8), (4, 0.8), (4, 0.97), (16, 0.5), (500, 0.5)]
)
def test_a_pair_comes_if_one_is_among_the_nearest_of_the_other(
    each: int, threshold: float, fresh: int, tile: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cosine, "_TILE", tile)
    every, few = searched(None, threshold, fresh), searched(each, threshold, fresh)
    scores: dict[int, list[float]] = {}
    for i, j, score in zip(every.i.tolist(), every.j.tolist(), every.score.tolist(), strict=True):
        scores.setdefault(i, []).append(score)
        scores.setdefault(j, []).append(score)
    least = {end: sorted(those)[-each:][0] for end, those in scores.items()}
    wanted = {
        (i, j)
        for i, j, score in zip(
            every.i.tolist(), every.j.tolist(), every.score.tolist(), strict=True
        )
        if score >= min(least[i], least[j])
    }
    found = set(zip(few.i.tolist(), few.j.tolist(), strict=True))
    # Of equal scores any may be taken, and float32 may take one for another.
    assert found <= set(zip(every.i.tolist(), every.j.tolist(), strict=True))
    assert len(wanted ^ found) <= len(wanted) // 100
    left = set(zip(every.i.tolist(), every.j.tolist(), strict=True)) - found
    assert set(few.more.tolist()) >= {end for pair in left for end in pair}
    assert len(every.more) == 0 and (len(left) > 0) == (len(few.more) > 0)


def test_bits_are_all_compared_however_few_are_asked_for() -> None:
    codes = np.arange(64, dtype=np.uint64)
    every = search.run(search.plan(Kind.BITS, held(codes), 2))
    assert len(search.run(search.plan(Kind.BITS, held(codes), 2, each=1))) == len(every)


def test_what_asks_for_few_goes_to_other_processes_as_it_is() -> None:
    vectors = alike(1, 8)
    made = planned(held(vectors), 0.5, np.ones(8, np.bool_), np.arange(8), each=3)
    assert made.__reduce__()[1][-1] == 3
