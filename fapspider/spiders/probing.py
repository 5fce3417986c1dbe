"""Whose failure it is, found out with one request: for a picture that was had before.

While a lane is in doubt (`Health`) its requests come back unsent (`Bounced`), and one picture that
must be there is asked for: its page, and a byte of its file. If it comes, the failures were the
pictures' own. If nothing comes, the site rests as for a human check; after three pauses in vain the
crawl ends, and no picture has failed. A site that works is not put to rest by its pictures: before
a lane is out, one that was had before is asked for.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sized
from types import MappingProxyType
from typing import Any

from scrapy import Request
from scrapy.http import Response, TextResponse

from fapproc.jobs.ingest import Miss
from fapproc.sites.pages import PageGone
from fapspider.crawl.lengths import ONE_BYTE
from fapspider.politeness import outcome
from fapspider.politeness.checks import header
from fapspider.politeness.health import Sign
from fapspider.politeness.lanes import LANE, PAUSES, PHOTOS, PROBE, SENT, key_of, shown
from fapspider.spiders.base import SiteSpider

WITNESSES = 3
"""So many pictures that were had are asked for before nothing works."""
MOST_IN_A_ROW = 10
"""So many fail and nothing new comes, though what was had before does: it may come from a cache.
A ban that gives it would else be asked for the whole list."""
_CHANGED = (
    " Where a browser shows them, the site may have changed: look for a newer version of this "
    "program."
)

NOT_PROBED: Mapping[str, object] = MappingProxyType({})
"""The `meta` of a request that is not the one that tells of a lane in doubt."""


def probing(lane: str) -> dict[str, object]:
    """The `meta` of a request that tells of a lane in doubt; once is enough for that."""
    return {PROBE: lane, "dont_retry": True}


def probed(answered: Request | Response) -> Mapping[str, object]:
    """The part of `meta` that makes what follows tell of the same lane in doubt."""
    return probing(answered.meta[PROBE]) if PROBE in answered.meta else NOT_PROBED


class ProbingSpider(SiteSpider):
    """A spider whose failures may be the site's."""

    def __init__(self, **arguments: str) -> None:
        super().__init__(**arguments)
        self.known: list[int] = []
        """Pictures that were had before this crawl."""
        self.suspects: set[int] = set()
        """Pictures that failed in this crawl: they bear witness to nothing."""
        self.waiting: Sized = ()
        """What else of the list is to be asked for."""
        self.is_coming_back = False
        """Whether all that is still asked for has failed before."""
        self.is_probing = False
        """Whether the one request is under way."""
        self._had: dict[str, int] = {}
        self._heard: defaultdict[str, set[int]] = defaultdict(set)
        """Who was asked about a lane since it worked last."""
        self._failing: defaultdict[str, set[int]] = defaultdict(set)
        """What has failed since a lane was doubted by nobody."""
        self._vouched: set[str] = set()
        """Lanes of which one that was had before came, and nothing new since."""

    def works(self, request: Request, image: int) -> list[Miss]:
        """A good answer came, for this picture; returns what it says of others."""
        lane = request.meta[LANE]
        self._had[lane] = image
        self.health.forget(lane, key_of(request))
        self._heard.pop(lane, None)
        self._vouched.discard(lane)
        self.health.good(lane, request.meta[SENT])
        if not self.health.is_doubtful(lane):
            self._failing.pop(lane, None)
        self.pauses.well(lane, request.meta[PAUSES])
        return []

    def _vouches(self, answer: Response, image: int) -> list[Miss]:
        """A good answer came to what was had before: the last word, where nothing else waits.

        It may come from a cache; so while others wait, they are still asked for one by one.
        """
        lane = answer.meta[LANE]
        is_at_last = self.health.is_at_last(lane) and not self.health.is_out(lane)
        if is_at_last and self.waiting and not self.is_coming_back:
            self._vouched.add(lane)
            self._heard.pop(lane, None)
            return []
        return self.works(outcome.asked_for(answer), image)

    def _is_spared(self, lane: str) -> bool:
        """Whether a lane is not out yet, however many failed elsewhere."""
        if lane in self._vouched:
            return len(self._failing[lane]) < MOST_IN_A_ROW or not self.waiting
        return self.has_witness(lane)

    def suspect(self, lane: str, image: int) -> None:
        """A picture failed, whether by itself or not."""
        self.suspects.add(image)
        self._failing[lane].add(image)

    def fails(self, request: Request, image: int, why: str | None = None) -> None:
        """A picture was not fetched; `why` where the answer was odd, and no refusal or trouble."""
        self.suspect(request.meta[LANE], image)
        if why is not None:
            self.health.bad(
                request.meta[LANE], Sign.ODD, key_of(request), f"{shown(request)} {why}"
            )
        if (probed := request.meta.get(PROBE)) is not None:
            self.suspect(probed, image)
            self.health.probed_in_vain(probed, has_witness=self._is_spared(probed))

    def stays_apart(self, lane: str) -> None:
        """Other hosts of files work and this one doesn't: nothing is asked of it for now."""
        self.say(f"Files of {lane} are set aside: {self.health.said(lane)}. Others go on.")
        self.health.set_apart(lane)
        self.pauses.leave_out(lane)

    def elsewhere(self, lane: str) -> Request | None:  # noqa: ARG002 - for those who have a list
        """A request for another picture of the list, where none is known that was had before."""
        return None

    def released(self, lane: str) -> Request | None:  # noqa: ARG002 - as `elsewhere`
        """A request for a picture that has failed, where nothing else can be asked for."""
        return None

    def has_witness(self, lane: str) -> bool:
        """Whether a picture is known that was had before."""
        return next(self._witnesses(lane), None) is not None

    def probe(self, lane: str) -> Request | None:
        """The one request that finds out whether a lane works, after a pause where it is out.

        None where the crawl ends, where other hosts of files work, or nothing is left to ask for.
        """
        others = self._had.keys() - {lane, PHOTOS}
        is_doubtful_host = lane != PHOTOS and self.health.is_doubtful(lane)
        if is_doubtful_host and any(map(self.health.is_well, others)):
            self.stays_apart(lane)
            return None
        if self.health.is_out(lane):
            self._rest(lane)
            if self.problem is not None:
                return None
        for way in self._ways(lane):
            if (request := way(lane)) is not None:
                return request
        if self.health.is_out(lane):
            self.health.rejoin(lane)  # all that failed has come to an end of its own meanwhile
            return None
        self.health.probed_in_vain(lane, finally_=True)
        return self.probe(lane)

    def _ways(self, lane: str) -> list[Callable[[str], Request | None]]:
        """In which order pictures are looked for that tell whether a lane works.

        One that was had before may come from a cache while a site refuses all others, so it counts
        where nothing else waits to be asked for, where all that waits has failed before, and once
        where enough has failed elsewhere: those may be of one broken album. What was set aside
        tells least: it may have failed by itself.
        """
        ways: list[Callable[[str], Request | None]] = [self.elsewhere, self._witness]
        is_at_last = self.health.is_at_last(lane) and not self.health.is_out(lane)
        has_last_word = is_at_last and lane not in self._vouched
        if self.is_coming_back or has_last_word or not self.health.is_doubtful(lane):
            ways.reverse()
        return [*ways, self.released, self._anybody] if self.health.is_out(lane) else ways

    def _witness(self, lane: str) -> Request | None:
        witness = next(self._witnesses(lane), None)
        return None if witness is None else self._ask_witness(witness, lane)

    def _anybody(self, lane: str) -> Request | None:
        """Where nothing works: a picture that was had before, though it failed since."""
        image = self._had.get(lane) or next(iter(self.known), None)
        return None if image is None else self._ask_witness(image, lane)

    def _rest(self, lane: str) -> None:
        self._heard.pop(lane, None)
        sign, said = self.health.sign(lane), self.health.said(lane)
        if sign is Sign.SILENT:
            self.stop(outcome.out_of_reach(said))
            return
        what = "Photo pages" if lane == PHOTOS else f"Files of {lane}"
        hint = _CHANGED if sign is Sign.ODD else ""
        self.pause(lane, f"{what} {sign}, one after the other ({said})", hint=hint)

    def _witnesses(self, lane: str) -> Iterator[int]:
        """Pictures to ask for: of the lane itself, of others, of the time before this crawl."""
        own = [self._had[lane]] if lane in self._had else []
        others = [image for other, image in self._had.items() if other != lane]
        each = dict.fromkeys([*own, *reversed(others), *self.known])
        left = [image for image in each if image not in self.suspects][:WITNESSES]
        return iter([image for image in left if image not in self._heard[lane]])

    def _ask_witness(self, image: int, lane: str) -> Request:
        self._heard[lane].add(image)
        self.is_probing = True
        return self.photo_page(
            image,
            self.parse_witness,
            errback=self.on_witness_error,
            cb_kwargs={"image": image, "lane": lane},
            meta=probing(lane),
            priority=1000,
        )

    def parse_witness(
        self, response: TextResponse, image: int, lane: str
    ) -> Iterator[Request | Miss]:
        """The page of a picture that was had before; it may have gone since, and tells nothing."""
        self.is_probing = False
        try:
            photo = outcome.photo_of(response, image, self.site)
        except PageGone:
            return
        except outcome.Odd:
            self._in_vain(lane)
            return
        yield from self._vouches(response, image)
        link = self.site.first(photo.links)
        if lane != PHOTOS and link is not None:
            self.is_probing = True
            yield self.file(
                link,
                self.parse_witness_file,
                errback=self.on_witness_error,
                headers=ONE_BYTE,
                cb_kwargs={"image": image, "lane": lane},
                meta=probing(lane),
                priority=1000,
            )

    def parse_witness_file(self, response: Response, image: int, lane: str) -> Iterator[Miss]:
        """The beginning of its file."""
        self.is_probing = False
        is_text = header(response, "Content-Type").startswith("text/")
        if is_text or outcome.leads_elsewhere(response):
            self._in_vain(lane)
            return
        yield from self._vouches(response, image)
        if response.meta[LANE] != lane:
            self.stays_apart(lane)

    def on_witness_error(self, failure: Any) -> None:
        """It could not be fetched either; one that has gone meanwhile tells nothing."""
        self.is_probing = False
        if outcome.status(failure) not in outcome.GONE:
            self._in_vain(failure.request.cb_kwargs["lane"])

    def _in_vain(self, lane: str) -> None:
        is_last = next(self._witnesses(lane), None) is None
        self.health.probed_in_vain(lane, finally_=is_last)
