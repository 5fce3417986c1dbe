"""Cookies of a person's browser for the site: read from a file, kept in memory, never shown."""

from collections.abc import Iterable
from http.cookiejar import Cookie
from pathlib import Path
from typing import Self

from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.cookies import CookiesMiddleware
from scrapy.settings import BaseSettings

from fapproc.errors import UsageProblem
from fapspider.politeness.cookies_file import Export, read_export

SETTING = "SITE_COOKIES_READ"
_LARGEST = 16 * 1024 * 1024  # bytes; all cookies of a browser are some 100 kB


class SiteCookies(CookiesMiddleware):
    """Scrapy's cookies, with those of the person's file in the jar from the start."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Make it and fill the jar that all requests share."""
        made = super().from_crawler(crawler)
        for cookie in _of(crawler.settings):
            made.jars[None].set_cookie(cookie)
        return made


def read_cookies(file: Path, host: str) -> Export:
    """Read the cookies for a host from a `cookies.txt`, and count the lines that are none.

    Cookies of a session are kept; those of other hosts are not.

    Raises:
        UsageProblem: it is no such file, or has no cookie for the host that is still good. The
            sentence quotes nothing of it.
    """
    try:
        with file.open("rb") as stream:
            data = stream.read(_LARGEST + 1)
    except OSError as error:
        raise UsageProblem(f"SITE_COOKIES: {file} can't be read: {error.strerror}.") from None
    export = read_export(data[:_LARGEST])
    if not export.cookies:
        raise UsageProblem(
            f"SITE_COOKIES: {file} is not a cookies.txt. Export it again from your browser, in the "
            "Netscape format."
        )
    found = tuple(cookie for cookie in export.cookies if _is_for(cookie, host))
    if not found:
        raise UsageProblem(
            f"SITE_COOKIES: {file} has no cookie for {host}. Open the site in your browser, then "
            "export its cookies."
        )
    if all(cookie.is_expired() for cookie in found):
        raise UsageProblem(
            f"SITE_COOKIES: the cookies for {host} in {file} have expired. Open the site in your "
            "browser, then export its cookies."
        )
    return Export(found, export.bad)


def _is_for(cookie: Cookie, host: str) -> bool:
    domain = cookie.domain.removeprefix(".").casefold()
    return bool(domain) and (host == domain or f".{host}".endswith(f".{domain}"))


def _of(settings: BaseSettings) -> Iterable[Cookie]:
    return settings.get(SETTING) or ()
