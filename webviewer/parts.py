"""The parts of views that are open: kept so that their sections come at once, and don't change."""

from collections import OrderedDict
from threading import Lock

from fapproc.jobs.pages.grids import Part, Scope
from fapproc.selections.view import View

_MOST = 24
"""How many parts are kept, of half a megabyte each at most."""


class Parts:
    """Parts by what they are of; they hold numbers of rows alone."""

    def __init__(self) -> None:
        self._parts: OrderedDict[tuple[Scope, View, int | None], Part] = OrderedDict()
        self._turn = Lock()

    def of(self, scope: Scope, view: View, start: int | None, *, anew: bool) -> Part:
        """The part of a view that begins with a key, read anew or as it was shown last."""
        with self._turn:
            which = (scope, view, start)
            if anew or which not in self._parts:
                self._parts[which] = Part(scope, view, start)
            self._parts.move_to_end(which)
            while len(self._parts) > _MOST:
                self._parts.popitem(last=False)
            return self._parts[which]
