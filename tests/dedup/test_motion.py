import numpy as np

from fapproc.dedup.motion import alike, read, signature
from tests.drawing import landscape


def film(*seeds: int) -> list[bytes]:
    return [signature([landscape(seed, (160, 120)) for seed in seeds])]


def same(one: list[bytes], other: list[bytes]) -> bool:
    return bool(alike(read(one), read(other))[0])


def test_two_films_with_the_same_frames_go_on_alike() -> None:
    assert same(film(1, 2, 3, 4, 5, 6), film(1, 2, 3, 4, 5, 6))
    assert same(film(1, 2), film(1, 2))


def test_two_films_that_share_only_their_first_frame_do_not() -> None:
    assert not same(film(1, 2), film(1, 3))
    assert not same(film(1, 2, 3, 4, 5), film(1, 6, 7, 8, 9))
    assert not same(film(1, 1, 1, 1, 2, 3), film(1, 4, 5, 6, 7, 8))


def test_a_film_that_shows_each_frame_twice_as_long_goes_on_alike() -> None:
    assert same(film(1, 2, 3, 4, 5), film(1, 1, 2, 2, 3, 3, 4, 4, 5, 5))


def test_of_a_film_of_which_one_frame_is_known_nobody_can_tell() -> None:
    assert film(1) == [b""]
    assert not same(film(1), film(1))
    assert (read([None, b""]) == 0).all()
    assert read([]).shape == (0, 4)
    assert read(film(1, 2)).dtype == np.uint64
