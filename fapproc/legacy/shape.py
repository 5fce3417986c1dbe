"""From the plain values of a pickle to records: what has another shape is refused, or told.

Who wrote the pickle may have put one list in a million places; so what is looked at is counted, and
never more than what was written. Nothing here goes deeper than the tree of tags, which is bounded.
"""

from collections.abc import Callable, Iterable, Iterator
from operator import attrgetter
from typing import Any, TypeVar

from fapproc.legacy import fields
from fapproc.legacy.fields import Odd
from fapproc.legacy.records import (
    CNN,
    HASHES,
    OldAlbum,
    OldDatabase,
    OldFailure,
    OldGroup,
    OldImage,
    OldPlace,
    OldTag,
    OldUser,
    UnreadableEntry,
)
from fapproc.legacy.stand_ins import Members, NotPlain, Pairs
from fapproc.model import Gone, Level, Verdict

T = TypeVar("T")

_SLACK = 1000
_TIMES = 8
_DEEPEST = 100
_MOST_NOTES = 100_000
_PARTS = {
    *("configs", "users", "favorites", "tags", "blobs"),
    *("image_ids_index", "duplicates_registry", "duplicates_key_index"),
}
_USER_TIMES = ("date_albums", "date_finished", "date_audit")
_KINDS = {
    "regular": "duplicates_sensitivity_regular",
    "animated": "duplicates_sensitivity_animated",
}


def database(value: Any, steps: int) -> OldDatabase:
    """Make sense of the value of a pickle that `steps` opcodes made.

    Raises:
        NotPlain: it is no database of the predecessor's.
    """
    return _Shaping(steps).database(value)


class _Shaping:
    """One reading of a value: how much may be looked at yet, and what made no sense."""

    def __init__(self, steps: int) -> None:
        self._left = _TIMES * steps + _SLACK
        self._unreadable: list[UnreadableEntry] = []

    def database(self, value: Any) -> OldDatabase:
        try:
            parts = self.record(value)
        except Odd:
            raise NotPlain("it is not a dictionary, as such a database is") from None
        if missing := sorted(_PARTS - parts.keys()):
            raise NotPlain(f"it has no {missing[0]!r}, which such a database has")
        whole = ("users", "favorites", "tags", "blobs", "duplicates_registry")
        for name in whole:
            if type(parts[name]) is not Pairs:
                raise NotPlain(f"its {name!r} are not a dictionary")
        tags: list[OldTag] = []
        self._tags(parts["tags"], None, 0, tags)
        albums = (
            self._read(
                f"Album {fields.said(user)}/{fields.said(album)}", self._album, user, album, value
            )
            for user, listed in self.items(parts["favorites"])
            for album, value in self._inner(user, listed)
        )
        return OldDatabase(
            users=self._each("User", parts["users"], self._user),
            albums=tuple(album for album in albums if album is not None),
            images=self._each("Image", parts["blobs"], self._image),
            tags=tuple(tags),
            groups=self._each("Group", parts["duplicates_registry"], self._group),
            sensitivity=self._read("Sensitivities", self._sensitivity, parts["configs"]) or {},
            unreadable=tuple(self._unreadable),
        )

    def items(self, pairs: Any) -> Iterator[tuple[Any, Any]]:
        """Keys and values of a dictionary."""
        if type(pairs) is not Pairs:
            raise Odd("it is not a dictionary")
        self._spend(len(pairs))
        return zip(pairs[::2], pairs[1::2], strict=True)

    def members(self, value: Any, *kinds: type[Any]) -> Any:
        """A list, a set or a tuple, whose members are looked at once."""
        if type(value) not in kinds:
            raise Odd("it is not a list or set")
        self._spend(len(value))
        return value

    def record(self, value: Any) -> dict[str, Any]:
        """A dictionary whose keys are words."""
        found = {key: each for key, each in self.items(value) if type(key) is str}
        if 2 * len(found) != len(value):
            raise Odd("it has keys that are not words, or one key twice")
        return found

    def _spend(self, count: int) -> None:
        self._left -= 1 + count
        if self._left < 0:
            raise NotPlain("it shows the same things over and over")

    def _some(
        self, what: str, read: Callable[..., T], values: Iterable[tuple[Any, ...]]
    ) -> tuple[T, ...]:
        """What is made of each, without those that make no sense."""
        found = (self._read(what, read, *each) for each in values)
        return tuple(each for each in found if each is not None)

    def _each(self, what: str, pairs: Any, read: Callable[[Any, Any], T]) -> tuple[T, ...]:
        """The same of a dictionary, each called by its key."""
        found = (
            self._read(f"{what} {fields.said(key)}", read, key, value)
            for key, value in self.items(pairs)
        )
        return tuple(each for each in found if each is not None)

    def _read(self, what: str, read: Callable[..., T], *values: Any) -> T | None:
        """What is made of values, or None: then it is noted."""
        try:
            return read(*values)
        except Odd as error:
            if len(self._unreadable) == _MOST_NOTES:
                raise NotPlain("next to nothing of it makes sense") from None
            self._unreadable.append(UnreadableEntry(what, str(error)))
            return None

    def _inner(self, user: Any, albums: Any) -> Iterator[tuple[Any, Any]]:
        return self._read(f"The albums of user {fields.said(user)}", self.items, albums) or iter(())

    def _user(self, number: Any, value: Any) -> OldUser:
        known = self.record(value)
        times = (fields.moment(known.get(name, 0)) for name in _USER_TIMES)
        return OldUser(fields.number(number), fields.name(known.get("name")), *times)

    def _album(self, user: Any, number: Any, value: Any) -> OldAlbum:
        known = self.record(value)
        images = tuple(map(fields.number, self.members(known.get("images"), list)))
        failed = self.members(known.get("failed_images", Members()), Members)
        what = f"A failure of album {fields.said(user)}/{fields.said(number)}"
        failures = self._some(what, self._failure, ((each,) for each in failed))
        return OldAlbum(
            user=fields.number(user),
            id=fields.number(number),
            name=fields.name(known.get("name")),
            pages=fields.count(known.get("pages", 0), 1 << 31),
            read_at=fields.moment(known.get("date_blobs", 0)),
            images=tuple(dict.fromkeys(images)),
            failures=tuple(sorted(failures, key=attrgetter("image"))),
        )

    def _failure(self, value: Any) -> OldFailure:
        found = self.members(value, tuple)
        if len(found) != 4:
            raise Odd("one of its failures is invalid")
        image, at, name, url = found
        return OldFailure(
            fields.number(image),
            fields.moment(at),
            fields.name_or_none(name),
            fields.name_or_none(url),
        )

    def _image(self, digest: Any, value: Any) -> OldImage:
        known = self.record(value)
        of = f"of image {fields.said(digest)}"
        places = self.items(known.get("loc"))
        gone = self.items(known.get("gone", Pairs()))
        tags = self.members(known.get("tags", Members()), Members)
        return OldImage(
            digest=fields.matching(digest, fields.DIGEST, "digest"),
            size=fields.count(known.get("sz", 0), 1 << 40),
            extension=fields.matching(known.get("ext"), fields.EXTENSION, "extension"),
            at=fields.moment(known.get("date", 0)),
            places=self._some(f"A place {of}", self._place, places),
            tags=self._some(f"A tag {of}", fields.number, ((each,) for each in tags)),
            facts=fields.facts(known),
            codes=fields.codes(known),
            vector=fields.vector(known.get(CNN)),
            gone=self._some(f"What is gone {of}", self._gone, gone),
        )

    def _place(self, place: Any, value: Any) -> OldPlace:
        where, said = self.members(place, tuple), self.members(value, tuple)
        if len(where) != 3 or len(said) != 2:
            raise Odd("one of its places is invalid")
        verdict = fields.verdict(said[1])
        if verdict is Verdict.FALSE:
            raise Odd("one of its places has a verdict that places can't have")
        user, album, image = map(fields.number, where)
        return OldPlace(user, album, image, fields.name_or_none(said[0]), verdict)

    def _gone(self, image: Any, value: Any) -> Gone:
        found = self.members(value, tuple)
        if len(found) != 3 or type(found[1]) is not Level:
            raise Odd("it is gone at an invalid level")
        return Gone(
            fields.number(image), found[1], fields.name_or_none(found[2]), fields.moment(found[0])
        )

    def _tags(self, value: Any, parent: int | None, depth: int, found: list[OldTag]) -> None:
        if depth > _DEEPEST:
            raise NotPlain("its tags lie deeper than any tree")
        for number, each in self._read("Tags", self.items, value) or ():
            tag = self._read(f"Tag {fields.said(number)}", self._tag, number, parent, each)
            if tag is not None:
                found.append(tag[0])
                self._tags(tag[1], tag[0].number, depth + 1, found)

    def _tag(self, number: Any, parent: int | None, value: Any) -> tuple[OldTag, Any]:
        known = self.record(value)
        return OldTag(fields.number(number), parent, fields.name(known.get("name"))), known.get(
            "tags", Pairs()
        )

    def _group(self, _: Any, value: Any) -> OldGroup:
        known = self.record(value)
        said = self.record(known.get("verdicts"))
        verdicts = {
            fields.matching(digest, fields.DIGEST, "digest"): fields.verdict(each)
            for digest, each in said.items()
        }
        pairs: dict[tuple[str, str, str], float] = {}
        for method, scores in self.record(known.get("sources", Pairs())).items():
            if method not in (*HASHES, CNN):
                raise Odd(f"it was found by {fields.said(method)}, which is not a method")
            for ends, score in self.items(scores):
                one, other = fields.two(self.members(ends, tuple))
                if not (one in verdicts and other in verdicts and one != other):
                    raise Odd("one of its pairs is of other images")
                pairs[method, min(one, other), max(one, other)] = fields.score(score)
        return OldGroup(verdicts, pairs)

    def _sensitivity(self, value: Any) -> dict[str, dict[str, float]]:
        known = self.record(value)
        return {
            kind: {name: fields.score(each) for name, each in self.record(known.get(of)).items()}
            for kind, of in _KINDS.items()
        }
