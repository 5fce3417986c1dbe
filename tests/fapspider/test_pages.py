"""The readers against pages made by hand: a new case is a new folder of `tests/pages`."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from fapspider import pages

CASES = sorted(Path(__file__).parents[1].joinpath("pages").iterdir())


def _folders(html: str, user: int) -> object:
    page = pages.read_folders(html, user)
    folders = [[folder.id, folder.name] for folder in page.folders]
    return {"owner": page.owner, "folders": folders}


def _folder(html: str) -> object:
    page = pages.read_folder(html)
    return {"kind": page.kind, "images": [[entry.image, entry.name] for entry in page.images]}


def _photo(html: str, image: int, url: str = "") -> object:
    page = pages.read_photo(html, image, url)
    return {"name": page.name, "links": list(page.links)}


READERS: Mapping[str, Callable[..., object]] = {
    "profile": pages.read_profile,
    "folders": _folders,
    "folder": _folder,
    "photo": _photo,
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_page_reads_as_expected(case: Path) -> None:
    html = (case / "input.html").read_bytes().decode()
    expected: dict[str, Any] = json.loads((case / "expected.json").read_text(encoding="utf-8"))
    read = READERS[expected["reader"]]
    arguments = expected.get("arguments", {})
    if "error" not in expected:
        assert read(html, **arguments) == expected["value"]
        return
    with pytest.raises(getattr(pages, expected["error"])) as caught:
        read(html, **arguments)
    assert type(caught.value).__name__ == expected["error"]
