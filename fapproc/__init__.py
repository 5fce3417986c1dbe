"""The toolkit: archive, pictures, duplicates, export, and the `fapproc` command line.

Floors from the ground up: errors, model, config; then vault, db, imaging and dedup, which don't
know each other; then archive, which joins vault and db; then jobs, one file a job; then cli.
"""
