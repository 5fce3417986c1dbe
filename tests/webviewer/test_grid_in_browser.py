"""Grids in a real browser: scrolled, filtered, looked through, tagged."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect

from fapproc.archive import Archive
from fapproc.jobs import deletion, tagging
from fapproc.jobs.pages import SECTION
from fapproc.jobs.pages.grids import PART
from fapproc.selections.grammar import of_digests
from tests.webviewer.shelf import ANNA, MEADOW, Shelf, digest
from tests.webviewer.test_pages import fill_with_rows
from tests.webviewer.test_server import served
from tests.webviewer.test_tag_pages import images
from tests.webviewer.visitors import TOKEN, viewer_for
from tests.webviewer.window import chromium, held_back, needs_browser, window
from webviewer.serving import Limits

pytestmark = needs_browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@contextmanager
def album_of_meadow(browser: Browser, archive: Archive) -> Iterator[Page]:
    """The grid of an album in a tab that was let in; at the end the browser has said nothing."""
    with served(viewer_for(archive), Limits()) as server, window(browser) as (tabs, said):
        album = f"http://127.0.0.1:{server.effective_port}/viewer/favorite/{ANNA}/{MEADOW}/"
        tab = tabs.new_page()
        tab.goto(f"{album}?token={TOKEN}")
        tab.wait_for_url(album)
        yield tab
    assert said == []


def test_a_picture_opens_though_its_section_is_emptied_while_its_neighbours_are_asked_for(
    browser: Browser, archive: Archive, shelf: Shelf
) -> None:
    fill_with_rows(archive, 400)
    with served(viewer_for(archive), Limits()) as server, window(browser) as (tabs, said):
        root = f"http://127.0.0.1:{server.effective_port}/viewer/"
        tab = tabs.new_page()
        tab.route("**/data/cells/*at=240*", lambda _: None)  # it does not come
        tab.goto(f"{root}favorite/{ANNA}/{MEADOW}/?token={TOKEN}")
        tab.wait_for_url(f"{root}favorite/{ANNA}/{MEADOW}/")
        last = tab.locator(".section").nth(1).locator("li").nth(SECTION - 1)
        tab.locator(".section").nth(1).scroll_into_view_if_needed()
        with tab.expect_request("**/data/cells/*at=240*"):
            last.locator("a.picture").click()
        opened = tab.get_by_role("dialog", name="Picture")
        expect(opened).to_be_visible()
        tab.set_viewport_size({"width": 1280, "height": 300})
        tab.evaluate("scrollTo(0, 0)")  # as where the window changes its size
        expect(last).to_have_count(0)
        tab.unroute("**/data/cells/*at=240*")
        expect(opened).to_contain_text("240 of 405")
        tab.keyboard.press("ArrowRight")
        expect(opened).to_contain_text("241 of 405")
        strip = opened.get_by_role("group", name="Pictures around it").get_by_role("button")
        expect(strip).to_have_count(13)
    assert said == []


def test_a_grid_has_no_end_and_holds_few_cells_at_a_time(
    browser: Browser, archive: Archive, shelf: Shelf
) -> None:
    fill_with_rows(archive, 6_000)
    with album_of_meadow(browser, archive) as tab:
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


IS_LEFT_TO_THE_BROWSER = """document.body.dispatchEvent(
    new KeyboardEvent("keydown", { key: "ArrowDown", bubbles: true, cancelable: true })
)"""
"""Whether the page does nothing about an arrow key while nothing has the focus."""


def test_arrows_enter_the_grid_at_the_first_picture_in_sight_while_nothing_has_the_focus(
    browser: Browser, archive: Archive, shelf: Shelf
) -> None:
    fill_with_rows(archive, 400)
    with album_of_meadow(browser, archive) as tab:
        expect(tab.locator(".section")).to_have_count(4)
        keys, nothing = tab.keyboard, tab.locator("body")
        leave = "document.activeElement.blur()"
        for key, number in (("ArrowDown", 1), ("ArrowLeft", 1), ("End", 1400), ("Home", 1)):
            expect(nothing).to_be_focused()
            keys.press(key)
            expect(tab.locator(f"[id='{number}'] a.picture")).to_be_focused()
            tab.evaluate(leave)
        tab.evaluate("scrollTo(0, 900)")
        keys.press("ArrowUp")
        first = tab.locator(".section li:focus-within")
        expect(first).to_be_in_viewport()
        entered = int(first.get_attribute("id") or 0)
        assert entered > 1000
        keys.press("ArrowRight")
        expect(tab.locator(f"[id='{entered + 1}'] a.picture")).to_be_focused()
        tab.get_by_role("searchbox").focus()
        keys.press("ArrowDown")
        expect(tab.get_by_role("searchbox")).to_be_focused()  # a field has its own keys
        tab.evaluate(leave)
        assert not tab.evaluate(IS_LEFT_TO_THE_BROWSER)
        keys.press("?")
        expect(tab.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
        assert tab.evaluate(IS_LEFT_TO_THE_BROWSER)


SCROLLED = """async ([screens, most]) => {
    const found = { nodes: 0, shifts: 0, stops: 0 };
    new PerformanceObserver((list) => {
        for (const { value } of list.getEntries()) found.shifts += value;
    }).observe({ type: "layout-shift" });
    const page = document.documentElement;
    const isBelow = () => scrollY + innerHeight < page.scrollHeight - 1;
    for (let at = 0; isBelow() && found.stops < most; found.stops += 1) {
        scrollTo(0, at += screens * innerHeight);
        await new Promise((go) => setTimeout(go, 150));
        found.nodes = Math.max(found.nodes, document.querySelectorAll("*").length);
    }
    return found;
}"""
"""Scrolls to the end; tells of the most elements there were, and how much moved by itself."""


@pytest.mark.long
def test_a_scroll_through_sixty_thousand_pictures_holds_few_cells_and_nothing_jumps(
    browser: Browser, archive: Archive, shelf: Shelf
) -> None:
    fill_with_rows(archive, PART)  # five more than a page scrolls through
    with album_of_meadow(browser, archive) as tab:
        expect(tab.locator(".section")).to_have_count(PART // SECTION)
        height = tab.evaluate("document.documentElement.scrollHeight")
        found = tab.evaluate(SCROLLED, [12, 400])
        expect(tab.locator(f"[id='{1000 + PART - 5}']")).to_be_in_viewport()  # the last of the part
        following = tab.get_by_role("link", name="Next pictures")
        expect(following).to_be_in_viewport()
        assert found["stops"] > 50
        assert found["nodes"] < 3_000
        assert found["shifts"] == 0
        link = tab.locator("a.part").bounding_box()
        assert link is not None
        more = tab.evaluate("document.documentElement.scrollHeight") - height
        assert more <= link["height"] + 40  # the link alone has come
        following.click()
        expect(tab.locator(f"[id='{1000 + PART}']")).to_be_visible()


def test_pictures_are_selected_and_tagged_by_keys_and_clicks(
    browser: Browser, archive: Archive, shelf: Shelf
) -> None:
    tagging.create(archive, "Boats")
    fill_with_rows(archive, 400)
    with served(viewer_for(archive), Limits()) as server, window(browser) as (tabs, said):
        root = f"http://127.0.0.1:{server.effective_port}/viewer/"
        tab = tabs.new_page()
        tab.goto(f"{root}favorite/{ANNA}/{MEADOW}/?token={TOKEN}")
        tab.wait_for_url(f"{root}favorite/{ANNA}/{MEADOW}/")
        bar = tab.get_by_role("region", name="Selected pictures")
        expect(tab.locator(".section")).to_have_count(4)
        keys = tab.keyboard
        tab.locator("[id='1'] a.picture").focus()
        keys.press("Space")
        keys.press("Shift+ArrowRight")
        expect(bar).to_contain_text("2 selected")
        tab.locator("[id='4'] a.picture").click(modifiers=["Shift"])
        expect(bar).to_contain_text("4 selected")
        tab.locator("[id='2'] a.picture").click()  # which takes it out again
        expect(bar).to_contain_text("3 selected")
        keys.press("t")
        field = tab.get_by_role("combobox", name="Tag the selected")
        field.fill("Land")
        expect(tab.get_by_role("option", name="New tag")).to_be_visible()
        keys.press("Enter")
        expect(bar).to_contain_text("3 newly tagged with Land.")
        expect(tab.locator("[id='2'] a.picture")).to_be_focused()  # where one was
        keys.press("Control+a")
        expect(bar).to_contain_text("405 selected")
        tab.locator("[id='5'] a.picture").click()
        expect(bar).to_contain_text("404 selected")
        keys.press("t")
        field.fill("la")
        expect(tab.locator(".suggestions [aria-selected=true]")).to_have_text("Land")
        keys.press("Enter")
        expect(bar).to_contain_text("401 newly tagged with Land.")
        options = tab.locator(".suggestions [role=option]")
        keys.press("t")
        expect(options).to_have_text(["Land", "Boats"])  # what was used twice is told once
        tab.get_by_role("button", name="Cancel").click()
        keys.press("t")
        expect(options).to_have_text(["Land", "Boats"])
        with held_back(tab, "**/data/tags/?q=bo"):
            field.fill("bo")
            keys.press("Enter")  # it means the list that is to come, not the one that is there
            expect(options.first).to_have_attribute("aria-disabled", "true")
        expect(bar).to_contain_text("404 newly tagged with Boats.")
        expect(bar).to_contain_text("all: Boats, Land; some: none")
        keys.press("r")
        expect(options).to_have_text(["Boats", "Land"])  # of the others none is to be removed
        keys.press("Enter")
        expect(bar).to_contain_text("Boats removed from 404.")
        keys.press("u")
        expect(bar).to_contain_text("Undone.")
        expect(bar.get_by_role("button", name="Undo")).to_be_hidden()
        keys.press("Escape")
        expect(bar).to_be_hidden()
        keys.press("d")  # no other picture is like this one
        expect(tab.locator(".toast")).to_have_text(
            "Nothing in the archive looks like this picture."
        )
        keys.press("v")
        one, other = (tab.locator(f"[id='{n}']").bounding_box() for n in (2, 5))
        assert one is not None and other is not None
        tab.mouse.move(one["x"] + 9, one["y"] + 9)
        tab.mouse.down()
        tab.mouse.move(other["x"] + 9, other["y"] + 20)
        tab.mouse.up()
        expect(bar).to_contain_text("4 selected")
        keys.press("Escape")
        # What does not come is told where it would be, and asked for again.
        tab.route("**/thumb/**", lambda each: each.abort())
        tab.reload()
        expect(tab.get_by_role("img", name="picture 1.png: can't be shown")).to_be_visible()
        tab.route("**/data/cells/**", lambda each: each.abort())
        last = tab.locator(".section").last
        last.scroll_into_view_if_needed()
        expect(last).to_have_class(re.compile(r"\baway\b"))
        again = last.get_by_role("button", name="Try again")
        expect(again).to_have_count(0)
        tab.evaluate(  # its patience is over at once
            "const later = setTimeout; setTimeout = (act, _, ...rest) => later(act, 0, ...rest); 0"
        )
        expect(again).to_be_visible()
        expect(last).to_contain_text("The viewer does not answer.")
        tab.unroute("**/data/cells/**")
        again.click()
        expect(last.locator("li[data-sha]").last).to_be_visible()
        expect(again).to_have_count(0)
    assert [each for each in said if "net::ERR_FAILED" not in each] == []
    assert images(archive) == {"Boats": 404, "Land": 404}


def test_some_thousand_pictures_are_selected_by_two_clicks_and_tagged(
    browser: Browser, archive: Archive, shelf: Shelf
) -> None:
    tagging.create(archive, "Boats")
    fill_with_rows(archive, 4_500)
    with album_of_meadow(browser, archive) as tab:
        bar, keys = tab.get_by_role("region", name="Selected pictures"), tab.keyboard
        tab.locator("[id='1'] a.picture").click(modifiers=["Control"])
        tab.locator("[id='1'] a.picture").focus()
        keys.press("End")
        tab.locator("[id='5500'] a.picture").click(modifiers=["Shift"])
        expect(bar).to_contain_text("4,505 selected")
        keys.press("t")
        tab.get_by_role("combobox", name="Tag the selected").fill("boats")
        expect(tab.locator(".suggestions [aria-selected=true]")).to_have_text("Boats")
        keys.press("Enter")
        expect(bar).to_contain_text("4505 newly tagged with Boats.")
        expect(bar).to_contain_text("all: Boats; some: none")
    assert images(archive) == {"Boats": 4_505}


def test_the_tree_of_tags_is_changed_by_keys_alone(
    browser: Browser, archive: Archive, shelf: Shelf
) -> None:
    for path in ("Land/Hills", "Land/Lakes", "Sea"):
        tagging.create(archive, path)
    with served(viewer_for(archive), Limits()) as server, window(browser) as (tabs, said):
        root = f"http://127.0.0.1:{server.effective_port}/viewer/"
        tab = tabs.new_page()
        tab.goto(f"{root}tag/0/?token={TOKEN}")
        tab.wait_for_url(f"{root}tag/0/")
        keys, tree = tab.keyboard, tab.locator("[data-tree] li bdi")
        tab.get_by_role("link", name="Land", exact=False).first.focus()
        for key in ("ArrowRight", "ArrowDown", "F2"):
            keys.press(key)
        field = tab.get_by_role("textbox", name="New name of Lakes")
        expect(field).to_be_focused()
        field.fill("sea")
        keys.press("Enter")
        expect(tab.get_by_role("alert")).to_contain_text("There is a tag '")
        field.fill("Ponds")
        keys.press("Enter")
        expect(tree).to_have_text(["Land", "Hills", "Ponds", "Sea"])
        moved = tab.locator("[data-tree] li", has_text="Ponds")
        expect(moved.get_by_role("link").first).to_be_focused()
        for under, depth in (("sea", "1"), ("the top", "0")):
            keys.press("m")
            tab.get_by_role("combobox", name="Move Ponds under").fill(under)
            expect(tab.locator(".suggestions [aria-selected=true]")).to_contain_text(
                under, ignore_case=True
            )
            keys.press("Enter")
            if under == "sea":  # it is moved on before the tree that is shown is the new one
                expect(tab.locator("dialog")).to_have_count(0)
                continue
            expect(moved).to_have_attribute("data-depth", depth)
            expect(moved.get_by_role("link").first).to_be_focused()
        for name in ("Pools", "Ponds", "Pools", "Ponds"):  # it may be called again what it was
            keys.press("F2")
            tab.get_by_role("textbox", name="New name of").fill(name)
            keys.press("Enter")
            expect(tree).to_have_text(["Land", "Hills", name, "Sea"])
            renamed = tab.locator("[data-tree] li", has_text=name)
            expect(renamed.get_by_role("link").first).to_be_focused()
        keys.press("F2")
        keys.press("Escape")
        expect(moved.get_by_role("link").first).to_be_focused()
        tagging.rename(archive, "Sea", "Ocean")  # elsewhere: what is shown is no longer so
        tab.get_by_role("link", name="Sea", exact=False).first.focus()
        keys.press("F2")
        tab.get_by_role("textbox", name="New name of Sea").fill("Waves")
        keys.press("Enter")
        expect(tab.locator(".toast")).to_contain_text("has changed since it was shown")
        expect(tree).to_have_text(["Land", "Hills", "Ocean", "Ponds"])
        moved.get_by_role("link").first.focus()
        keys.press("Delete")
        expect(tab.get_by_role("heading", name="Delete Ponds?")).to_be_visible()
    assert [each for each in said if "409" not in each and "412" not in each] == []
    assert sorted(images(archive)) == ["Land", "Land/Hills", "Ocean", "Ponds"]


def test_a_picture_opens_over_its_grid_and_back_closes_it_where_one_was(
    browser: Browser, archive: Archive, shelf: Shelf
) -> None:
    tagging.create(archive, "Land")
    with served(viewer_for(archive), Limits()) as server, window(browser) as (tabs, said):
        root = f"http://127.0.0.1:{server.effective_port}/viewer/"
        album = f"{root}favorite/{ANNA}/{MEADOW}/"
        tab = tabs.new_page()
        tab.goto(f"{album}?portrait=1&token={TOKEN}")
        tab.wait_for_url(f"{album}?portrait=1")
        expect(tab.locator(".section")).to_have_count(1)
        keys, opened = tab.keyboard, tab.get_by_role("dialog", name="Picture")
        tab.locator("[id='2'] a.picture").click()
        expect(opened).to_contain_text("2 of 5")
        expect(opened.locator("img[src*=blob]")).to_have_js_property("naturalWidth", 48)
        expect(opened).to_contain_text("fit: 200%")  # of what is small no more
        strip = opened.get_by_role("group", name="Pictures around it").get_by_role("button")
        expect(strip).to_have_count(5)
        expect(strip.nth(1)).to_have_attribute("aria-current", "true")
        strip.nth(3).click()
        expect(opened).to_contain_text("4 of 5")
        expect(strip.nth(3)).to_have_attribute("aria-current", "true")
        keys.press("ArrowLeft")  # the stage has the focus
        expect(opened).to_contain_text("3 of 5")
        expect(tab).to_have_url(re.compile(f"/viewer/image/{digest(3)}/"))
        keys.press("+")
        expect(opened).to_contain_text("250%")
        with held_back(tab, f"**/data/image/{digest(4)}/**"):
            keys.press("ArrowRight")
            expect(tab).to_have_url(re.compile(f"/viewer/image/{digest(4)}/"))
            keys.press("ArrowRight")
            expect(opened).to_contain_text("5 of 5")
        # What is told of a picture that is shown no more.
        expect(opened.get_by_role("img", name="Picture 5")).to_be_visible()
        keys.press("?")
        help_ = tab.get_by_role("dialog", name="Keyboard shortcuts")
        expect(help_).to_contain_text("Slideshow")
        expect(help_).to_contain_text("Go through the pictures")
        help_.get_by_label("Single-key shortcuts").uncheck()
        keys.press("Escape")
        keys.press("z")  # which is switched off
        expect(opened).to_contain_text("5 of 5")
        expect(opened).to_contain_text("250%")  # it stays
        keys.press("?")
        help_.get_by_label("Single-key shortcuts").check()
        keys.press("Escape")
        keys.press("ArrowLeft")
        expect(opened).to_contain_text("4 of 5")
        keys.press("z")
        expect(opened).to_contain_text("100%")
        keys.press("t")
        tab.get_by_role("combobox", name="Tag this picture").fill("land")
        expect(tab.locator(".suggestions [role=option]")).to_have_text("Land")
        keys.press("Enter")
        expect(opened.locator(".labels")).to_have_text("Land")
        keys.press("End")
        expect(opened).to_contain_text("5 of 5")
        tab.go_back()
        expect(opened).to_be_hidden()
        assert tab.url == f"{album}?portrait=1"
        expect(tab.locator("[id='5'] a.picture")).to_be_focused()
        shelf.fill(ANNA, MEADOW, [6])  # as by a crawl: what is looked at stays as it is
        tab.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        expect(tab.get_by_role("link", name="Show 1 new")).to_be_visible()
        expect(tab.locator(".section > li")).to_have_count(5)
        tab.get_by_role("link", name="Show 1 new").click()
        expect(tab.locator(".section > li")).to_have_count(6)
        tab.wait_for_load_state()  # until the scripts are there, a picture is a link
        tab.locator("[id='5'] a.picture").focus()
        keys.press("Enter")
        expect(opened).to_contain_text("5 of 6")
        pace = opened.get_by_label("Seconds of each picture in a slideshow")
        assert pace.locator("option").all_text_contents() == ["3 s", "5 s", "10 s"]
        pace.select_option("3")
        opened.get_by_role("button", name="Slideshow").click()
        expect(opened).to_contain_text("6 of 6")  # by itself
        expect(opened.get_by_role("button", name="Slideshow")).to_have_attribute(
            "aria-pressed", "true"
        )
        opened.get_by_role("button", name="Slideshow").click()
        opened.get_by_role("button", name="Previous picture").click()
        tab.route(f"**/data/image/{digest(6)}/**", lambda each: each.abort())
        keys.press("ArrowRight")
        expect(opened).to_contain_text("The viewer does not answer.")
        gone = of_digests([digest(6)])
        deletion.delete(archive, gone, deletion.plan(archive, gone))  # under who looks at it
        tab.unroute(f"**/data/image/{digest(6)}/**")
        expect(opened).to_contain_text("This picture is no longer in the archive.")
        keys.press("t")
        tab.get_by_role("combobox", name="Tag this picture").fill("land")
        expect(tab.locator(".suggestions [role=option]")).to_have_text("Land")
        keys.press("Enter")
        expect(tab.locator(".toast")).to_contain_text("Not tagged.")
        keys.press("ArrowLeft")
        expect(opened).to_contain_text("5 of 5")
        tab.reload()  # the same picture as a page of its own
        expect(tab.get_by_role("heading", name="picture 5.png")).to_be_visible()
    assert [each for each in said if "404" not in each and "net::ERR_FAILED" not in each] == []
    assert images(archive) == {"Land": 1}
