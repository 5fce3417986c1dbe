"""Cookies of a person's browser, sent to the site: read from a file, kept in memory, not shown."""

import warnings
from collections.abc import Iterable
from http.cookiejar import Cookie, LoadError, MozillaCookieJar
from pathlib import Path
from typing import Self

from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.cookies import CookiesMiddleware
from scrapy.settings import BaseSettings

from fapproc.errors import UsageProblem

SETTING = "SITE_COOKIES_READ"


class SiteCookies(CookiesMiddleware):
    """Scrapy's cookies, with those of the person's file in the jar from the start."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Make it and fill the jar that all requests share."""
        made = super().from_crawler(crawler)
        for cookie in _of(crawler.settings):
            made.jars[None].set_cookie(cookie)
        return made


def read_cookies(file: Path, host: str) -> list[Cookie]:
    """Read a `cookies.txt` (the Netscape format that browsers' exports have).

    Cookies of a session, which such files give the date 0, are kept; those of other hosts are not.

    Raises:
        UsageProblem: it is no such file, or has no cookie for the host. What is in it is not told.
    """
    jar = MozillaCookieJar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a bad line it would tell all, in a traceback
            jar.load(str(file), ignore_discard=True, ignore_expires=True)
    except LoadError:
        raise UsageProblem(
            f"SITE_COOKIES: {file} is no cookies.txt. Export it anew from your browser, in the "
            "Netscape format."
        ) from None  # its words are a line of the file
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise UsageProblem(f"SITE_COOKIES: {file} can't be read: {why}.") from None
    found = [cookie for cookie in jar if _is_for(cookie, host)]
    if not found:
        raise UsageProblem(
            f"SITE_COOKIES: {file} has no cookie for {host}. Open the site in your browser, then "
            "export its cookies."
        )
    for cookie in found:
        if not cookie.expires:
            cookie.expires, cookie.discard = None, True
    return found


def _is_for(cookie: Cookie, host: str) -> bool:
    domain = cookie.domain.removeprefix(".").casefold()
    return bool(domain) and (host == domain or f".{host}".endswith(f".{domain}"))


def _of(settings: BaseSettings) -> Iterable[Cookie]:
    return settings.get(SETTING) or ()
