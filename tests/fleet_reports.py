"""A large fleet's report, made without a platform: the same for each test."""

from datetime import UTC, datetime, timedelta

from mirrors.planning.observed import ObservedDeployment
from mirrors.planning.reports.fleet_report import FleetReport, SiteReport, StackReport, make_unreadable_report
from mirrors.planning.reports.site_status import SiteCondition, SiteStatus
from mirrors.planning.reports.timeline import PastRollout, find_rollouts
from mirrors.planning.rollout.waves import RolloutPlan, Wave
from mirrors.problems import Problem

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
ROLLOUTS = 5
RELEASE = "0f8fad5b-d9cb-469f-a165-70867728950e"
MARKUP = "<b id=injected>&'\""
"""A text that a page has to show, and may not take for its own markup."""


def make_report(sites: int, *stacks: str, detail: str = MARKUP) -> FleetReport:
    """Return a report in which every 20th site has another state than ``converged``, with a detail."""
    slugs = ["acme", *(f"acme-{number:03}" for number in range(1, sites))]
    return FleetReport(NOW, tuple(_make_stack(name, slugs, detail) for name in stacks))


def make_report_with_unreadable_stack() -> FleetReport:
    problem = Problem("no-such-stack", f"there is no stack live in {MARKUP}", "name one that pulumi stack ls shows")
    return FleetReport(
        NOW, (_make_stack("test", ["acme", "acme-de"], MARKUP), make_unreadable_report("live", [problem]))
    )


def _make_stack(stack: str, slugs: list[str], detail: str) -> StackReport:
    states = list(SiteCondition)
    sites = {
        slug: _make_site(
            slug, number, stack, states[number // 20 % len(states)] if number % 20 == 3 else states[0], detail
        )
        for number, slug in enumerate(slugs)
    }
    return StackReport(stack, sites, _make_rollouts(slugs))


def _make_site(slug: str, number: int, stack: str, state: SiteCondition, detail: str) -> SiteReport:
    differs = state is not SiteCondition.CONVERGED
    status = SiteStatus(
        slug,
        "mirror" if number else "original",
        number + 1,
        stack,
        f"https://{slug}.example.com/",
        RELEASE,
        RELEASE,
        NOW,
        state,
        (detail,) if differs else (),
    )
    return SiteReport(status, 2 if differs else 0)


def _make_rollouts(slugs: list[str]) -> tuple[PastRollout, ...]:
    first, quarter = slugs[1:2], len(slugs) // 4
    waves = (Wave(1, tuple(first)), Wave(2, tuple(slugs[2:quarter])), Wave(3, tuple(slugs[max(quarter, 2) :])))
    plan = RolloutPlan(tuple(wave for wave in waves if wave.sites))
    groups = [[slugs[0]], *(wave.sites for wave in plan.waves)]
    deployments: dict[str, list[ObservedDeployment]] = {}
    for day in range(ROLLOUTS):
        began = NOW - timedelta(days=ROLLOUTS - day)
        for minutes, group in enumerate(groups):
            for position, slug in enumerate(group):
                start = began + timedelta(minutes=10 * minutes, seconds=100 * (position // 32))
                end = start + timedelta(seconds=80 + position % 32)
                deployments.setdefault(slug, []).append(ObservedDeployment(f"{slug}-{day}", start, end, position != 7))
    return find_rollouts(deployments, slugs[0], plan, ROLLOUTS)
