"""Rows of the archive: all SQL of the project is in this package.

Each function answers one question and is named for it. It takes a connection first; rows are
returned as values of `fapproc.model`.
"""
