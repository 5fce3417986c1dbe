"""What one crawl holds in mind: what is still to be fetched, what failed, and who bears witness.

And where it brings what came, and how it counts it. How the site is asked is below it, and knows
nothing of it.
"""
