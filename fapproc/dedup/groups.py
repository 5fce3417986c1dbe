"""From accepted pairs to groups: who is connected with whom. Arrays in, values out."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Index = NDArray[np.int64]


def connected(count: int, i: Index, j: Index) -> Index:
    """Label images by the component of the pairs that they are in.

    Args:
        count: how many images there are; pairs name them by position, 0 to count - 1.
        i: one image of each pair, int64.
        j: the other.

    Returns:
        `count` labels, int64: the lowest position in the component. Order and direction of the
        pairs, and how often a pair is given, make no difference.
    """
    graph = coo_array((np.ones(len(i), dtype=np.int8), (i, j)), shape=(count, count))
    labels = connected_components(graph, directed=False)[1]
    _, lowest = np.unique(labels, return_index=True)
    named: Index = lowest.astype(np.int64)[labels]
    return named


def members(labels: Index) -> list[list[int]]:
    """List the components of two images and more, by their lowest position, each in order."""
    order = np.argsort(labels, kind="stable")
    cuts = np.flatnonzero(np.diff(labels[order])) + 1
    return [part.tolist() for part in np.split(order, cuts) if len(part) > 1]
