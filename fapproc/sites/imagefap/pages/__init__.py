"""Pages of the site: text in, values out.

Where sources of the markup disagree (attribute order, quotes, `class'x'` without `=`, one line or
several), a parser of HTML makes them one.
"""

from fapproc.sites.imagefap.pages.lists import is_list, read_folder, read_folders, read_profile
from fapproc.sites.imagefap.pages.photo import read_photo

__all__ = ["is_list", "read_folder", "read_folders", "read_photo", "read_profile"]
