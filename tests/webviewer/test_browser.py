"""The viewer in a real browser: what only a browser can show."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from fapproc.archive import Archive
from tests.holdings import fill, given
from tests.webviewer.shelf import Shelf
from tests.webviewer.test_server import served
from tests.webviewer.visitors import ACCESS, SITE, TOKEN, viewer_for
from tests.webviewer.window import chromium, needs_browser, window
from webviewer.application import viewer_of
from webviewer.held import Held
from webviewer.serving import Limits

pytestmark = needs_browser
PASSWORD = "correct-horse"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


def test_the_token_of_the_shell_lets_in_and_leaves_the_address_and_the_history(
    browser: Browser, archive: Archive, shelf: Shelf
) -> None:
    with served(viewer_for(archive), Limits()) as server, window(browser) as (tabs, said):
        root = f"http://127.0.0.1:{server.effective_port}/viewer/"
        tab = tabs.new_page()
        tab.goto(f"{root}users/")
        expect(tab.get_by_role("heading", name="The viewer needs its token")).to_be_visible()
        said.clear()  # the browser complains of 403
        tab.goto(f"{root}users/?token={TOKEN}")
        tab.wait_for_url(f"{root}users/")
        expect(tab.get_by_role("heading", name="Users")).to_be_visible()
        tab.go_back()
        assert "token" not in tab.url
    assert [each for each in said if "403" not in each] == []


def test_locking_empties_all_tabs_and_the_password_brings_them_back(
    browser: Browser, tmp_path: Path
) -> None:
    fill(tmp_path / "sealed", PASSWORD)
    with given(PASSWORD):
        held = Held(Archive.open(tmp_path / "sealed"), idle=900)
    app = viewer_of(held, SITE, ACCESS)
    with served(app, Limits()) as server, window(browser) as (tabs, said):
        root = f"http://127.0.0.1:{server.effective_port}/viewer/"
        one, other = tabs.new_page(), tabs.new_page()
        one.goto(f"{root}?token={TOKEN}")
        one.wait_for_url(root)
        one.get_by_role("link", name="Duplicates").first.click()
        other.goto(f"{root}users/")
        one.get_by_role("button", name="Lock the archive").click()
        expect(one.get_by_role("heading", name="Locked")).to_be_visible()
        expect(other.get_by_role("heading", name="Locked")).to_be_visible()
        assert other.url == f"{root}users/"
        one.go_back()  # to what was shown before
        expect(one.get_by_role("heading", name="Locked")).to_be_visible()
        one.get_by_label("Password").fill("wrong")
        one.get_by_role("button", name="Unlock and go on").click()
        expect(one.get_by_role("alert")).to_have_text("That is not the password.")
        one.get_by_label("Password").fill(PASSWORD)
        one.keyboard.press("Enter")
        one.wait_for_url(f"{root}duplicates/")
        expect(other.get_by_role("heading", name="Users")).to_be_visible()
    held.close()
    assert [each for each in said if "423" not in each and "403" not in each] == []
