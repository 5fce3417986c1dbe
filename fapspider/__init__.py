"""The Scrapy project: pages of the site become items, and items go into the archive."""

import fapproc  # noqa: F401 - first, so that libraries find what they may not do
