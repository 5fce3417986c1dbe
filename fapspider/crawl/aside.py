"""Pictures whose failure may be the site's: set aside, and asked for once more.

What failed for trouble (no answer, status 500) while its lane worked is a failure as soon as the
next good answer comes. What was answered oddly, or failed while its lane was in doubt, is asked for
once more when nothing else is left, with the tries that it still has. If the lane doesn't work then
either, or stops working at the end, its pictures are left for the next crawl.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from fapproc.jobs.ingest import Miss
from fapproc.model import Detail


@dataclass(frozen=True, slots=True)
class _Held:
    lane: str
    at: int
    miss: Miss
    cut_short: bool


class Aside:
    """The pictures that are set aside."""

    def __init__(self) -> None:
        self.left = 0
        """How many pictures are left for the next crawl."""
        self._held: dict[int, _Held] = {}
        self._coming: dict[str, list[int]] = {}
        self._came: dict[int, str] = {}
        """The lanes of pictures that were asked for once more already, by picture."""

    def is_last_word(self, miss: Miss) -> bool:
        """Whether this failure is final if the picture's lane works."""
        return miss.detail not in {Detail.ODD, Detail.PLACEHOLDER} or miss.image in self._came

    def hold(self, lane: str, miss: Miss, at: int, *, cut_short: bool = False) -> None:
        """Set a picture aside.

        Args:
            lane: the lane that answered, or was to answer.
            miss: how it failed.
            at: when, as `Health` counts.
            cut_short: it has tries left, because its lane was in doubt: it is asked for once more.
        """
        self._held[miss.image] = _Held(lane, at, miss, cut_short)

    def later(self, lane: str, images: Iterable[int]) -> None:
        """Keep pictures that failed oddly in an earlier crawl until nothing else is left."""
        self._coming.setdefault(lane, []).extend(images)

    def came(self, lane: str, images: Iterable[int]) -> None:
        """Note that these are asked for once more already."""
        self._came |= dict.fromkeys(images, lane)

    def has_come(self, image: int) -> bool:
        """Whether a picture was asked for once more already."""
        return image in self._came

    def forget(self, image: int) -> None:
        """Forget a picture that was fetched, or has failed for good."""
        self._came.pop(image, None)

    @property
    def unproven(self) -> list[str]:
        """The lanes of pictures that are held: no good answer has come from them since."""
        return list(dict.fromkeys(held.lane for held in self._held.values()))

    def leave(self, lane: str) -> None:
        """Leave the pictures of a lane that no longer works to the next crawl: none has failed."""
        held = [image for image, held in self._held.items() if held.lane == lane]
        for image in held:
            del self._held[image]
        self.left += len(held)

    def settle(self, lane: str, asked_at: int, *, again: bool, anew: bool = False) -> list[Miss]:
        """Decide about the pictures of a lane that has given a good answer.

        Args:
            lane: which.
            asked_at: when it was asked for; what failed later is left.
            again: the lane was in doubt, so what failed in it is asked for once more.
            anew: it had stopped working: so is what was asked for once more already.

        Returns:
            The failures that are final.
        """
        here = [held for held in self._held.values() if held.lane == lane and held.at < asked_at]
        failed = []
        for held in here:
            image = held.miss.image
            del self._held[image]
            if anew:
                self._came.pop(image, None)
            is_own = image in self._came or not again
            if self._is_last_word(held) and is_own:
                failed.append(held.miss)
            else:
                self._coming.setdefault(lane, []).append(image)
        return failed

    def part(self, lane: str) -> list[int]:
        """Keep pictures of a lane that doesn't work, while others do, for one more try.

        Returns:
            Those that were asked for once more already and may still wait: they are left.
        """
        came = [image for image, of in self._came.items() if of == lane]
        for image in came:
            del self._came[image]
        self.left += len(came)
        for held in [held for held in self._held.values() if held.lane == lane]:
            del self._held[held.miss.image]
            if held.miss.image not in came:
                self._coming.setdefault(lane, []).append(held.miss.image)
        return came

    def come_back(self) -> dict[str, list[int]]:
        """What is to be asked for once more now, by lane; also what lanes without answers hold."""
        for held in list(self._held.values()):
            if not self._is_last_word(held):
                del self._held[held.miss.image]
                self._coming.setdefault(held.lane, []).append(held.miss.image)
        coming, self._coming = self._coming, {}
        for lane, images in coming.items():
            self.came(lane, images)
        return coming

    def release(self, lane: str) -> int | None:
        """Return a picture of a lane that was set aside, to be asked for now."""
        image = next((image for image, held in self._held.items() if held.lane == lane), None)
        if image is not None:
            del self._held[image]
        return image

    def settle_all(self) -> list[Miss]:
        """The crawl ended well: return what is still held, as failures."""
        held, self._held = self._held, {}
        return [each.miss for each in held.values()]

    def _is_last_word(self, held: _Held) -> bool:
        return self.is_last_word(held.miss) and not held.cut_short
