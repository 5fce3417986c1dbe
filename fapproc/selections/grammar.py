"""The one grammar of selections: pairs of key and value, in a shell and in an address alike.

`--query portrait=2` and `?portrait=2` mean the same; the options of a command are keys as well.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qsl, urlencode

from fapproc import names
from fapproc.errors import UsageProblem
from fapproc.model import Format, Verdict
from fapproc.selections import amounts
from fapproc.selections.selection import Days, Selection, Show, Span, Tagged, Twins

SHORTEST = 4
"""So many digits of a digest at least: fewer begin many of some thousand images."""
DIGITS = re.compile(rf"[0-9a-f]{{{SHORTEST},64}}")
_WORDS_OF_SHOW = {"0": Show.HIDE, "1": Show.ALLOW, "2": Show.ONLY} | {
    "no": Show.HIDE,
    "any": Show.ALLOW,
    "only": Show.ONLY,
    "yes": Show.ONLY,
}
_SHOWN = ("no", "any", "only")
_NOT_IN_ADDRESSES = ("listed", "everything")
_OF_THE_BIN = frozenset({"bin", "pruned"})


def parse(pairs: Iterable[tuple[str, str]]) -> Selection:
    """Read a selection from keys and values.

    Raises:
        UsageProblem: a key that there is none of, a value that can't be, or a second value where
            there can be one.
    """
    found = defaultdict[str, list[Any]](list)
    filters: dict[str, str] = {}
    for typed, text in pairs:
        key = typed.strip().lower().replace("_", "-")
        if key in TAG_FILTERS:
            filters[key] = text.strip()
            continue
        key, said = _marked(text) if key == MARK else (key, text.strip())
        entry = KEYS.get(key)
        if entry is None:
            raise _no_key(typed)
        value = entry.read(key, said)
        if found[entry.field] and not entry.many and found[entry.field] != [value]:
            raise UsageProblem(f"{key} was given twice, with two values. Give it once.")
        if value not in found[entry.field]:
            found[entry.field].append(value)
    for tagged in _filtered(filters):
        if tagged not in found["tags"]:
            found["tags"].append(tagged)
    many = {entry.field for entry in KEYS.values() if entry.many}
    given: dict[str, Any] = {
        name: tuple(each) if name in many else each[0] for name, each in found.items() if each
    }
    return Selection(**given)


def pairs(selection: Selection) -> list[tuple[str, str]]:
    """A selection as keys and values, which `parse` reads back."""
    found: list[tuple[str, str]] = []
    for entry in fields(Selection):
        value = getattr(selection, entry.name)
        if entry.name not in _NOT_IN_ADDRESSES and value != entry.default:
            each = value if isinstance(value, tuple) else (value,)
            found += [_written(entry.name, one) for one in each]
    return found


def of_digests(digests: Iterable[str]) -> Selection:
    """The images of these digests, or beginnings of them.

    Raises:
        UsageProblem: one is none.
    """
    return parse(("digest", each) for each in digests)


def from_address(query: str) -> Selection:
    """Read a selection from what follows the `?` of an address.

    Raises:
        UsageProblem: as `parse`.
    """
    return parse(parse_qsl(query, keep_blank_values=True))


def address(selection: Selection) -> str:
    """What follows the `?` of an address that means this selection."""
    return urlencode(pairs(selection))


def digest(text: str) -> str:
    """A digest, or its beginning, as the archive writes it.

    Raises:
        UsageProblem: it is none.
    """
    digits = text.strip().lower()
    if not DIGITS.fullmatch(digits):
        raise UsageProblem(
            f"{names.quoted(text)} is not a digest: type at least {SHORTEST} of its 64 "
            "hexadecimal digits. 'fapproc list' shows those of all images."
        )
    return digits


@dataclass(frozen=True, slots=True)
class Key:
    """What a key sets, how its value is read, and whether there may be several."""

    field: str
    read: Callable[[str, str], Any]
    many: bool = False
    words: tuple[str, ...] = ()
    """What its value may be, where that is a word of a few."""


def _text(key: str, text: str) -> str:
    if not text:
        raise UsageProblem(f"{key} is empty. Write a name, or leave it out.")
    if not names.is_text(text):
        raise UsageProblem(f"{key} is {names.quoted(text)}, which is not UTF-8. Type it again.")
    return text


def _tag(*, children: bool = True, wanted: bool = True) -> Callable[[str, str], Tagged]:
    def read(key: str, text: str) -> Tagged:
        return Tagged(_tag_named(key, text), children=children, wanted=wanted)

    return read


def _tag_named(key: str, text: str) -> str | int:
    """A tag's name or path; after `#` its number."""
    number = text.removeprefix("#")
    if text.startswith("#") and number.isascii() and number.isdecimal() and len(number) < 19:
        return int(number)
    return _text(key, text)


def _word(words: type[StrEnum]) -> Callable[[str, str], StrEnum]:
    def read(key: str, text: str) -> StrEnum:
        try:
            return words(text.lower())
        except ValueError as error:
            raise not_one_of(key, text, KEYS[key].words) from error

    return read


def _show(key: str, text: str) -> Show:
    found = _WORDS_OF_SHOW.get(text.lower())
    if found is None:
        raise not_one_of(key, text, _SHOWN)
    return found


def _dup(key: str, text: str) -> bool:
    if text not in {"0", "1"}:
        raise not_one_of(key, text, ("0", "1"))
    return text == "1"


def _digest(_: str, text: str) -> str:
    return digest(text)


_VERDICTS = tuple(each.word for each in Verdict)

KEYS: Mapping[str, Key] = {
    "digest": Key("digests", _digest, many=True),
    "user": Key("users", _text, many=True),
    "album": Key("albums", _text, many=True),
    "tag": Key("tags", _tag(), many=True),
    "tag-only": Key("tags", _tag(children=False), many=True),
    "not-tag": Key("tags", _tag(wanted=False), many=True),
    "not-tag-only": Key("tags", _tag(children=False, wanted=False), many=True),
    "name": Key("names", _text, many=True),
    "q": Key("words", _text, many=True),
    "format": Key("formats", _word(Format), many=True, words=tuple(Format)),
    "verdict": Key("verdicts", _word(Verdict), many=True, words=_VERDICTS),
    "place-verdict": Key("place_verdicts", _word(Verdict), many=True, words=_VERDICTS),
    "duplicates": Key("duplicates", _word(Twins), many=True, words=tuple(Twins)),
    "portrait": Key("portrait", _show, words=_SHOWN),
    "landscape": Key("landscape", _show, words=_SHOWN),
    "animated": Key("animated", _show, words=_SHOWN),
    "tagged": Key("tagged", _show, words=_SHOWN),
    "gone": Key("gone", _show, words=_SHOWN),
    "unsound": Key("unsound", _show, words=_SHOWN),
    "size": Key("size", amounts.span),
    "pixels": Key("pixels", amounts.span),
    "date": Key("date", amounts.days),
    "dup": Key("dup", _dup),
}
TAG_FILTERS = ("tf1", "tv1", "tf2", "tv2")
"""The viewer's two filters of tags: a number of a tag each, and what is done with its images."""
MARK = "mark"
"""A mark that pictures of a grid carry, by its word in `MARKS`."""
MARKS = {
    "here": ("duplicates", "here"),
    "elsewhere": ("duplicates", "elsewhere"),
    "alike": ("duplicates", "lookalike"),
    "gone": ("gone", "only"),
    "moves": ("animated", "only"),
    "untagged": ("tagged", "no"),
}
"""What each mark says, as key and value: what is marked can be asked for."""


def _marked(text: str) -> tuple[str, str]:
    found = MARKS.get(text.strip().lower())
    if found is None:
        raise not_one_of(MARK, text, MARKS)
    return found


def _filtered(given: Mapping[str, str]) -> Iterator[Tagged]:
    """What the viewer's filters of tags say."""
    for number in "12":
        show = _show(f"tf{number}", given.get(f"tf{number}", "1"))
        tag = _tag_named(f"tv{number}", f"#{given.get(f'tv{number}', '0')}")
        if isinstance(tag, str):
            raise UsageProblem(f"tv{number} is {names.quoted(tag[1:])}. Write the number of a tag.")
        if tag and show is not Show.ALLOW:
            yield Tagged(tag, wanted=show is Show.ONLY)


def _written(field: str, value: Any) -> tuple[str, str]:
    if isinstance(value, Tagged):
        tag = f"#{value.tag}" if isinstance(value.tag, int) else value.tag
        return f"{'not-' * (not value.wanted)}tag{'-only' * (not value.children)}", tag
    key = next(key for key, entry in KEYS.items() if entry.field == field)
    if isinstance(value, Span | Days):
        return key, amounts.written(value)
    return key, str(int(value)) if isinstance(value, Show | bool) else str(value)


def _no_key(typed: str) -> UsageProblem:
    if typed.strip().lower() in _OF_THE_BIN:
        return UsageProblem(
            "What was pruned is listed by 'fapproc prune --list', while it is in the bin: no other "
            "list has it."
        )
    known = [*KEYS, MARK]
    return UsageProblem(
        f"No images can be chosen by {names.quoted(typed)}.{names.meant(typed, known)} There are: "
        f"{', '.join(known)}."
    )


def not_one_of(key: str, text: str, words: Iterable[str]) -> UsageProblem:
    """What is said where a value is none of a few words."""
    return UsageProblem(
        f"{key} is {names.quoted(text)}. Write one of these: {', '.join(map(str, words))}."
    )
