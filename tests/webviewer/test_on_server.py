"""The viewer shows the same of rows on a server as of rows in a file: pages, grids, data."""

import re
import shutil
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path

import pytest

from fapproc.archive import Archive
from fapproc.jobs.moving_rows import move_rows
from fapproc.selections.view import Order
from tests.database_server import served
from tests.holdings import fill
from tests.webviewer.visitors import viewer_for

PAGES = (
    "", "users/", "all/", "decisions/", "favorites/7700/", "favorite/7700/111/",
    "favorite/7700/111/delete/", "favorites/7700/delete/", "tag/0/", "tag/1/", "tag/2/delete/",
    "duplicates/?state=waiting", "duplicates/?state=look", "duplicates/?state=judged",
    "duplicates/", "duplicates/forget/all/", "duplicates/next/",
    "data/queue/", "data/charts/", "data/tags/",
)  # fmt: skip
FILTERS = (
    "", "portrait=2", "landscape=0", "tf1=2&tv1=1", "tf1=0&tv1=1", "dup=1", "mark=alike",
    "mark=gone", "mark=untagged", "mark=moves", "q=a", "q=pic+1", "format=png",
    "duplicates=elsewhere",
)  # fmt: skip
SCOPES = {"all": "all/", "favorite/7700/111": "favorite/7700/111/", "tag/1": "tag/1/"}
_OWN = re.compile(
    r'csrf_token" value="[^"]*|nonce="[^"]*|random\(\d+|<dd>[^<]* of the images\' size|<code>/[^<]*'
)
"""What no two answers have in common: tokens, seeds, where the rows are and what they take."""
FEW = (*PAGES, *(f"data/cells/?of={scope}&at=0&q=a&order=name" for scope in SCOPES))


def views() -> Iterator[str]:
    for (scope, page), filtered in product(SCOPES.items(), FILTERS):
        yield f"{page}?{filtered}"
        yield f"data/cells/?of={scope}&at=0&{filtered}"
        yield f"data/count/?of={scope}&{filtered}"
    for scope, order in product(SCOPES, Order):
        yield f"data/cells/?of={scope}&at=0&order={order}"


LIMITS = (
    "patience.AT_ONCE",
    *("browse.AT_ONCE", "browse.PATIENCE", "grids.PATIENCE", "tag_data.PATIENCE"),
)


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param(FEW, id="pages"),
        pytest.param(tuple(views()), marks=pytest.mark.long, id="views"),
    ],
)
def test_pages_and_data_are_the_same(
    asked: Sequence[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for limit in LIMITS:  # nothing is left uncounted for want of time
        monkeypatch.setattr(f"webviewer.{limit}", 600)
    fill(tmp_path / "file")
    shutil.copytree(tmp_path / "file", tmp_path / "server")
    move_rows(tmp_path / "server", served().empty("viewed"))
    shown: list[dict[str, tuple[int, str]]] = []
    for place in ("file", "server"):
        with Archive.open(tmp_path / place) as archive:
            client = viewer_for(archive).test_client()
            answers = {each: client.get(f"/viewer/{each}") for each in asked}
            shown.append(
                {each: (it.status_code, _OWN.sub("", it.text)) for each, it in answers.items()}
            )
    one, other = shown
    assert {each for each in asked if one[each] != other[each]} == set()
    assert {status for status, _ in one.values()} <= {200, 303}
