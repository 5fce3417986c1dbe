"""How long a file is on the site, as its server says; and which lengths have changed."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from scrapy.http import Response

from fapspider.politeness.checks import header
from fapspider.politeness.downloads import CODED
from fapspider.politeness.health import IN_A_ROW

WHOLE = {"Accept-Encoding": "identity"}  # the length of a compressed answer is another one
ONE_BYTE = WHOLE | {"Range": "bytes=0-0"}
"""The headers of a request for one byte, whose answer says the length where HEAD is refused."""
_RANGE = re.compile(r"bytes [0-9]+-[0-9]+/([0-9]{1,18})")
_LENGTH = re.compile(r"[0-9]{1,18}")


def length_of(response: Response) -> int | None:
    """The length of the whole file, from an answer to HEAD, to a range, or to neither.

    None if the answer gives no length, or that of a compressed form.
    """
    if response.status != 206 and response.body:
        return len(response.body)
    if response.meta.get(CODED):
        return None
    if response.status == 206:
        found = _RANGE.fullmatch(header(response, "Content-Range"))
        return int(found[1]) if found else None
    text = header(response, "Content-Length")
    return int(text) if _LENGTH.fullmatch(text) else None


@dataclass(slots=True)
class Unlike:
    """Images whose files now have another length, by that length."""

    _by_length: defaultdict[int, list[tuple[int, str]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def add(self, length: int, image: int, url: str) -> None:
        """Note that this image's file has this length."""
        self._by_length[length].append((image, url))

    def __iter__(self) -> Iterator[tuple[int, str, str | None]]:
        """Yield each image, its address, and why the length says nothing about it.

        If many images have one length, the site shows something else in their place, such as a
        picture that says that there is none.
        """
        for length, each in self._by_length.items():
            why = None
            if len(each) >= IN_A_ROW:
                why = f"has {length:,} bytes, and so have other pictures by now"
            for image, url in each:
                yield image, url, why
