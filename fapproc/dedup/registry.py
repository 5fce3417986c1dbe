"""The methods that there are, in the order in which people see them. A new one is a line here.

Search, groups and output go over all of them, and name none.
"""

from collections.abc import Iterable

from fapproc.dedup.colour import Colour
from fapproc.dedup.embedding import embedding
from fapproc.dedup.method import OFF, Kind, Method, Methods, Sensitivity
from fapproc.dedup.models import DEFAULT, Model
from fapproc.dedup.perceptual import AVERAGE, DIFF, PERCEPT, WAVELET
from fapproc.errors import UsageProblem
from fapproc.names import quoted

CNN = "cnn"
"""The method whose network the settings choose."""


def methods(model: Model = DEFAULT) -> dict[str, Method]:
    """Return every method by name.

    Args:
        model: the network that the settings choose.
    """
    registry: tuple[Method, ...] = (
        PERCEPT,
        AVERAGE,
        DIFF,
        WAVELET,
        embedding(CNN, model),
    )
    return {one.name: one for one in registry}


METHODS = methods()
"""Every method, with the default network."""
HASHES = {name: one for name, one in METHODS.items() if one.kind is Kind.BITS}
"""Those of bits: without the code of each, an image is not compared."""
VECTORS = {name: one for name, one in METHODS.items() if one.kind is Kind.VECTOR}


def method(name: str, known: Methods = METHODS) -> Method:
    """Return the method of this name.

    Raises:
        UsageProblem: naming the methods there are.
    """
    if name not in known:
        raise UsageProblem(
            f"There is no method {quoted(name)}: the methods are {', '.join(known)}."
        )
    return known[name]


def encode(colour: Colour, chosen: Iterable[Method]) -> dict[str, bytes]:
    """Encode a picture by some methods; the sizes that they look at are made together.

    Raises:
        UsageProblem: a method can't be used.
    """
    chosen = tuple(chosen)
    colour.make([size for one in chosen for size in one.sizes])
    return {one.name: one.encode(colour) for one in chosen}


def sensitivities(known: Methods = METHODS) -> Sensitivity:
    """Return the default sensitivity of every method."""
    return Sensitivity(
        regular={name: one.regular for name, one in known.items()},
        animated={name: one.animated for name, one in known.items()},
    )


def radii(sensitivity: Sensitivity, known: Methods = METHODS) -> dict[str, float]:
    """Return how far to search, by method that is on: the wider of its two sensitivities.

    A method that the sensitivity doesn't name is off.

    Raises:
        UsageProblem: an unknown method, or a sensitivity out of its bounds.
    """
    wanted: dict[str, float] = {}
    for given in (sensitivity.regular, sensitivity.animated):
        for name, value in given.items():
            one = method(name, known)
            one.check(value)
            wanted[name] = one.wider(wanted.get(name, OFF), value)
    # What a person has set is kept as a number with a point; bits are counted off by it.
    whole = {name for name, one in known.items() if one.kind is Kind.BITS}
    return {
        name: int(radius) if name in whole else radius
        for name, radius in wanted.items()
        if radius != OFF
    }
