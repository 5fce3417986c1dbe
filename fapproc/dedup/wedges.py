"""What a slight turn leaves in the corners of a picture: wedges of one colour. Arrays only.

A program that turns a picture by a few degrees keeps its size, and fills what comes in from outside
with one colour. On white paper such black corners hide that all around is paper.
"""

import numpy as np
from numpy.typing import NDArray

Planes = NDArray[np.uint8]
"""Red, green and blue apart: 3 x height x width."""

_ONE_COLOUR = 40
"""Steps of 255 in which a wedge may differ: JPEG makes noise of such sharp edges."""
_LONG, _LONGEST, _DEEPEST = 0.25, 0.75, 0.12
"""Of a side: how long a wedge is along the one edge, and how deep at most along the other. Turned
by 2 degrees about the middle a wedge is 0.5 long, and 0.017 of the other side deep, of a picture
three times as long 0.05. Rounded corners are as deep as long."""
_MARGIN, _BLENDED, _NOISE = 4, 1.5, 8
"""Pixels by which a wedge is deeper than it looks: its edge is blended. Of its thin end so much of
its depth is; and JPEG makes noise around, in blocks of 8 pixels."""
_CORNERS = ((0, 0), (0, 1), (1, 0), (1, 1))


def filled(planes: Planes) -> Planes:
    """Fill wedges in all four corners with the colour that the rest of the edges mostly has.

    And the noise beside them, where that colour is. A picture without such wedges is returned as it
    is.
    """
    corners = planes[:, [0, 0, -1, -1], [0, -1, 0, -1]].astype(np.int16)
    if int(np.ptp(corners, axis=1).max()) > _ONE_COLOUR:
        return planes
    inside, beside = (np.zeros(planes.shape[1:], np.bool_) for _ in range(2))
    for down, across in _CORNERS:
        ways = slice(None, None, -1 if down else 1), slice(None, None, -1 if across else 1)
        depth = _depth(planes[:, *ways])
        if depth is None:
            return planes
        inside[ways] |= depth <= _MARGIN
        beside[ways] |= depth <= _MARGIN + _NOISE
    done = planes.copy()
    for plane in done:
        edges = [each[line] for each in (plane, plane.T) for line in (0, -1)]
        outside = [~each[line] for each in (inside, inside.T) for line in (0, -1)]
        around = np.concatenate([edge[free] for edge, free in zip(edges, outside, strict=True)])
        paper = np.median(around) if around.size else 0
        plane[inside | (beside & (np.abs(plane - paper) <= _ONE_COLOUR))] = paper
    return done


def _depth(planes: Planes) -> NDArray[np.float64] | None:
    """How far below the wedge in the first corner each pixel is; None if there is none."""
    _, height, width = planes.shape
    across, down = _run(planes[:, 0]), _run(planes[:, :, 0])
    shares = sorted((across / width, down / height))
    if not (_LONG <= shares[1] <= _LONGEST and shares[0] <= _DEEPEST):
        return None
    y, x = np.ogrid[0:height, 0:width]
    if across < down:
        across, down, x, y = down, across, y, x
    long = across * (1 + _BLENDED / down) + _NOISE
    below: NDArray[np.float64] = np.where(x <= long, y - down * (1 - x / long), np.inf)
    return below


def _run(line: Planes) -> int:
    """How many pixels from the first one on have its colour: 3 x pixels."""
    apart = np.abs(line.astype(np.int16) - line[:, :1]).max(axis=0) > _ONE_COLOUR
    return int(apart.argmax()) if apart.any() else len(apart)
