"""Who can tell whether a lane works: pictures that were had, and have not failed since.

No Scrapy, no requests: values in, values out.
"""

from collections import defaultdict
from collections.abc import Mapping, Set

WITNESSES = 3
"""So many pictures that were had are asked for before nothing works."""
MOST_IN_A_ROW = 10
"""So many fail and nothing new comes, though what was had before does: it may come from a cache.
A ban that gives it would else be asked for the whole list."""


class Witnesses:
    """What came from each lane, what failed in it, and who was asked about it."""

    def __init__(self) -> None:
        self.known: Mapping[int, bool] = {}
        """Pictures that were had before this crawl, and whether so long before that no cache holds
        them: what is theirs comes from the site."""
        self._asked: set[int] = set()
        """Who was asked in this crawl: a cache may hold them by now."""
        self._had: dict[str, int] = {}
        self._suspects: set[int] = set()
        """What failed in this crawl bears witness to nothing."""
        self._heard: defaultdict[str, set[int]] = defaultdict(set)
        """Who was asked about a lane since it worked last."""
        self._failing: defaultdict[str, set[int]] = defaultdict(set)
        """What has failed since a lane was doubted by nobody."""
        self._vouched: set[str] = set()
        """Lanes of which one that was had before came, and nothing new since."""

    @property
    def lanes(self) -> Set[str]:
        """The lanes that a picture came from in this crawl."""
        return self._had.keys()

    def came(self, lane: str, image: int, *, is_doubtful: bool) -> None:
        """A picture came; the lane may be in doubt still, for what was asked for later."""
        self._had[lane] = image
        self._heard.pop(lane, None)
        self._vouched.discard(lane)
        if not is_doubtful:
            self._failing.pop(lane, None)

    def failed(self, lane: str, image: int) -> None:
        """A picture failed, whether by itself or not."""
        self._suspects.add(image)
        self._failing[lane].add(image)

    def failing(self, lane: str) -> Set[int]:
        """What has failed since a lane was doubted by nobody."""
        return self._failing[lane]

    def vouch(self, lane: str) -> None:
        """One that was had before came, and others wait that are to be asked for one by one."""
        self._vouched.add(lane)
        self._heard.pop(lane, None)

    def has_vouched(self, lane: str) -> bool:
        """Whether one that was had before came, and nothing new since."""
        return lane in self._vouched

    def is_spared(self, lane: str, *, others_wait: bool) -> bool:
        """Whether a lane is not out yet, however many failed elsewhere."""
        if lane in self._vouched:
            return len(self._failing[lane]) < MOST_IN_A_ROW or not others_wait
        return bool(self.left(lane))

    def hear(self, lane: str, image: int) -> bool:
        """A picture is asked about a lane; whether what comes then is from the site for sure."""
        self._heard[lane].add(image)
        is_sure = self._is_sure(image)
        self._asked.add(image)
        return is_sure

    def _is_sure(self, image: int) -> bool:
        return self.known.get(image, False) and image not in self._asked

    def hear_anew(self, lane: str) -> None:
        """The lane rests: all are asked again after that."""
        self._heard.pop(lane, None)

    def begin_anew(self, lane: str) -> None:
        """A lane that was left out gets another chance."""
        self._vouched.discard(lane)
        self._failing.pop(lane, None)
        self.hear_anew(lane)

    def left(self, lane: str) -> list[int]:
        """Who may be asked: of the lane itself, of long before, of other lanes, of before."""
        own = [self._had[lane]] if lane in self._had else []
        others = [image for other, image in self._had.items() if other != lane]
        sure = list(filter(self._is_sure, self.known))[:1]
        each = dict.fromkeys([*own, *sure, *reversed(others), *self.known])
        trusted = [image for image in each if image not in self._suspects][:WITNESSES]
        return [image for image in trusted if image not in self._heard[lane]]

    def surest(self, lane: str) -> int | None:
        """Who has the last word: one of long before, if there is any."""
        left = self.left(lane)
        return next(filter(self._is_sure, left), left[0] if left else None)

    def anybody(self, lane: str) -> int | None:
        """Where nothing works: a picture that was had before, though it failed since."""
        return self._had.get(lane) or next(iter(self.known), None)
