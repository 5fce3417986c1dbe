"""What a pickle of the predecessor may name, as values of ours: numbers, arrays, levels.

Nothing of NumPy is made, and no function of another program called: a few names stand for functions
of this module, which look at what they are given and keep it.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from hashlib import sha256
from typing import Any

from fapproc.model import Level

WIDEST_NUMBER = 40
"""Bytes; the predecessor's have 16 and a sign."""
WIDE = 1 << 62
"""Numbers from here on are no database's: each becomes one of 62 bits, always the same."""


class NotPlain(Exception):
    """A pickle holds what no database of the predecessor does; the text says what it does."""


class Name(Enum):
    """Functions and classes that a database names; each is only this word here."""

    DTYPE = auto()
    ARRAY = auto()
    FROM_BUFFER = auto()
    RECONSTRUCT = auto()
    SCALAR = auto()
    LEVEL = auto()
    ATTRIBUTE = auto()


_CORES = ("numpy.core", "numpy._core")
"""As NumPy 1 and NumPy 2 call it."""
NAMES = {
    ("numpy", "dtype"): Name.DTYPE,
    ("numpy", "ndarray"): Name.ARRAY,
    ("fapfavorites.fapdata", "_FailureLevel"): Name.LEVEL,
    ("builtins", "getattr"): Name.ATTRIBUTE,  # how Python 3.11.0 to 3.11.3 wrote a member of it
    **{(f"{core}.numeric", "_frombuffer"): Name.FROM_BUFFER for core in _CORES},
    **{(f"{core}.multiarray", "_reconstruct"): Name.RECONSTRUCT for core in _CORES},
    **{(f"{core}.multiarray", "scalar"): Name.SCALAR for core in _CORES},
}
_LEVELS: dict[Any, Level] = {1: Level.PAGE, 2: Level.LINK, 3: Level.FILE}
_LEVELS |= {"IMAGE_PAGE": Level.PAGE, "URL_EXTRACTION": Level.LINK, "FULL_RES": Level.FILE}
_FORMS = {"f2": "e", "f4": "f", "f8": "d", "b1": "?"}
_FORMS |= {"i1": "b", "i2": "h", "i4": "i", "i8": "q", "u1": "B", "u2": "H", "u4": "I", "u8": "Q"}
"""Kinds of NumPy's numbers, as `struct` writes them."""


class Pairs(list[Any]):
    """A dictionary: keys and values in turn, in its order. Nothing says that keys are different."""

    __slots__ = ()


class Members(list[Any]):
    """A set, in no order."""

    __slots__ = ()


@dataclass(slots=True)
class Numbers:
    """An array of NumPy, or the kind of its numbers alone: `f4`, `<`, how many, and their bytes."""

    kind: str
    order: str = "="
    count: int = 0
    data: bytes = b""


def narrow(number: int) -> int:
    """A number as it is, or one of 62 bits in its place where no database has room for it."""
    if -WIDE < number < WIDE:
        return number
    digest = sha256(number.to_bytes(WIDEST_NUMBER + 1, "little", signed=True)).digest()
    return int.from_bytes(digest[:8], "big") >> 2 or 1


def _kind(name: object, *_: object) -> Numbers:
    return Numbers(_known(name))


def _from_buffer(data: object, kind: object, shape: object, _: object) -> Numbers:
    return _filled(Numbers(""), kind, shape, data)


def _reconstruct(name: object, _: object, __: object) -> Numbers:
    if name is not Name.ARRAY:
        raise TypeError
    return Numbers("")


def _scalar(kind: object, data: object) -> int | float:
    if type(kind) is not Numbers or type(data) is not bytes:
        raise TypeError
    form = f"{'>' if kind.order == '>' else '<'}{_FORMS[kind.kind]}"
    value = struct.unpack(form, data)[0]
    return narrow(value) if type(value) is int else float(value)


def _level(value: object) -> Level:
    return _LEVELS[value if type(value) is int else None]


def _attribute(name: object, member: object) -> Level:
    if name is not Name.LEVEL:
        raise TypeError
    return _LEVELS[member if type(member) is str else None]


def build(target: Numbers, state: tuple[Any, ...]) -> None:
    """Set what NumPy sets of a kind of numbers (its order) or of an array (all of it).

    Raises:
        TypeError, ValueError: it is nothing that NumPy writes.
    """
    if target.kind:
        if len(state) < 2 or state[1] not in ("<", ">", "=", "|") or any(state[2:5]):
            raise ValueError
        target.order = state[1]
        return
    _, shape, kind, _, data = state
    _filled(target, kind, shape, data)


def _filled(target: Numbers, kind: object, shape: object, data: object) -> Numbers:
    if type(kind) is not Numbers or type(data) is not bytes or type(shape) is not tuple:
        raise TypeError
    (count,) = shape  # a vector is what there is
    size = struct.calcsize(f"={_FORMS[kind.kind]}")
    if type(count) is not int or count < 0 or count * size != len(data):
        raise ValueError
    target.kind, target.order, target.count, target.data = kind.kind, kind.order, count, data
    return target


def _known(name: object) -> str:
    if type(name) is not str or name not in _FORMS:
        raise ValueError
    return name


CALLS: dict[Name, Callable[..., Any]] = {
    Name.DTYPE: _kind,
    Name.FROM_BUFFER: _from_buffer,
    Name.RECONSTRUCT: _reconstruct,
    Name.SCALAR: _scalar,
    Name.LEVEL: _level,
    Name.ATTRIBUTE: _attribute,
}
