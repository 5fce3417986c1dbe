import os
import pty
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fapproc.voice import fitted, tell
from tests.terminals import to_the_end

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="terminals as POSIX has them")


@given(st.text("ab -\n", max_size=300), st.integers(20, 100))
def test_no_word_is_broken_and_none_is_lost(text: str, width: int) -> None:
    told = fitted(text, width)
    assert told.split() == text.split()
    for line in told.split("\n"):
        assert len(line) <= width or len(line.split()) == 1


def test_a_sentence_that_fits_stays_as_it_is() -> None:
    assert fitted("Stopped.\n  Twice.", 40) == "Stopped.\n  Twice."


@pytest.mark.parametrize(("columns", "lines"), [(40, 3), (200, 1), (0, 1)])
def test_a_terminal_is_filled_by_whole_words(
    columns: int, lines: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w") as terminal:
        if sys.platform != "win32":
            import termios

            termios.tcsetwinsize(theirs, (24, columns))
        monkeypatch.setattr(sys, "stderr", terminal)
        tell("What was had is kept, and the same command goes on where it was stopped by you.")
    told = to_the_end(ours).decode()
    assert told.count("\n") == lines
