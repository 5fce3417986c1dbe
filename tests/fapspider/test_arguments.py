import pytest

from fapproc.errors import UsageProblem
from fapproc.jobs.crawl import Wanted
from fapspider.arguments import AUDIT, GET, Order, read_order


@pytest.mark.parametrize(
    ("given", "order"),
    [
        ({"user": "Safe & User"}, Order("Safe & User", None, Wanted(), force=False)),
        ({"user": "  Safe "}, Order("Safe", None, Wanted(), force=False)),
        ({"user": "1234"}, Order("1234", None, Wanted(), force=False)),
        ({"user_id": "1234"}, Order(None, 1234, Wanted(), force=False)),
        (
            {"user_id": "9223372036854775807"},
            Order(None, 9223372036854775807, Wanted(), force=False),
        ),
        ({"user": "a", "folder": "12"}, Order("a", None, Wanted(either="12"), force=False)),
        ({"user": "a", "folder_id": "12"}, Order("a", None, Wanted(id=12), force=False)),
        ({"user": "a", "folder_name": "12"}, Order("a", None, Wanted(name="12"), force=False)),
        ({"user": "a", "force": "1"}, Order("a", None, Wanted(), force=True)),
        ({"user": "a", "force": " Yes"}, Order("a", None, Wanted(), force=True)),
        ({"user": "a", "force": "0"}, Order("a", None, Wanted(), force=False)),
        ({"user": "a", "force": ""}, Order("a", None, Wanted(), force=False)),
    ],
)
def test_an_order_is_what_was_said(given: dict[str, str], order: Order) -> None:
    assert read_order(given) == order


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({}, "-a user=NAME or -a user_id=N"),
        ({"user": "a", "user_id": "1"}, "not both"),
        ({"user": "  "}, "name is empty"),
        ({"user": "a", "name": "b"}, "Unknown argument 'name'"),
        ({"user": "a", "folder": "b", "folder_id": "1"}, "-a folder=b and -a folder_id=1"),
        (
            {"user": "a", "folder_name": "b", "folder_id": "1"},
            "-a folder_id=1 and -a folder_name=b",
        ),
        ({"user": "a", "folder": " "}, "folder is empty"),
        ({"user": "a", "force": "perhaps"}, "force is 'perhaps'"),
    ],
)
def test_what_can_t_be_meant_is_refused(given: dict[str, str], sentence: str) -> None:
    with pytest.raises(UsageProblem, match=sentence):
        read_order(given)


@pytest.mark.parametrize("key", ["user_id", "folder_id"])
@pytest.mark.parametrize(
    "value", ["0", "-1", "12a", "1.0", " 12", "٣", "²", "9223372036854775808", "1" * 5000]
)
def test_what_is_no_id_is_refused(key: str, value: str) -> None:
    given = {key: value} if key == "user_id" else {"user": "a", key: value}
    with pytest.raises(
        UsageProblem, match=f"is no number of a {key[:-3]}. Give one like -a {key}="
    ):
        read_order(given)


def test_an_audit_takes_no_folder() -> None:
    order = read_order({"user": "a", "force": "1"}, AUDIT)
    assert order == Order("a", None, Wanted(), force=True)
    with pytest.raises(UsageProblem, match=r"'folder'\. Known ones: user, user_id, force"):
        read_order({"user": "a", "folder": "12"}, AUDIT)


def test_what_a_folder_on_disk_has_no_use_for_is_refused() -> None:
    given = {"user": "a", "folder": "b", "output": "c"}
    assert read_order({**given, "force": "1"}, GET).force
    with pytest.raises(UsageProblem, match=r"Unknown argument 'save_pages'.*output"):
        read_order({**given, "save_pages": "d"}, GET)
