"""Rows of the archive: all SQL of the project lives here, behind functions named for the question.

Every function takes a connection first; rows leave as values of `fapproc.model`.
"""
