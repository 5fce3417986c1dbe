"""The Scrapy project: pages of the site become items, and items go into the archive."""
