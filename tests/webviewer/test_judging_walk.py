"""Judging in a real browser: by keys alone, in one page that is loaded once."""

import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import (
    APIResponse,
    Browser,
    BrowserContext,
    Dialog,
    Page,
    Request,
    Route,
    expect,
)

from fapproc.archive import Archive
from fapproc.jobs import forgetting, inventory, judging
from fapproc.looking import open_to_read
from fapproc.model import Verdict
from fapproc.queues import Queue
from tests.holdings import fill, given
from tests.webviewer.shelf import ANNA, MEADOW, Shelf, digest
from tests.webviewer.test_judging import BOB, HILLS, tell_best, verdicts
from tests.webviewer.test_server import served
from tests.webviewer.test_serving import RUN, process, served_at
from tests.webviewer.visitors import ACCESS, SITE, TOKEN, viewer_for
from tests.webviewer.window import chromium, held_back, needs_browser, window
from webviewer.application import viewer_of
from webviewer.held import Held
from webviewer.serving import Limits

pytestmark = needs_browser
PASSWORD = "correct-horse"
READY = ".panes[data-ready=true]"
IS_WHOLE = (
    "it => it.scrollWidth <= it.clientWidth && it.getBoundingClientRect().right <= innerWidth"
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@contextmanager
def judged(browser: Browser, archive: Archive) -> Iterator[tuple[BrowserContext, str, list[str]]]:
    """Tabs that were let in, the address of what waits, and what their consoles complain of."""
    with served(viewer_for(archive), Limits()) as server, window(browser) as (tabs, said):
        root = f"http://127.0.0.1:{server.effective_port}/viewer/"
        yield tabs, f"{root}duplicates/next/?token={TOKEN}", said


def opened(tabs: BrowserContext, address: str) -> Page:
    tab = tabs.new_page()
    tab.goto(address)
    expect(tab.locator(READY)).to_be_visible()
    return tab


def left(tab: Page, count: int, saved: str = "Saved") -> None:
    """Wait until so many wait, and what is told of what was said."""
    expect(tab.locator("[data-show=left-count]")).to_have_text(f"{count} left")
    expect(tab.locator("[data-show=saved]")).to_have_text(saved)


def pairs(shelf: Shelf, count: int) -> None:
    """So many groups of two, the first of each suggested."""
    shelf.fill(ANNA, MEADOW, range(1, 2 * count + 1))
    shelf.derive()
    for group in range(1, count + 1):
        shelf.group(2 * group - 1, 2 * group)
        tell_best(shelf, group, 2 * group - 1, 2 * group)


def test_groups_are_judged_by_keys_alone(browser: Browser, archive: Archive, shelf: Shelf) -> None:
    shelf.fill(ANNA, MEADOW, range(1, 8))
    shelf.derive()
    shelf.group(1, 2, 3)
    shelf.group(4, 5)
    shelf.group(6, 7)
    tell_best(shelf, 1, 1, 2)
    with judged(browser, archive) as (tabs, address, said):
        tab = tabs.new_page()
        loads: list[Request] = []
        tab.on("request", lambda each: loads.append(each) if each.is_navigation_request() else None)
        where, keys = tab.locator("#where"), tab.keyboard
        with held_back(tab, "**/blob/**"):
            tab.goto(address)
            expect(where).to_contain_text("3 without a verdict")
            loads.clear()
            keys.press("k")  # of pictures that are not there yet nothing is said
            keys.press("Enter")
            expect(where).to_contain_text("3 without a verdict")
        expect(tab.locator(READY)).to_be_visible()
        keys.press("?")
        dialog = tab.get_by_role("dialog", name="Keyboard shortcuts")
        expect(dialog).to_be_visible()
        keys.press("k")  # a key for the dialog, not for the group behind it
        keys.press("Escape")
        expect(dialog).to_be_hidden()
        expect(where).to_contain_text("3 without a verdict")
        for mode, key in (("slider", "l"), ("difference", "x"), ("flicker", "f"), ("beside", "b")):
            keys.press(key)
            expect(tab.locator(".panes")).to_have_attribute("data-mode", mode)
        keys.press("t")
        expect(tab.get_by_role("dialog", name="Tag picture")).to_be_visible()
        keys.type("Lakes")
        expect(tab.get_by_role("option", name="New tag “Lakes”")).to_be_visible()
        keys.press("Enter")
        expect(tab.get_by_role("dialog")).to_have_count(0)
        expect(tab.get_by_role("cell", name="Lakes")).to_be_visible()
        keys.press("Enter")  # what is proposed: of one image nothing is
        expect(where).to_contain_text("1 without a verdict")
        expect(tab.locator(READY)).to_be_visible()
        keys.press("d")
        keys.press("Enter")
        expect(where).to_contain_text("2 without a verdict")
        expect(tab.locator(READY)).to_be_visible()
        left(tab, 2)
        keys.down("s")
        keys.down("s")  # held down, it says nothing more
        keys.up("s")
        expect(where).to_contain_text("1 without a verdict")
        expect(tab.locator(READY)).to_be_visible()
        keys.press("Shift+K")
        keys.press("n")
        left(tab, 1)
        keys.press("u")
        left(tab, 2)
        expect(where).to_contain_text("2 without a verdict")
        assert tab.url.endswith(f"/duplicate/{min(digest(4), digest(5))}/")
        keys.press("p")
        expect(where).to_contain_text("0 without a verdict")
        keys.press("n")
        expect(where).to_contain_text("2 without a verdict")
        heading = tab.locator("[data-show=left] h2")
        expect(heading).to_have_text("Picture 1 of 2")
        expect(tab.locator(READY)).to_be_visible()
        keys.press("2")
        expect(tab.locator(READY)).to_be_visible()
        keys.press("a")  # the second is what others are compared with now
        expect(heading).to_have_text("Picture 2 of 2")
        assert loads == []
    assert said == []
    assert verdicts(archive) == {
        digest(1): "keep", digest(2): "skip", digest(3): "false",
        **dict.fromkeys(map(digest, (4, 5, 6, 7)), "new"),
    }  # fmt: skip


def test_a_group_that_another_tab_has_judged_is_not_overwritten_and_comes_again_at_the_end(
    browser: Browser, archive: Archive, shelf: Shelf
) -> None:
    pairs(shelf, 3)
    with judged(browser, archive) as (tabs, address, said):
        one, other = opened(tabs, address), opened(tabs, address)
        one.keyboard.press("Enter")
        left(one, 2)
        other.keyboard.press("s")  # the second picture; of the first nothing is said then
        other.keyboard.press("1")
        expect(other.locator(READY)).to_be_visible()
        other.keyboard.press("d")
        other.keyboard.press("n")
        expect(other.locator("#where")).to_contain_text("comes again at the end")
        expect(other.locator("[data-show=saved]")).to_have_text("Not saved: 1, to be judged again")
        expect(other.locator(READY)).to_be_visible()
        other.keyboard.press("Enter")
        left(other, 1, "Not saved: 1, to be judged again")
        expect(other.locator(READY)).to_be_visible()
        ended = forgetting.plan(archive, Queue.WAITING)
        forgetting.forget(archive, Queue.WAITING, ended)
        other.keyboard.press("Enter")  # of a group that has ended meanwhile
        expect(other.locator("#where")).to_contain_text("no longer exists")
        problem = other.get_by_role("alert").filter(has_text="was changed elsewhere")
        expect(problem).to_contain_text(re.compile("1 (keep, 2 skip|skip, 2 keep)"))
        assert len(judging.decisions(archive)) == 2
        expect(other.locator(READY)).to_be_visible()
        other.keyboard.press("n")  # now it is said of what stands
        left(other, 0)
    assert [each for each in said if "412" not in each and "404" not in each] == []
    assert verdicts(archive) == {
        digest(1): "false", digest(2): "false", digest(3): "keep", digest(4): "skip"
    }  # fmt: skip


def test_a_group_that_comes_late_has_the_focus_and_counts_nothing_that_was_judged_since(
    browser: Browser, archive: Archive, shelf: Shelf
) -> None:
    pairs(shelf, 2)
    held: list[tuple[Route, APIResponse]] = []

    def hold(route: Route) -> None:
        if held:
            route.continue_()
        else:
            site = {"sec-fetch-site": "same-origin"}  # which a browser says itself
            held.append((route, route.fetch(headers=route.request.headers | site)))

    with judged(browser, archive) as (tabs, address, said):
        tabs.route("**/viewer/data/queue/**", hold)
        tab = opened(tabs, address)
        tab.get_by_role("button", name="Accept proposed").click()
        expect(tab.locator(".judge[data-state=loading]")).to_be_visible()
        left(tab, 1)
        [(route, answer)] = held
        assert answer.json()["left"] == 2  # as it was before
        route.fulfill(response=answer)
        expect(tab.locator(READY)).to_be_visible()
        expect(tab.locator(".panes")).to_be_focused()
        left(tab, 1)
    assert said == []


def test_a_button_that_is_held_down_by_a_key_says_its_word_once(
    browser: Browser, archive: Archive, shelf: Shelf
) -> None:
    pairs(shelf, 2)
    with judged(browser, archive) as (tabs, address, said):
        tab = opened(tabs, address)
        tab.get_by_role("button", name="Accept proposed").focus()
        tab.keyboard.down("Enter")
        left(tab, 1)
        expect(tab.locator(READY)).to_be_visible()
        tab.keyboard.down("Enter")  # still held
        tab.keyboard.up("Enter")
        expect(tab.locator("#where")).to_contain_text("2 without a verdict")
        expect(tab.locator(".panes")).to_be_focused()
        left(tab, 1)
    assert said == []


def test_groups_that_do_not_come_are_asked_for_again_and_nothing_is_called_done(
    browser: Browser, archive: Archive, shelf: Shelf
) -> None:
    pairs(shelf, 2)
    with judged(browser, archive) as (tabs, address, _):
        tab = tabs.new_page()
        tab.route("**/data/queue/**", lambda each: each.abort())
        tab.goto(address)
        expect(tab.locator(READY)).to_be_visible()
        tab.keyboard.press("Enter")
        expect(tab.locator(".nothing")).to_contain_text("The viewer does not answer.")
        tab.unroute("**/data/queue/**")
        expect(tab.locator(READY)).to_be_visible()
        tab.keyboard.press("Enter")
        left(tab, 0)
        expect(tab.locator(".nothing")).to_contain_text("Nothing is waiting for a verdict.")


def test_an_answer_that_is_lost_is_no_conflict_and_nothing_is_written_twice(
    browser: Browser, archive: Archive, shelf: Shelf
) -> None:
    pairs(shelf, 2)
    with judged(browser, archive) as (tabs, address, _):
        tab = opened(tabs, address)
        lost: list[int] = []

        def lose(route: Route) -> None:
            if route.request.method != "PUT" or lost:
                return route.continue_()
            lost.append(route.fetch().status)
            return route.abort()

        tab.route("**/data/group/**", lose)
        tab.keyboard.press("Enter")
        expect(tab.locator(READY)).to_be_visible()
        tab.keyboard.press("Enter")
        left(tab, 0)
        tab.keyboard.press("u")
        left(tab, 1)
        tab.keyboard.press("u")  # of the word whose answer was lost too
        left(tab, 2)
    assert lost == [200]
    assert set(verdicts(archive).values()) == {"new"}
    assert len(judging.decisions(archive)) == 2


def test_what_another_tab_has_said_already_is_undone_and_not_what_it_said_later_of_others(
    browser: Browser, archive: Archive, shelf: Shelf
) -> None:
    pairs(shelf, 3)
    with judged(browser, archive) as (tabs, address, _):
        one, other = opened(tabs, address), opened(tabs, address)
        for waiting in (2, 1):
            other.keyboard.press("Enter")
            left(other, waiting)
            expect(other.locator(READY)).to_be_visible()
        with one.expect_response("**/data/group/**") as answer:
            one.keyboard.press("Enter")
        assert answer.value.status == 412
        left(one, 3)  # as it was asked when it was opened
        one.keyboard.press("u")
        left(one, 2)
    assert verdicts(archive) == {
        digest(1): "new", digest(2): "new", digest(3): "keep", digest(4): "skip",
        digest(5): "new", digest(6): "new",
    }  # fmt: skip


def tell(tab: Page, keys: str, verdict: str) -> None:
    """Say the same of both pictures of the group that is shown."""
    expect(tab.locator(READY)).to_be_visible()
    tab.keyboard.press(keys)
    shows(tab, verdict)


def shows(tab: Page, verdict: str) -> None:
    """Wait until both pictures of a group have this verdict."""
    for number in (1, 2):
        told = f"Picture {number}: {verdict}"
        expect(tab.get_by_role("button", name=told)).to_be_visible()


def test_a_word_that_waits_is_taken_back_to_the_one_before_it(
    browser: Browser, archive: Archive, shelf: Shelf
) -> None:
    pairs(shelf, 2)
    with judged(browser, archive) as (tabs, address, said):
        tab = opened(tabs, address)
        saved = tab.locator("[data-show=saved]")
        with held_back(tab, "**/data/group/**"):
            tell(tab, "Shift+K", "keep")
            tab.keyboard.press("n")
            expect(saved).to_have_text("Saving 1")
            tab.keyboard.press("p")
            tell(tab, "Shift+D", "different")
            tab.keyboard.press("n")
            expect(saved).to_have_text("Saving 2")
            tab.keyboard.press("u")
            expect(saved).to_have_text("Saving 1")
        left(tab, 1)
        shows(tab, "keep")
        tell(tab, "Shift+D", "different")
        tab.keyboard.press("n")
        left(tab, 1)
    assert said == []
    assert [verdicts(archive)[digest(number)] for number in (1, 2)] == ["false", "false"]
    assert len(judging.decisions(archive)) == 2


def test_a_word_that_was_refused_is_not_what_is_undone(
    browser: Browser, archive: Archive, shelf: Shelf
) -> None:
    pairs(shelf, 3)
    with judged(browser, archive) as (tabs, address, _):
        tab = opened(tabs, address)
        tell(tab, "Shift+K", "keep")
        tab.keyboard.press("n")
        left(tab, 2)
        judging.set_verdicts(archive, digest(3), dict.fromkeys(map(digest, (3, 4)), Verdict.KEEP))
        tell(tab, "Shift+D", "different")
        tab.keyboard.press("n")
        left(tab, 2, "Not saved: 1, to be judged again")
        tab.keyboard.press("u")
        expect(tab).to_have_url(re.compile(f"/duplicate/{min(map(digest, (1, 2)))}/"))
        expect(tab.locator("#where")).to_contain_text("2 without a verdict")
    assert verdicts(archive) == dict.fromkeys(map(digest, (1, 2, 5, 6)), "new") | dict.fromkeys(
        map(digest, (3, 4)), "keep"
    )


def test_a_word_that_cannot_be_taken_back_any_more_leads_to_what_stands(
    browser: Browser, archive: Archive, shelf: Shelf
) -> None:
    pairs(shelf, 2)
    with judged(browser, archive) as (tabs, address, said):
        tab = opened(tabs, address)
        tell(tab, "Shift+K", "keep")
        tab.keyboard.press("n")
        left(tab, 1)
        stands = dict.fromkeys(map(digest, (1, 2)), Verdict.ALTERNATE)
        judging.set_verdicts(archive, digest(1), stands)
        tab.keyboard.press("u")
        shows(tab, "alternate")
        tell(tab, "Shift+D", "different")
        tab.keyboard.press("n")
        left(tab, 1)
    assert [each for each in said if "409" not in each] == []
    assert [verdicts(archive)[digest(number)] for number in (1, 2)] == ["false", "false"]


def test_a_word_fits_where_what_was_said_before_the_page_was_opened_was_undone(
    browser: Browser, archive: Archive, shelf: Shelf
) -> None:
    pairs(shelf, 1)
    judging.set_verdicts(archive, digest(1), dict.fromkeys(map(digest, (1, 2)), Verdict.KEEP))
    held: list[Route] = []

    def hold(route: Route) -> None:
        if held:
            route.continue_()
        held.append(route)

    with judged(browser, archive) as (tabs, address, said):
        tabs.new_page().goto(address)  # with the token
        tab = opened(tabs, address.replace("duplicates/next", f"duplicate/{digest(1)}"))
        tell(tab, "Shift+D", "different")
        tab.keyboard.press("n")
        left(tab, 0)
        tab.route("**/data/undo/**", hold)
        tab.keyboard.press("u")
        shows(tab, "keep")
        while not held:
            tab.wait_for_timeout(20)
        tab.keyboard.press("u")  # the first one is still under way
        held[0].continue_()
        left(tab, 1)
        tell(tab, "Shift+D", "different")
        tab.keyboard.press("n")
        left(tab, 0)
    assert said == []
    assert set(verdicts(archive).values()) == {"false"}


@contextmanager
def one_that_dies(folder: Path) -> Iterator[tuple[int, Callable[[], None]]]:
    """A viewer as a process: its port, and what kills it with SIGKILL and starts it again."""
    with ExitStack() as running:
        viewers: list[subprocess.Popen[str]] = []

        def start(port: int) -> int:
            viewers.append(running.enter_context(process((*RUN, "--port", str(port)), folder)))
            return served_at(viewers[-1], folder)

        def again() -> None:
            viewers[-1].kill()
            viewers[-1].wait(60)
            start(port)

        port = start(0)
        yield port, again


@pytest.mark.parametrize(
    ("groups", "kills"), [(5, 1), pytest.param(100, 10, marks=pytest.mark.long)]
)
def test_a_viewer_that_is_killed_loses_no_word_and_writes_none_twice(
    browser: Browser, archive: Archive, shelf: Shelf, groups: int, kills: int
) -> None:
    pairs(shelf, groups)
    with one_that_dies(archive.folder) as (port, again), window(browser) as (tabs, _):
        tab = opened(tabs, f"http://127.0.0.1:{port}/viewer/duplicates/next/?token={TOKEN}")
        for number in range(groups):
            expect(tab.locator(READY)).to_be_visible()
            tab.keyboard.press("Enter")
            if number % (groups // kills) == 2:  # its answer may be under way
                again()
        left(tab, 0)
    assert [each.what.endswith("1 keep, 1 skip") for each in judging.decisions(archive)] == (
        [True] * groups
    )
    assert sorted(verdicts(archive).values()) == ["keep"] * groups + ["skip"] * groups


def test_a_viewer_that_does_not_answer_is_told_and_who_leaves_is_warned(
    browser: Browser, archive: Archive, shelf: Shelf
) -> None:
    pairs(shelf, 3)
    with judged(browser, archive) as (tabs, address, _):
        tab = opened(tabs, address)
        tab.route("**/data/group/**", lambda each: each.abort())
        for _ in range(2):
            expect(tab.locator(READY)).to_be_visible()
            tab.keyboard.press("Enter")
        told = tab.get_by_role("alert").filter(has_text="Not saved")
        expect(told).to_have_text("Not saved: 2. The viewer does not answer.")
        warned: list[str] = []

        def stay(dialog: Dialog) -> None:
            warned.append(dialog.type)
            dialog.dismiss()

        tab.on("dialog", stay)
        tab.close(run_before_unload=True)
        expect(told).to_be_visible()
        tab.unroute("**/data/group/**")
        left(tab, 1)
        assert warned == ["beforeunload"]


@pytest.mark.long
def test_a_hundred_groups_are_one_page_and_hardly_more_requests_than_words(
    browser: Browser, archive: Archive, shelf: Shelf
) -> None:
    pairs(shelf, 100)
    with judged(browser, archive) as (tabs, address, said):
        asked: list[Request] = []
        tab = tabs.new_page()
        tab.on("request", lambda each: asked.append(each))  # noqa: PLW0108 - it is inspected
        tab.goto(address)
        for _ in range(100):
            expect(tab.locator(READY)).to_be_visible()
            tab.keyboard.press("Enter")
        left(tab, 0)
    pages = [each for each in asked if each.is_navigation_request()]
    data = [each for each in asked if "/viewer/data/" in each.url]
    print(f"{len(data) / 100:.2f} requests a group")
    assert len(pages) == 3  # the token's page, what waits, and the group that it leads to
    assert len(data) <= 130
    assert len([each for each in data if each.method == "PUT"]) == 100
    assert len(judging.decisions(archive)) == 100
    assert said == []


def test_places_of_an_image_that_is_listed_more_than_once_are_judged_after_the_groups(
    browser: Browser, archive: Archive, shelf: Shelf
) -> None:
    shelf.user(BOB, "Bob", {HILLS: "Hills"})
    shelf.fill(BOB, HILLS, [3, 5])
    shelf.group(1, 2)
    tell_best(shelf, 1, 1, 2)
    with judged(browser, archive) as (tabs, address, said):
        tab = opened(tabs, address)
        where, keys = tab.locator("#where"), tab.keyboard
        keys.press("Enter")
        expect(where).to_contain_text("Place 1 of 2")
        expect(tab.locator(READY)).to_be_visible()
        keys.press("d")  # no verdict for a place
        keys.press("k")
        expect(where).to_contain_text("Place 2 of 2")
        keys.press("s")
        expect(where).to_contain_text("0 without a verdict")
        keys.press("Enter")
        left(tab, 1)
        expect(where).to_contain_text("2 without a verdict")
        expect(tab.locator(READY)).to_be_visible()
        keys.press("Shift+K")
        keys.press("Enter")
        left(tab, 0)
        expect(tab.get_by_text("Nothing is waiting for a verdict.").last).to_be_visible()
    assert said == []
    told = {
        entry.image.digest: sorted(str(each.verdict) for each in entry.sightings)
        for entry in inventory.entries(archive)
    }
    assert told[digest(3)] == ["keep", "skip"]
    assert told[digest(5)] == ["keep", "keep"]


def test_a_word_that_can_not_be_saved_keeps_no_archive_unlocked(
    browser: Browser, tmp_path: Path
) -> None:
    fill(tmp_path / "sealed", PASSWORD)
    now = 0.0
    with given(PASSWORD):
        archive = open_to_read(tmp_path / "sealed", only=True)
    held = Held(archive, idle=900, clock=lambda: now)
    app = viewer_of(held, SITE, ACCESS)
    with served(app, Limits(), held.lock_if_idle) as server, window(browser) as (tabs, _):
        root = f"http://127.0.0.1:{server.effective_port}/viewer/"
        tab = opened(tabs, f"{root}duplicates/next/?token={TOKEN}")
        tab.keyboard.press("Shift+K")
        tab.keyboard.press("n")
        told = tab.get_by_role("alert").filter(has_text="Not saved: 1.")
        expect(told).to_contain_text("is opened read-only")
        for _ in range(4):  # half an hour in which the tab sends it by itself
            with tab.expect_response("**/data/group/**"):
                now += 450
        expect(told).to_contain_text("The archive is locked")
        assert held.locked
    held.close()


def test_all_places_are_come_to_though_some_are_of_images_in_one_group(
    browser: Browser, archive: Archive, shelf: Shelf
) -> None:
    shelf.fill(ANNA, MEADOW, range(1, 15))
    shelf.user(BOB, "Bob", {HILLS: "Hills"})
    shelf.fill(BOB, HILLS, range(2, 15))
    shelf.derive()
    shelf.group(1, 6, 7)
    there = "/duplicate/{}/?kind=places"
    with judged(browser, archive) as (tabs, address, said):
        tab = opened(tabs, f"{address}&kind=places")
        expect(tab).to_have_url(re.compile(re.escape(there.format(digest(2)))))
        for number in (3, 4, 5, 1, *range(8, 15), 2):  # after the last the first again
            tab.keyboard.press("n")
            expect(tab).to_have_url(re.compile(re.escape(there.format(digest(number)))))
        tab.goto(tab.url.replace(digest(2), digest(7)))
        expect(tab.locator(READY)).to_be_visible()
        tab.keyboard.press("n")
        expect(tab).to_have_url(re.compile(re.escape(there.format(digest(8)))))
    assert said == []


@pytest.mark.parametrize("is_left", [True, False], ids=["on their way", "of the open group"])
def test_words_that_are_not_saved_when_the_archive_is_locked_wait_for_its_password(
    is_left: bool, browser: Browser, tmp_path: Path
) -> None:
    fill(tmp_path / "sealed", PASSWORD)
    with given(PASSWORD):
        held = Held(Archive.open(tmp_path / "sealed"), idle=900)
    app = viewer_of(held, SITE, ACCESS)
    with served(app, Limits()) as server, window(browser) as (tabs, _):
        root = f"http://127.0.0.1:{server.effective_port}/viewer/"
        tab, other = opened(tabs, f"{root}duplicates/next/?token={TOKEN}"), tabs.new_page()
        tab.route("**/data/group/**", lambda each: each.abort())
        tab.keyboard.press("Shift+K")
        expect(tab.locator("#where")).to_contain_text(" 0 without a verdict")
        told = tab.get_by_role("alert").filter(has_text="Not saved: 1.")
        if is_left:
            tab.keyboard.press("n")
            expect(told).to_be_visible()
            for width in (412, 800, 1000, 1280):
                tab.set_viewport_size({"width": width, "height": 720})
                assert told.evaluate(IS_WHOLE), width
        other.goto(f"{root}users/")
        other.get_by_role("button", name="Lock the archive").click()
        expect(tab.get_by_role("heading", name="Locked")).to_be_visible()
        assert tab.locator(".judge img").count() == 0
        tab.unroute("**/data/group/**")
        expect(told).to_contain_text("The archive is locked")
        other.get_by_label("Password").fill(PASSWORD)
        other.keyboard.press("Enter")
        expect(tab.locator(READY)).to_be_visible()
        unlocked = held.borrow()
        assert set(verdicts(unlocked).values()) == {"keep"}
        held.give_back(unlocked)
    held.close()
