"""How processes that were started end."""

from fapproc.executors.starting import ended
from tests.processes import Process


def test_processes_that_do_not_end_by_themselves_are_waited_for_and_killed_together() -> None:
    with (
        Process(["sleep", "60"]) as first,
        Process(["sleep", "0.75"]) as second,  # ends if it is given as long once more
        Process(["true"]) as third,
    ):
        assert ended([first, second, third], 0.4) == [-9, -9, 0]
