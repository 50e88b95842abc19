"""Find what must be decided, and what a user should know, before Mirrors adopts a fleet that was set up by hand."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from mirrors.planning.adoption.account import ObservedApplication, ObservedStage, find_swapped_databases, shares_service
from mirrors.planning.environments import CONTROL_PANEL, ENVIRONMENT_TITLES
from mirrors.planning.variables.dsn import identify_comparable_service, identify_service
from mirrors.planning.variables.names import DATABASE_URL, SITE_ID, SITE_VARIABLES, parse_site_id
from mirrors.problems import Problem

APPLICATIONS_IN_NOTE = 5
"""How many applications a note names. It counts the rest."""


def find_original_blockers(original: ObservedApplication) -> Iterator[Problem]:
    """Yield a problem for each thing that the original lacks before its mirrors can share it."""
    for stage, title in ENVIRONMENT_TITLES.items():
        observed = original.stages.get(stage, ObservedStage())
        if not observed.deployed:
            never = f"{title} was never deployed successfully."
            yield Problem("original-never-deployed", never, "Deploy it first", original.slug)
        elif not observed.deployed_variables.get(DATABASE_URL):
            yield Problem(
                "shared-value-unknown",
                f"the platform hides its {DATABASE_URL} in {title}.",
                f"Name the mirrors with --mirror, and set the value as a secret: mirrors:sharedValues.{DATABASE_URL}",
                original.slug,
            )
    here, there = (original.find_deployed_service(stage, DATABASE_URL) for stage in ENVIRONMENT_TITLES)
    if here is not None and here == there:
        yield Problem(
            "environments-share-service",
            f"Test and Live have one database, {here}.",
            "Give each a service of its own",
            original.slug,
        )


def find_swapped_database_blockers(original: ObservedApplication, item: ObservedApplication) -> Iterator[Problem]:
    """Yield a problem for each environment that has the original's database of the other environment."""
    for here, there, runs in find_swapped_databases(original, item):
        what = "it runs with" if runs else f"its {DATABASE_URL} is set to"
        yield Problem(
            "database-of-other-environment",
            f"in {ENVIRONMENT_TITLES[here]}, {what} the original's database of {ENVIRONMENT_TITLES[there]}."
            f" {'It writes' if runs else 'Its next deployment would write'} into that content.",
            f"Correct or remove its {DATABASE_URL} in {CONTROL_PANEL}, and deploy it there",
            item.slug,
        )


def find_incomparable_databases(original: ObservedApplication) -> Iterator[Problem]:
    """Yield a problem for each environment whose database Mirrors cannot compare, so a user must name the mirrors."""
    for stage, title in ENVIRONMENT_TITLES.items():
        value = original.stages.get(stage, ObservedStage()).deployed_variables.get(DATABASE_URL)
        if value and identify_comparable_service(value) is None:
            yield Problem(
                "service-not-comparable",
                f"Mirrors cannot compare its {DATABASE_URL} in {title}, {identify_service(value)}, with that of other"
                " applications.",
                "Name the mirrors with --mirror",
                original.slug,
            )


def find_site_id_blockers(item: ObservedApplication) -> Iterator[Problem]:
    """Yield a problem for each SITE_ID that is hidden, no number, or not the deployed one."""
    for stage, observed in item.stages.items():
        title, running = ENVIRONMENT_TITLES[stage], parse_site_id(observed.deployed_variables.get(SITE_ID))
        own = observed.variables.get(SITE_ID)
        if own is None or (own.value is None and running is not None):
            continue
        if own.value is None:
            hidden = f"the platform hides its SITE_ID in {title}."
            yield Problem("site-id-unknown", hidden, "Declare the siteId that it has", item.slug)
        elif parse_site_id(own.value) is None:
            invalid = f"its SITE_ID in {title} is no whole number above 0."
            yield Problem("site-id-invalid", invalid, f"Correct it in {CONTROL_PANEL}", item.slug)
        elif running is not None and parse_site_id(own.value) != running:
            yield Problem(
                "site-id-differs",
                f"its SITE_ID in {title} is set to {own.value}, but its instances run with {running}.",
                "Mirrors does not renumber a running site. Make both equal first",
                item.slug,
            )


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
        f"{_format_slugs(slugs, short)}{f', {where}' if where else ''}: {text}"
        for (short, where, text), slugs in ordered
    ]


def _format_slugs(slugs: Sequence[str], short: bool) -> str:
    if not short or len(slugs) <= APPLICATIONS_IN_NOTE + 1:
        return ", ".join(slugs)
    return f"{', '.join(slugs[:APPLICATIONS_IN_NOTE])} and {len(slugs) - APPLICATIONS_IN_NOTE} more"


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
