"""The truth: the same in every build, and as varied as it promises."""

from __future__ import annotations

import hashlib
import io

import numpy as np
import pytest
from PIL import Image

from tests.demosite import pictures
from tests.demosite.damage import png_bomb
from tests.demosite.faults import FAULTS
from tests.demosite.model import Photo
from tests.demosite.world import build


def test_the_same_arguments_give_the_same_world_and_other_ones_another() -> None:
    assert build() == build()
    assert build(seed=2).photos.keys() != build().photos.keys()
    assert 250 <= len(build().photos) <= 280
    assert 2500 <= len(build(scale=10).photos) <= 2700
    assert not any(photo.fault for photo in build(plain=True).photos.values())
    assert build(plain=True).photos.keys() == build().photos.keys()


def test_every_built_in_fault_is_in_the_world_as_often_as_it_says() -> None:
    world = build()
    for fault in FAULTS.values():
        assert len(world.with_fault(fault.kind)) == fault.built_in


def test_pictures_open_as_their_recipes_say_and_only_copies_are_equal() -> None:
    world = build()
    bodies = {photo.id: pictures.render(photo) for photo in world.photos.values()}
    digests: dict[str, int] = {}
    copies = world.exact_copies()
    for photo_id, body in bodies.items():
        recipe = world.photos[photo_id].recipe
        with Image.open(io.BytesIO(body)) as picture:
            picture.load()
            assert picture.size == pictures.size(recipe)
            assert getattr(picture, "n_frames", 1) == pictures.frame_count(recipe)
        first = digests.setdefault(hashlib.sha256(body).hexdigest(), photo_id)
        assert first == photo_id or copies[photo_id] == first
    assert len(copies) >= 6
    assert len(world.near_copies()) == 30


def test_two_animations_share_the_first_frame_and_no_later_one() -> None:
    world = build()
    one, other = (world.photos[each] for each in world.main.folder_named("Moving").photo_ids[-2:])
    frames = []
    for photo in (one, other):
        with Image.open(io.BytesIO(pictures.render(photo))) as picture:
            pair = []
            for number in (0, 1):
                picture.seek(number)
                pair.append(picture.convert("RGB").tobytes())
            frames.append(pair)
    assert frames[0][0] == frames[1][0]
    assert frames[0][1] != frames[1][1]


def _perceptual(photo: Photo) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    k, n = np.arange(8)[:, None], np.arange(32)[None]
    turn = np.cos(np.pi * k * (2 * n + 1) / 64)
    grey = np.asarray(pictures.still(photo.recipe).convert("L").resize((32, 32)), float)
    low = turn @ grey @ turn.T
    bits: np.ndarray[tuple[int, ...], np.dtype[np.bool_]] = (low > np.median(low)).ravel()
    return bits


def test_unrelated_pictures_are_far_apart_and_near_copies_are_near() -> None:
    world = build()
    photos = [p for p in world.photos.values() if p.recipe.form == "jpeg"]
    own = [p for p in photos if p.copy_of is None][:110]
    bits = np.array([_perceptual(photo) for photo in own])
    apart = (bits[:, None] != bits[None]).sum(axis=2)
    assert apart[np.triu_indices(len(own), 1)].min() >= 12
    for photo in photos:
        if photo.copy_of and photo.recipe.change in ("resized", "recompressed"):
            source = _perceptual(world.photos[photo.copy_of])
            assert (_perceptual(photo) != source).sum() <= 4


def test_the_bomb_is_a_valid_picture_small_in_bytes() -> None:
    body = png_bomb()
    assert len(body) < 200_000
    with pytest.raises(Image.DecompressionBombError):
        Image.open(io.BytesIO(body))
    with Image.open(io.BytesIO(png_bomb(1001))) as small:
        small.load()
        assert small.size == (1001, 1001)
        assert small.getextrema() == (0, 0)
