"""Whose failure is it? No failure is a picture's own before its lane is known to work.

If a picture fails while others come, the failure is its own; else it is set aside (`Aside`) and
asked for again. Whether a lane in doubt works, `Probes` finds out.
"""

import time
from collections.abc import Callable, Iterable, Iterator

from scrapy import Request

from fapproc.jobs.ingest import Miss
from fapproc.model import Detail
from fapspider.crawl.aside import Aside
from fapspider.crawl.pending import Found, Pending
from fapspider.crawl.witnesses import Witnesses
from fapspider.politeness.health import Sign
from fapspider.politeness.lanes import (
    CHECKED,
    LANE,
    PAUSES,
    PHOTOS,
    PROBE,
    SENT,
    TRIES,
    Checked,
    key_of,
    key_of_address,
    tried,
)
from fapspider.spiders.base import SiteSpider

_TRIED_AGAIN = {Detail.UNREACHABLE, Detail.EMPTY, Detail.SHORT, Detail.NOT_A_PICTURE}


class Doubts:
    """What failed in one crawl, and whether that was its own."""

    def __init__(
        self, spider: SiteSpider, pending: Pending, settled: Callable[[int], None]
    ) -> None:
        """Become a part of a spider.

        Args:
            spider: the spider.
            pending: the images still to be fetched.
            settled: is called when nothing more of an image is under way.
        """
        self.aside = Aside()
        self.witnesses = Witnesses()
        self.is_coming_back = False
        """Whether only images that failed before are still asked for."""
        self._spider, self._health = spider, spider.health
        self._pending, self._settled = pending, settled
        self._tries: dict[str, int] = {}
        """How many tries were made of requests that were cut short, by `key_of`."""
        self._checked: set[str] = set()
        """What was answered by a check, by `key_of`."""

    def works(self, request: Request, image: int) -> list[Miss]:
        """Note a good answer: what failed before in this lane is a failure, or is tried again."""
        lane, asked_at, health = request.meta[LANE], request.meta[SENT], self._health
        was_doubtful, was_out = health.is_doubtful(lane), health.is_out(lane)
        health.forget(lane, key_of(request))
        health.good(lane, asked_at)
        self.witnesses.came(lane, image, is_doubtful=health.is_doubtful(lane))
        self._spider.pauses.well(lane, request.meta[PAUSES])
        if lane != PHOTOS and (probed := request.meta.get(PROBE, lane)) != lane:
            self._tells_nothing(probed)
        return self.aside.settle(lane, asked_at, anew=was_out, again=was_doubtful)

    def not_had(
        self,
        request: Request,
        miss: Miss,
        *,
        is_odd: bool = False,
        asks_afresh: bool = False,
        checked: Checked | None = None,
    ) -> Iterator[Miss]:
        """Note a picture that could not be fetched: a failure if its lane works, else set aside.

        Args:
            request: the request that failed.
            miss: how it failed.
            is_odd: the answer was odd, neither a refusal nor a sign of trouble.
            asks_afresh: this says nothing about the picture until its own page was asked for.
            checked: it was answered by a check. It is asked for again after all others, and is its
                own failure if it is answered so again though others came.
        """
        lane, key, health = request.meta[LANE], key_of(request), self._health
        self._fails(request, miss, is_odd=is_odd)
        if checked is not None:
            self._checked.add(key)
            asks_afresh = not (checked.others_came and self.aside.has_come(miss.image))
        cut_short = asks_afresh or self.is_cut_short(request, miss)
        is_own = health.is_proven(lane, key) and not health.is_doubtful(lane) and not cut_short
        if is_own and self.aside.is_last_word(miss):
            yield miss
            return
        health.forget(lane, key)
        if cut_short and not asks_afresh:
            self._tries[key] = tried(request) + 1
        self.set_aside(lane, miss, cut_short=cut_short)

    def bounced(self, request: Request, miss: Miss) -> None:
        """Note a request that came back unsent: its picture is next, or set aside if it had failed.

        That says nothing about the picture: it keeps the tries that are left.
        """
        lane, key = request.meta[LANE], key_of(request)
        self._tries[key] = tried(request)
        if self._health.has_failed(lane, key):
            self.witnesses.failed(lane, miss.image)
            self._health.forget(lane, key)
            self.set_aside(lane, miss, cut_short=True)
        else:
            self._remember(miss)
            self._pending.put_back(miss.image)

    def set_aside(self, lane: str, miss: Miss, *, cut_short: bool = False) -> None:
        """Leave a picture for the end, and let others follow."""
        self._remember(miss)
        self.aside.hold(lane, miss, self._health.now, cut_short=cut_short)
        self._settled(miss.image)

    def leave_out(self, lane: str) -> None:
        """Ask nothing of a lane for now: its pictures are asked for once more, or left."""
        self._health.set_apart(lane)
        self._spider.pauses.leave_out(lane)
        self._pending.drop(self.aside.part(lane))

    def come_back(self) -> list[int]:
        """What was set aside and is to be asked for once more now."""
        coming = self.aside.come_back()
        self.is_coming_back = self.is_coming_back or bool(coming)
        for lane in filter(self._health.is_apart, coming):
            self._health.rejoin(lane)
            self.witnesses.begin_anew(lane)
        return [image for images in coming.values() for image in images]

    def have_come_back(self, images: Iterable[int]) -> None:
        """Note that only images that failed in an earlier crawl are asked for."""
        self.aside.came(PHOTOS, images)
        self.is_coming_back = True

    def tries(self, url: str) -> dict[str, object]:
        """The `meta` by which a request goes on with what is known of it from before."""
        key = key_of_address(url)
        return {TRIES: self._tries.pop(key, 0), CHECKED: key in self._checked}

    def is_cut_short(self, request: Request, miss: Miss) -> bool:
        """Whether a request that failed had fewer tries than there are, because of a doubt.

        One that was to tell of a lane in doubt had one try, also if others ended the doubt.
        """
        is_in_doubt = PROBE in request.meta or self._health.is_doubtful(request.meta[LANE])
        most = self._spider.settings.getint("RETRY_TIMES")
        return is_in_doubt and miss.detail in _TRIED_AGAIN and tried(request) < most

    def _remember(self, miss: Miss) -> None:
        """Keep a file's address, so that its page isn't read twice; a refused one has expired."""
        if miss.url and miss.name and miss.detail is Detail.UNREACHABLE:
            found = Found(miss.image, miss.name, miss.url)
            self._pending.remember(found, time.monotonic())

    def _fails(self, request: Request, miss: Miss, *, is_odd: bool) -> None:
        """Note a failure, also for the lane in doubt that its request was to find out about."""
        lane, probed = request.meta[LANE], request.meta.get(PROBE)
        self.witnesses.failed(lane, miss.image)
        if is_odd:
            self._health.bad(lane, Sign.ODD, key_of(request), miss.why or "")
        if probed is not None:
            self.witnesses.failed(probed, miss.image)
            self._tells_nothing(probed)

    def _tells_nothing(self, lane: str) -> None:
        """Note that the request about a lane in doubt failed, or led to another host."""
        is_spared = self.witnesses.is_spared(lane, others_wait=bool(self._pending))
        self._health.probed_in_vain(lane, has_witness=is_spared)
