"""Find what a user should know before Mirrors adopts a fleet that was set up by hand."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from mirrors.planning.adoption.account import ObservedApplication, ObservedStage, shares_service
from mirrors.planning.environments import ENVIRONMENT_TITLES
from mirrors.planning.site_lists import format_slugs
from mirrors.planning.variables.dsn import identify_comparable_service
from mirrors.planning.variables.names import DATABASE_URL, SITE_ID, SITE_VARIABLES

APPLICATIONS_IN_NOTE = 5
"""How many applications a note names. It counts the rest."""


@dataclass(frozen=True, slots=True)
class AdoptionNote:
    """A remark on a mirror that was set up by hand.

    Args:
        application: The slug.
        where: The environment's title; empty for a remark on the application.
        text: The remark.
        wrong: Whether the mirror serves a wrong site.
    """

    application: str
    where: str
    text: str
    wrong: bool = False


def find_adoption_notes(
    original: ObservedApplication, item: ObservedApplication, shared: Sequence[str]
) -> Iterator[AdoptionNote]:
    """Yield a remark for each part of a mirror that is not as it will be declared, and what ``pulumi up`` changes."""
    if not item.visible:
        yield AdoptionNote(item.slug, "", "this token may not read it, so Mirrors does not know its SITE_IDs")
        return
    if item.region and original.region and item.region != original.region:
        yield AdoptionNote(
            item.slug, "", f"it is in another region than {original.slug}; a deployment of such a mirror fails"
        )
    for stage, title in ENVIRONMENT_TITLES.items():
        if stage not in item.stages:
            yield AdoptionNote(item.slug, "", f"it has no environment {title}")
            continue
        if wrong := _describe_wrong_site(original, item, stage):
            yield AdoptionNote(item.slug, title, wrong, wrong=True)
        yield from (AdoptionNote(item.slug, title, line) for line in _describe_stage(original, item, stage, shared))


def format_adoption_notes(notes: Iterable[AdoptionNote]) -> list[str]:
    """Return the remarks as lines, with equal ones in one line. Sites that serve a wrong site come first, all named."""
    alike: dict[tuple[bool, str, str], list[str]] = {}
    for note in notes:
        alike.setdefault((not note.wrong, note.where, note.text), []).append(note.application)
    ordered = sorted(alike.items(), key=lambda item: item[0][0])
    return [
        f"{format_slugs(slugs, _count_shown(slugs, short))}{f', {where}' if where else ''}: {text}"
        for (short, where, text), slugs in ordered
    ]


def _count_shown(slugs: Sequence[str], short: bool) -> int:
    """Return how many slugs a line names. It names all if it would otherwise leave out a single one."""
    return APPLICATIONS_IN_NOTE if short and len(slugs) > APPLICATIONS_IN_NOTE + 1 else len(slugs)


def find_possible_mirrors(original: ObservedApplication, others: Iterable[ObservedApplication]) -> Iterator[str]:
    """Yield a line for each application that may be a mirror and does not show it."""
    for item in others:
        why = None
        if not item.visible:
            why = "this token may not read it. Is it a mirror"
        elif any(_hides_database(stage) for stage in item.stages.values()):
            why = f"its {DATABASE_URL} is set, but Mirrors cannot read or compare it. Is it a mirror"
        if why:
            yield f"{item.slug}: {why} of {original.slug}? If so, name all mirrors with --mirror"


def _hides_database(stage: ObservedStage) -> bool:
    own = stage.variables.get(DATABASE_URL)
    return own is not None and identify_comparable_service(stage.value_of(DATABASE_URL)) is None


def _describe_wrong_site(original: ObservedApplication, item: ObservedApplication, stage: str) -> str | None:
    """Return a remark if the mirror serves the original's site: a set SITE_ID has no effect before a deployment."""
    observed = item.stages[stage]
    if shares_service(original, item, stage, DATABASE_URL) and not observed.has_variable(SITE_ID):
        return f"it has the shared database and no {SITE_ID}, so it serves the original's site. An up gives it an id"
    if observed.deployed and SITE_ID not in observed.deployed_variables and _runs_shared(original, item, stage):
        return (
            f"it serves the original's site: its instances have the shared database, and its {SITE_ID} is set, but not"
            " deployed yet. An up deploys it"
        )
    return None


def _runs_shared(original: ObservedApplication, item: ObservedApplication, stage: str) -> bool:
    identity = original.find_service(stage, DATABASE_URL)
    return identity is not None and item.find_deployed_service(stage, DATABASE_URL) == identity


def _describe_stage(
    original: ObservedApplication, item: ObservedApplication, stage: str, shared: Sequence[str]
) -> Iterator[str]:
    observed = item.stages[stage]
    if not observed.deployed:
        yield "never deployed successfully"
    elif (
        SITE_ID in observed.variables
        and SITE_ID not in observed.deployed_variables
        and not _runs_shared(original, item, stage)
    ):
        yield f"its {SITE_ID} is set, but not deployed yet; an up deploys it"
    for name in shared if observed.deployed or observed.variables else ():
        line = _describe_value(original.stages.get(stage, ObservedStage()), observed, name)
        if line:
            yield f"its {name} {line}" + _describe_services(original, item, stage, name)
    if foreign := sorted(set(observed.variables) - {*shared, *SITE_VARIABLES}):
        yield f"not managed by Mirrors, unchanged: {', '.join(foreign)}"


def _describe_value(original: ObservedStage, observed: ObservedStage, name: str) -> str | None:
    wanted, value, running = original.value_of(name), observed.value_of(name), observed.deployed_variables.get(name)
    if name not in observed.variables:
        return "is not the original's" if wanted else None
    if value is None:
        return "is hidden by the platform; an up writes it again"
    if wanted is not None and value != wanted:
        return "differs from the original's; an up changes that"
    return "is set, but not deployed yet; an up deploys it" if running not in (None, value) else None


def _describe_services(original: ObservedApplication, item: ObservedApplication, stage: str, name: str) -> str:
    """Return the services that both point at, if these differ; otherwise whether only credentials or options do."""
    own, theirs = item.find_service(stage, name), original.find_service(stage, name)
    if own is None or theirs is None or name not in item.stages[stage].variables:
        return ""
    if own == theirs:
        return (
            " (the same service, with other credentials or options)"
            if _has_other_value(original, item, stage, name)
            else ""
        )
    return f" ({own}, the original's is {theirs})"


def _has_other_value(original: ObservedApplication, item: ObservedApplication, stage: str, name: str) -> bool:
    return item.stages[stage].value_of(name) != original.stages[stage].value_of(name)
