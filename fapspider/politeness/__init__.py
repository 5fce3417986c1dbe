"""How the site is asked: how often, by whom, after which waits, and no further than it wishes.

Scrapy's components for what goes out and comes in, and the arithmetic behind them.
"""
