"""The readers against every page of the demo site, in every markup, and against anything at all."""

from collections.abc import Callable
from functools import cache

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fapproc.errors import SiteError
from fapproc.model import FolderKind
from fapproc.sites.imagefap import pages
from fapproc.sites.pages import FolderPage, PageChanged, PageGone
from tests.demosite.client import CDN
from tests.demosite.listing_pages import cut_name
from tests.demosite.markup import MARKUPS
from tests.demosite.model import Folder, User
from tests.demosite.model import FolderKind as Holds
from tests.demosite.response import Request
from tests.demosite.site import Site
from tests.demosite.world import FOLDERS_A_PAGE, build

ROBUST: tuple[Callable[[str], object], ...] = (
    pages.read_profile,
    lambda html: pages.read_folders(html, 1_734_568),
    pages.read_folder,
    lambda html: pages.read_photo(html, 1001),
)


@cache
def site_of(markup: str) -> Site:
    return Site(build(scale=0.1), root=CDN, markup=MARKUPS[markup], clock=lambda: 1_700_000_000)


@pytest.fixture(params=MARKUPS)
def site(request: pytest.FixtureRequest) -> Site:
    return site_of(request.param)


def ask(site: Site, path: str, **query: object) -> str:
    asked = Request("GET", path, {key: str(value) for key, value in query.items()})
    return site.answer(asked, path).body.decode()


def folders(site: Site) -> list[tuple[User, Folder]]:
    return [(user, folder) for user in site.world.users for folder in user.folders]


def test_profiles_give_the_ids(site: Site) -> None:
    for user in site.world.users:
        assert pages.read_profile(ask(site, f"/profile/{user.name}")) == user.id


def test_lists_of_folders_give_owner_ids_and_names(site: Site) -> None:
    for user in site.world.users:
        for number in range(len(user.folders) // FOLDERS_A_PAGE + 2):
            html = ask(site, "/showfavorites.php", userid=user.id, page=number)
            read = pages.read_folders(html, user.id)
            part = user.folders[number * FOLDERS_A_PAGE : (number + 1) * FOLDERS_A_PAGE]
            assert read.owner == user.name
            assert [(one.id, one.name) for one in read.folders] == [(f.id, f.name) for f in part]


def test_folders_give_kind_ids_and_whole_names(site: Site) -> None:
    for user, folder in folders(site):
        for number in range(folder.page_count + 2):
            where = {"userid": user.id, "page": number, "folderid": folder.id}
            read = pages.read_folder(ask(site, "/showfavorites.php", **where))
            if folder.kind is Holds.GALLERIES:
                assert read == FolderPage(FolderKind.GALLERIES, ())
                continue
            ids = folder.pages[number] if number < len(folder.pages) else ()
            assert read.kind is FolderKind.PICTURES
            assert [entry.image for entry in read.images] == list(ids)
            for entry in read.images:
                name = site.world.photos[entry.image].name
                whole = cut_name(name) == name and not name.endswith("..")
                assert entry.name == (name or None if whole else None)


def test_photos_give_name_and_the_clean_address_first(site: Site) -> None:
    for photo in site.world.photos.values():
        if photo.fault in {"page-missing", "page-gone", "page-503"}:
            continue
        html = ask(site, f"/photo/{photo.id}/")
        if photo.fault == "page-notext":
            with pytest.raises(PageGone):
                pages.read_photo(html, photo.id)
            continue
        read = pages.read_photo(html, photo.id)
        assert read.name == (photo.name or None)
        if photo.fault == "page-nolink" or not site.markup.has_full_size:
            assert read.links == ()
        else:
            assert read.links[0] == site.addresses(photo).full


def test_pages_without_landmarks_are_changed() -> None:
    site = site_of("plain")
    html = ask(site, "/")
    assert pages.read_profile(html) is None
    for read in ROBUST[1:]:
        with pytest.raises(PageChanged):
            read(html)


def is_read(html: str) -> None:
    """Each reader reads the text or says, in one of its two ways, that it can't."""
    for read in ROBUST:
        try:
            read(html)
        except SiteError as error:
            assert isinstance(error, PageChanged | PageGone)  # noqa: PT017


@settings(max_examples=300, deadline=None)
@given(st.text())
@example("")
@example("0")
@example('{"a": []}')
@example("[" * 100_000)
@example("<b>" * 10_000)
@example("<td id=img-1 \x08=a><a href=/images/full/1/1/1001.jpg \x01=b framed=c>")
@example("\0\x01\x0b\x1f\x7f\ufeff\ufffe")
def test_any_text_is_read_or_refused(html: str) -> None:
    is_read(html)


@cache
def originals() -> tuple[str, ...]:
    site = site_of("plain")
    user = site.world.main
    folder, galleries = user.folder_named("Odd <names> à la carte"), user.folders[2]
    lists = [{"folderid": folder.id}, {"folderid": galleries.id}, {}]
    return (
        ask(site, f"/profile/{user.name}"),
        *(ask(site, "/showfavorites.php", userid=user.id, page=0, **one) for one in lists),
        ask(site, f"/photo/{folder.photo_ids[0]}/"),
    )


PIECES = st.sampled_from(
    [
        "<", ">", '"', "'", "&", "=", "&#x0;", "&#55296;", "<![CDATA[", "<!--", "<table>", "</td>",
        "http://[", "http://[::1", "?userid=", "&folderid=", "9" * 5000, "-1", "\0", "<script>",
        "{", "[[", "..", "%", "%ff", "<base href='//evil.example/'>", "<font>10x10</font>",
    ]
)  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(
    st.integers(0, 4),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 60), PIECES | st.text()), max_size=6),
    st.floats(0.1, 1),
)
def test_damaged_pages_are_read_or_refused(
    number: int, damages: list[tuple[float, int, str]], kept: float
) -> None:
    html = originals()[number]
    for place, length, piece in damages:
        at = int(place * len(html))
        html = html[:at] + piece + html[at + length :]
    is_read(html[: int(kept * len(html))])
