"""Pages that are not what was asked for."""

from __future__ import annotations

from tests.demosite.markup import Markup, document

_PLAIN = Markup()


def missing_page() -> str:
    """The short page of a 404."""
    return document(_PLAIN, "Not found", ["<p>Could not find what you are looking for.</p>"])


def no_such_image_page() -> str:
    """A removed picture as some pages tell it: with status 200."""
    text = "<b>The image you are trying to access does not exist</b>"
    return document(_PLAIN, "ImageFap.com", [text])


def human_page() -> str:
    """The check that a visitor is human."""
    text = (
        "Your IP made too many requests to our servers and we need to check that you are "
        "a real human being"
    )
    return document(_PLAIN, "Human Verification", [f'<div class="mt-4 text-center">{text}</div>'])


def unrelated_page() -> str:
    """A page without any landmark of the one that should be there."""
    lines = ["<main><h1>A new look</h1>", "<section><p>We have moved things around.</p></section>"]
    return document(_PLAIN, "Welcome", [*lines, "</main>"])


def busy_page() -> str:
    """What stands on a refusal."""
    return document(_PLAIN, "Try again later", ["<p>Try again later.</p>"])
