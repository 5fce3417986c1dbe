"""What a site is: its hosts and addresses, its pages, and the marks of its challenges.

A package a site, one line for each in `registry`; what holds for any site lies beside it. Text in,
values out: nothing here asks for anything. Spider and viewer alike know a site by `site.Site` and
what its pages say by `pages`; no address and no selector stands outside of a site's own package.
"""
