"""The real imagededup beside ours, in an environment that has both: `make parity`."""
