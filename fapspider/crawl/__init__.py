"""The state of one crawl: what is still to be fetched, what failed, and who are witnesses.

Also where it stores what came, and how it counts that. A witness is a picture that was fetched
before: asked for again, it shows whether the site works. `politeness` is below, and knows nothing
of this.
"""
