from functools import partial

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from fapproc.dedup import hamming, search
from fapproc.dedup.method import Kind

Codes = NDArray[np.uint64]
near = partial(search.pairs, Kind.BITS)


def brute(codes: Codes, radius: int) -> set[tuple[int, int, int]]:
    distance = np.bitwise_count(codes[:, None] ^ codes[None, :])
    i, j = np.nonzero(np.triu(distance <= radius, k=1))
    return set(zip(i.tolist(), j.tolist(), distance[i, j].tolist(), strict=True))


def found(codes: Codes, radius: int) -> set[tuple[int, int, int]]:
    pairs = near(codes, radius)
    assert [part.dtype.name for part in (pairs.i, pairs.j, pairs.score)] == [
        "int64",
        "int64",
        "uint8",
    ]
    listed = list(zip(pairs.i.tolist(), pairs.j.tolist(), pairs.score.tolist(), strict=True))
    assert listed == sorted(set(listed))
    assert len(pairs) == len(listed)
    return set(listed)


def random_codes(seed: int, count: int) -> Codes:
    return np.random.default_rng(seed).integers(0, 2**64, count, dtype=np.uint64)


def planted(seed: int, count: int) -> Codes:
    """Random codes, half of them copies of others with up to 18 bits turned."""
    random = np.random.default_rng(seed)
    codes = random_codes(seed, count)
    for at in range(count // 2):
        turned = random.choice(64, random.integers(0, 19), replace=False)
        codes[at] = codes[random.integers(count)] ^ np.uint64(sum(1 << int(bit) for bit in turned))
    return codes


def few_bits(seed: int, count: int) -> Codes:
    return np.random.default_rng(seed).integers(0, 2**9, count, dtype=np.uint64) << np.uint64(30)


@pytest.fixture(params=["as chosen", "by sorting", "every pair"])
def plan(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    costs = {"by sorting": ("_COMPARE_A_PAIR", 1e9), "every pair": ("_MARK_A_CODE", 1e9)}
    if request.param in costs:
        monkeypatch.setattr(hamming, *costs[request.param])


@pytest.mark.usefixtures("plan")
@pytest.mark.parametrize("radius", range(16))
@pytest.mark.parametrize("draw", [random_codes, planted, few_bits])
def test_every_pair_within_the_radius_and_no_other(draw: object, radius: int) -> None:
    codes = draw(radius, 150)  # type: ignore[operator]
    assert found(codes, radius) == brute(codes, radius)


@pytest.mark.usefixtures("plan")
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(st.tuples(st.integers(0, 2**64 - 1) | st.integers(0, 7), st.booleans()), max_size=40),
    st.integers(0, 9),
)
def test_of_new_and_known_codes_the_pairs_with_a_new_one(
    rows: list[tuple[int, bool]], radius: int
) -> None:
    codes = np.array([code for code, _ in rows], dtype=np.uint64)
    new = np.array([fresh for _, fresh in rows], dtype=np.bool_)
    pairs = near(codes, radius, new)
    listed = zip(pairs.i.tolist(), pairs.j.tolist(), pairs.score.tolist(), strict=True)
    assert list(listed) == sorted(p for p in brute(codes, radius) if new[p[0]] or new[p[1]])


@pytest.mark.parametrize("radius", [0, 1, 2, 4, 6])
def test_thousands_of_codes_as_well(radius: int) -> None:
    codes = planted(radius, 4000)
    assert found(codes, radius) == brute(codes, radius)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 7), max_size=40), st.integers(0, 15))
def test_any_codes(values: list[int], radius: int) -> None:
    codes = np.array(values, dtype=np.uint64)
    assert found(codes, radius) == brute(codes, radius)


@pytest.mark.parametrize("radius", [0, 1, 4, 15])
def test_equal_codes_are_all_pairs(radius: int) -> None:
    pairs = near(np.full(500, 2**64 - 1, dtype=np.uint64), radius)
    assert len(pairs) == 500 * 499 // 2
    assert not pairs.score.any()
    assert (pairs.i < pairs.j).all()


@pytest.mark.parametrize("count", [0, 1])
def test_nothing_is_near_to_nothing(count: int) -> None:
    assert len(near(np.zeros(count, dtype=np.uint64), 4)) == 0


def test_small_chunks_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    codes = np.concatenate([planted(1, 600), few_bits(1, 300)])
    whole = found(codes, 4)
    monkeypatch.setattr(hamming, "_CHUNK", 7)
    assert found(codes, 4) == whole == brute(codes, 4)


@pytest.mark.parametrize(
    ("codes", "radius"),
    [
        (np.zeros(3, dtype=np.int64), 4),
        (np.zeros((2, 2), dtype=np.uint64), 4),
        (np.zeros(3, dtype=np.uint64), 16),
        (np.zeros(3, dtype=np.uint64), -1),
    ],
)
def test_what_is_no_code_and_no_radius_is_refused(codes: Codes, radius: int) -> None:
    with pytest.raises(ValueError, match=r"codes are|radius"):
        near(codes, radius)


def test_every_pair_of_codes_that_are_all_alike_is_found() -> None:
    codes = np.arange(1 << 13, dtype=np.uint64)
    assert len(near(codes, 2)) == len(codes) * (13 + 78) // 2


def test_a_hundred_thousand_codes_are_searched() -> None:
    assert len(near(planted(1, 100_000), 4)) > 10_000


def test_how_far_it_is_grows_from_none_on(plan: None) -> None:
    told: list[float] = []
    near(planted(1, 500), 4, None, told.append)
    assert told == sorted(told)
    assert all(0 <= part < 1 for part in told)
