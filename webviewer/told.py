"""Notices for the page that comes next: what was done, and what was changed besides."""

import secrets
from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock

_MOST = 100


class Told:
    """Sentences in memory, by decision or a word: the browser would store a cookie."""

    def __init__(self) -> None:
        self._notices: OrderedDict[int | str, Sequence[str]] = OrderedDict()
        self._turn = Lock()

    def leave(self, sentences: Sequence[str]) -> str:
        """Keep sentences for the page that has the word that is given for them in its address."""
        word = secrets.token_hex(6)
        self.keep(word, sentences)
        return word

    def keep(self, about: int | str | None, notices: Sequence[str]) -> None:
        """Keep notices about a decision; of too many the oldest is forgotten."""
        if about is None or not notices:
            return
        with self._turn:
            self._notices[about] = notices
            while len(self._notices) > _MOST:
                self._notices.popitem(last=False)

    def of(self, about: int | str) -> Sequence[str]:
        """What is to be told of a decision, or under a word."""
        return self._notices.get(about, ())
