"""What the crawls add to the command line `fapproc`: one module a command, found by entry points.

A module imports Scrapy and its spider only when its command is called: help answers at once.
"""
