"""How well duplicates are found: photographs, what may happen to them, and what comes of it."""

import fapproc  # noqa: F401 - first, so that libraries find what they may not do
