"""Pages of the site: text in, values out. No Scrapy, no requests, no files.

Each reader knows its page by landmarks; a page without them is an error that names what is
missing, never an empty list. Where sources of the markup disagree (attribute order, quotes,
`class'x'` without `=`, one line or several), a parser of HTML makes them one. Pages are foreign:
every reader takes time in proportion to their length, and `markup` refuses what no page of the
site can be.
"""

from fapspider.pages.gates import LOGIN, Gate, read_gate
from fapspider.pages.lists import (
    FolderPage,
    FoldersPage,
    is_list,
    read_folder,
    read_folders,
    read_profile,
)
from fapspider.pages.markup import MOST_BYTES, PageChanged, PageCutOff, PageGone
from fapspider.pages.photo import PhotoPage, read_photo
from fapspider.pages.whole import is_cut_off

__all__ = [
    "LOGIN",
    "MOST_BYTES",
    "FolderPage",
    "FoldersPage",
    "Gate",
    "PageChanged",
    "PageCutOff",
    "PageGone",
    "PhotoPage",
    "is_cut_off",
    "is_list",
    "read_folder",
    "read_folders",
    "read_gate",
    "read_photo",
    "read_profile",
]
