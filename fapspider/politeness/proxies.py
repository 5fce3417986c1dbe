"""The proxy that a person has set for programs: used, or refused before any request.

Read from the environment (`https_proxy`, `http_proxy`, `all_proxy`, `no_proxy`, in small or capital
letters) and, on macOS and Windows, from the system's settings.
"""

from typing import Self
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.httpproxy import HttpProxyMiddleware

from fapproc.errors import UsageProblem

_ALL = "all"
_SCHEMES = ("http", "https")


class SiteProxy(HttpProxyMiddleware):
    """Scrapy's proxies, with two forms that it doesn't know.

    Scrapy ignores `all_proxy`, and takes `https_proxy=HOST:PORT` for a proxy that speaks https.
    """

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Make it; that the proxy can be used was checked before."""
        made = super().from_crawler(crawler)
        for scheme in _SCHEMES:
            found = made.proxies.get(scheme, made.proxies.get(_ALL))
            if found is not None:
                credentials, address = found
                made.proxies[scheme] = credentials, f"http://{address.partition('://')[2]}"
        return made


def check(root: str) -> None:
    """Check that the proxy for a site, if one is set, is of a kind that can be used.

    Raises:
        UsageProblem: it is not. The sentence leaves out the proxy's address, which may hold a
            password.
    """
    site = urlsplit(root)
    found = getproxies()
    name = site.scheme if site.scheme in found else _ALL
    proxy = found.get(name)
    if proxy is None or proxy_bypass(site.hostname or ""):
        return
    kind, separator, _ = proxy.partition("://")
    try:
        address = urlsplit(proxy if separator else f"http://{proxy}")
        usable = address.scheme == "http" and bool(address.hostname) and address.port != 0
    except ValueError:
        usable = False
    if not usable:
        what = f"a proxy of the kind {kind}://" if separator else "no address of a proxy"
        raise UsageProblem(
            f"{name}_proxy is {what}, and only http:// proxies can be used. Set "
            f"{site.scheme}_proxy to one, like http://127.0.0.1:3128, or no_proxy={site.hostname} "
            "to go without."
        )
