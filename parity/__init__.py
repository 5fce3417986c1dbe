"""The real imagededup beside ours, in an environment that has both: `make parity`."""

import fapproc  # noqa: F401 - first, so that libraries find what they may not do
