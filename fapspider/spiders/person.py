"""What a person has set, as Scrapy's settings; read before the reactor starts."""

from scrapy.settings import BaseSettings

from fapproc import config
from fapproc.errors import FapError
from fapproc.sites.registry import site_at
from fapproc.voice import tell
from fapproc.wording import counted
from fapspider.politeness import cookies, proxies
from fapspider.politeness.lanes import FILES, PAGES

FILE_DELAY = 0.2
REFUSED = "REFUSED_SETTINGS"  # setting: why nothing can be asked for
_COMMAND_LINE = 40  # scrapy.settings.SETTINGS_PRIORITIES["cmdline"]; "spider" is below it


def load(settings: BaseSettings) -> config.Settings:
    """The person's settings; what `-s` gave comes before environment and file.

    Raises:
        UsageProblem: one of them can't be used.
    """
    names = {setting.name: setting.variables[-1] for setting in config.SETTINGS}
    given = {
        name: str(settings[key])
        for name, key in names.items()
        if (settings.getpriority(key) or 0) >= _COMMAND_LINE
    }
    return config.load(given)


def fill_in(settings: BaseSettings, person: config.Settings, *, quiet: bool) -> None:
    """Fill in what depends on the person: pace, cookies, and what the program calls itself.

    Raises:
        FapError: a proxy can't be used, or the cookies can't be read.
    """
    proxies.check(person.site_root)
    if person.site_cookies is not None:
        host = site_at(person.site_root, person.site).host
        found = cookies.read_cookies(person.site_cookies, host)
        settings.set(cookies.SETTING, found.cookies, priority="spider")
        if found.bad and not quiet:
            lines = counted(found.bad, "line")
            tell(f"SITE_COOKIES: {lines} of {person.site_cookies} can't be read.")
    delay = person.download_delay
    slots = {
        PAGES: {"delay": delay, "concurrency": 8},
        FILES: {"delay": min(delay, FILE_DELAY), "concurrency": 8},
    }
    settings.set("USER_AGENT", person.user_agent, priority="spider")
    settings.set("DOWNLOAD_DELAY", delay, priority="spider")
    settings.set("DOWNLOAD_SLOTS", slots, priority="spider")


def refuse(settings: BaseSettings, problem: FapError) -> None:
    """Keep why nothing can be asked for, until the crawl begins and says so."""
    settings.set(REFUSED, problem, priority="spider")
    # Scrapy's own parts read it too, and `scrapy crawl` sets what -s gave once more.
    settings.set("DOWNLOAD_DELAY", 0, priority=_COMMAND_LINE + 1)
