"""What the log says of before and after a decision, and the form in which that is stored.

Whatever was once written must stay readable: `LoggedState.from_json` reads every former form,
`to_json` writes the newest. In memory.
"""

import json
import sys
import zlib
from array import array
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from typing import Self

from fapproc.model import Place, UserId, Verdict

_FIRST_FORM = 1
"""Its texts don't name a form; those of a later one do, in `form`."""
_WITH_TAGS = 2
_LISTED = 100
"""So many row numbers are kept as a list at most; more as the packed gaps between them."""


@dataclass(frozen=True, slots=True)
class PlaceVerdict:
    """What was said of an image at one place."""

    digest: str
    place: Place
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class LoggedState:
    """What was said of some images at one time, by digests and places: these outlive row numbers.

    `different` are the pairs (a < b) that were called different pictures; `to_look`: the group's
    verdicts wanted a second look. `tags`: which images were given which tags with it, by id.
    """

    verdicts: Mapping[str, Verdict]
    places: frozenset[PlaceVerdict]
    different: frozenset[tuple[str, str]]
    to_look: bool
    tags: frozenset[tuple[str, int]] = frozenset()

    @property
    def digests(self) -> frozenset[str]:
        """The images of which anything was said."""
        return frozenset(self.verdicts).union(said.digest for said in self.places)

    def to_json(self) -> str:
        """Write it down; equal states are equal texts."""
        places = [
            [said.digest, str(said.place.user), said.place.album, said.place.image, said.verdict]
            for said in self.places
        ]
        form: dict[str, object] = {
            "verdicts": dict(self.verdicts),
            "places": sorted(places),
            "different": sorted(map(list, self.different)),
            "to_look": self.to_look,
        }
        if self.tags:
            form |= {"form": _WITH_TAGS, "tags": sorted(map(list, self.tags))}
        return json.dumps(form, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` has written, today or in any release.

        Raises:
            ValueError: it is none of that.
        """
        try:
            form = json.loads(text)
            number = form.get("form", _FIRST_FORM)
            if number not in {_FIRST_FORM, _WITH_TAGS}:
                raise ValueError(f"form {number}")
            tags = form["tags"] if number == _WITH_TAGS else ()
            return cls(
                verdicts={digest: Verdict(said) for digest, said in form["verdicts"].items()},
                places=frozenset(
                    PlaceVerdict(digest, Place(UserId.parse(user), album, image), Verdict(said))
                    for digest, user, album, image, said in form["places"]
                ),
                different=frozenset((a, b) for a, b in form["different"]),
                to_look=form["to_look"],
                tags=frozenset((digest, tag) for digest, tag in tags),
            )
        except (AttributeError, KeyError, TypeError) as error:
            raise ValueError(f"{type(error).__name__}: {error}") from error

    @classmethod
    def nothing(cls) -> Self:
        """Nothing was said."""
        return cls({}, frozenset(), frozenset(), to_look=False)


@dataclass(frozen=True, slots=True)
class TagState:
    """What a decision found or left of tags, by their ids.

    `tags`: name and the id above; None where there is no such tag. `images`: row numbers, which are
    given once, of images that have a tag in this state and not in the other one.
    """

    tags: Mapping[int, tuple[str, int | None] | None] = field(default_factory=dict)
    images: Mapping[int, Sequence[int]] = field(default_factory=dict)

    def to_json(self) -> str:
        """Write it down."""
        images = {tag: _packed(found) for tag, found in self.images.items()}
        return json.dumps({"tags": dict(self.tags), "images": images}, sort_keys=True)

    @staticmethod
    def tags_of_images(text: str) -> list[int]:
        """Ids of tags that images have in what `to_json` has written; the images are not unpacked.

        Raises:
            ValueError: it is none of that.
        """
        try:
            return [int(tag) for tag in json.loads(text)["images"]]
        except (KeyError, TypeError) as error:
            raise ValueError(f"{type(error).__name__}: {error}") from error

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` has written.

        Raises:
            ValueError: it is none of that.
        """
        try:
            form = json.loads(text)
            return cls(
                {
                    int(tag): None if row is None else (row[0], row[1])
                    for tag, row in form["tags"].items()
                },
                {int(tag): _unpacked(found) for tag, found in form["images"].items()},
            )
        except (AttributeError, IndexError, KeyError, TypeError, zlib.error) as error:
            raise ValueError(f"{type(error).__name__}: {error}") from error


def _packed(images: Sequence[int]) -> str | list[int]:
    """Of a million images a list is 8 MB; their gaps are some kB, or 0.2 MB of each second one."""
    found = sorted(images)
    if len(found) <= _LISTED:
        return found
    gaps = array("q", (there - here for here, there in pairwise([0, *found])))
    if sys.byteorder == "big":
        gaps.byteswap()
    return b64encode(zlib.compress(gaps.tobytes())).decode()


def _unpacked(found: str | list[int]) -> list[int]:
    """What `_packed` was given; a list, of any length, is what the first release wrote."""
    if isinstance(found, list):
        return [int(each) for each in found]
    gaps = array("q", zlib.decompress(b64decode(found)))
    if sys.byteorder == "big":
        gaps.byteswap()
    return list(accumulate(gaps))
