"""Every pattern that foreign text is held against takes time in proportion to its length.

What makes a pattern slow can be seen in its form: a repeat in a repeat, two repeats that could
share one run of letters, a repeat that a search begins anew at each letter of the run it would
take. Such a form is refused here, wherever it is written; a possessive one (`*+`) gives nothing
back and is none. Repeats of a few are no repeats.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from itertools import product
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

op: Any = import_module("re._constants")  # Python's own reader of patterns; it has no other name
parser: Any = import_module("re._parser")

ROOT = Path(__file__).parents[1]
PACKAGES = ("fapproc", "fapspider", "webviewer")
FEW = 64
_OTHER = 256  # stands for all letters beyond Latin-1
_ALL = frozenset(range(257))
_REPEATS = (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT)
_ANCHORS = ((op.AT, op.AT_BEGINNING), (op.AT, op.AT_BEGINNING_STRING))
_SEARCHES = {"search", "sub", "subn", "finditer", "findall", "split"}
_FUNCTIONS = _SEARCHES | {"compile", "match", "fullmatch"}


@dataclass(frozen=True)
class Piece:
    """A part of a pattern: which letters it takes, and how."""

    letters: frozenset[int]
    is_many: bool = False
    is_possessive: bool = False
    may_be_none: bool = False


Sequence = tuple[Piece, ...]


class Slow(Exception):
    """What is wrong with a pattern."""


def check(pattern: str | bytes, flags: int = 0, *, is_searched: bool = True) -> None:
    """Raise Slow for a pattern that may take more than time in proportion."""
    parsed = parser.parse(pattern, flags)
    is_anchored = bool(parsed) and parsed[0] in _ANCHORS
    for sequence in _sequences(parsed, flags):
        _check_neighbours(sequence)
        if is_searched and not is_anchored:
            _check_start(sequence)


def _check_neighbours(sequence: Sequence) -> None:
    """Two repeats may not share a run: nor directly, nor over what each of them could take."""
    for at, first in enumerate(sequence):
        if not first.is_many or first.is_possessive:
            continue
        for piece in sequence[at + 1 :]:
            if piece.is_many and piece.letters & first.letters:
                raise Slow("two repeats that overlap")
            if not (piece.may_be_none or piece.letters & first.letters):
                break


def _check_start(sequence: Sequence) -> None:
    """A search that fails after a repeat begins again within the run that the repeat took."""
    for at, piece in enumerate(sequence):
        can_fail = any(not later.may_be_none for later in sequence[at + 1 :])
        before = [early for early in sequence[:at] if not early.may_be_none]
        if piece.is_many and can_fail and all(early.letters & piece.letters for early in before):
            raise Slow("a search begins anew within a repeat")


def _sequences(parsed: Any, flags: int) -> Iterator[Sequence]:
    for chosen in product(*(list(_alternatives(code, value, flags)) for code, value in parsed)):
        yield tuple(piece for part in chosen for piece in part)


def _alternatives(code: Any, value: Any, flags: int) -> Iterator[Sequence]:
    if (code, value) in _ANCHORS:
        yield ()
    elif code in (op.AT, op.ASSERT, op.ASSERT_NOT, op.GROUPREF):
        yield (Piece(_ALL),)  # it may fail, after anything
    elif code is op.SUBPATTERN:
        yield from _sequences(value[3], flags)
    elif code is op.ATOMIC_GROUP:
        yield from _sequences(value, flags)
    elif code is op.BRANCH:
        for branch in value[1]:
            yield from _sequences(branch, flags)
    elif code in _REPEATS:
        yield from _repeated(code, value, flags)
    else:
        yield (Piece(_letters(code, value, flags)),)


def _repeated(code: Any, value: Any, flags: int) -> Iterator[Sequence]:
    least, most, body = value
    inner = list(_sequences(body, flags))
    if most <= FEW:
        if least == 0:
            yield ()
        for sequence in inner:
            yield tuple(Piece(p.letters, p.is_many, p.is_possessive) for p in sequence)
        return
    is_possessive = code is op.POSSESSIVE_REPEAT
    for sequence in inner:
        if any(piece.is_many for piece in sequence) and not is_possessive:
            _check_separated(sequence)
    if len(inner) == 1 and len(inner[0]) > 1 and not inner[0][0].is_many and not is_possessive:
        if least == 0:
            yield ()
        yield (inner[0][0], Piece(_all_of(inner), is_many=True, may_be_none=True))
        return
    yield (
        Piece(_all_of(inner), is_many=True, is_possessive=is_possessive, may_be_none=least == 0),
    )


def _all_of(sequences: list[Sequence]) -> frozenset[int]:
    return frozenset().union(*(piece.letters for sequence in sequences for piece in sequence))


def _check_separated(sequence: Sequence) -> None:
    """A repeat in a repeat is none where each round begins or ends with a letter of its own."""
    taken = frozenset().union(*(piece.letters for piece in sequence if piece.is_many))
    ends = (sequence[0], sequence[-1])
    if not any(not p.is_many and not p.may_be_none and not p.letters & taken for p in ends):
        raise Slow("a repeat in a repeat")


def _letters(code: Any, value: Any, flags: int) -> frozenset[int]:
    if code is op.LITERAL:
        return _cased(frozenset({min(value, _OTHER)}), flags)
    if code is op.NOT_LITERAL:
        return _ALL - ({value} if value < _OTHER else set())
    if code is op.ANY:
        return _ALL if flags & re.DOTALL else _ALL - {10}
    if code is op.IN:
        found: frozenset[int] = frozenset()
        for kind, what in value:
            found |= _members(kind, what)
        return _ALL - found if value[0][0] is op.NEGATE else _cased(found, flags)
    raise NotImplementedError(f"{code} in a pattern: teach this test what it takes")


def _members(kind: Any, what: Any) -> frozenset[int]:
    if kind is op.NEGATE:
        return frozenset()
    if kind is op.LITERAL:
        return frozenset({min(what, _OTHER)})
    if kind is op.RANGE:
        return frozenset(range(what[0], min(what[1], _OTHER) + 1)) or frozenset({_OTHER})
    *negated, name = str(what).removeprefix("CATEGORY_").split("_")
    word = re.compile({"DIGIT": r"\d", "SPACE": r"\s", "WORD": r"\w"}[name])
    inside = frozenset(n for n in range(256) if word.match(chr(n))) | {_OTHER}
    return (_ALL - inside) | {_OTHER} if negated == ["NOT"] else inside


def _cased(letters: frozenset[int], flags: int) -> frozenset[int]:
    if not flags & re.IGNORECASE:
        return letters
    both = {ord(c) for n in letters if n < 128 for c in chr(n).swapcase()}
    return letters | both


def _files() -> list[Path]:
    """Modules that know of patterns at all."""
    files = (file for package in PACKAGES for file in sorted((ROOT / package).rglob("*.py")))
    return [file for file in files if "import re" in file.read_text(encoding="utf-8")]


def _calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            of = node.func.value
            if isinstance(of, ast.Name) and of.id == "re" and node.func.attr in _FUNCTIONS:
                yield node.func.attr, node


def _searched(tree: ast.AST) -> set[str]:
    """Names whose patterns look for themselves in a text, or may do so."""
    return {
        node.value.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in _SEARCHES
        if isinstance(node.value, ast.Name)
    }


def _patterns(file: Path) -> Iterator[tuple[str, re.Pattern[Any] | None, bool]]:
    """Each pattern of a module: its name or line, itself, and whether it is searched for.

    One that is neither named at the module's head nor written out where it is used is None.
    """
    tree = ast.parse(file.read_text(encoding="utf-8"))
    searched = _searched(tree)
    assigned = [node for node in ast.walk(tree) if isinstance(node, ast.Assign)]
    named = {id(node.value): node.targets[0] for node in assigned}
    module: ModuleType | None = None
    for function, call in _calls(tree):
        target, written = named.get(id(call)), call.args[0]
        if function == "compile" and isinstance(target, ast.Name):
            module = module or import_module(".".join(file.relative_to(ROOT).with_suffix("").parts))
            yield target.id, getattr(module, target.id), target.id in searched
        elif isinstance(written, ast.Constant) and isinstance(written.value, str | bytes):
            yield f"line {call.lineno}", re.compile(written.value), function in _SEARCHES
        else:
            yield f"line {call.lineno}", None, False


@pytest.mark.parametrize("file", _files(), ids=lambda file: str(file.relative_to(ROOT)))
def test_no_pattern_takes_longer_than_its_text(file: Path) -> None:
    for name, pattern, is_searched in _patterns(file):
        assert pattern is not None, (
            f"{name}: made where it is used, nobody can look at it: name it at the head"
        )
        try:
            check(pattern.pattern, pattern.flags, is_searched=is_searched)
        except Slow as slow:
            pytest.fail(f"{name}: {slow}")


@pytest.mark.parametrize(
    "slow",
    [
        r"(a+)+b",
        r"(a*b?)*c",
        r"(?:a|b+)*c",
        r"\s*(<!--.*?-->\s*)*<svg",
        r"x(.*) in gallery .* uploaded by",
        r"x\s*\s*y",
        r"x[0-9]+[0-9a-f]+y",
        r"x.*y.*",
        r"(x+x+)+y",
        r"x\s+(?:b|\s)+c",
    ],
)
def test_a_slow_form_is_refused(slow: str) -> None:
    with pytest.raises(Slow):
        check(slow, re.DOTALL, is_searched=False)


@pytest.mark.parametrize(
    "slow", [r"\s+$x", r"\xff+[^\0\xff]", r"View this hot (.*) pic", r" +b", r"x[^y]*y"]
)
def test_a_form_that_a_search_makes_slow_is_refused_there(slow: str) -> None:
    check(slow, re.DOTALL, is_searched=False)
    with pytest.raises(Slow):
        check(slow, re.DOTALL)


@pytest.mark.parametrize(
    "fast",
    [
        r"^[a-z]+(-[a-z]+)*",
        r"(?:%[0-9a-f]{2})+",
        r"a(?:[^b]|b.*)*+",
        r"<html\b",
        r"x[^xy]*y",
        r"^\s+x",
    ],
)
def test_a_fast_form_passes(fast: str) -> None:
    check(fast)


def test_there_are_patterns_to_look_at() -> None:
    assert sum(len(list(_patterns(file))) for file in _files()) > 50
