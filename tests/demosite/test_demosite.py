"""The pages against the facts about the real ones."""

from __future__ import annotations

import html
import re
from urllib.parse import urlsplit

import pytest

from tests.demosite.__main__ import main
from tests.demosite.client import CDN
from tests.demosite.faults import FAULTS, Scope
from tests.demosite.markup import MARKUPS
from tests.demosite.model import Folder, FolderKind
from tests.demosite.response import Request
from tests.demosite.site import Site
from tests.demosite.world import FOLDERS_A_PAGE, build

_OWNER = re.compile(r'<a\s+class=.blk_header.\s+href="\/profile\.php\?user=(.*)"\s+style="')
_USER_ID = re.compile(r'<a\s+class=.blk_header.\s+href="\/showfavorites.php\?userid=([0-9]+)".*>')
_FOLDER = re.compile(
    r"<td\s+class=.blk_favorites.><a\s+class=.blk_galleries.\s+"
    r'href="https:\/\/www.imagefap.com\/showfavorites.php\?userid=[0-9]+&folderid=([0-9]+)".*>'
    r"(.*)<\/a><\/td>"
)
_PICTURES = re.compile(r"<\/a><\/td><\/tr>\s+<\/table>\s+<table")
_GALLERIES = re.compile(r"<td\s+class=.blk_favorites_hdr.*<b>Gallery Name<\/span>")
_CELL = re.compile(r'<td\s+class=.blk_favorites.\s+id="img-([0-9]+)"\s+align=')
_FOLDER_NAME = re.compile(r'<a\s+class=.blk_favorites.\s+href=".*none;">(.*)<\/a><\/td><\/tr>')
_NAME = re.compile(r'<meta\s+name="description"\s+content="View this hot (.*) porn pic uploaded by')


def _full_size(photo: int) -> re.Pattern[str]:
    return re.compile(rf'<a\shref="(https:\/\/.*\/images\/full\/.*\/{photo}\..*)"\sframed=')


def _ask(site: Site, path: str, **query: object) -> str:
    request = Request("GET", path, {key: str(value) for key, value in query.items()})
    response = site.answer(request, path)
    assert response.status == 200
    return response.body.decode()


def _folder_page(site: Site, folder: Folder, page: int) -> str:
    user = next(user for user in site.world.users if folder in user.folders)
    return _ask(site, "/showfavorites.php", userid=user.id, page=page, folderid=folder.id)


def _folder(kind: FolderKind, site: Site) -> list[Folder]:
    return [each for user in site.world.users for each in user.folders if each.kind is kind]


def test_a_profile_gives_the_user_id_whatever_the_case_of_the_name(local: Site) -> None:
    for user in local.world.users:
        for name in (user.name, user.name.upper()):
            assert _USER_ID.findall(_ask(local, f"/profile/{name}")) == [str(user.id)]
            assert _USER_ID.findall(_ask(local, "/profile.php", user=name)) == [str(user.id)]


def test_the_list_of_folders_has_owner_folders_and_an_end(local: Site) -> None:
    for user in local.world.users:
        found: list[tuple[int, str]] = []
        for page in range(-(-len(user.folders) // FOLDERS_A_PAGE)):
            text = _ask(local, "/showfavorites.php", page=page, userid=user.id)
            assert [html.unescape(each) for each in _OWNER.findall(text)] == [user.name]
            matches = _FOLDER.findall(text)
            found += [(int(number), html.unescape(name)) for number, name in matches]
            hidden = "".join(f"{number}|" for number, _ in matches)
            assert f'<input type="hidden" id="tgl_all" value="{hidden}">' in text
        assert found == [(folder.id, folder.name) for folder in user.folders]
        after = _ask(local, "/showfavorites.php", page=len(user.folders), userid=user.id)
        assert len(_OWNER.findall(after)) == 1
        assert not _FOLDER.findall(after)


def test_a_picture_folder_lists_its_photos_and_keeps_its_landmarks_when_empty(local: Site) -> None:
    for folder in _folder(FolderKind.PICTURES, local):
        for page in range(len(folder.pages) + 3):
            text = _folder_page(local, folder, page)
            assert _PICTURES.search(text)
            assert not _GALLERIES.search(text)
            assert [html.unescape(name) for name in _FOLDER_NAME.findall(text)] == [folder.name]
            expected = folder.pages[page] if page < len(folder.pages) else ()
            assert tuple(map(int, _CELL.findall(text))) == expected


def test_a_galleries_folder_is_marked_as_one_on_every_page(local: Site) -> None:
    for folder in _folder(FolderKind.GALLERIES, local):
        for page in range(4):
            text = _folder_page(local, folder, page)
            assert _GALLERIES.search(text)
            rows = folder.gallery_pages[page] if page < len(folder.gallery_pages) else ()
            assert re.findall(r'<tr id="gid-([0-9]+)"', text) == [str(each.row) for each in rows]
            assert re.findall(r"gid=(\d+)&gen=", text) == [str(each.id) for each in rows]


def test_empty_pages_come_single_and_in_twos_but_never_in_threes(local: Site) -> None:
    gaps = set()
    for folder in _folder(FolderKind.PICTURES, local):
        marks = "".join("x" if page else "-" for page in folder.pages)
        gaps |= set(re.findall("-+", marks))
        assert not marks.endswith("-")
    assert gaps == {"-", "--"}


def test_every_photo_page_gives_name_and_clean_address_to_the_known_selectors(local: Site) -> None:
    for photo in local.world.photos.values():
        if photo.fault and FAULTS[photo.fault].scope is Scope.PAGE:
            continue
        text = _ask(local, f"/photo/{photo.id}/")
        assert [html.unescape(name) for name in _NAME.findall(text)] == [photo.name]
        title = re.search("<title>(.*) Porn Pic From", text)
        assert title
        assert html.unescape(title[1]) == photo.name
        (full,) = _full_size(photo.id).findall(text)
        assert urlsplit(full).path == photo.full_path
        assert f'id="imageid_input" value="{photo.id}"' in text
        main = re.search(r'<img id="mainPhoto" .*data-src="([^"]*)"', text)
        assert main
        framed = re.escape(main[1].partition("?")[0])
        assert re.search(rf'<li><a href="([^"]*)" framed="{framed}', text)
        assert text.count("imageid=") <= 24


def test_odd_names_are_escaped_once_and_long_ones_cut_in_lists_only(local: Site) -> None:
    folder = local.world.main.folder_named("Odd <names> à la carte")
    names = [local.world.photos[each].name for each in folder.photo_ids]
    assert {"", "&amp;.jpg", "..", "CON.jpg"} <= set(names)
    assert max(map(len, names)) == 300
    assert len(names) - len(set(names)) == 1
    text = _folder_page(local, folder, 0) + _folder_page(local, folder, 1)
    assert "<font>&amp;amp;.jpg</font>" in text
    assert max(map(len, re.findall("<font>(.*?)</font>", text))) < 60


@pytest.mark.parametrize("name", MARKUPS)
def test_every_markup_keeps_ids_names_and_what_it_says_of_addresses(name: str) -> None:
    markup = MARKUPS[name]
    site = Site(build(), root=CDN, markup=markup)
    folder = site.world.main.folders[1]
    photo = site.world.photos[folder.photo_ids[9]]
    listing = _ask(site, "/showfavorites.php", userid=site.world.main.id)
    shown = _folder_page(site, folder, 0)
    text = _ask(site, f"/photo/{photo.id}/")
    assert re.findall(r"img-(\d+)", shown) == [str(each) for each in folder.pages[0]]
    assert html.escape(folder.name) in listing
    assert html.escape(photo.name) in text
    assert (f"{photo.full_path}?" in text) is markup.has_full_size
    assert ("\n" in text) is not markup.oneline
    assert ("&secure=" in text.split("contentUrl")[1].split("</script>")[1]) is not markup.amp
    assert ("tgl_all" in listing) is markup.tgl_all
    assert (f"<b>{html.escape(folder.name)}</b>" in shown) is markup.side_list


def test_help_names_every_markup_and_every_fault(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    said = set(re.findall(r"[\w-]+", capsys.readouterr().out))
    assert said >= {*MARKUPS, *FAULTS}
