"""Pages made to take long: every reader's work goes with their length, and there is a largest one.

No time is asserted: what is compared is the work for a page and for one eight times as long. In
proportion that is eight, in the square sixty-four.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from itertools import cycle, islice

import pytest

from fapproc.errors import SiteError
from fapproc.sites import markup
from fapproc.sites.addresses import unescaped_field
from fapproc.sites.charset import page_text
from fapproc.sites.imagefap import pages
from fapproc.sites.pages import PageChanged
from fapproc.sites.whole import is_cut_off

SHORT, TIMES = 32_768, 8
TOO_MUCH = 30
FLOOR = 0.004  # seconds; below it clock and allocator are all that is measured

READERS: tuple[Callable[[str], object], ...] = (
    pages.read_profile,
    lambda html: pages.read_folders(html, 1),
    pages.read_folder,
    lambda html: pages.read_photo(html, 1, "http://a/"),
    is_cut_off,
    lambda html: page_text(html.encode(), None),
    unescaped_field,
)

IN_BODY = {
    "links-with-names": "<a name=1 href='/photo/1/'>x</a>",
    "tables-in-tables": "<table><tr><td><a name=1 href='/photo/1/'>",
    "cells-in-cells": "<table><tr><td id=img-1><font>1x1",
    "fonts": "<font>1x1</font>",
    "favorites-in-favorites": "<table><td class=blk_favorites><a href='?folderid=1'>t",
    "headers-in-headers": "<table><td class=blk_favorites_hdr>t",
    "main-pictures": "<span id=mainPhoto>t",
    "content-urls": "<div itemprop=contentUrl>t",
    "neighbours": "<a imageid=2 original='/images/full/1/1/2.jpg'></a>",
    "comments-left-open": "<!--",
    "tags-left-open": "<",
    "attributes": "<a " + "a=1 b=2 " * 100,
    "scripts": "<script type='application/ld+json'>[[[[0]]]]</script>",
}
AROUND: Mapping[str, tuple[str, str, str]] = {
    "description": ("<meta name=description content='", "View this hot ", "'>"),
    "description-end": ("<meta name=description content='", " porn pic uploaded by", "'>"),
    "title": ("<title>", " in gallery ", "</title>"),
    "title-spaces": ("<title>a (Picture 1)", " ", "x</title>"),
    "title-digits": ("<title>a (Picture ", "1", "</title>"),
    "full-size": ("<a original='", "/images/full/", "'>"),
    "full-size-digits": ("<a original='/images/full/", "1", "'>"),
    "profile": ("<a class=blk_header href='", "/profile", "'>"),
    "profile-brackets": ("<a class=blk_header href='", "[", "showfavorites.php'>"),
    "escaped": ("<a class=blk_header href='/profile.php?user=", "%FC", "'>"),
    "query": ("<a class=blk_header href='/showfavorites.php?", "&userid=", "'>"),
    "one-tag": ("<a ", "a=1 ", ">"),
    "size": ("<td id=img-1><font>a</font><font>1", " ", "x</font>"),
    "size-digits": ("<td id=img-1><font>a</font><font>", "1", "</font>"),
    "json": ("<script type='application/ld+json'>", "[", "</script>"),
    "charset": ("<meta ", "charset = ", ">"),
}


def _of(start: str, part: str, end: str, length: int) -> str:
    return f"<html>{start}{part * (length // len(part))}{end}"


SHAPES: Mapping[str, Callable[[int], str]] = {
    **{name: partial(_of, "<body>", part, "") for name, part in IN_BODY.items()},
    **{name: partial(_of, *parts) for name, parts in AROUND.items()},
    "attributes-of-one-tag": lambda n: "<a " + " ".join(f"a{i}" for i in range(n // 6)),
    "names-of-attributes": lambda n: "<a " + "".join(f"a{i}='>'" for i in range(n // 9)),
}


def _work(read: Callable[[str], object], html: str) -> Iterator[float]:
    """Processor seconds, measured three times, as whatever disturbs makes them more."""
    for _ in range(3):
        begun = time.process_time()
        with suppress(SiteError):
            read(html)
        yield time.process_time() - begun


@pytest.mark.parametrize("shape", SHAPES)
def test_the_work_of_every_reader_goes_with_the_length_of_the_page(shape: str) -> None:
    make = SHAPES[shape]
    short, long = make(SHORT), make(SHORT * TIMES)
    for number, read in enumerate(READERS):
        most = TOO_MUCH * max(FLOOR, min(_work(read, short)))
        assert any(took < most for took in _work(read, long)), f"reader {number}"


@pytest.mark.parametrize(
    ("html", "what"),
    [
        ("x" * (markup.MOST_BYTES + 1), "characters"),
        ("<html>" + "<b></b>" * markup.MOST_TAGS, "tags"),
        ("<html>" + "<div>" * (markup.MOST_DEPTH + 1), "deep"),
        ("<html>" + "<div>" * 5000 + "</div>" * 5000 + "<p>", "deep"),
        ("<html><a " + " ".join(f"name{i}=value{i}" for i in range(600)), "attributes"),
        ("<html><a x='>' " + " ".join(f"name{i}=value{i}" for i in range(600)), "attributes"),
        ("<p><a " + "b " * (markup.MOST_ATTRIBUTES + 1) + "></a>", "attributes"),
        ("".join(f"<td id=img-{i}>" for i in range(1, 6_000)), "entries"),
        ("".join(f"<a name={i} href=/photo/{i}/></a>" for i in range(1, 6_000)), "entries"),
    ],
)
def test_a_page_beyond_any_of_the_site_is_refused_and_not_read_in_part(
    html: str, what: str
) -> None:
    with pytest.raises(PageChanged, match=what):
        pages.read_folder(html)


def test_of_a_page_with_very_many_neighbours_a_few_are_taken() -> None:
    numbers = islice(cycle(range(2, 30_000)), 60_000)
    window = "".join(f"<a imageid={i} original='/images/full/1/1/{i}.jpg'>" for i in numbers)
    read = pages.read_photo(f"<div id=_navi_cavi>{window}", 1, "http://a/photo/1/")
    assert len(read.others) == 200
    assert read.others[2] == "http://a/images/full/1/1/2.jpg"
