from io import StringIO

import pytest
from rich.console import Console

from fapspider.crawl.tally import Progress, forecast
from fapspider.politeness.budget import Windows
from fapspider.show.view import SPAN, Rate, picture, sentence, step

HALF_REST = (2, 4, 20, 1040, 5, 1, 3000)
HALF = Progress("Hills", *HALF_REST)


def drawn(progress: Progress, width: int) -> list[str]:
    console = Console(file=StringIO(), width=width, force_terminal=True, no_color=True)
    with console.capture() as captured:
        console.print(picture(progress, 0.5, 640))
    return captured.get().splitlines()


def test_the_rate_is_that_of_the_last_minutes_and_nothing_before_it_can_be_told() -> None:
    at = 0.0
    rate = Rate(lambda: at)
    assert rate.measure(0) is None
    at = 1.0
    assert rate.measure(50) is None
    at = 10.0
    assert rate.measure(100) == pytest.approx(10)
    for minute in range(1, 20):
        at = 10.0 + 60 * minute
        last = rate.measure(100 + minute)
    assert last == pytest.approx(1 / 60)
    at += SPAN
    assert rate.measure(119) is None


def test_the_sentence_tells_what_is_done_what_failed_and_what_is_left() -> None:
    told = sentence(HALF, 0.5, 640)
    assert told == (
        "20 of 1,040 pictures · 5 already in the archive · 1 failed · 30.0/min "
        "· 640 pages may be asked for now · 34 min left"
    )
    assert sentence(Progress("Hills", 0, 1, 0, 1, 0, 0, 0), None, None) == "0 of 1 picture"


def test_time_left_is_said_to_be_of_what_is_counted_while_folders_are_not_yet() -> None:
    counting = Progress("Hills", *HALF_REST, unread=3)
    told = sentence(counting, 0.5, None)
    assert told.endswith("· 34 min left for these · 3 folders still to be counted")


@pytest.mark.parametrize("width", [40, 80])
def test_the_view_fits_the_terminal(width: int) -> None:
    long = Progress("A name that is far longer than any terminal is wide " * 3, *HALF_REST)
    for progress in (HALF, long):
        lines = drawn(progress, width)
        assert len(lines) <= 4
        assert "2/4" in lines[0]


def test_a_name_can_t_tell_the_terminal_what_to_do() -> None:
    lines = drawn(Progress("\x1b[2J\x07 [red]Hills\n", *HALF_REST), 80)
    assert "\x1b[2J" not in "".join(lines) and "\x07" not in "".join(lines)
    assert "[red]Hills" in lines[0]


def test_the_forecast_takes_as_long_as_delay_and_budgets_ask() -> None:
    assert forecast(0, sent=0, delay=3, windows=Windows()) == (
        "Nothing is to be fetched; no request was sent to find that out."
    )
    assert forecast(10, sent=4, delay=3, windows=Windows()) == (
        "10 pictures would be fetched, with 20 requests at most, in about 30 s; "
        "4 requests were sent to find that out."
    )
    hourly = Windows.of({60: 100, 3600: 1000})
    told = forecast(5000, sent=1, delay=1.5, windows=hourly)
    assert "in about 5 h; 1 request was sent to find that out." in told


def test_before_there_are_pictures_the_step_is_one_line_that_commands_no_terminal() -> None:
    console = Console(file=StringIO(), width=40, force_terminal=True, no_color=True)
    with console.capture() as captured:
        console.print(step(f"Reading the folder 'a\x1b]52;c;eA==\x07{'b' * 60}', page 3"))
    [line] = captured.get().splitlines()
    assert "\x1b" not in line and "\x07" not in line and line.startswith("Reading the folder")
