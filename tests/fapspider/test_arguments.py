import pytest

from fapproc.config import REAL_SITE
from fapproc.errors import UsageProblem
from fapproc.jobs.crawl import FolderChoice
from fapproc.sites.imagefap.site import ImageFap as Site
from fapspider.arguments import AUDIT, GET, Order, check_host, read_order, read_user


@pytest.mark.parametrize(
    ("given", "order"),
    [
        ({"user": "Safe & User"}, Order("Safe & User", None, FolderChoice(), force=False)),
        ({"user": "  Safe "}, Order("Safe", None, FolderChoice(), force=False)),
        ({"user": "1234"}, Order("1234", None, FolderChoice(), force=False)),
        ({"user_id": "1234"}, Order(None, 1234, FolderChoice(), force=False)),
        (
            {"user_id": "9223372036854775807"},
            Order(None, 9223372036854775807, FolderChoice(), force=False),
        ),
        ({"user": "a", "folder": "12"}, Order("a", None, FolderChoice(either="12"), force=False)),
        ({"user": "a", "folder_id": "12"}, Order("a", None, FolderChoice(id=12), force=False)),
        (
            {"user": "a", "folder_name": "12"},
            Order("a", None, FolderChoice(name="12"), force=False),
        ),
        ({"user": "a", "force": "1"}, Order("a", None, FolderChoice(), force=True)),
        ({"user": "a", "force": " Yes"}, Order("a", None, FolderChoice(), force=True)),
        ({"user": "a", "force": "0"}, Order("a", None, FolderChoice(), force=False)),
        ({"user": "a", "force": ""}, Order("a", None, FolderChoice(), force=False)),
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
        ({"user": "a\udcff"}, "is not text in UTF-8.* -a user_id=N"),
        ({"user": "a", "name": "b"}, "Unknown argument 'name'"),
        ({"user": "a", "folder": "b", "folder_id": "1"}, "-a folder=b and -a folder_id=1"),
        (
            {"user": "a", "folder_name": "b", "folder_id": "1"},
            "-a folder_id=1 and -a folder_name=b",
        ),
        ({"user": "a", "folder": " "}, "folder's name is empty"),
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
        UsageProblem, match=f"is not a number of a {key[:-3]}. Give one like -a {key}="
    ):
        read_order(given)


def test_an_audit_takes_no_folder() -> None:
    order = read_order({"user": "a", "force": "1"}, AUDIT)
    assert order == Order("a", None, FolderChoice(), force=True)
    with pytest.raises(UsageProblem, match=r"'folder'\. Known ones: user, user_id, force"):
        read_order({"user": "a", "folder": "12"}, AUDIT)


def test_what_a_folder_on_disk_has_no_use_for_is_refused() -> None:
    given = {"user": "a", "folder": "b", "output": "c"}
    assert read_order({**given, "force": "1"}, GET).force
    with pytest.raises(UsageProblem, match=r"Unknown argument 'save_pages'.*output"):
        read_order({**given, "save_pages": "d"}, GET)


@pytest.mark.parametrize(
    ("address", "user", "user_id", "folder"),
    [
        ("https://www.imagefap.com/profile/Blue%20Lake", "Blue Lake", None, None),
        ("http://imagefap.com/profile/Blue+Lake/", "Blue+Lake", None, None),
        ("m.imagefap.com/profile.php?x=1&user=Blue+Lake#top", "Blue Lake", None, None),
        ("HTTPS://WWW.IMAGEFAP.COM/profile/M%FCller/galleries", "Müller", None, None),
        (" <https://www.imagefap.com/usergallery.php?userid=41> ", None, 41, None),
        ("www.imagefap.com/showfavorites.php?userid=41&page=0", None, 41, None),
        ("//beta.imagefap.com/showfavorites.php?folderid=5&page=2&userid=41", None, 41, 5),
        (f"{REAL_SITE}/showfavorites.php?userid=41&amp;folderid=5", None, 41, 5),
        (f"{REAL_SITE}/showfavorites.php?userid=41&page=&folderid=-1", None, 41, None),
    ],
)
def test_an_address_in_place_of_a_name_is_understood(
    address: str, user: str | None, user_id: int | None, folder: int | None
) -> None:
    wanted = FolderChoice(id=folder)
    assert read_order({"user": address}) == Order(user, user_id, wanted, force=False)
    assert read_order({"user": address}, AUDIT) == Order(user, user_id, FolderChoice(), force=False)
    assert read_user({"user": address}) == (user, user_id)
    check_host({"user": address}, Site(REAL_SITE))


def test_the_address_of_a_folder_is_understood_in_place_of_its_name() -> None:
    address = f"{REAL_SITE}/showfavorites.php?userid=41&folderid=5"
    assert read_order({"folder": address}) == Order(None, 41, FolderChoice(id=5), force=False)
    assert read_order({"user": "a", "folder": address}) == Order(
        "a", None, FolderChoice(id=5), False
    )


@pytest.mark.parametrize(
    "given",
    [
        {"user": f"{REAL_SITE}/photo/12/"},
        {"user": f"{REAL_SITE}/showfavorites.php?userid=0"},
        {"user": f"{REAL_SITE}/profile/"},
        {"user": "https://["},
        {"user": "a", "folder": f"{REAL_SITE}/profile/a"},
    ],
)
def test_an_address_of_something_else_is_refused(given: dict[str, str]) -> None:
    with pytest.raises(UsageProblem, match="is not an address of"):
        read_order(given)


def test_an_address_says_nothing_else_than_what_is_given_beside_it() -> None:
    address = f"{REAL_SITE}/showfavorites.php?userid=41&folderid=5"
    for beside in ({"user_id": "42"}, {"folder_id": "6"}, {"folder": "Lakes"}):
        with pytest.raises(UsageProblem, match=r"Give one of them"):
            read_order({"user": address} | beside)


@pytest.mark.parametrize("root", [REAL_SITE, "http://127.0.0.1:8001"])
def test_an_address_of_another_site_is_refused(root: str) -> None:
    with pytest.raises(UsageProblem, match=r"is not an address of (www\.imagefap|127)"):
        check_host({"user": "https://example.com/profile/a"}, Site(root))


def test_a_name_is_no_address() -> None:
    for name in ("a/b", "www", "imagefap", "5/6", "a.b", "Mr. X/Y"):
        assert read_order({"user": name}).user == name
