"""Grids in a real browser: scrolled, filtered, looked through, tagged."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from fapproc.archive import Archive
from tests.webviewer.shelf import ANNA, MEADOW, Shelf
from tests.webviewer.test_pages import fill_with_rows
from tests.webviewer.test_server import served
from tests.webviewer.visitors import TOKEN, viewer_for
from tests.webviewer.window import chromium, needs_browser, window
from webviewer.serving import Limits

pytestmark = needs_browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


def test_a_grid_has_no_end_and_holds_few_cells_at_a_time(
    browser: Browser, archive: Archive, shelf: Shelf
) -> None:
    fill_with_rows(archive, 6_000)
    with served(viewer_for(archive), Limits()) as server, window(browser) as (tabs, said):
        root = f"http://127.0.0.1:{server.effective_port}/viewer/"
        tab = tabs.new_page()
        tab.goto(f"{root}favorite/{ANNA}/{MEADOW}/?token={TOKEN}")
        tab.wait_for_url(f"{root}favorite/{ANNA}/{MEADOW}/")
        expect(tab.locator(".section")).to_have_count(51)
        expect(tab.locator(".pager")).to_have_count(0)
        height = tab.evaluate("document.documentElement.scrollHeight")
        tab.locator(".section a.picture").first.focus()
        tab.keyboard.press("End")
        expect(tab.locator("[id='7000']")).to_be_in_viewport()
        expect(tab.locator("[id='7000'] a.picture")).to_be_focused()
        assert tab.evaluate("document.documentElement.scrollHeight") == height  # nothing jumps
        assert tab.evaluate("document.querySelectorAll('*').length") < 3_000
        tab.keyboard.press("ArrowLeft")
        expect(tab.locator("[id='6999'] a.picture")).to_be_focused()
        tab.keyboard.press("Home")
        expect(tab.locator("[id='1']")).to_be_in_viewport()
        tab.get_by_text("Filter", exact=True).click()
        tab.get_by_role("group", name="Landscape").get_by_label("Only").check()
        tab.wait_for_url("**/?landscape=2*")
        expect(tab.locator(".section > li")).to_have_count(5)
        expect(tab.get_by_role("group", name="Landscape")).to_be_visible()  # it stays open
        expect(tab.locator(".counts .total")).to_have_text("5 pictures")
    assert said == []
