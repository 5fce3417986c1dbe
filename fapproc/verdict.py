"""What a person says of possible duplicates: the words of it, stored and said."""

from enum import StrEnum

_DIFFERENT = "different"


class Verdict(StrEnum):
    """What a person said of a possible duplicate; `new` until they said something."""

    NEW = "new"
    FALSE = "false"
    ALTERNATE = "alternate"
    KEEP = "keep"
    SKIP = "skip"

    @classmethod
    def _missing_(cls, value: object) -> "Verdict | None":
        """Take the word for people, too."""
        return cls.FALSE if value == _DIFFERENT else None

    @property
    def word(self) -> str:
        """How it is said to a person: `false` is only what is stored, and stands in JSON."""
        return _DIFFERENT if self is Verdict.FALSE else self.value
