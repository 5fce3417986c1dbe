"""Pages that stand before what was asked for: to log in, to tell one's age, or to run a script."""

import re
from urllib.parse import urlsplit

from lxml.etree import XPath

from fapproc.sites.markup import parse
from fapproc.sites.pages import PageChanged, Pages

LOGIN, AGE = "a page to log in", "a question for your age"
SCRIPT = "a check of your browser"

_LOGIN_PATH = re.compile(r"/(?:log|sign)[-_]?in\b|/auth\b|/session/new\b")
_AGE_PATH = re.compile(r"/age\b|/(?:verify|confirm)[-_]?age\b|/age[-_]?\w|/over[-_]?18\b")
_LOGIN_TITLE = re.compile(r"\b(?:log|sign)[ -]?in\b|\bmembers only\b")
_AGE_TITLE = re.compile(r"\bage (?:check|gate|verification|confirmation)\b|\bage restricted\b")
# Only what asks for it: a form for logging in stands on many a page.
_LOGIN_WORDS = re.compile(
    r"\b(?:log|sign)[ -]?in (?:first|to (?:go on|continue|proceed|see|view))\b"
    r"|\b(?:must|need to|have to) (?:be )?(?:log|sign|logged|signed)[ -]?in\b"
    r"|\bplease (?:log|sign)[ -]?in\b|\b(?:login|log-in) (?:is )?required\b"
)
_AGE_WORDS = re.compile(
    r"\b(?:verify|confirm|enter) your (?:age|date of birth)\b|\bage verification\b"
    r"|\b(?:i am|you are|are you|at least|must be) (?:over |at least )?(?:18|21)\b"
    r"|\b(?:of legal age|over the age of|age-restricted)\b"
)
_SCRIPT_WORDS = re.compile(
    r"\b(?:enable|activate|turn on|requires?|needs?) (?:cookies and )?javascript\b"
)
_NOBODY = re.compile(r"\b(?:no such user|user not found|does not exist|not find)\b")
_TITLE = XPath("string(//title)")
_SCRIPTS = XPath("boolean(//script)")
_SHOWN = XPath("//body//text()[not(ancestor::script or ancestor::style or ancestor::title)]")
_MOST = 20_000  # characters of its text; such a page is a short one


class Gate(PageChanged):
    """A page that stands before the one that was asked for."""


def read_gate(html: str, url: str, pages: Pages) -> str | None:
    """What a page wants before it shows what was asked for.

    Args:
        html: the page.
        url: its address, to which redirects may have led.
        pages: the readers of the site.

    Returns:
        `LOGIN`, `AGE`, or `SCRIPT` for a page that has nothing but a script, or wants one. None
        for any other page, and for one with the landmarks of the site's own lists, whatever it
        says besides.
    """
    found = _of_address(url) or _of_words(html)
    return None if found is None or pages.is_list(html) else found


def _of_address(url: str) -> str | None:
    try:
        path = urlsplit(url).path.lower()
    except ValueError:
        return None
    return _gate(path, _LOGIN_PATH, _AGE_PATH)


def _of_words(html: str) -> str | None:
    try:
        page = parse(html).root
    except PageChanged:
        return None
    title = str(_TITLE(page))[:_MOST].lower()
    text = " ".join(" ".join(_SHOWN(page)).split())[:_MOST].lower()
    if _NOBODY.search(text):
        return None
    found = _gate(title, _LOGIN_TITLE, _AGE_TITLE) or _gate(text, _LOGIN_WORDS, _AGE_WORDS)
    wants_script = _SCRIPTS(page) if not text else _SCRIPT_WORDS.search(text)
    return found or (SCRIPT if wants_script else None)


def _gate(text: str, login: re.Pattern[str], age: re.Pattern[str]) -> str | None:
    if login.search(text):
        return LOGIN
    return AGE if age.search(text) else None
