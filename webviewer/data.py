"""What the script of the page that judges asks and sends: JSON below `data/`."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from itertools import islice

from flask import jsonify, make_response, request
from werkzeug.exceptions import BadRequest

from fapproc.errors import Changed, Damaged, UsageProblem
from fapproc.jobs import judging, position
from fapproc.jobs.pages import duplicates as duplicate_pages
from fapproc.jobs.pages import queue
from fapproc.jobs.pages.duplicates import Duplicate
from fapproc.model import Place, Verdict
from fapproc.queues import Kind, Order, Position, Queue
from webviewer.answers import Answer, refusal
from webviewer.blueprint import archive, blueprint, remembered
from webviewer.described import described
from webviewer.duplicates import PAIRS, find, place_field, through
from webviewer.judging import verdict_of
from webviewer.sent import body, merging, version, words

MOST = 20
"""Groups in one answer."""


@blueprint.get("/data/queue/")
def queue_data() -> Answer:
    """Groups that come after one: `?kind&state&order&after=SHA&n=10`, and how many are left.

    Of images at several places some may be in one group, which is told once: `last` is what to ask
    after next, whatever the groups are, and `end` says whether nothing comes after it.
    """
    many = min(max(request.args.get("n", 10, type=int), 1), MOST)
    where = through(request.args.get("after", ""))
    found = queue.following(archive(), remembered().ranks, where, limit=many)
    last, is_end = next(reversed(found), None), len(found) < many
    return jsonify(**left(), groups=_groups_of(found), last=last, end=is_end)


@blueprint.get("/data/group/<sha:digest>/")
def group_data(digest: str) -> Answer:
    """A group, or an image at several places; its ETag is the version of what is said of it."""
    answer = _group(find(digest))
    answer.make_conditional(request)
    return answer


@blueprint.put("/data/group/<sha:digest>/")
def judge_data(digest: str) -> Answer:
    """Save what is said of the version in If-Match: `{verdicts: {SHA: …}, places: {FIELD: …}}`.

    With `merge_tags` what is kept gets the tags of what is skipped.
    """
    sent, shown = body(), find(digest)
    was = version("group")
    said, places = words(sent, "verdicts"), words(sent, "places")
    try:
        verdicts = {each: verdict_of(verdict) for each, verdict in said.items()}
        if was != shown.version:
            raise Changed("This group has changed since it was shown. Nothing was saved.")
        saved = judging.set_verdicts(
            archive(),
            digest,
            verdicts,
            _by_image(shown, places),
            version=was,
            merge_tags=merging(sent),
            through=through(digest),
        )
    except Changed as problem:
        return _conflict(digest, said, places, problem)
    except UsageProblem as problem:
        return refusal(HTTPStatus.UNPROCESSABLE_ENTITY, str(problem))
    return _group(
        find(digest), decision=saved.decision, notices=saved.notices, **left(), nested=True
    )


@blueprint.post("/data/undo/")
def undo_data() -> Answer:
    """Take a decision back: `{decision}`."""
    number = body().get("decision")
    if type(number) is not int:  # true is one too
        raise BadRequest('Send {"decision": NUMBER}.')
    try:
        taken_back = judging.undo(archive(), number)
    except (UsageProblem, Damaged) as problem:  # to try that again would change nothing
        return refusal(HTTPStatus.CONFLICT, str(problem))
    return jsonify(**left(), groups=_groups_of(sorted(taken_back.before.digests)))


@blueprint.put("/data/position/")
def position_data() -> Answer:
    """Keep where a person is: `{kind, state, order, digest}`."""
    sent = body()
    try:
        kind = Kind(sent["kind"]) if sent.get("kind") else None
        state, order = sent.get("state") or Queue.WAITING, sent.get("order") or Order.FOUND
        where = Position(sent["digest"], kind, Queue(state), Order(order))
    except (KeyError, ValueError) as problem:
        says = 'Send {"digest": SHA, "kind": …, "state": …, "order": …}.'
        raise BadRequest(says) from problem
    find(str(where.digest))
    position.put(archive(), where)
    return make_response("", HTTPStatus.NO_CONTENT)


def left() -> dict[str, int]:
    """How many of these groups wait, and how many there are."""
    kind = through().kind
    counts = duplicate_pages.counts(archive())
    of = {Kind.ALIKE: [counts.groups], Kind.PLACES: [counts.exact]}
    chosen = [counts.groups, counts.exact] if kind is None else of[kind]
    return {
        "left": sum(each[Queue.WAITING] for each in chosen),
        "all": sum(each[Queue.ALL] for each in chosen),
    }


def _group(shown: Duplicate, *, nested: bool = False, **told: object) -> Answer:
    [said] = described([shown])
    answer = jsonify(**({"group": said} if nested else said), **told)
    answer.set_etag(str(shown.version))
    return answer


def _conflict(
    digest: str, said: Mapping[str, str], places: Mapping[str, str], problem: Changed
) -> Answer:
    """Answer that the group has another version, whether that says what was sent, and since when.

    `decision` is the one that said it, by which a script whose answer was lost takes it back.
    """
    shown = find(digest)
    stands = {each.details.image.digest: str(each.verdict) for each in shown.members}
    stands |= {field: str(verdict) for field, (_, _, verdict) in _fields(shown).items()}
    same = all(stands.get(what) == verdict for what, verdict in {**said, **places}.items())
    decision = _said_by(digest, shown) if same else None
    answer = _group(shown, nested=True, error=str(problem), stands=same, decision=decision)
    answer.status_code = HTTPStatus.PRECONDITION_FAILED
    return answer


def _said_by(digest: str, shown: Duplicate) -> int | None:
    """The decision that said last what stands of a group, and nothing of others; None: none."""
    group = [each.details.image.digest for each in shown.members]
    try:
        return judging.last_said(archive(), digest, group)
    except Damaged:  # 'check' reports it
        return None


def _groups_of(digests: Iterable[str]) -> list[dict[str, object]]:
    """The groups that these images are in, each once; of many the first."""
    left = iter(dict.fromkeys(digests))
    found: dict[str | None, Duplicate] = {}
    while len(found) < MOST and (some := list(islice(left, MOST))):
        shown = duplicate_pages.of_images(archive(), some, most_pairs=PAIRS)
        found |= {shown[each].version: shown[each] for each in some if each in shown}
        found.pop(None, None)  # of these nothing is to be judged
    return described(list(found.values())[:MOST])


def _fields(shown: Duplicate) -> dict[str, tuple[str, Place, Verdict]]:
    """Places of images that are listed more than once, by their fields: image, place, verdict."""
    return {
        place_field(each.sighting.place): (
            member.details.image.digest,
            each.sighting.place,
            each.sighting.verdict,
        )
        for member in shown.members
        if len(member.details.places) > 1
        for each in member.details.places
    }


def _by_image(shown: Duplicate, said: Mapping[str, str]) -> dict[str, dict[Place, Verdict]]:
    """What is said of places, by image.

    Raises:
        UsageProblem: of a place that is not there, or what is no verdict.
    """
    fields, found = _fields(shown), dict[str, dict[Place, Verdict]]()
    for field, verdict in said.items():
        if field not in fields:
            raise UsageProblem(f"No image of this group is listed at several places as {field}.")
        digest, place, _ = fields[field]
        found.setdefault(digest, {})[place] = verdict_of(verdict)
    return found
