"""The readers against pages made by hand: a new case is a new folder of `tests/pages/SITE`."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from fapproc.sites import pages as said
from fapproc.sites.pages import Pages
from fapproc.sites.registry import SITES

PAGES = Path(__file__).parents[1] / "pages"
CASES = sorted(case for site in SITES for case in (PAGES / site).iterdir())


def _folders(pages: Pages, html: str, user: int) -> object:
    page = pages.read_folders(html, user)
    folders = [[folder.id, folder.name] for folder in page.folders]
    return {"owner": page.owner, "folders": folders}


def _folder(pages: Pages, html: str) -> object:
    page = pages.read_folder(html)
    return {"kind": page.kind, "images": [[entry.image, entry.name] for entry in page.images]}


def _photo(pages: Pages, html: str, image: int, url: str = "") -> object:
    page = pages.read_photo(html, image, url)
    return {"name": page.name, "links": list(page.links)}


READERS: Mapping[str, Callable[..., object]] = {
    "profile": lambda pages, html: pages.read_profile(html),
    "folders": _folders,
    "folder": _folder,
    "photo": _photo,
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}-{case.name}")
def test_a_page_reads_as_expected(case: Path) -> None:
    kind = SITES[case.parent.name]
    html = (case / "input.html").read_bytes().decode()
    expected: dict[str, Any] = json.loads((case / "expected.json").read_text(encoding="utf-8"))
    read = READERS[expected["reader"]]
    arguments = expected.get("arguments", {})
    pages = kind(kind.home).pages
    if "error" not in expected:
        assert read(pages, html, **arguments) == expected["value"]
        return
    with pytest.raises(getattr(said, expected["error"])) as caught:
        read(pages, html, **arguments)
    assert type(caught.value).__name__ == expected["error"]
