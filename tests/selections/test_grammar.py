from datetime import date
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fapproc.errors import UsageProblem
from fapproc.model import Format, Verdict
from fapproc.selections import grammar
from fapproc.selections.grammar import parse
from fapproc.selections.selection import Days, Selection, Show, Span, Tagged, Twins

words = st.text(min_size=1, max_size=12).map(str.strip).filter(bool)
paths = words.filter(lambda word: not word.startswith("#"))
shows = st.sampled_from(Show)


def some(values: st.SearchStrategy[object]) -> st.SearchStrategy[tuple[object, ...]]:
    return st.lists(values, max_size=3, unique=True).map(tuple)


@st.composite
def spans(draw: st.DrawFn) -> Span:
    low, high = sorted(draw(st.tuples(*[st.integers(0, 2**63 - 1)] * 2)))
    return draw(st.sampled_from([Span(low, high), Span(low, None), Span(None, high)]))


@st.composite
def days(draw: st.DrawFn) -> Days:
    first, last = sorted(draw(st.tuples(st.dates(), st.dates())))
    return draw(st.sampled_from([Days(first, last), Days(first, None), Days(None, last)]))


selections = st.builds(
    Selection,
    digests=some(st.text("0123456789abcdef", min_size=4, max_size=64)),
    users=some(words),
    albums=some(words),
    tags=some(
        st.builds(
            Tagged, st.one_of(paths, st.integers(0, 10**18 - 1)), st.booleans(), st.booleans()
        )
    ),
    names=some(words),
    formats=some(st.sampled_from(Format)),
    verdicts=some(st.sampled_from(Verdict)),
    place_verdicts=some(st.sampled_from(Verdict)),
    duplicates=some(st.sampled_from(Twins)),
    portrait=shows,
    landscape=shows,
    animated=shows,
    tagged=shows,
    gone=shows,
    unsound=shows,
    size=st.none() | spans(),
    pixels=st.none() | spans(),
    date=st.none() | days(),
    dup=st.booleans(),
)


@given(selections)
def test_what_is_written_is_read_back_from_pairs_and_from_an_address(selection: Selection) -> None:
    assert parse(grammar.pairs(selection)) == selection
    assert grammar.from_address(grammar.address(selection)) == selection


@given(selections)
def test_all_but_the_selection_of_everything_says_something(selection: Selection) -> None:
    assert bool(grammar.address(selection)) == (not selection.says_nothing)


def test_an_address_and_an_option_mean_the_same() -> None:
    typed = {"portrait": "only", "FORMAT": "JPG", "not_tag": "Places/Lakes", "size": "1kB..2MB"}
    found = parse(typed.items())
    assert found == Selection(
        portrait=Show.ONLY,
        formats=(Format.JPG,),
        tags=(Tagged("Places/Lakes", wanted=False),),
        size=Span(1000, 2_000_000),
    )
    assert grammar.from_address(urlencode(typed)) == found
    assert found.landscape is Show.HIDE


def test_of_two_shapes_that_shall_be_alone_the_landscape_wins() -> None:
    found = grammar.from_address("portrait=2&landscape=2")
    assert (found.portrait, found.landscape) == (Show.HIDE, Show.ONLY)


def test_the_viewers_two_filters_of_tags_say_which_shall_be_there_and_which_not() -> None:
    found = grammar.from_address("tf1=2&tv1=5&tf2=0&tv2=6")
    assert found.tags == (Tagged(5), Tagged(6, wanted=False))
    assert grammar.from_address("tf1=1&tv1=5&tf2=2&tv2=0").says_nothing


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("1.5MB..", Span(1_500_000, None)),
        ("..500 kb", Span(None, 500_000)),
        ("2MP", Span(2_000_000, 2_000_000)),
        ("0..7", Span(0, 7)),
    ],
)
def test_amounts_have_units_and_an_open_end(text: str, span: Span) -> None:
    assert parse([("size", text)]).size == span


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2026", Days(date(2026, 1, 1), date(2026, 12, 31))),
        ("2024-02", Days(date(2024, 2, 1), date(2024, 2, 29))),
        ("2026-11-05..", Days(date(2026, 11, 5), None)),
        ("..2025", Days(None, date(2025, 12, 31))),
    ],
)
def test_a_year_or_a_month_stands_for_its_days(text: str, found: Days) -> None:
    assert parse([("date", text)]).date == found


@pytest.mark.parametrize(
    ("key", "text", "says"),
    [
        ("colour", "red", "No images can be chosen by 'colour'"),
        ("formats", "jpg", "Did you mean 'format'?"),
        ("pruned", "only", "'fapproc prune --list'"),
        ("format", "svg", "jpg, png"),
        ("verdict", "maybe", "new, different"),
        ("portrait", "3", "no, any, only"),
        ("dup", "2", "0, 1"),
        ("digest", "3f6", "is not a digest"),
        ("digest", "lake", "is not a digest"),
        ("user", " ", "user is empty"),
        ("size", "", "Write it like"),
        ("size", "..", "Write it like"),
        ("size", "9..3", "Write it like"),
        ("size", "-3", "Write it like"),
        ("size", "3 apples", "Write it like"),
        ("size", "9" * 40, "Write it like"),
        ("pixels", "1e9", "Write it like"),
        ("date", "2026-13", "Write it like"),
        ("date", "2026-02-30", "Write it like"),
        ("date", "0000", "Write it like"),
        ("date", "2026..2025", "Write it like"),
        ("date", "yesterday", "Write it like"),
        ("tv1", "lakes", "the number of a tag"),
    ],
)
def test_what_means_nothing_is_refused_in_a_sentence(key: str, text: str, says: str) -> None:
    with pytest.raises(UsageProblem, match=r"\.$") as refused:
        parse([(key, text)])
    assert says in str(refused.value)


def test_two_values_where_there_can_be_one_are_refused_and_the_same_twice_is_not() -> None:
    assert parse([("size", "3"), ("size", "3..3")]).size == Span(3, 3)
    with pytest.raises(UsageProblem, match="given twice"):
        parse([("size", "3"), ("size", "4")])
