"""Imported beforehand by programs of tests: they process with one worker, which is a fork."""

from fapproc.dedup import perceptual
from fapproc.executors import local, machine
from tests import warm_workers

machine.MOST_PROCESSES = 1
vars(local)["start"] = warm_workers.start
warm_workers.asked_at()
perceptual.versions()  # once here, and not once in each program
