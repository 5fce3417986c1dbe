"""Which pictures show whether a lane works: witnesses, fetched before, that have not failed since.

No Scrapy, no requests: values in, values out.
"""

from collections import defaultdict
from collections.abc import Mapping, Set

WITNESSES = 3
"""How many witnesses are asked before a lane counts as not working."""
MOST_IN_A_ROW = 10
"""How many may fail in a row, although witnesses come: these may come from a cache, and else the
whole list would be asked for during a ban."""


class Witnesses:
    """What came from each lane, what failed in it, and which witnesses were asked about it."""

    def __init__(self) -> None:
        self.known: Mapping[int, bool] = {}
        """Pictures that were fetched before this crawl; True for those so long ago that no cache
        holds them, so that an answer comes from the site itself."""
        self._asked: set[int] = set()
        """Which were asked in this crawl: a cache may hold them by now."""
        self._had: dict[str, int] = {}
        self._suspects: set[int] = set()
        """Pictures that failed in this crawl: they are no witnesses."""
        self._heard: defaultdict[str, set[int]] = defaultdict(set)
        """Which were asked about a lane since it last worked."""
        self._failing: defaultdict[str, set[int]] = defaultdict(set)
        """What has failed since a lane was doubted by nobody."""
        self._vouched: set[str] = set()
        """Lanes of which a witness came, and nothing new since."""

    @property
    def lanes(self) -> Set[str]:
        """The lanes that a picture came from in this crawl."""
        return self._had.keys()

    def came(self, lane: str, image: int, *, is_doubtful: bool) -> None:
        """Note a picture that came; its lane may be in doubt for what was asked for later."""
        self._had[lane] = image
        self._heard.pop(lane, None)
        self._vouched.discard(lane)
        if not is_doubtful:
            self._failing.pop(lane, None)

    def failed(self, lane: str, image: int) -> None:
        """Note a picture that failed, whether the failure is its own or the site's."""
        self._suspects.add(image)
        self._failing[lane].add(image)

    def failing(self, lane: str) -> Set[int]:
        """What has failed since a lane was doubted by nobody."""
        return self._failing[lane]

    def vouch(self, lane: str) -> None:
        """Note that a witness came, while others wait that are to be asked for one by one."""
        self._vouched.add(lane)
        self._heard.pop(lane, None)

    def has_vouched(self, lane: str) -> bool:
        """Whether a witness came, and nothing new since."""
        return lane in self._vouched

    def is_spared(self, lane: str, *, others_wait: bool) -> bool:
        """Whether a lane is not given up yet, however many failed elsewhere."""
        if lane in self._vouched:
            return len(self._failing[lane]) < MOST_IN_A_ROW or not others_wait
        return bool(self.left(lane))

    def hear(self, lane: str, image: int) -> bool:
        """Note a witness that is asked about a lane; whether its answer is surely the site's."""
        self._heard[lane].add(image)
        is_sure = self._is_sure(image)
        self._asked.add(image)
        return is_sure

    def _is_sure(self, image: int) -> bool:
        return self.known.get(image, False) and image not in self._asked

    def hear_anew(self, lane: str) -> None:
        """Forget which were asked, as the lane rests now: all may be asked again after that."""
        self._heard.pop(lane, None)

    def begin_anew(self, lane: str) -> None:
        """Give a lane that was left out another chance."""
        self._vouched.discard(lane)
        self._failing.pop(lane, None)
        self.hear_anew(lane)

    def left(self, lane: str) -> list[int]:
        """Which may be asked, in order: of the lane itself, of long ago, of other lanes, others."""
        own = [self._had[lane]] if lane in self._had else []
        others = [image for other, image in self._had.items() if other != lane]
        sure = list(filter(self._is_sure, self.known))[:1]
        each = dict.fromkeys([*own, *sure, *reversed(others), *self.known])
        trusted = [image for image in each if image not in self._suspects][:WITNESSES]
        return [image for image in trusted if image not in self._heard[lane]]

    def surest(self, lane: str) -> int | None:
        """The witness that decides: one of long ago, if there is any."""
        left = self.left(lane)
        return next(filter(self._is_sure, left), left[0] if left else None)

    def anybody(self, lane: str) -> int | None:
        """If nothing works: a picture that was fetched before, though it has failed since."""
        return self._had.get(lane) or next(iter(self.known), None)
