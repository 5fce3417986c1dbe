"""How the site is asked: how often, by whom, after which pauses, and when to stop.

Scrapy's components for what goes out and comes in, the arithmetic behind them, and what an answer
says of the site: whether it works, asks to stop, or is in trouble.
"""
