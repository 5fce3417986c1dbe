"""What one crawl holds in mind: what is still to be fetched, what failed and whose failure that is.

And where it brings what came, and how it counts it.
"""
