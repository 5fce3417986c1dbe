"""A job is started, seen from any page, and cancelled in a real browser."""

from pathlib import Path

from playwright.sync_api import Browser, expect

from fapproc.archive import Archive
from tests.holdings import fill
from tests.webviewer.test_browser import browser
from tests.webviewer.test_jobs import over, writing
from tests.webviewer.test_server import served
from tests.webviewer.visitors import ACCESS, SITE, TOKEN
from tests.webviewer.window import needs_browser, window
from webviewer.application import viewer_of
from webviewer.held import Held
from webviewer.running import State
from webviewer.serving import Limits

__all__ = ["browser"]
pytestmark = needs_browser


def test_a_job_is_started_shown_on_every_page_and_cancelled(
    browser: Browser, tmp_path: Path
) -> None:
    folder = tmp_path / "archive"
    fill(folder)
    held = Held(Archive.open(folder))
    app = viewer_of(held, SITE, ACCESS)
    with served(app, Limits()) as server, window(browser) as (tabs, said):
        root = f"http://127.0.0.1:{server.effective_port}/viewer/"
        tab = tabs.new_page()
        tab.goto(f"{root}jobs/?token={TOKEN}")
        with writing(folder):
            tab.get_by_role("button", name="Process").click()
            expect(tab.get_by_role("progressbar")).to_be_visible()
            expect(tab.locator("[data-step]")).to_contain_text("of 6 images")
            tab.get_by_role("link", name="Users").click()
            chip = tab.get_by_role("banner").get_by_role("link", name="Process")
            expect(chip).to_be_visible()
            chip.click()
            tab.get_by_role("button", name="Cancel").click()
            expect(tab.get_by_text("ended early")).to_be_visible()  # it asks by itself
        expect(chip).to_be_hidden()
        assert over(held).state is State.ENDED
    held.close()
    assert said == []
