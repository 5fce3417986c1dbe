"""`fapproc dedup`."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fapproc.commandline import completing
from fapproc.commandline.clustering import cluster_options, clustering, refuse_others
from fapproc.commandline.objects import show_object
from fapproc.commandline.options import archive_option, json_option, quiet_option
from fapproc.commandline.searching import RULE, dedup_archive, search_model
from fapproc.voice import row, to_type
from fapproc.wording import counted, short

if TYPE_CHECKING:
    from fapproc.archive import Archive
    from fapproc.jobs.explain import Explanation, MethodResult
    from fapproc.looks import Look


@click.command()
@archive_option
@click.option(
    "--rule",
    metavar="RULE",
    default=RULE,
    show_default=True,
    help="How the methods are combined: hybrid, intersection or union (as in the first release).",
)
@click.option(
    "--explain",
    "two",
    nargs=2,
    metavar="A B",
    shell_complete=completing.digests,
    help="Show why two images are or are not in one group; 4 digits of each digest are enough.",
)
@click.option("--dry-run", is_flag=True, help="Show what would be found; change nothing.")
@cluster_options
@json_option
@quiet_option
def dedup(
    folder: Path,
    rule: str,
    two: tuple[str, str] | None,
    dry_run: bool,
    cluster: str | None,
    certificate: str | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Find near-duplicates among processed images, and group them.

    \b
    fapproc dedup
    fapproc dedup --dry-run
    fapproc dedup --explain 3f60c1 ca97d2

    Compares new images with all others; after a change of rule or sensitivity it compares all
    again. Your verdicts stay; images that join a group are `new` until you judge them.
    """
    from fapproc.archive import Archive

    refuse_others(cluster)
    with Archive.open(folder) as archive, clustering(archive, cluster, certificate) as afar:
        if two is not None:
            _explain(archive, two, rule, as_json=as_json)
            return
        dedup_archive(
            archive, rule=rule, dry_run=dry_run, as_json=as_json, quiet=quiet, cluster=afar
        )


def _explain(archive: "Archive", two: tuple[str, str], rule: str, *, as_json: bool) -> None:
    from fapproc.jobs.explain import explain

    found = explain(archive, *two, rule=rule, model=search_model())
    if as_json:
        show_object(_explained_object(found))
        return
    for line in _lines(found):
        row(to_type(line))


def _lines(found: "Explanation") -> list[str]:
    decision = {True: "accepted", False: "not accepted", None: "not compared"}[found.accepted]
    where = {True: "They are in one group.", False: "They are not in one group."}
    lines = [f"{found.a} and", f"{found.b}", where[found.together], ""]
    lines += [_method_line(said) for said in found.methods]
    lines += ["", f"By the rule {found.rule}: {decision}."]
    lines += [f"  {reason}." for reason in found.reasons]
    lines.append(_look_line(found.look))
    if found.different:
        lines.append("You judged them different, and your verdict overrides every method.")
    for digest, group in zip((found.a, found.b), found.groups, strict=True):
        lines.append(f"{short(digest)} is in {'no group' if group is None else f'group {group}'}.")
    if len(found.chain) > 2:
        way = " - ".join(short(digest) for digest in found.chain)
        lines.append(f"Accepted pairs link them: {way}.")
    elif found.accepted and not found.different and not found.together:
        lines.append(
            "Joining them would put unrelated images into one group, or 'fapproc dedup' has not "
            "run since."
        )
    return lines


def _look_line(look: "Look | str") -> str:
    if isinstance(look, str):
        return f"No second look was possible: {look}."
    if look.same:
        how = "; ".join(("the same picture", *look.reasons))
        return f"A second look: {how}. Laid over each other they agree by {look.score:.2f}."
    if not look.score:
        return "A second look can't tell: too little of the one lies over the other."
    return f"A second look says: not the same picture. They agree by {look.score:.2f} at best."


def _look_object(look: "Look | str") -> dict[str, object]:
    if isinstance(look, str):
        return {"problem": look}
    return {"problem": None, **asdict(look), "reasons": look.reasons}


def _method_line(said: "MethodResult") -> str:
    if said.score is None:
        return f"  {said.method:8} no code"
    is_cosine = said.kind == "vector"
    score = f"{said.score:.3f}" if is_cosine else counted(round(said.score), "bit")
    if said.is_off:
        return f"  {said.method:8} {score:>8}   off"
    bound = f"{'at least' if is_cosine else 'at most'} {said.sensitivity:g}"
    if said.silent:
        return f"  {said.method:8} {score:>8}   does not count"
    set_by = {"setting": f" ({said.method}_threshold)", "archive": " (set for this archive)"}
    says = "near" if said.near else "supports others" if said.supports else "not near"
    return f"  {said.method:8} {score:>8}   {bound}{set_by.get(said.origin, '')}: {says}"


def _explained_object(found: "Explanation") -> dict[str, object]:
    return {
        "a": found.a,
        "b": found.b,
        "together": found.together,
        "rule": found.rule,
        "accepted": found.accepted,
        "reasons": list(found.reasons),
        "animated": found.animated,
        "model": found.model,
        "methods": {
            said.method: {
                "score": said.score,
                "sensitivity": said.sensitivity,
                "from": said.origin,
                "near": said.near,
                "supports": said.supports,
                "silent": said.silent,
            }
            for said in found.methods
        },
        "different": found.different,
        "groups": list(found.groups),
        "chain": list(found.chain),
        "second_look": _look_object(found.look),
    }
