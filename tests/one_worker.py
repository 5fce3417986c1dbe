"""Imported beforehand by programs of tests: they process with one worker, which starts sooner."""

from fapproc.executors import machine

machine.MOST_PROCESSES = 1
