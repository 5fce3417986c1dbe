"""The bar on a terminal, as the terminal gets it."""

import os
import pty
import re
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from fapproc.commandline.progress import progress, steps
from tests.terminals import to_the_end

COLUMNS = 40


@pytest.mark.parametrize("kind", ["count", "steps"])
def test_a_bar_leaves_room_for_what_ctrl_c_shows_and_takes_itself_away(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = pty.openpty()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", str(COLUMNS))
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(to_the_end, ours)  # meanwhile: a terminal holds 4 kB, then waits
        with os.fdopen(theirs, "w") as terminal:
            monkeypatch.setattr(sys, "stderr", terminal)
            with pytest.raises(KeyboardInterrupt):
                interrupted(kind)
        shown = reading.result().decode()
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown)
    bars = [line for line in re.split(r"[\r\n]+", plain) if "Processing" in line]
    assert bars and max(map(len, bars)) <= COLUMNS - len("^C")
    assert shown.endswith("\x1b[1A\x1b[2K")  # up one line and away
    assert shown.rfind("\x1b[?25h") > shown.rfind("\x1b[?25l")  # the cursor shows again


@pytest.mark.parametrize("kind", ["count", "steps"])
def test_who_is_quiet_shows_no_progress_on_a_terminal(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = pty.openpty()
    monkeypatch.setenv("TERM", "xterm")
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(to_the_end, ours)
        with os.fdopen(theirs, "w") as terminal:
            monkeypatch.setattr(sys, "stderr", terminal)
            with pytest.raises(KeyboardInterrupt):
                interrupted(kind, quiet=True)
        assert reading.result() == b""


def test_no_time_left_is_told_of_the_first_moments_of_a_step(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("fapproc.commandline.progress._SECONDS_BETWEEN_LINES", 0.0)
    with steps(quiet=False) as tell:
        for part in (None, 0.002, 0.25):
            tell("Comparing", part)
    shown = "Comparing\nComparing: 0%\nComparing: 25%, under 10 s left\n"
    assert capsys.readouterr().err == shown


def interrupted(kind: str, *, quiet: bool = False) -> None:
    if kind == "count":
        with progress("Processing", 124, quiet=quiet) as done:
            done(3)
            raise KeyboardInterrupt
    with steps(quiet=quiet) as tell:
        tell("Looking", None)
        tell("Processing", 0.25)
        raise KeyboardInterrupt
