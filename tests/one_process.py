"""Imported beforehand by programs of tests: they process with one worker, a program of its own."""

from fapproc.executors import machine

machine.MOST_PROCESSES = 1
