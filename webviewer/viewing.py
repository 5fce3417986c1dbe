"""Views in addresses: what a request asks to see, and the links that lead to other views."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from http import HTTPStatus
from urllib.parse import parse_qsl, quote, urlencode

from flask import abort, request, url_for

from fapproc.errors import UsageProblem
from fapproc.jobs import tagging
from fapproc.jobs.pages import albums as album_pages
from fapproc.jobs.pages.cells import Cell
from fapproc.jobs.pages.grids import Scope, key_of, marked
from fapproc.jobs.veiling import unveiled, veiled
from fapproc.model import UserId
from fapproc.selections import grammar, view
from fapproc.selections.view import Order, View
from webviewer.addresses import written
from webviewer.blueprint import archive
from webviewer.showing import address

SEARCH = "q"
FROM = "from"
_FIELDS = {"portrait", "landscape", "dup", "tag", "not-tag", SEARCH, "order"}
"""Keys that the form of filters has fields for."""
_TEXTS = {SEARCH, "name", "user", "album", "tag", "tag-only", "not-tag", "not-tag-only"}
"""Keys whose values are a person's words: of a sealed archive they stand encrypted."""


@dataclass(frozen=True)  # without slots, for what is made once
class Shown:
    """A view of an album, a tag or all, as an address asks for it."""

    scope: Scope
    view: View
    start: str | None = None
    """The key of the picture that the part begins with, as it stands in the address."""

    @property
    def address(self) -> str:
        """The page."""
        if self.scope.album is not None:
            user, album = self.scope.album
            return url_for("viewer.album", user_id=user, album_id=album)
        if self.scope.tag is not None:
            return url_for("viewer.tag", tag_id=self.scope.tag)
        return url_for("viewer.all_pictures")

    def link(self, **more: object) -> str:
        """The address of the page with this view and further parameters."""
        query = self.query(**more)
        return f"{self.address}?{query}" if query else self.address

    def query(self, **more: object) -> str:
        """What follows the `?`; `begin` is the key of another part, None that of the first."""
        start = more.pop("begin", self.start)
        found = _veiled(view.pairs(self.view, self.scope.order))
        found += [(FROM, str(start))] if start is not None else []
        found += [(key, str(value)) for key, value in more.items() if value is not None]
        return urlencode(found)

    def picture(self, cell: Cell) -> str:
        """The page of a picture of this view, which names the view and the place in it."""
        view = written(self.scope, cell.place.image if cell.place else None)
        if self._of_pictures:
            view = f"{view}?{self._of_pictures}"
        return f"{address('image', cell.image.digest)}?in={quote(view, safe='/:?')}"

    @cached_property
    def _of_pictures(self) -> str:
        return self.query(begin=None)

    def marked(self, mark: str) -> "Shown":
        """The view restricted to pictures with a mark, or without that condition if it has it."""
        asked = marked(self.view, mark)
        if self.has(mark):
            key = grammar.MARKS[mark][0]
            kept = [pair for pair in grammar.pairs(self.view.selection) if pair[0] != key]
            asked = replace(self.view, selection=grammar.parse(kept))
        return replace(self, view=asked, start=None)

    def has(self, mark: str) -> bool:
        """Whether the view is restricted to pictures with a mark."""
        return marked(self.view, mark) == self.view

    @property
    def cleared(self) -> "Shown":
        """The view without filters."""
        return replace(self, view=replace(View(), order=self.view.order, seed=self.view.seed))

    @property
    def filters(self) -> int:
        """How many filters are set."""
        return len(view.pairs(replace(self.view, order=self.scope.order), self.scope.order))

    @property
    def kept(self) -> list[tuple[str, str]]:
        """Keys and values that the form of filters has no fields for."""
        return _veiled(self._others)

    @property
    def told(self) -> list[tuple[str, str]]:
        """Conditions that only the address can set, in words, each with the page without it.

        A mark's condition is shown by that mark.
        """
        every = grammar.pairs(self.view.selection)
        marks = {grammar.MARKS[mark][0] for mark in grammar.MARKS if self.has(mark)}
        found = []
        for pair in self._others:
            if pair[0] in marks:
                continue
            left = grammar.parse([each for each in every if each != pair])
            without = replace(self, view=replace(self.view, selection=left), start=None)
            found.append((_in_words(*pair), without.link()))
        return found

    @property
    def _others(self) -> list[tuple[str, str]]:
        by_number = [("tag", f"#{each}") for each in self.tags.values()]
        return [
            pair
            for pair in grammar.pairs(self.view.selection)
            if pair[0] not in _FIELDS
            or (pair[0] in {"tag", "not-tag"} and ("tag", pair[1]) not in by_number)
        ]

    @property
    def tags(self) -> dict[str, int]:
        """What the two filters of tags say, as `tf1 tv1 tf2 tv2`."""
        return dict(view.tag_filters(self.view.selection))

    @property
    def words(self) -> str:
        """What is searched for."""
        return " ".join(self.view.selection.words)

    @property
    def order(self) -> str:
        """The order as it stands in an address."""
        return view.written(self.view)


def asked(scope: Scope, query: str | None = None) -> Shown:
    """What this request, or what follows the `?` of another address, asks to see of a scope.

    Ends the request with a sentence where it is no view.
    """
    text = request.query_string.decode("utf-8", "replace") if query is None else query
    given = _unveiled(parse_qsl(text, keep_blank_values=True))
    known = [tag.id for tag in tagging.paths(archive())]
    try:
        found = view.parse(given, known, scope.order)
    except UsageProblem as problem:
        abort(HTTPStatus.BAD_REQUEST, str(problem))
    start = next((value for key, value in given if key == FROM and value), None)
    return Shown(scope, found, start)


def _in_words(key: str, text: str) -> str:
    """A condition as a person reads it: a user who is meant by number has a name."""
    if key == "user" and text.startswith("#"):
        with suppress(ValueError):  # somebody may be called so
            user = album_pages.find_user(archive(), UserId.parse(text[1:]))
            text = user.name if user and user.name else text
    return f"{key}: {text}"


def start_of(shown: Shown) -> int | None:
    """The number that the key of a view's part stands for; None for the first part."""
    return None if shown.start is None else key_of(archive(), shown.scope, shown.start)


def arranged(order: Order, seed: int = 0) -> str:
    """An order as a field of the form has it."""
    return view.written(View(order=order, seed=seed))


def _veiled(found: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [
        (name, veiled(archive(), text) if name in _TEXTS and not text.startswith("#") else text)
        for name, text in found
    ]


def _unveiled(given: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """What was asked for; words that were not veiled by us are taken as they are."""
    found = []
    for name, text in given:
        word = unveiled(archive(), text) if name in _TEXTS and text else text
        found.append((name, text if word is None else word))
    return found
