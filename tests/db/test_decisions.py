"""The form in which the log keeps what was said: what is on disk is read for ever."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fapproc.archive import Archive
from fapproc.db import decisions
from fapproc.db.engine import Database
from fapproc.db.logged import LoggedState, PlaceVerdict, TagState
from fapproc.db.schema import decision
from fapproc.errors import Damaged
from fapproc.jobs import judging
from fapproc.model import LOCAL_DISK, Place, UserId, Verdict
from tests.archives.make import ALBUM, USER, unpack
from tests.shelves import sightings

A, B = "a" * 64, "b" * 64
OLD = {
    "different": [[A, B]],
    "places": [[A, "7700", 111, 1201, "skip"], [A, "disk", 2**62, 7, "keep"]],
    "to_look": True,
    "verdicts": {A: "false", B: "new"},
}
"""As the log has had it from its first day; the users of places are text since revision 0004."""

digests = st.text("0123456789abcdef", min_size=64, max_size=64)
verdicts = st.sampled_from(Verdict)
numbers = st.integers(0, 2**63 - 1)
places = st.builds(Place, st.just(LOCAL_DISK) | st.builds(UserId, numbers), numbers, numbers)
states = st.builds(
    LoggedState,
    st.dictionaries(digests, verdicts, max_size=4),
    st.frozensets(st.builds(PlaceVerdict, digests, places, verdicts), max_size=4),
    st.frozensets(st.tuples(digests, digests), max_size=4),
    st.booleans(),
    st.frozensets(st.tuples(digests, st.integers(1, 2**63 - 1)), max_size=4),
)


@given(states)
def test_any_state_is_read_as_it_was_written_and_written_as_it_was_read(state: LoggedState) -> None:
    text = state.to_json()
    assert LoggedState.from_json(text) == state
    assert LoggedState.from_json(text).to_json() == text


def test_a_state_of_an_old_archive_is_read_and_written_without_a_change() -> None:
    text = json.dumps(OLD, sort_keys=True)
    state = LoggedState.from_json(text)
    assert state.verdicts == {A: Verdict.FALSE, B: Verdict.NEW}
    assert state.places == {
        PlaceVerdict(A, Place(UserId(7700), 111, 1201), Verdict.SKIP),
        PlaceVerdict(A, Place(LOCAL_DISK, 2**62, 7), Verdict.KEEP),
    }
    assert state.different == {(A, B)}
    assert state.to_look
    assert state.to_json() == text


def logged(archive: Archive, *texts: str) -> None:
    """Write decisions as texts, both states alike."""
    with archive.writing() as connection:
        for text in texts:
            state = {"before": text, "after": text}
            connection.execute(decision.insert().values(at=1, what="places", **state))


@pytest.mark.parametrize("revision", ["0004", "0007"])
def test_an_old_archive_keeps_its_log_and_its_decisions_are_undone(
    revision: str, tmp_path: Path
) -> None:
    unpack("open", tmp_path / "archive", revision)
    place = [f"{USER}", ALBUM, 1]
    before = {"different": [], "places": [[A, *place, "keep"]], "to_look": False, "verdicts": {}}
    after = {**before, "places": [[A, *place, "skip"]]}
    texts = [json.dumps(state, sort_keys=True) for state in (before, after)]
    rows = Database(tmp_path / "archive" / "imagefap.database", None)
    with rows.writing() as connection:
        connection.exec_driver_sql(
            "INSERT INTO decision (at, what, before, after) VALUES (1, 'places', ?, ?)",
            tuple(texts),
        )
    rows.close()
    with Archive.open(tmp_path / "archive") as archive:
        [kept] = judging.decisions(archive)
        assert [kept.before.to_json(), kept.after.to_json()] == texts
        judging.undo(archive, kept.id)
        with archive.reading() as connection:
            first, *_ = sightings(connection, UserId(USER), ALBUM)
    assert first.verdict is Verdict.KEEP


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        json.dumps({**OLD, "form": 2}),
        json.dumps({**OLD, "form": 3, "tags": []}),
        json.dumps({**OLD, "verdicts": {A: "perhaps"}}),
        json.dumps({**OLD, "places": [[A, "7700", 111, "skip"]]}),
        json.dumps({**OLD, "places": [[A, "somebody", 111, 1201, "skip"]]}),
        json.dumps({**OLD, "places": 7}),
    ],
)
def test_a_decision_that_can_not_be_read_is_named_and_the_later_ones_are_read(
    archive: Archive, text: str
) -> None:
    good = json.dumps(OLD, sort_keys=True)
    logged(archive, good, text, good)
    with archive.reading() as connection:
        with pytest.raises(Damaged, match="Decision 2 of the log can't be read"):
            decisions.every(connection)
        [last] = decisions.standing(connection, since=3)
        assert (last.id, last.before) == (3, LoggedState.from_json(good))
        assert decisions.standing(connection, limit=1) == [last]


def test_the_tags_of_a_state_are_told_without_its_images() -> None:
    text = TagState(images={5: range(1, 1000), 7: [3]}).to_json()
    packed = json.loads(text)["images"]["5"]
    assert TagState.tags_of_images(text.replace(packed, "spoiled")) == [5, 7]
    with pytest.raises(ValueError, match="KeyError"):
        TagState.tags_of_images("{}")
