"""Finds out with one request whether a lane in doubt works: for a picture that must be there.

While a lane is in doubt (`Health`) its requests come back unsent (`Bounced`), and one picture is
asked for: its page, and its file or a byte of it. If it comes, the failures were the pictures' own.
If nothing comes, the site rests as for a human check; after three pauses in vain the crawl ends,
and no picture has failed. Broken pictures alone never pause a site that works: before a lane counts
as out, a witness (a picture that was fetched before) is asked for.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from scrapy import Request
from scrapy.http import Response, TextResponse

from fapproc.jobs.ingest import Miss
from fapproc.sites.pages import PageGone
from fapspider.crawl.lengths import ONE_BYTE
from fapspider.crawl.pending import Pending
from fapspider.politeness import outcome
from fapspider.politeness.checks import header
from fapspider.politeness.health import Sign
from fapspider.politeness.lanes import LANE, PHOTOS, probing
from fapspider.spiders.base import SiteSpider
from fapspider.spiders.doubts import Doubts
from fapspider.spiders.steps import Steps

_CHANGED = (
    " Where a browser shows them, the site may have changed: look for a newer version of this "
    "program."
)
_FIRST = 1000  # priority: nothing else is sent while a lane is in doubt


@dataclass(frozen=True, slots=True)
class _Witness:
    """A witness: a picture, the lane it is asked about, and whether no cache can answer."""

    image: int
    lane: str
    is_sure: bool


class Probes:
    """Makes the one request that is sent while a lane is in doubt, and reads its answer."""

    def __init__(
        self,
        spider: SiteSpider,
        doubts: Doubts,
        steps: Steps,
        pending: Pending,
        elsewhere: Callable[[str], Request | None],
    ) -> None:
        """Become a part of a spider.

        Args:
            spider: the spider.
            doubts: what failed.
            steps: the steps of an image.
            pending: the images still to be fetched.
            elsewhere: gives a request for another picture of the list, or for more of the list.
        """
        self._spider, self._doubts, self._steps = spider, doubts, steps
        self._pending, self._elsewhere = pending, elsewhere
        self._health, self._witnesses = spider.health, doubts.witnesses
        self._at_last: set[str] = set()
        """Lanes for which nothing else is left to ask."""

    def find_out(self) -> Iterator[Request]:
        """A request that finds out about a lane in doubt, if there is one."""
        while (lane := self._health.doubtful) is not None and not self._spider.is_ending:
            if (request := self._probe(lane)) is not None:
                yield request
                return

    def ask_unproven(self) -> Iterator[Request]:
        """A request that finds out about a lane that has only failed in this crawl."""
        for lane in self._doubts.aside.unproven:
            is_open = not self._health.has_worked(lane) and self._witnesses.left(lane)
            if is_open and (request := self._probe(lane)) is not None:
                yield request
                return

    def ask_at_last(self) -> Iterator[Request]:
        """A request for a witness, after last failures too few for a doubt.

        If it comes, the failures are final. Without it, the last pictures would be failures of
        their own if the site stops working there.
        """
        for lane in self._doubts.aside.unproven:
            if (request := self._witness(lane)) is not None:
                self._at_last.add(lane)
                yield request
                return

    def _probe(self, lane: str) -> Request | None:
        """The one request that finds out whether a lane works, after a pause if it is out.

        None where the crawl ends, where other hosts of files work, or nothing is left to ask for.
        """
        health = self._health
        is_settled = health.is_out(lane) or self._witnesses.has_vouched(lane)
        if is_settled and lane != PHOTOS and self._others_work(lane):
            self._stays_apart(lane)
            return None
        if health.is_out(lane):
            self._rest(lane)
            if self._spider.problem is not None:
                return None
        for way in self._ways(lane):
            if (request := way(lane)) is not None:
                return request
        if health.is_out(lane):
            health.rejoin(lane)  # all that failed has come to an end of its own meanwhile
            return None
        health.probed_in_vain(lane, finally_=True)
        return self._probe(lane)

    def _ways(self, lane: str) -> list[Callable[[str], Request | None]]:
        """In which order pictures are searched that show whether a lane works.

        A witness may come from a cache while the site refuses all others, so it is only asked if
        nothing else waits, if all that waits has failed before, or once if enough has failed
        elsewhere: that may be one broken album. What was set aside says least: the failure may be
        its own.
        """
        ways: list[Callable[[str], Request | None]] = [self._elsewhere, self._witness]
        is_at_last = self._health.is_at_last(lane) and not self._health.is_out(lane)
        has_last_word = is_at_last and not self._witnesses.has_vouched(lane)
        has_own = lane == PHOTOS or lane in self._witnesses.lanes
        is_coming_back = self._doubts.is_coming_back and has_own
        if is_coming_back or has_last_word or not self._health.is_doubtful(lane):
            ways.reverse()
        return [*ways, self._released, self._anybody] if self._health.is_out(lane) else ways

    def _others_work(self, lane: str) -> bool:
        """Whether another host of files works."""
        others = self._witnesses.lanes - {lane, PHOTOS}
        return any(not self._health.is_doubtful(other) for other in others)

    def _stays_apart(self, lane: str) -> None:
        """Other hosts of files work and this one doesn't: nothing is asked of it for now."""
        said = self._health.said(lane)
        self._spider.say(f"Files of {lane} are set aside: {said}. Others go on.")
        self._doubts.leave_out(lane)

    def _rest(self, lane: str) -> None:
        self._witnesses.hear_anew(lane)
        sign, said = self._health.sign(lane), self._health.said(lane)
        if sign is Sign.SILENT:
            self._spider.stop(outcome.out_of_reach(said))
            return
        what = "Photo pages" if lane == PHOTOS else f"Files of {lane}"
        hint = _CHANGED if sign is Sign.ODD else ""
        self._spider.pause(lane, f"{what} {sign}, one after the other ({said})", hint=hint)

    def _released(self, lane: str) -> Request | None:
        """The page of a picture that was set aside."""
        image = self._doubts.aside.release(lane)
        return None if image is None else self._steps.photo(image, meta=probing(lane))

    def _witness(self, lane: str) -> Request | None:
        """The page of a witness that was not asked about this lane yet."""
        image = self._witnesses.surest(lane)
        return None if image is None else self._ask_witness(image, lane)

    def _anybody(self, lane: str) -> Request | None:
        """The page of a picture that was fetched before, though it has failed since."""
        image = self._witnesses.anybody(lane)
        return None if image is None else self._ask_witness(image, lane)

    def _ask_witness(self, image: int, lane: str) -> Request:
        witness = _Witness(image, lane, is_sure=self._witnesses.hear(lane, image))
        return self._spider.photo_page(image, self.parse_witness, **self._parts(witness))

    def _parts(self, witness: "_Witness") -> dict[str, Any]:
        return {
            "errback": self.on_witness_error,
            "cb_kwargs": {"witness": witness},
            "meta": probing(witness.lane),
            "priority": _FIRST,
        }

    def parse_witness(
        self, response: TextResponse, witness: "_Witness"
    ) -> Iterator[Request | Miss]:
        """Read the page of a witness; if it is gone by now, that says nothing."""
        try:
            photo = outcome.photo_of(response, witness.image, self._spider.site)
        except PageGone:
            return
        except outcome.Odd:
            self._in_vain(witness.lane)
            return
        yield from self._vouches(response, witness)
        link = self._spider.site.first(photo.links)
        if witness.lane != PHOTOS and link is not None:
            parts = self._parts(witness)
            yield self._spider.file(link, self.parse_witness_file, headers=ONE_BYTE, **parts)

    def parse_witness_file(self, response: Response, witness: "_Witness") -> Iterator[Miss]:
        """Read the beginning of its file; if that is on another host, it shows that one works."""
        lane = witness.lane
        is_text = header(response, "Content-Type").startswith("text/")
        if is_text or outcome.leads_elsewhere(response):
            self._in_vain(lane)
            return
        yield from self._vouches(response, witness)
        if response.meta[LANE] != lane:
            (self._stays_apart if lane in self._at_last else self._in_vain)(lane)

    def on_witness_error(self, failure: Any) -> None:
        """Note that a witness could not be fetched either; if it is gone, that says nothing."""
        if outcome.status(failure) not in outcome.GONE:
            self._in_vain(failure.request.cb_kwargs["witness"].lane)

    def _vouches(self, answer: Response, witness: "_Witness") -> list[Miss]:
        """Note a good answer for a witness; it decides if nothing else waits.

        Unless the witness was fetched long ago, the answer may come from a cache; so if others
        wait, they are still asked for one by one.
        """
        lane = answer.meta[LANE]
        is_at_last = self._health.is_at_last(lane) and not self._health.is_out(lane)
        others_wait = self._pending and not self._doubts.is_coming_back
        if is_at_last and others_wait and not witness.is_sure:
            self._witnesses.vouch(lane)
            return []
        return self._doubts.works(outcome.asked_for(answer), witness.image)

    def _in_vain(self, lane: str) -> None:
        if lane not in self._at_last:
            self._health.probed_in_vain(lane, finally_=not self._witnesses.left(lane))
            return
        self._doubts.aside.leave(lane)
        self._health.rejoin(lane)
