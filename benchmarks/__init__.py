"""Every figure that README and docs quote: `make bench`, or `python -m benchmarks NAME`."""
