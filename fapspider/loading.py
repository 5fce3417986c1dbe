"""Which spider `scrapy crawl NAME` runs."""

from scrapy import Spider
from scrapy.exceptions import UsageError
from scrapy.spiderloader import SpiderLoader

from fapproc.names import meant, quoted


class Spiders(SpiderLoader):
    """Scrapy's own, which ends with a traceback where there is no such spider."""

    def load(self, spider_name: str) -> type[Spider]:
        """The spider of this name.

        Raises:
            UsageError: there is none.
        """
        known = self.list()
        if spider_name not in known:
            raise UsageError(
                f"there is no spider {quoted(spider_name)}.{meant(spider_name, known)} "
                f"The spiders are: {', '.join(sorted(known))}.",
                print_help=False,
            )
        return super().load(spider_name)
