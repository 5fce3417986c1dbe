"""Views in addresses: filters, orders, and what is brought to the nearest that can be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fapproc.errors import UsageProblem
from fapproc.selections import grammar, view
from fapproc.selections.selection import Selection, Show, Tagged, Twins
from fapproc.selections.view import Order, View

TEXTS = {"user", "album", "name", "q", "tag", "tag-only", "not-tag", "not-tag-only"}
"""Keys whose value may be any text."""


def read(**given: str) -> View:
    return view.parse(given.items(), [5])


@given(
    st.builds(
        View,
        st.builds(
            Selection,
            portrait=st.sampled_from(Show),
            tags=st.sampled_from([(), (Tagged(5),), (Tagged(5), Tagged(5, wanted=False))]),
            words=st.sampled_from([(), ("a lake",)]),
            duplicates=st.sampled_from([(), (Twins.HERE,)]),
            dup=st.booleans(),
        ),
        st.sampled_from([each for each in Order if each is not Order.RANDOM]),
    ),
    st.sampled_from(Order),
)
def test_a_view_is_read_back_from_its_address(found: View, usual: Order) -> None:
    assert view.parse(view.pairs(found, usual), [5], usual) == found


def test_a_random_order_keeps_its_seed() -> None:
    assert view.pairs(read(order="random(7)")) == [("order", "random(7)")]
    assert read(order="random") == View(order=Order.RANDOM)


def test_numbers_out_of_bounds_become_the_nearest_and_an_unknown_tag_none() -> None:
    assert read(portrait="9", landscape="-1").selection == read(portrait="2").selection
    assert read(landscape="9" * 5000).selection.landscape is Show.ONLY
    assert read(tf1="9", tv1="6", tv2="9" * 5000) == View()
    assert read(tf1="9", tv1="5").selection.tags == (Tagged(5),)


def test_what_is_no_part_of_a_view_is_passed_over_and_skipped_ones_are_left_out() -> None:
    assert read(page="2", lock="1", _scheme="x", q="", name=" ") == View(Selection(dup=False))
    assert read(dup="1") == View(Selection())


def test_a_mark_is_what_it_says() -> None:
    assert read(mark="gone").selection.gone is Show.ONLY
    assert read(mark="elsewhere").selection.duplicates == (Twins.ELSEWHERE,)


def test_a_word_is_as_good_as_its_number() -> None:
    assert read(portrait="only", landscape="NO") == read(portrait="2", landscape="0")
    assert read(tf1="no", tv1="5") == read(tf1="0", tv1="5")


@pytest.mark.parametrize(
    "key", [*grammar.KEYS.keys() - TEXTS, *grammar.TAG_FILTERS, grammar.MARK, "order"]
)
@pytest.mark.parametrize("text", ["banana", "1x", "²"])
def test_a_value_that_can_t_be_is_refused_with_what_can_in_addresses_and_in_the_shell(
    key: str, text: str
) -> None:
    with pytest.raises(UsageProblem, match=r"Write (one of these|it like|the number)|is not a dig"):
        read(**{key: text})
    if key != "order":
        with pytest.raises(UsageProblem):
            grammar.parse([(key, text)])


def test_an_order_of_no_seed_is_refused() -> None:
    with pytest.raises(UsageProblem, match="Write one of these"):
        read(order="size(3)")


def test_filters_of_tags_stand_in_their_fields() -> None:
    found = read(tf1="2", tv1="5", tf2="0", tv2="5").selection
    assert view.tag_filters(found) == {"tv1": 5, "tf1": 2, "tv2": 5, "tf2": 0}
