"""Scrapy's settings for the project; what a person sets is declared in `fapproc.config`.

Delay and slots come from there too: `SiteSpider.update_settings` fills them in, so that a bad
value becomes a sentence and not a traceback of this module.
"""

BOT_NAME = "fapfavorites"
SPIDER_MODULES = ["fapspider.spiders"]
NEWSPIDER_MODULE = "fapspider.spiders"
USER_AGENT = "Mozilla/5.0 (compatible; fapfavorites; personal archive)"

# Pages and files wait in slots of their own (SiteSpider.update_settings).
CONCURRENT_REQUESTS = 16
CONCURRENT_REQUESTS_PER_DOMAIN = 16  # how many connections to one host are kept open, too
CONCURRENT_ITEMS = 1  # a response yields one; Scrapy starts this many tasks for each response
DOWNLOAD_TIMEOUT = 45
DOWNLOAD_MAXSIZE = 256 * 1024 * 1024
RETRY_TIMES = 2
RETRY_HTTP_CODES = [500, 502, 503, 504, 522, 524, 408]  # 429 is the site's wish: SiteLimits
ROBOTSTXT_OBEY = False  # it speaks to search engines; SiteLimits and the delay are our manners
DOWNLOAD_VERIFY_CERTIFICATES = True

# Each opens a door into the process that nobody here needs.
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False

DOWNLOADER_MIDDLEWARES: dict[str, int | None] = {
    "fapspider.middlewares.HostGuard": 50,
    "fapspider.whole_pages.WholePages": 540,  # below 590, so that pages are unpacked already
    # Above 600, so that it sees the redirect to the human check before RedirectMiddleware does.
    "fapspider.middlewares.SiteLimits": 610,
}
SPIDER_MIDDLEWARES: dict[str, int | None] = {"fapspider.middlewares.Boundary": 10}

# Each costs every request something and does nothing here: who links to whom and how deep is of no
# interest, addresses are ours, HostGuard looks at hosts, no page of the site says where to go on.
REFERER_ENABLED = False
METAREFRESH_ENABLED = False
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
