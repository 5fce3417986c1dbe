"""What a session with a sealed archive leaves in a real browser's profile, and in our folders."""

import os
import signal
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.drawing import landscape, write
from tests.programs import Home
from tests.test_nothing_in_the_clear import (
    ALBUM,
    NAME,
    PASSWORD,
    TAG,
    Searched,
    derived,
    pixels,
    searched,
)
from tests.webviewer.window import CHROMIUM, PATIENCE, needs_browser

__all__ = ["searched"]
pytestmark = [needs_browser, pytest.mark.long]
OTHER, SOUGHT, TYPED = "wombat-meadow.jpg", "vexillology", "Quokkatheque"


def fill(home: Home) -> list[bytes]:
    """Two pictures that look alike and another one, in an album, one of them tagged."""
    source = home.folder / "pictures" / ALBUM
    source.mkdir(parents=True)
    drawn = {
        NAME: write(landscape(1, (300, 200)), "JPEG", quality=90),
        f"near-{NAME}": write(landscape(1, (300, 200)), "JPEG", quality=60),
        OTHER: write(landscape(2, (300, 200)), "JPEG", quality=90),
    }
    for name, data in drawn.items():
        (source / name).write_bytes(data)
    home.done("import", str(source), "-q")
    home.done("process", "-q")
    home.done("dedup")
    home.done("tag", "create", TAG)
    return [*drawn.values()]


def visit(page: Page, address: str) -> None:
    """Search, tag, look at pictures in full, and judge, as a person does."""
    root = address.partition("?")[0]
    page.goto(address)
    page.wait_for_url(root)
    page.get_by_role("searchbox").first.fill(SOUGHT)
    page.keyboard.press("Enter")
    expect(page.locator(".section a.picture")).to_have_count(2)
    page.locator(".section a.picture").first.focus()
    page.keyboard.press("Space")
    page.keyboard.press("t")
    page.get_by_role("combobox", name="Tag the selected").fill(TYPED)
    expect(page.get_by_role("option", name="New tag")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="Selected pictures")).to_contain_text("1 newly tagged")
    page.keyboard.press("Escape")
    page.goto(f"{root}all/")
    page.locator(".section a.picture").first.click()
    for _ in range(2):
        expect(page.locator("dialog .panes[data-ready=true]")).to_be_visible()
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Escape")
    page.goto(f"{root}tag/1/")
    page.goto(f"{root}duplicates/next/")
    expect(page.locator(".panes[data-ready=true]")).to_be_visible()
    page.keyboard.press("Shift+K")
    page.keyboard.press("n")
    expect(page.locator("[data-show=left-count]")).to_have_text("0 left")
    expect(page.locator("[data-show=saved]")).to_have_text("Saved")
    page.goto(f"{root}decisions/")
    expect(page.get_by_role("listitem").first).to_be_visible()


def browse(home: Home) -> None:
    """Visit the viewer's own server with a browser whose folders all lie at home."""
    options = ["--no-sandbox"] if os.getuid() == 0 else []
    with (
        home.start("run", "--port", "0") as viewer,
        TemporaryDirectory() as short,  # of its socket's path a browser takes 107 bytes
        sync_playwright() as playwright,
    ):
        address = viewer.stdout.readline().split(" at ")[1].split(" - ")[0]
        context = playwright.chromium.launch_persistent_context(
            home.folder / "profile",
            executable_path=CHROMIUM,
            args=options,
            env={**home.environment, "TMPDIR": short},
        )
        context.set_default_timeout(PATIENCE)
        try:
            visit(context.pages[0], address)
        finally:
            context.close()
        assert list(Path(short).rglob("*")) == []
        viewer.send_signal(signal.SIGINT)
        viewer.communicate(timeout=120)


def test_a_session_with_a_sealed_archive_leaves_nothing_of_it_in_the_browser(
    searched: Searched,
) -> None:
    home = searched.home
    pictures = fill(home)
    browse(home)
    profile: Path = home.folder / "profile"
    assert any(profile.rglob("History"))
    assert (home.folder / "state").is_dir()
    searched.words += [ALBUM, NAME, OTHER, TAG, TYPED, SOUGHT]
    searched.data += [*pictures, *derived(home, PASSWORD), *map(pixels, pictures)]
    assert searched.found() == []


def test_a_session_with_an_open_archive_leaves_what_is_searched_for(searched: Searched) -> None:
    home = searched.home
    home.password(None)
    fill(home)
    browse(home)
    searched.words = [SOUGHT]
    assert [place for place in searched.found() if place.startswith("profile")]
