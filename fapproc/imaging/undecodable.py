"""The one error for bytes that can't be decoded. Light: importing it loads no decoder."""

from fapproc.executors.outcomes import Refusal
from fapproc.model import Detail


class Undecodable(Refusal):
    """No whole picture can be made of these bytes; `detail` is the word for why.

    EMPTY and NOT_A_PICTURE by the first bytes; FORMAT: a kind, or a form of one, that the decoders
    here don't know, or decoder and first bytes disagree; TRUNCATED: does not decode to its end;
    TOO_LARGE: more pixels than are decoded.
    """

    def __init__(self, detail: Detail, why: str = "") -> None:
        super().__init__(detail, why)
        self.detail = detail
        self.why = why

    def __str__(self) -> str:
        return f"{self.detail}: {self.why}" if self.why else str(self.detail)
