"""How a human or bot check is recognised: by its address, its headers, its words.

Sites have such checks of their own (`site.check`), or of services in front of them, such as
Cloudflare. Words are searched in HTML only: a picture's bytes may hold any of them.
"""

from urllib.parse import urlsplit

from scrapy.http import Response

from fapproc.jobs.ingest import examine
from fapproc.model import Detail
from fapproc.sites.pages import PageChanged, PageGone, Pages
from fapproc.sites.site import Check, Site
from fapspider.politeness.outcome import GONE

_PATH_PARTS = ("/cdn-cgi/challenge-platform/", "/cdn-cgi/l/chk_", "/.well-known/ddos-guard/")
_SEARCHED = 256 * 1024
"""A check is a small page; a large body is not searched for its words."""
_HTML_BEGINS = b"\xef\xbb\xbf \t\r\n"

# A name and words of its value; an answer with one of them is no answer of the site's own.
_HEADERS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("cf-mitigated", ("challenge", "block", "captcha")),
    ("x-vercel-mitigated", ("challenge", "deny")),
    ("x-amzn-waf-action", ("challenge", "captcha")),
    ("x-sucuri-block", ("",)),
    ("x-datadome-response", ("4", "5")),
)
# Who stands before sites and answers a refusal in their place by this name.
_WALLS = ("ddos-guard", "sucuri/cloudproxy", "imperva", "incapsula", "datadome")
# What only a check says, whatever the status.
_SAID = (
    b"<title>just a moment",
    b"<title>attention required! | cloudflare",
    b"<title>ddos-guard",
    b"checking your browser before accessing",
    b"enable javascript and cookies to continue",
    b"/cdn-cgi/challenge-platform/",
    b"cf-browser-verification",
    b"_incapsula_resource",
    b"captcha-delivery.com",
    b"px-captcha",
)
# What other pages may hold as well (a form for logging in): a check only where a refusal says it.
_SAID_REFUSING = (
    b"captcha",
    b"cf-error-details",
    b"cloudflare ray id",
    b"ddos protection",
    b"verify you are human",
    b"verify that you are human",
    b"are you a robot",
    b"not a robot",
    b"unusual traffic",
    b"automated requests",
)
REFUSING = frozenset({401, 403, 405, 406, 418, 451, 503})


def leads_to_check(response: Response, own: Check) -> bool:
    """Whether the answer is a redirect to a check."""
    return 300 <= response.status < 400 and _is_check(header(response, "Location"), own)


def is_check(response: Response, site: Site) -> bool:
    """Whether the answer itself is a check.

    A picture may be named like a check, so a page with the landmarks of a photo's page is no check.
    """
    if _is_check(response.url, site.check) or _is_marked(response):
        return True
    if response.status in GONE or not is_html(body := response.body[: _SEARCHED + 1]):
        return False
    if len(body) > _SEARCHED:
        return False
    text = body.lower()
    said = any(words in text for words in (*_SAID, *map(str.encode, site.check.words)))
    if not said and response.status in REFUSING:
        return any(words in text for words in _SAID_REFUSING)
    page = body.decode("utf-8", "replace")
    return said and not (site.pages.is_list(page) or _is_photo(page, site.pages))


def is_html(body: bytes) -> bool:
    """Whether a body is a page, and not a picture or something else that may hold any words."""
    return body.lstrip(_HTML_BEGINS)[:1] == b"<" and examine(body) is Detail.NOT_A_PICTURE


def header(response: Response, name: str) -> str:
    """A header's value, empty where there is none."""
    return (response.headers.get(name) or b"").decode("latin-1").strip()


def _is_marked(response: Response) -> bool:
    for name, words in _HEADERS:
        if name in response.headers:
            value = header(response, name).lower()
            if any(word in value for word in words):
                return True
    return response.status in REFUSING and header(response, "Server").lower().startswith(_WALLS)


def _is_check(address: str, own: Check) -> bool:
    try:
        path = urlsplit(address).path
    except ValueError:
        return False
    return path.rstrip("/").endswith(own.paths) or any(part in path for part in _PATH_PARTS)


def _is_photo(html: str, pages: Pages) -> bool:
    """Whether it has the landmarks of a photo's page, or says that there is no such photo."""
    try:
        pages.read_photo(html, 0)
    except PageGone:
        return True
    except PageChanged:
        return False
    return True
