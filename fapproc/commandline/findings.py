"""A finding of a check, and what was done about it, as a line of text."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fapproc.jobs.repair import Step


def line(step: "Step", *, acts: bool) -> str:
    """A finding, and what was or would be done about it."""
    entry = step.finding
    if acts and entry.repair.acts and not step.done:
        return f"{entry.kind}: {entry.sentence} Not repaired."
    verb = "Done" if step.done else "Repair"
    return f"{entry.kind}: {entry.sentence} {verb}: {entry.repair}."
