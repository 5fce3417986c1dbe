import os
import pty
import re
import sys
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fapproc.firsts import MOST, Firsts
from fapproc.names import shown
from fapproc.voice import answer, fitted, row, tell, tell_some
from tests.programs import REPOSITORY
from tests.terminals import to_the_end

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="terminals as POSIX has them")


@given(st.text("ab -", max_size=300), st.integers(20, 100))
def test_no_word_is_broken_and_none_is_lost(text: str, width: int) -> None:
    told = fitted(text, width)
    assert told.split() == text.split()
    for line in told.split("\n"):
        assert len(line) <= width or len(line.split()) == 1


def test_of_many_the_first_are_named_and_the_rest_is_a_number(
    capsys: pytest.CaptureFixture[str],
) -> None:
    some = Firsts[str]()
    some.add(f"file {number}" for number in range(MOST))
    tell_some("Error", some)
    assert capsys.readouterr().err.splitlines()[-1] == f"Error: file {MOST - 1}"
    some.add(f"file {number}" for number in range(MOST, MOST + 1234))
    tell_some("Error", some)
    assert capsys.readouterr().err.splitlines()[MOST:] == ["Error: 1,234 more."]


def test_a_sentence_that_fits_stays_as_it_is() -> None:
    assert fitted("  Stopped. Twice.", 40) == "  Stopped. Twice."


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
        tell("What was fetched is kept, and the same command goes on where it was stopped by you.")
    told = to_the_end(ours).decode()
    assert told.count("\n") == lines


@pytest.mark.parametrize("say", [tell, answer, row])
def test_what_others_wrote_neither_ends_a_line_nor_tells_the_terminal_what_to_do(
    say: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    say("1: Hills\n2: \x1b[31mLakes\r\x9b2J \u202egnp.\u2028 (\ud800)")
    said = capsys.readouterr()
    assert said.out + said.err == (
        "1: Hills\\n2: \\x1b[31mLakes\\r\\x9b2J \\u202egnp.\\u2028 (\\ud800)\n"
    )


@given(st.text())
def test_a_shown_text_is_one_line_and_letters_stay_as_they_are(text: str) -> None:
    told = shown(text)
    assert len(told.splitlines()) <= 1 and "\x1b" not in told
    assert shown(told) == told
    assert told == text or any(not sign.isprintable() for sign in text)


def test_people_are_told_everything_by_way_of_the_room_that_keeps_their_terminal() -> None:
    """Else a name of the site could break a line; JSON goes its own way."""
    sources = {
        str(file.relative_to(REPOSITORY)): file.read_text(encoding="utf-8")
        for package in ("fapproc", "fapspider", "webviewer")
        for file in sorted((REPOSITORY / package).rglob("*.py"))
    }
    past = re.compile(r"click\.s?echo\(|\bprint\(|sys\.std(out|err)\.write\(|\bstream\.write\(f")
    assert {name for name, source in sources.items() if past.search(source)} == {
        "fapproc/commandline/objects.py",
        "fapproc/password.py",  # the end of the line on which a password is typed
        "fapproc/voice.py",
    }
