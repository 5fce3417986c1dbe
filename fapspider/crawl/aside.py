"""Pictures whose failure may not be their own: set aside, and come back to once.

What failed in trouble, while its lane was well, is a failure when the next good answer comes. What
was answered oddly, or failed while its lane was in doubt, is asked for once more when nothing else
is left; what has not had all its tries has the rest of them then. Of what does not work then, or
at the very end no more, pictures are left for the next crawl.
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
    """What is set aside, by picture."""

    def __init__(self) -> None:
        self.left = 0
        """How many are left for the next crawl."""
        self._held: dict[int, _Held] = {}
        self._coming: dict[str, list[int]] = {}
        self._came: dict[int, str] = {}
        """What came back already, by picture its lane."""

    def is_last_word(self, miss: Miss) -> bool:
        """Whether a picture is not asked for again once it failed so, and its lane works."""
        return miss.detail not in {Detail.ODD, Detail.PLACEHOLDER} or miss.image in self._came

    def hold(self, lane: str, miss: Miss, at: int, *, cut_short: bool = False) -> None:
        """Set a picture aside.

        Args:
            lane: whose answer it was, or was to be.
            miss: how it failed.
            at: when, as `Health` counts.
            cut_short: it has not had all its tries, because its lane was in doubt: it comes back.
        """
        self._held[miss.image] = _Held(lane, at, miss, cut_short)

    def later(self, lane: str, images: Iterable[int]) -> None:
        """These have failed oddly in an earlier crawl: they come when nothing else is left."""
        self._coming.setdefault(lane, []).extend(images)

    def came(self, lane: str, images: Iterable[int]) -> None:
        """These are asked for again already."""
        self._came |= dict.fromkeys(images, lane)

    def forget(self, image: int) -> None:
        """A picture was had, or has failed for good."""
        self._came.pop(image, None)

    @property
    def unproven(self) -> list[str]:
        """The lanes of which something is held: no good answer came since."""
        return list(dict.fromkeys(held.lane for held in self._held.values()))

    def leave(self, lane: str) -> None:
        """A lane works no more: what is held of it has not failed; the next crawl asks for it."""
        held = [image for image, held in self._held.items() if held.lane == lane]
        for image in held:
            del self._held[image]
        self.left += len(held)

    def settle(self, lane: str, asked_at: int, *, again: bool, anew: bool = False) -> list[Miss]:
        """A good answer came from a lane.

        Args:
            lane: which.
            asked_at: when it was asked for; what failed later is left.
            again: it was in doubt, so what failed in it is asked for once more.
            anew: it was out: also what came back already is.

        Returns:
            What failed for good.
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
        """A lane does not work, and others do: its pictures come back once, or are left.

        Returns:
            Those that came back already and may still wait: they are left unasked.
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
        """What is to be asked for once more now, by lane; also what is held and has no witness."""
        for held in list(self._held.values()):
            if not self._is_last_word(held):
                del self._held[held.miss.image]
                self._coming.setdefault(held.lane, []).append(held.miss.image)
        coming, self._coming = self._coming, {}
        for lane, images in coming.items():
            self.came(lane, images)
        return coming

    def release(self, lane: str) -> int | None:
        """Take a picture of a lane back, to be asked for now."""
        image = next((image for image, held in self._held.items() if held.lane == lane), None)
        if image is not None:
            del self._held[image]
        return image

    def settle_all(self) -> list[Miss]:
        """The crawl ended well: what is still held has failed."""
        held, self._held = self._held, {}
        return [each.miss for each in held.values()]

    def _is_last_word(self, held: _Held) -> bool:
        return self.is_last_word(held.miss) and not held.cut_short
