"""The database of fapfavorites 2.0, read and never written: bytes in, values out.

`pickles` makes plain values of a pickle without running anything of it, `sealed` opens what is
encrypted, `records` makes sense of the values, and `folder` knows where the files lie.
"""
