"""Every figure that README and docs quote: `make bench`, or `python -m benchmarks NAME`."""

import fapproc  # noqa: F401 - first, so that libraries find what they may not do
