"""The photo page: names, structured data, and the window of neighbours with their addresses."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from tests.demosite.markup import REAL, REAL_CDN, Markup, document, escape, link, tag
from tests.demosite.model import Photo
from tests.demosite.pictures import size


@dataclass(frozen=True, slots=True)
class Addresses:
    """The signed addresses of one photo."""

    full: str
    framed: str


@dataclass(frozen=True, slots=True)
class Window:
    """The neighbours a photo page shows, the photo among them, with their place in the folder."""

    gallery: str
    gallery_id: int
    entries: tuple[tuple[Photo, Addresses], ...]
    place: int
    total: int


def photo_page(markup: Markup, photo: Photo, own: Addresses | None, window: Window) -> str:
    """The page of a photo; without `own` it gives no address of the picture at all."""
    shown = [
        (each, addresses)
        for each, addresses in window.entries
        if (markup.neighbours if each is not photo else own and markup.lists_itself)
    ]
    name, gallery = escape(photo.name), escape(window.gallery)
    if markup.old_title:
        title = (
            f"{name} in gallery {gallery} (Picture {window.place + 1}) "
            f"uploaded by {escape(photo.uploader)} on ImageFap.com"
        )
        head = []
    else:
        title = f"{name} Porn Pic From {gallery}"
        said = f"View this hot {name} porn pic uploaded by {escape(photo.uploader)} on ImageFap.com"
        head = [tag(markup, "meta", [("name", "description"), ("content", said)])]
    lines = [
        *_uploader(markup, photo),
        *_image_object(markup, photo, own, window),
        *_navi(markup, shown, window),
    ]
    return document(markup, title, lines, head)


def _uploader(markup: Markup, photo: Photo) -> list[str]:
    number = 1_000_000 + sum(map(ord, photo.uploader))
    works = tag(markup, "a", [("href", f"{REAL}/usergallery.php?userid={number}")], "Galleries")
    named = f"{REAL}/profile.php?user={escape(photo.uploader)}"
    profile = tag(markup, "a", [("href", named)], escape(photo.uploader))
    return [
        "<table><tr>",
        tag(markup, "td", [("class", "mnu0")], works),
        tag(markup, "td", [("class", "mnu0")], profile),
        "</tr></table>",
    ]


def _image_object(markup: Markup, photo: Photo, own: Addresses | None, window: Window) -> list[str]:
    main = None if own is None else own.full if markup.old_main else own.framed
    name = escape(photo.name)
    source = "src" if markup.old_main or main is None else "data-src"
    shown = "/img/unknown.jpg" if main is None else link(markup, main)
    image = [("id", "mainPhoto"), ("title", name), ("alt", name), (source, shown)]
    hidden = [("imageid_input", photo.id), ("galleryid_input", window.gallery_id)]
    box = [("itemscope", ""), ("itemtype", "http://schema.org/ImageObject")]
    return [
        tag(markup, "div", box),
        *(
            tag(markup, "input", [("type", "hidden"), ("id", key), ("value", str(value))])
            for key, value in hidden
        ),
        tag(markup, "img", image),
        tag(markup, "script", [("type", "application/ld+json")], _data(photo, main, window)),
        "</div>",
    ]


def _data(photo: Photo, main: str | None, window: Window) -> str:
    width, height = size(photo.recipe)
    data: dict[str, object] = {
        "@context": "http://schema.org",
        "@type": "ImageObject",
        "name": window.gallery,
        "author": photo.uploader,
        "datePublished": photo.added,
        "width": str(width),
        "height": height,
        "thumbnail": f"{REAL_CDN}/images/thumb/{photo.tail_path}.jpg",
    }
    if main is not None:
        data["contentUrl"] = main
    return json.dumps(data).replace("<", "\\u003c")


def _navi(markup: Markup, shown: Sequence[tuple[Photo, Addresses]], window: Window) -> list[str]:
    box = [
        ("id", "_navi_cavi"),
        ("class", "_navi_cavi"),
        ("data-total", str(window.total)),
        ("data-idx", str(window.place)),
    ]
    return [
        f"{tag(markup, 'div', box)}{tag(markup, 'ul', [('class', 'thumbs')])}",
        *(_entry(markup, photo, addresses) for photo, addresses in shown),
        "</ul></div>",
    ]


def _entry(markup: Markup, photo: Photo, addresses: Addresses) -> str:
    width, height = size(photo.recipe)
    by_name = {"href": addresses.full, "framed": addresses.framed, "original": addresses.full}
    attributes = [(name, link(markup, by_name[name])) for name in markup.addresses]
    attributes += [
        ("imageid", str(photo.id)),
        ("views", str(photo.views)),
        ("added", photo.added),
        ("dimension", f"{width}x{height}"),
        ("votes", photo.votes),
    ]
    mini = tag(markup, "img", [("src", f"{REAL_CDN}/images/mini/{photo.tail_path}.jpg")])
    return f"<li>{tag(markup, 'a', attributes, mini)}</li>"
