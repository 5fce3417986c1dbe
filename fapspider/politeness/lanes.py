"""What a request carries in its `meta`, and the lane whose state its answer shows.

A lane is a kind of page, or a host of full-size files.
"""

from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

PAGES, FILES = "pages", "files"
"""Download slots: pages are asked for slowly, files faster."""
LANE = "lane"  # meta: whose state an answer tells of
PHOTOS, LISTS = "photo pages", "lists"
PAUSES = "pauses"  # meta: how many pauses had begun when it was sent
SENT = "sent"  # meta: the moment at which it was sent, as `Health` counts
TRIES = "retry_times"  # meta, Scrapy's own: how many tries have failed
PROBE = "probe"  # meta: the lane in doubt that this one request is to tell of


CHECKED = "checked"  # meta: whether the site has answered this by a human or bot check before


class Checked(IgnoreRequest):
    """The site has answered this by a check, which may be meant for this alone."""

    def __init__(self, *, others_came: bool) -> None:
        """Args: others_came: others came since it was answered so before."""
        super().__init__("a check")
        self.others_came = others_came


class Bounced(IgnoreRequest):
    """A request came back unsent: its lane is in doubt."""


def lane_of_file(url: str) -> str:
    """The lane of a full-size file: its host."""
    return urlsplit(url).netloc


def key_of(request: Request) -> str:
    """What a request is for, the same for each try and each signature."""
    return key_of_address(first_address(request))


def key_of_address(url: str) -> str:
    """What is at an address, whichever its signature."""
    return urlsplit(url).path


def tried(request: Request) -> int:
    """How many tries of a request have failed before this one."""
    return int(request.meta.get(TRIES, 0))


def shown(request: Request) -> str:
    """The address that was asked for, before any redirect, without its signature."""
    return first_address(request).partition("?")[0]


def first_address(asked: Request | Response) -> str:
    """What was asked for at first, before any redirect."""
    return str(asked.meta.get("redirect_urls", [asked.url])[0])


NOT_PROBED: Mapping[str, object] = MappingProxyType({})
"""The `meta` of a request that is not the one that finds out about a lane in doubt."""


def probing(lane: str) -> dict[str, object]:
    """The `meta` of the request that finds out about a lane in doubt; it is tried once."""
    return {PROBE: lane, "dont_retry": True}


def probed(answered: Request | Response) -> Mapping[str, object]:
    """The part of `meta` that makes the next request find out about the same lane."""
    return probing(answered.meta[PROBE]) if PROBE in answered.meta else NOT_PROBED
