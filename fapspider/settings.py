"""Scrapy's settings for the project; what a person sets is declared in `fapproc.config`.

Delay, slots and user agent come from there too: `SiteSpider.update_settings` fills them in, so that
a bad value is told in a sentence, not in a traceback of this module.
"""

# Loaded here, where few modules are and few calls are under way: at three places it looks through
# all modules for each call (`inspect.stack`), 0.15 s of a processor from within a spider's modules
# (Scrapy 2.19, 2026-11-29). Whoever reads these settings needs it later.
import scrapy.core.downloader.contextfactory  # noqa: F401

BOT_NAME = "fapfavorites"
SPIDER_MODULES = ["fapspider.spiders"]
NEWSPIDER_MODULE = "fapspider.spiders"
SPIDER_LOADER_CLASS = "fapspider.loading.Spiders"

# Pages and files wait in slots of their own (SiteSpider.update_settings), and in the queue until
# there is room in their slot.
CONCURRENT_REQUESTS = 16
SCHEDULER_PRIORITY_QUEUE = "fapspider.politeness.downloads.SiteQueue"
DOWNLOAD_HANDLERS = {
    "http": "fapspider.politeness.downloads.SiteDownloads",
    "https": "fapspider.politeness.downloads.SiteDownloads",
    # The site has none of these, and nothing that it answers may lead to a file of this computer.
    "data": None,
    "file": None,
    "ftp": None,
    "s3": None,
}
DOWNLOAD_DELAY_JITTER = 1 / 3
CONCURRENT_REQUESTS_PER_DOMAIN = 16  # how many connections to one host are kept open, too
CONCURRENT_ITEMS = 1  # a response yields one; Scrapy starts this many tasks for each response
DOWNLOAD_TIMEOUT = 45
DOWNLOAD_MAXSIZE = 256 * 1024 * 1024  # as `durable.regular.LARGEST`
RETRY_TIMES = 2
RETRY_HTTP_CODES = [500, 502, 503, 504, 522, 524, 408]  # 429 is the site's wish: SiteLimits
REDIRECT_MAX_TIMES = 5  # more lead nowhere, and each is a request
METAREFRESH_ENABLED = False  # a page is what was asked for; a check that refreshes is a check
ROBOTSTXT_OBEY = False  # it speaks to search engines; budget, delay and SiteLimits are our manners
DOWNLOAD_VERIFY_CERTIFICATES = True
# The default one asks for IPv4 alone: a host that has only an IPv6 address would not be found.
TWISTED_DNS_RESOLVER = "scrapy.resolver.CachingHostnameResolver"

# Each opens a door into the process that nobody here needs.
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False

DOWNLOADER_MIDDLEWARES: dict[str, int | None] = {
    "fapspider.middlewares.HostGuard": 50,
    "scrapy.downloadermiddlewares.retry.RetryMiddleware": None,
    "fapspider.politeness.retries.Retries": 550,
    # A page that was cut off is asked for again.
    "fapspider.politeness.whole_pages.WholePages": 540,
    # Above 600, so that it sees the redirect to the human check before RedirectMiddleware does;
    # and below the one that unpacks, whose place is 590, so that it can read what it sees.
    "fapspider.politeness.limits.SiteLimits": 610,
    "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": None,
    "fapspider.politeness.bodies.WholeBodies": 620,
    "scrapy.downloadermiddlewares.httpproxy.HttpProxyMiddleware": None,
    "fapspider.politeness.proxies.SiteProxy": 750,
    "scrapy.downloadermiddlewares.cookies.CookiesMiddleware": None,
    "fapspider.politeness.cookies.SiteCookies": 700,
}
SPIDER_MIDDLEWARES: dict[str, int | None] = {"fapspider.middlewares.Boundary": 10}
EXTENSIONS = {"fapspider.show.extensions.Watcher": 100}


# Each costs every request something and does nothing here: who links to whom and how deep is of no
# interest, addresses are ours, HostGuard looks at hosts, no page of the site says where to go on.
REFERER_ENABLED = False
DOWNLOADER_STATS = False  # writes each request and each head once more to see how long they are
WARN_ON_GENERATOR_RETURN_VALUE = False  # parses the callback's source for each response
SPIDER_MIDDLEWARES |= {
    "scrapy.spidermiddlewares.depth.DepthMiddleware": None,
    "scrapy.spidermiddlewares.urllength.UrlLengthMiddleware": None,
}
DOWNLOADER_MIDDLEWARES |= {
    "scrapy.downloadermiddlewares.httpauth.HttpAuthMiddleware": None,
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,
}
ITEM_PIPELINES = {
    "fapspider.pipelines.Validate": 100,
    "fapspider.pipelines.Store": 300,
}

# The spider tells the person what happens; Scrapy's own log is for bugs (-L INFO shows it all).
LOG_LEVEL = "ERROR"
RETRY_GIVE_UP_LOG_LEVEL = "DEBUG"
