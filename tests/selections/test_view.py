"""Views in addresses: filters, orders, and what is brought to the nearest that can be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fapproc.errors import UsageProblem
from fapproc.selections import view
from fapproc.selections.selection import Selection, Show, Tagged, Twins
from fapproc.selections.view import Order, View


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
    assert read(portrait="x", dup="x", tf1="9", tv1="6", tv2="9" * 5000) == View()
    assert read(tf1="9", tv1="5").selection.tags == (Tagged(5),)


def test_what_is_no_part_of_a_view_is_passed_over_and_skipped_ones_are_left_out() -> None:
    assert read(page="2", lock="1", _scheme="x", q="", name=" ") == View(Selection(dup=False))
    assert read(dup="1") == View(Selection())


def test_a_mark_is_what_it_says() -> None:
    assert read(mark="gone").selection.gone is Show.ONLY
    assert read(mark="elsewhere").selection.duplicates == (Twins.ELSEWHERE,)


@pytest.mark.parametrize("given", [{"order": "odd"}, {"order": "size(3)"}, {"mark": "odd"}])
def test_another_order_or_mark_is_refused_with_what_there_is(given: dict[str, str]) -> None:
    with pytest.raises(UsageProblem, match="Write one of these"):
        read(**given)


def test_filters_of_tags_stand_in_their_fields() -> None:
    found = read(tf1="2", tv1="5", tf2="0", tv2="5").selection
    assert view.tag_filters(found) == {"tv1": 5, "tf1": 2, "tv2": 5, "tf2": 0}
