"""A real browser: Debian's Chromium, without a window, one a test process."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Route,
    expect,
    sync_playwright,
)

PATIENCE = 30_000
"""Milliseconds that a page may take on a busy machine."""
expect.set_options(timeout=PATIENCE)
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
needs_browser = pytest.mark.skipif(
    CHROMIUM is None, reason="no Chromium here: 'apt-get install chromium' brings one"
)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser that has nothing from before."""
    options = ["--no-sandbox"] if os.name != "nt" and os.getuid() == 0 else []
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
        try:
            yield found
        finally:
            found.close()


@contextmanager
def window(browser: Browser, *, script: bool = True) -> Iterator[tuple[BrowserContext, list[str]]]:
    """Tabs that share their cookies, and what their consoles complain of: violations too."""
    context = browser.new_context(java_script_enabled=script, reduced_motion="reduce")
    context.set_default_timeout(PATIENCE)
    said: list[str] = []

    def hear(line: ConsoleMessage) -> None:
        if line.type == "error":
            said.append(line.text)

    context.on("console", hear)
    context.on("weberror", lambda problem: said.append(str(problem.error)))
    try:
        yield context, said
    finally:
        context.close()


@contextmanager
def held_back(tab: Page, pattern: str) -> Iterator[None]:
    """Let what a page asks for at such addresses come at the end, and no sooner.

    What comes only after that, as on a busy machine, is let through: held, it was held for ever.
    """
    held: list[Route] = []
    over = False

    def hold(route: Route) -> None:
        if over:
            route.continue_()
        else:
            held.append(route)

    tab.route(pattern, hold)
    yield
    over = True
    for each in held:
        each.continue_()
    tab.unroute(pattern)
