"""What a page of the viewer asks, by subject: each function reads one state and returns values.

No row number, no SQL and no connection leaves this package. A list is read in sections: `start`
counts from 0, `size` is how many at most, and a section beyond the end is empty.
"""

SECTION = 120
"""Pictures that a grid is filled with at once: even in rows of 2, 3, 4, 5, 6, 8, 10 and 12."""
