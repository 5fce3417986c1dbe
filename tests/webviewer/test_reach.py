"""Every page can be used by everybody: it breaks no rule of axe in either theme, nor the policy."""

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from fapproc.archive import Archive
from tests.holdings import fill, given
from tests.webviewer.shelf import digest
from tests.webviewer.test_server import served
from tests.webviewer.visitors import ACCESS, SITE, TOKEN
from tests.webviewer.window import chromium, needs_browser, window
from webviewer.application import viewer_of
from webviewer.held import Held
from webviewer.serving import Limits

pytestmark = needs_browser
PASSWORD = "correct-horse"
PHONE: ViewportSize = {"width": 390, "height": 800}
AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
LOOK = """async (rules) => {
    const told = await axe.run({ resultTypes: ["violations"], ...(rules && { runOnly: rules }) });
    return told.violations.flatMap(({ id, nodes }) =>
        nodes.map(({ html, any }) => `${id}: ${html.slice(0, 160)} ${any[0]?.message ?? ""}`));
}"""
MOVES = """window.moved = [];
new PerformanceObserver((list) => {
    for (const { value, sources } of list.getEntries()) {
        moved.push(`moves by itself: ${value} ${sources.map(({ node }) => node?.className)}`);
    }
}).observe({ type: "layout-shift", buffered: true });"""
"""Hears what jumps while a page comes."""
RINGS = """() => {
    const told = [];
    const isRinged = (each) => {
        const { outlineStyle, outlineWidth, opacity } = getComputedStyle(each);
        return outlineStyle !== "none" && parseFloat(outlineWidth) >= 2 && Number(opacity) > 0;
    };
    const controls = "a[href], button, input, select, textarea, summary, [tabindex='0']";
    for (const each of document.querySelectorAll(controls)) {
        const isThere = each.checkVisibility({ visibilityProperty: true });
        if (each.disabled || each.tabIndex < 0 || !isThere) continue;
        each.focus({ focusVisible: true, preventScroll: true });
        const { width, height } = each.getBoundingClientRect();
        const isSeen = [each, each.closest("label")].filter(Boolean).some(isRinged);
        if (document.activeElement !== each || !isSeen || width < 1 || height < 1) {
            told.push(`can't be seen to have the focus: ${each.outerHTML.slice(0, 120)}`);
        }
    }
    document.activeElement?.blur();
    return told;
}"""
"""Who goes by Tab comes to each of these, and has to see where they are."""
OUTSIDE = """() => [...document.querySelectorAll(".newest .pill")].filter((mark) =>
    mark.getBoundingClientRect().right > mark.closest("li").getBoundingClientRect().right)
    .map((mark) => mark.textContent)"""
CUT = """() => [...document.querySelectorAll(".scroll")]
    .filter((box) => box.querySelector(".figures") && box.scrollWidth > box.clientWidth)
    .map((box) => box.getAttribute("aria-label"))"""
PAGES = (
    "", "users/", "all/", "all/?portrait=2", "all/?filters=1&tf1=2&tv1=1",
    "decisions/", "favorites/7700/",
    "favorite/7700/111/", "favorite/7700/111/?lock=1", "favorite/7700/111/delete/",
    "tag/0/", "tag/1/", "tag/2/delete/", "duplicates/", "duplicates/forget/all/",
    "duplicates/batch/", "duplicates/next/", f"duplicate/{digest(3)}/",
    f"image/{digest(1)}/?in=favorite/7700/111/1", "jobs/", "nothing/",
)  # fmt: skip


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


def sideways(tab: Page) -> list[str]:
    """How far the page is wider than the window, and marks than pictures: at a desk, on a phone."""
    desk = tab.viewport_size
    wider = [f"a table is cut: {each}" for each in tab.evaluate(CUT)]
    for size in (desk, PHONE):
        if size:
            tab.set_viewport_size(size)
            more = tab.evaluate("document.documentElement.scrollWidth - innerWidth")
            wider += [f"{each} leaves its picture" for each in tab.evaluate(OUTSIDE)]
            wider += [f"{more} pixels wider than {size['width']}"] * (more > 0)
    if desk:
        tab.set_viewport_size(desk)
    return wider


def faults(tab: Page) -> list[str]:
    """What axe finds: all in the light, and in the dark the contrasts, which alone differ."""
    tab.evaluate(AXE)
    tab.emulate_media(color_scheme="light")
    light = [f"light: {each}" for each in tab.evaluate(LOOK)]
    tab.emulate_media(color_scheme="dark")
    return light + [f"dark: {each}" for each in tab.evaluate(LOOK, ["color-contrast"])]


LONG = "<b>" + "Longest-name-without-a-space" * 6 + "</b>"
BACKWARDS = "\u05e9\u05dc\u05d5\u05dd (1) \u202egnp.x"
HARD = (
    ("UPDATE user SET name = ?", LONG),
    ("UPDATE album SET name = ? || id", LONG),
    ("UPDATE listing SET name = ? || site_id", BACKWARDS),
    ("UPDATE listing SET name = ? WHERE site_id % 2 = 1", LONG),
    ("UPDATE tag SET name = id || ?", LONG),
    ("UPDATE tag SET name = id || ? WHERE id = 2", BACKWARDS),
)


def test_no_page_breaks_a_rule_of_reach_or_of_the_policy_in_either_theme(
    browser: Browser, tmp_path: Path
) -> None:
    fill(tmp_path / "sealed", PASSWORD)
    with given(PASSWORD):
        archive = Archive.open(tmp_path / "sealed")
    with archive.writing() as connection:
        for statement, name in HARD:
            connection.exec_driver_sql(statement, (name,))
    held = Held(archive, idle=900)
    app = viewer_of(held, SITE, ACCESS)
    found = dict[str, list[str]]()
    with served(app, Limits()) as server, window(browser) as (tabs, said):
        root = f"http://127.0.0.1:{server.effective_port}/viewer/"
        tab = tabs.new_page()
        tab.goto(f"{root}?token={TOKEN}")
        tab.wait_for_url(root)
        tab.add_init_script(MOVES)
        for address in PAGES:
            tab.goto(f"{root}{address}")
            if tab.locator("#judging, .judge").count():
                expect(tab.locator(".panes[data-ready=true]")).to_be_visible()
            moved = tab.evaluate("moved") if address == "duplicates/next/" else []
            found[address] = moved + faults(tab) + sideways(tab) + tab.evaluate(RINGS)
        more = tab.locator(".more summary")
        tab.set_viewport_size(PHONE)  # there the menu has the ways in, and the search is a sign
        more.click()
        expect(tab.get_by_role("navigation", name="Menu").get_by_role("link")).to_have_count(5)
        found["menu on a phone"] = faults(tab)
        tab.keyboard.press("Escape")
        tab.keyboard.press("/")
        expect(tab.get_by_role("searchbox").first).to_have_css("color", "rgb(233, 233, 233)")
        found["search on a phone"] = faults(tab)
        tab.set_viewport_size({"width": 1280, "height": 720})
        more.click()
        tab.get_by_label("Fits into it").check()
        tab.get_by_label("Large", exact=True).check()
        tab.get_by_label("Dark", exact=True).check()
        expect(tab.locator("body")).to_have_css("background-color", "rgb(20, 20, 20)")
        found["menu"] = faults(tab)
        tab.goto(f"{root}users/")
        expect(tab.locator("body")).to_have_css("background-color", "rgb(20, 20, 20)")
        more.click()
        expect(tab.get_by_label("Large", exact=True)).to_be_checked()  # on the next page too
        expect(tab.locator(".of-user img").first).to_have_css("object-fit", "contain")
        tab.get_by_label("Single-key shortcuts").uncheck()
        tab.locator("h1").click()
        tab.keyboard.press("?")
        expect(
            tab.get_by_role("dialog", name="Keyboard shortcuts").get_by_label(
                "Single-key shortcuts"
            )
        ).not_to_be_checked()
        tab.get_by_role("dialog", name="Keyboard shortcuts").get_by_label(
            "Single-key shortcuts"
        ).check()
        tab.keyboard.press("Escape")
        more.click()
        expect(tab.get_by_label("Single-key shortcuts")).to_be_checked()
        tab.get_by_label("As the system").check()
        tab.goto(f"{root}duplicates/next/")
        tab.keyboard.press("?")
        expect(tab.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
        found["keys"] = faults(tab)
        tab.goto(f"{root}favorite/7700/111/")
        tab.locator(".section a.picture").first.click()
        opened = tab.get_by_role("dialog", name="Picture")
        expect(opened.locator(".opened-facts aside")).to_be_visible()
        assert tab.url == f"{root}favorite/7700/111/"  # of a sealed archive it stays
        found["opened"] = faults(tab)
        tab.keyboard.press("t")
        expect(tab.get_by_role("combobox", name="Tag this picture")).to_be_visible()
        found["typing a tag"] = faults(tab)
        held.lock()
        tab.goto(f"{root}users/")
        found["locked"] = faults(tab)
    held.close()
    assert [f"{page or 'home'}: {each}" for page in found for each in found[page]] == []
    assert [each for each in said if "404" not in each and "423" not in each] == []
