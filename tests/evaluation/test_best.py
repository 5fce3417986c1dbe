"""The table of what is suggested as the best of a picture's copies."""

from collections import Counter

from evaluation import best
from evaluation.collection import Made
from fapproc.model import Group, Verdict
from fapproc.sameness import Sameness
from fapproc.vault.store import digest_of


def group(number: int, suggested: bytes | None) -> Group:
    digest = None if suggested is None else digest_of(suggested)
    verdicts = {digest_of(b"one"): Verdict.NEW, digest_of(b"other"): Verdict.NEW}
    return Group(number, verdicts, sameness=Sameness((), digest))


def test_what_is_suggested_is_counted_by_what_was_made_of_the_picture() -> None:
    files = [b"%d" % number for number in range(len(best.NAMES))]
    made = [Made("lake", "lake", files)]
    caption = files[best.NAMES.index("caption")]
    counted = best.suggested(made, [group(1, files[0]), group(2, caption), group(3, None)])
    assert counted == Counter({best.PICTURE: 1, "caption": 1, best.NONE: 1})
    lines = list(best.table(3, counted, "all"))
    assert [line for line in lines if "missed" in line] == [
        "| caption | 1 of 3 | 0.865 | 0 | missed |"
    ]
    assert any(line.startswith("| the picture | 1 of 3") for line in lines)
