"""Photo-like scenes drawn from a number: sky, light, hills, houses, shapes, texture, grain."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageChops, ImageDraw

Field: TypeAlias = npt.NDArray[np.float32]

_COARSE = 3  # scenes are composed at a third of their size: grain hides it, and it is fast


def draw_scene(number: int, width: int, height: int) -> Image.Image:
    """Draw the scene of this number; another size shows the same scene at that size."""
    rng = np.random.default_rng([20_140_821, number])
    w, h = max(2, width // _COARSE), max(2, height // _COARSE)
    canvas = _sky(rng, w, h)
    _STYLES[int(rng.integers(len(_STYLES)))](canvas, rng)
    canvas *= 1 + _noise(rng, w, h, (3, 5), 0.55)[..., None]
    canvas += _noise(rng, w, h, (24, 60), 13)[..., None]
    coarse = Image.fromarray(np.clip(canvas, 0, 255).astype(np.uint8))
    picture = coarse.resize((width, height), Image.Resampling.BILINEAR)
    return ImageChops.add(picture, _grain(rng, width, height), offset=-6)


def _noise(
    rng: np.random.Generator, w: int, h: int, cells: tuple[int, ...], strength: float
) -> Field:
    """Smooth noise of several octaves, around zero."""
    total = np.zeros((h, w), np.float32)
    for octave, count in enumerate(cells):
        grid = rng.uniform(-1, 1, (count, count)).astype(np.float32)
        layer = Image.fromarray(grid).resize((w, h), Image.Resampling.BICUBIC)
        total += np.asarray(layer, np.float32) * np.float32(strength / 2**octave)
    return total


def _grain(rng: np.random.Generator, width: int, height: int) -> Image.Image:
    tile = rng.integers(0, 13, (128, 128), dtype=np.uint8)
    whole = np.tile(tile, (height // 128 + 1, width // 128 + 1))[:height, :width]
    grey = Image.fromarray(np.ascontiguousarray(whole))
    return Image.merge("RGB", (grey, grey, grey))


def _colour(rng: np.random.Generator, dark: float, light: float) -> Field:
    level = rng.uniform(dark, light)
    return (level + rng.uniform(-60, 60, 3)).clip(0, 255).astype(np.float32)


def _sky(rng: np.random.Generator, w: int, h: int) -> Field:
    """A gradient in any direction, clouds, and a sun or moon with its glow."""
    y = np.linspace(0, 1, h, dtype=np.float32)[:, None]
    x = np.linspace(0, 1, w, dtype=np.float32)[None, :]
    angle = rng.uniform(0, 2 * np.pi)
    slope = (np.cos(angle) * (x - 0.5) + np.sin(angle) * (y - 0.5) + 0.5).clip(0, 1)
    top, low = _colour(rng, 20, 235), _colour(rng, 20, 235)
    canvas: Field = top + slope[..., None] * (low - top)
    canvas += _noise(rng, w, h, (4, 7, 13), rng.uniform(35, 80))[..., None]
    away = np.hypot((x - rng.uniform(0, 1)) * (w / h), y - rng.uniform(0, 0.9))
    radius = rng.uniform(0.05, 0.22)
    glow = np.exp(-((away / (2.2 * radius)) ** 2)) * rng.uniform(40, 130)
    canvas += glow[..., None] * np.array([1, 0.9, 0.6], np.float32)
    np.copyto(canvas, _colour(rng, 190, 250), where=(away < radius)[..., None])
    return np.ascontiguousarray(canvas, np.float32)


def _hills(canvas: Field, rng: np.random.Generator) -> None:
    """Ridges one before the other."""
    h, w = canvas.shape[:2]
    x = np.linspace(0, 1, w, dtype=np.float32)
    rows = np.arange(h, dtype=np.float32)[:, None]
    for base in np.sort(rng.uniform(0.25, 0.95, int(rng.integers(2, 5)))):
        line = np.full(w, base, np.float32)
        for wave in range(4):
            line += np.float32(rng.uniform(0.02, 0.16) / (wave + 1)) * np.sin(
                2 * np.pi * (x * rng.uniform(0.6, 2.2) * (wave + 1) + rng.uniform())
            ).astype(np.float32)
        under = rows > line[None, :] * h
        texture = _noise(rng, w, h, (9, 30), rng.uniform(15, 45))[..., None]
        np.copyto(canvas, _colour(rng, 10, 230) + texture, where=under[..., None])


def _city(canvas: Field, rng: np.random.Generator) -> None:
    """A skyline of houses with windows."""
    h, w = canvas.shape[:2]
    ground = rng.uniform(0.75, 1.0)
    left = 0
    while left < w:
        wide = int(w * rng.uniform(0.06, 0.24)) + 2
        top = int(h * rng.uniform(0.08, 0.72))
        house = canvas[top : int(h * ground), left : left + wide]
        house[:] = _colour(rng, 10, 230)
        pane = int(rng.integers(3, 8))
        house[pane :: 2 * pane + 1, :] += np.float32(rng.uniform(-50, 70))
        house[:, pane :: 2 * pane] *= np.float32(rng.uniform(0.6, 1.3))
        left += wide + int(w * rng.choice([0, 0, 0.04, 0.1]))
    canvas[int(h * ground) :] = _colour(rng, 20, 150)


def _sea(canvas: Field, rng: np.random.Generator) -> None:
    """Water that ripples and islands in it."""
    h, w = canvas.shape[:2]
    horizon = int(h * rng.uniform(0.2, 0.7))
    rows = np.arange(h - horizon, dtype=np.float32)[:, None]
    ripple = np.sin(rows / rng.uniform(1.5, 5) + rng.uniform(0, 6)) * 14
    water = _colour(rng, 20, 210) + ripple[..., None]
    canvas[horizon:] = water + _noise(rng, w, h - horizon, (3, 8, 30), 55)[..., None]
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    for _ in range(int(rng.integers(2, 6))):
        high, wide = h * rng.uniform(0.05, 0.4), w * rng.uniform(0.06, 0.28)
        at, foot = w * rng.uniform(), h * rng.uniform(horizon / h, 1)
        inside = (foot - y) > 0
        inside &= ((x - at) / wide) ** 2 + ((foot - y) / high) ** 2 < 1
        np.copyto(canvas, _colour(rng, 10, 220), where=inside[..., None])


def _shapes(canvas: Field, rng: np.random.Generator) -> None:
    """Discs, bars and triangles, as of paper."""
    h, w = canvas.shape[:2]
    paper = Image.fromarray(np.clip(canvas, 0, 255).astype(np.uint8))
    pen = ImageDraw.Draw(paper)
    for _ in range(int(rng.integers(6, 12))):
        corners = [(float(rng.uniform(0, w)), float(rng.uniform(0, h))) for _ in range(3)]
        fill = tuple(int(c) for c in _colour(rng, 5, 250))
        size = float(rng.uniform(0.08, 0.25) * min(w, h))
        (x, y), kind = corners[0], int(rng.integers(3))
        if kind == 0:
            pen.ellipse((x - size, y - size, x + size, y + size), fill=fill)
        elif kind == 1:
            pen.rectangle((x - size * 2, y - size / 2, x + size * 2, y + size / 2), fill=fill)
        else:
            pen.polygon(corners, fill=fill)
    canvas[:] = np.asarray(paper, np.float32)
    canvas += _noise(rng, w, h, (6, 20), 20)[..., None]


def _forest(canvas: Field, rng: np.random.Generator) -> None:
    """Trunks before a slope, crowns above."""
    h, w = canvas.shape[:2]
    _hills(canvas, rng)
    for _ in range(int(rng.integers(4, 11))):
        at, wide = int(w * rng.uniform()), int(w * rng.uniform(0.01, 0.05)) + 1
        top, foot = int(h * rng.uniform(0, 0.5)), int(h * rng.uniform(0.7, 1))
        canvas[top:foot, at : at + wide] = _colour(rng, 5, 110)
        crown = int(w * rng.uniform(0.04, 0.14))
        leaves = canvas[max(0, top - crown) : top + crown, max(0, at - crown) : at + crown]
        leaves[:] = leaves * 0.35 + _colour(rng, 10, 240) * 0.65


_STYLES = (_hills, _city, _sea, _shapes, _forest)
