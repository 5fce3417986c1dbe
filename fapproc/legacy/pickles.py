"""Plain values of a pickle, opcode by opcode: nothing that it names is imported, made or called.

An `Unpickler` with a guarded `find_class` still makes whatever the opcodes say: a list of
2,000,000,000 places in the memo, an array by the size it claims, a dictionary whose keys collide.
This reader knows the opcodes that the predecessor's database is written with, and a few names that
stand for values of ours. Each opcode takes a time of its own length, dictionaries and sets arrive
as lists, so nothing is hashed, and what is made is counted before it is made.
"""

import gc
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

from fapproc.legacy.stack import MARK, Stack
from fapproc.legacy.stand_ins import (
    CALLS,
    NAMES,
    WIDEST_NUMBER,
    Members,
    Name,
    NotPlain,
    Numbers,
    Pairs,
    build,
    narrow,
)

_LONGEST_TEXT = 1 << 16
_LONGEST_BYTES = 1 << 20


def read(stream: BinaryIO, size: int) -> tuple[Any, int]:
    """Read one pickle.

    Args:
        stream: where from.
        size: how many bytes it has.

    Returns:
        The value, and how many opcodes made it: no honest value has more places than that.

    Raises:
        NotPlain: it is none, is cut off, or holds what no database of the predecessor holds.
    """
    reader = _Reader(stream, size)
    with _uncollected():
        return reader.run(), reader.steps


@contextmanager
def _uncollected() -> Iterator[None]:
    """Look for no garbage meanwhile: it goes through all that was made, again and again."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


class _Reader:
    """One reading: what was made so far, and what was taken for it."""

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self.steps = 0
        self._stream = stream
        self._left = size
        self._stack = Stack(size)

    def run(self) -> Any:
        while True:
            self.steps += 1
            opcode = self._take(1)
            if opcode == b".":
                return self._stack.only()
            if opcode not in _OPCODES:
                raise NotPlain(f"its byte {opcode.hex()} is no opcode of such a database")
            _OPCODES[opcode](self)

    def _take(self, count: int) -> bytes:
        if count > self._left:
            raise NotPlain("it is cut off, or claims more than it has")
        self._left -= count
        data = self._stream.read(count)
        if len(data) != count:
            raise NotPlain("it is cut off")
        return data

    def _number(self, count: int) -> int:
        return int.from_bytes(self._take(count), "little")

    def push(self, value: Any) -> None:
        self._stack.push(value)

    def version(self) -> None:
        if not 2 <= self._number(1) <= 5:
            raise NotPlain("it has a version that no Python wrote")

    def frame(self) -> None:
        if self._number(8) > self._left:
            raise NotPlain("it is cut off, or claims more than it has")

    def mark(self) -> None:
        self._stack.lay(MARK)

    def text(self, width: int) -> None:
        length = self._number(width)
        if length > _LONGEST_TEXT:
            raise NotPlain("it has a text that is longer than any name")
        try:
            self._stack.push(self._take(length).decode("utf-8", "surrogatepass"))
        except UnicodeDecodeError:
            raise NotPlain("it has invalid text") from None

    def data(self, width: int) -> None:
        length = self._number(width)
        if length > _LONGEST_BYTES:
            raise NotPlain("it has more bytes in one place than any vector")
        self._stack.push(self._take(length))

    def integer(self, width: int, *, signed: bool = False) -> None:
        self._stack.push(int.from_bytes(self._take(width), "little", signed=signed))

    def wide(self) -> None:
        length = self._number(1)
        if length > WIDEST_NUMBER:
            raise NotPlain("it has a number that is longer than any id")
        self._stack.push(narrow(int.from_bytes(self._take(length), "little", signed=True)))

    def real(self) -> None:
        self._stack.push(struct.unpack(">d", self._take(8))[0])

    def tuple_of(self, count: int) -> None:
        self._stack.push(tuple([self._stack.pop() for _ in range(count)][::-1]))

    def tuple_since_mark(self) -> None:
        self._stack.push(tuple(self._stack.since_mark()))

    def append(self) -> None:
        value = self._stack.pop()
        self._stack.extend(list, [value])

    def set_item(self) -> None:
        value, key = self._stack.pop(), self._stack.pop()
        self._stack.extend(Pairs, [key, value])

    def set_items(self) -> None:
        found = self._stack.since_mark()
        if len(found) % 2:
            raise NotPlain("it has a key without a value")
        self._stack.extend(Pairs, found)

    def appends(self) -> None:
        self._stack.extend(list, self._stack.since_mark())

    def add_items(self) -> None:
        self._stack.extend(Members, self._stack.since_mark())

    def memoize(self) -> None:
        self._stack.memoize()

    def put(self, width: int) -> None:
        self._stack.put(self._number(width))

    def get(self, width: int) -> None:
        self._stack.get(self._number(width))

    def named_before(self) -> None:
        name, module = self._stack.pop(), self._stack.pop()
        self._name(module, name)

    def named_here(self) -> None:
        self._name(self._line(), self._line())

    def _line(self) -> str:
        found = bytearray()
        while (byte := self._take(1)) != b"\n":
            found += byte
            if len(found) > _LONGEST_TEXT:
                raise NotPlain("it has a text that is longer than any name")
        return found.decode("utf-8", "replace")

    def _name(self, module: Any, name: Any) -> None:
        if type(module) is not str or type(name) is not str or (module, name) not in NAMES:
            named = f"{module}.{name}"[:80] if type(module) is type(name) is str else "no name"
            raise NotPlain(f"it wants {named!r} to be run, which no such database does")
        self._stack.lay(NAMES[module, name])

    def call(self) -> None:
        values, function = self._stack.pop(), self._stack.pop()
        if type(function) is not Name or type(values) is not tuple or function not in CALLS:
            raise NotPlain("it calls something that is not a function")
        try:
            self._stack.push(CALLS[function](*values))
        except (KeyError, TypeError, ValueError, struct.error):
            raise NotPlain("it has an invalid array or level") from None

    def build(self) -> None:
        state, target = self._stack.pop(), self._stack.pop()
        self._stack.lay(target)
        if type(target) is not Numbers or type(state) is not tuple:
            raise NotPlain("it gives a state to what has none")
        try:
            build(target, state)
        except (KeyError, TypeError, ValueError):
            raise NotPlain("it has an invalid array") from None


_R = _Reader
_OPCODES: dict[bytes, Callable[[_Reader], None]] = {
    b"\x80": _R.version,
    b"\x95": _R.frame,
    b"(": _R.mark,
    b"}": lambda r: r.push(Pairs()),
    b"]": lambda r: r.push([]),
    b"\x8f": lambda r: r.push(Members()),
    b")": lambda r: r.push(()),
    b"N": lambda r: r.push(None),
    b"\x88": lambda r: r.push(True),
    b"\x89": lambda r: r.push(False),
    b"\x8c": lambda r: r.text(1),
    b"X": lambda r: r.text(4),
    b"\x8d": lambda r: r.text(8),
    b"C": lambda r: r.data(1),
    b"B": lambda r: r.data(4),
    b"\x8e": lambda r: r.data(8),
    b"\x96": lambda r: r.data(8),
    b"K": lambda r: r.integer(1),
    b"M": lambda r: r.integer(2),
    b"J": lambda r: r.integer(4, signed=True),
    b"\x8a": _R.wide,
    b"G": _R.real,
    b"\x85": lambda r: r.tuple_of(1),
    b"\x86": lambda r: r.tuple_of(2),
    b"\x87": lambda r: r.tuple_of(3),
    b"t": _R.tuple_since_mark,
    b"a": _R.append,
    b"e": _R.appends,
    b"s": _R.set_item,
    b"u": _R.set_items,
    b"\x90": _R.add_items,
    b"\x94": _R.memoize,
    b"q": lambda r: r.put(1),
    b"r": lambda r: r.put(4),
    b"h": lambda r: r.get(1),
    b"j": lambda r: r.get(4),
    b"\x93": _R.named_before,
    b"c": _R.named_here,
    b"R": _R.call,
    b"b": _R.build,
}
