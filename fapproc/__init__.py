"""The toolkit: archive, pictures, duplicates, export, and the `fapproc` command line.

Floors from the ground up: errors, model, config; then vault, db, imaging and dedup, which don't
know each other; then archive, which joins vault and db; then jobs, one file a job; then cli.
"""

import os

# Nothing but the site is asked, and nothing is left outside of our own folders: by libraries
# neither, which read these when they are loaded. Every program and worker imports this first.
os.environ |= {
    # onnxruntime (1.29 and later) reports to its maker, with a device's id in ~/.cache and a
    # database of events; its function that switches this off comes too late.
    "ORT_DISABLE_TELEMETRY": "1",
    # Scrapy's cookies ask tldextract for public suffixes, which it would fetch and keep in ~/.cache
    # at the first cookie; with no address and no folder it takes the list that it brings along.
    "TLDEXTRACT_PUBLIC_SUFFIX_LIST_URLS": "",
    "TLDEXTRACT_CACHE": "",
}
