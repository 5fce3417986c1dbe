"""Profile, list of favorites folders, and the folders themselves, as pages of text."""

from __future__ import annotations

from collections.abc import Sequence

from tests.demosite.markup import REAL, REAL_CDN, Markup, block_link, document, escape, link, tag
from tests.demosite.model import Folder, FolderKind, Gallery, Photo, User
from tests.demosite.pictures import size

_NO_LINE = "text-decoration: none;"
_NAME_CUT = 18
_CELLS_A_ROW = 4


def profile_page(markup: Markup, user: User) -> str:
    """The profile: the link that carries the user's id."""
    address = f"/showfavorites.php?userid={user.id}"
    return document(
        markup,
        f"{escape(user.name)}&#39;s Profile",
        [
            "<table><tr>",
            f"<td>{block_link(markup, 'blk_header', address, 'Favorites', 'color:#fff;')}</td>",
            "</tr></table>",
        ],
    )


def folder_list_page(markup: Markup, user: User, folders: Sequence[Folder], pages: int) -> str:
    """One page of the list of folders; after the last page there are no folders."""
    numbers = [
        tag(
            markup,
            "a",
            [("href", link(markup, f"?userid={user.id}&page={number}"))],
            str(number + 1),
        )
        for number in range(pages)
    ]
    lines = [
        *_owner_block(markup, user),
        *_hidden_list(markup, folders),
        "<table>",
        *(_folder_row(markup, user, folder) for folder in folders),
        "</table>",
        f"<div>{' '.join(numbers)}</div>",
    ]
    return document(markup, "Favorites", lines)


def picture_folder_page(
    markup: Markup, user: User, folder: Folder, page: int, photos: Sequence[Photo]
) -> str:
    """One page of a picture folder; without photos only its landmarks are left."""
    rows = [photos[at : at + _CELLS_A_ROW] for at in range(0, len(photos), _CELLS_A_ROW)]
    lines = [*_folder_head(markup, user, folder), "<table>"]
    for row in rows:
        lines += ["<tr>", *(_cell(markup, photo) for photo in row), "</tr>"]
    lines += [_pager(markup, user, folder, page, shown=bool(photos)), "</table>"]
    return document(markup, "Favorites", lines)


def galleries_folder_page(
    markup: Markup, user: User, folder: Folder, page: int, galleries: Sequence[Gallery]
) -> str:
    """One page of a galleries folder; without galleries only its landmarks are left."""
    header = tag(markup, "td", [("class", "blk_favorites_hdr")], "<span><b>Gallery Name</span>")
    lines = [
        *_folder_head(markup, user, folder),
        "<table>",
        f"<tr>{header}</tr>",
        *(_gallery_row(markup, gallery) for gallery in galleries),
        _pager(markup, user, folder, page, shown=bool(galleries)),
        "</table>",
    ]
    return document(markup, "Favorites", lines)


def _owner_block(markup: Markup, user: User) -> list[str]:
    # The name stands escaped in the link, not percent-encoded: tools read it from there.
    named = f"/profile.php?user={escape(user.name)}"
    first = [("class", "blk_header"), ("href", named)]
    if markup.href_first:
        first.reverse()
    profile = tag(markup, "a", [*first, ("style", "x")], "Profile")
    works = tag(markup, "a", [("href", f"/usergallery.php?userid={user.id}")], "Galleries")
    header = tag(markup, "td", [("class", "blk_header")])
    return [f"<table><tr>{header}{profile}</td></tr>", f"<tr>{header}{works}</td></tr></table>"]


def _hidden_list(markup: Markup, folders: Sequence[Folder]) -> list[str]:
    if not markup.tgl_all:
        return []
    value = "".join(f"{folder.id}|" for folder in folders)
    return [tag(markup, "input", [("type", "hidden"), ("id", "tgl_all"), ("value", value)])]


def _folder_row(markup: Markup, user: User, folder: Folder, *, selected: bool = False) -> str:
    address = f"{REAL}/showfavorites.php?userid={user.id}&folderid={folder.id}"
    name = f"<b>{escape(folder.name)}</b>" if selected else escape(folder.name)
    anchor = block_link(markup, "blk_galleries", address, name, _NO_LINE)
    return f"<tr>{tag(markup, 'td', [('class', 'blk_favorites')])}{anchor}</td></tr>"


def _folder_head(markup: Markup, user: User, folder: Folder) -> list[str]:
    lines = _owner_block(markup, user)
    if markup.side_list:
        lines += [
            *_hidden_list(markup, user.folders),
            "<table>",
            *(_folder_row(markup, user, each, selected=each is folder) for each in user.folders),
            "</table>",
        ]
    address = f"{REAL}/showfavorites.php?userid={user.id}&folderid={folder.id}"
    name = block_link(markup, "blk_favorites", address, escape(folder.name), _NO_LINE)
    return [*lines, f"<table><tr><td>{name}</td></tr>", "</table>"]


def cut_name(name: str) -> str:
    """A name as lists show it."""
    return name if len(name) <= _NAME_CUT else f"{name[:_NAME_CUT]}..."


def _cell(markup: Markup, photo: Photo) -> str:
    width, height = size(photo.recipe)
    image = tag(markup, "img", [("src", f"{REAL_CDN}/images/thumb/{photo.tail_path}.jpg")])
    attributes = [("name", str(photo.id)), ("href", f"{REAL}/photo/{photo.id}/")]
    anchor = tag(markup, "a", attributes, image)
    texts = (photo.description, cut_name(photo.name), f"{width}x{height}", str(photo.views))
    fonts = "".join(f"<font>{escape(text)}</font>" for text in texts)
    table = f"<table><tr><td>{anchor}</td></tr><tr><td>{fonts}</td></tr></table>"
    cell = [("class", "blk_favorites"), ("id", f"img-{photo.id}"), ("align", "center")]
    return tag(markup, "td", cell, table)


def _gallery_row(markup: Markup, gallery: Gallery) -> str:
    address = link(markup, f"{REAL}/gallery.php?gid={gallery.id}&gen=0")
    anchor = tag(markup, "a", [("href", address)], escape(gallery.name))
    cells = f"<td>{anchor}</td><td>{gallery.count}</td>"
    return tag(markup, "tr", [("id", f"gid-{gallery.row}")], cells)


def _pager(markup: Markup, user: User, folder: Folder, page: int, *, shown: bool) -> str:
    """The numbers of the pages; an empty page has no link to the next one."""

    def to(number: int, text: str) -> str:
        address = f"?userid={user.id}&folderid={folder.id}&page={number}"
        return tag(markup, "a", [("class", "link3"), ("href", link(markup, address))], text)

    marks = [
        f"<b>{number + 1}</b>" if number == page else to(number, str(number + 1))
        for number in range(folder.page_count)
    ]
    if shown and page + 1 < folder.page_count:
        marks.append(to(page + 1, ":: next ::"))
    font = tag(markup, "font", [("class", "blk_favorites")], " ".join(marks))
    return f"<tr><td>{font}</td></tr>"


def folder_page(
    markup: Markup, user: User, folder: Folder, page: int, photos: Sequence[Photo]
) -> str:
    """One page of a folder of either kind; `photos` are those of the page."""
    if folder.kind is FolderKind.PICTURES:
        return picture_folder_page(markup, user, folder, page, photos)
    inside = 0 <= page < len(folder.gallery_pages)
    rows = folder.gallery_pages[page] if inside else ()
    return galleries_folder_page(markup, user, folder, page, rows)
