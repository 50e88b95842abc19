"""The judgement when the commands have ended: is everything as declared, and was nothing done twice or disowned?"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.engine.chaos.ground import there_before_us
from tests.engine.chaos.plan import Round
from tests.engine.crash.store import Contract, Store

Inputs = Mapping[str, Any]
"""{a resource's urn: its inputs}, as the state has them."""


@dataclass
class Verdict:
    """Each list has one entry a mirror, in words.

    ``differences``: how the platform or the ledger is not as declared. ``disowned``: variables of Mirrors that the
    state takes for others', or the reverse, and variables of Mirrors that a mirror which left still has. ``second``: a
    deployment beside one that had not failed. ``repeated``: a deployment after one that had.
    """

    differences: list[str] = field(default_factory=list)
    disowned: list[str] = field(default_factory=list)
    second: list[str] = field(default_factory=list)
    repeated: list[str] = field(default_factory=list)


def judged(round_: Round, contracts: Mapping[str, Contract], now: Mapping[str, Store], inputs: Inputs) -> Verdict:
    """``contracts``: of those that are on the list or leave it."""
    verdict = Verdict()
    for slug, contract in contracts.items():
        stays = slug in round_.listed
        verdict.differences.extend(_differences(slug, contract, now[slug]) if stays else ())
        verdict.disowned.extend(_found(slug, inputs) if stays else _left(slug, now[slug]))
        _deployments(verdict, slug, contract, now[slug], round_)
    verdict.differences.extend(_ledger(round_, inputs))
    return verdict


def _differences(slug: str, contract: Contract, now: Store) -> Iterator[str]:
    values = now.values()
    wrong = [name for name, value in contract.declared.items() if values.get(name) != value]
    if wrong:
        yield f"{slug}: set otherwise than declared: {', '.join(wrong)}"
    running = [frozen for uuid, frozen in now.deployments.items() if uuid not in now.failed]
    runs = running[-1] if running else {}
    old = [name for name, value in contract.declared.items() if runs.get(name, ("", False))[0] != value]
    if old:
        yield f"{slug}: runs otherwise than declared: {', '.join(old)}"


def _found(slug: str, inputs: Inputs) -> Iterator[str]:
    expected = there_before_us(slug)
    known = [item for urn, item in inputs.items() if ":Mirror::" in urn and urn.endswith(f"::{slug}")]
    found = [set(item.get("found") or ()) for item in known]
    if found != [expected]:
        yield f"{slug}: the state has found {found}, there was {sorted(expected)}"


def _left(slug: str, now: Store) -> Iterator[str]:
    if others := now.values().keys() - there_before_us(slug):
        yield f"{slug}: has left, and still has {', '.join(sorted(others))}"


def _deployments(verdict: Verdict, slug: str, contract: Contract, now: Store, round_: Round) -> None:
    new = [uuid for uuid in now.deployments if uuid not in contract.before.deployments]
    good = [uuid for uuid in new if uuid not in now.failed]
    wanted = slug in round_.deployed
    if len(good) > 1 or (good and slug not in round_.listed):
        verdict.second.append(f"{slug}: {len(good)} deployments")
    if wanted and not good:
        verdict.differences.append(f"{slug}: not deployed")
    if good and not wanted and slug in round_.before:
        verdict.second.append(f"{slug}: deployed without a reason")
    if len(new) > len(good):
        verdict.repeated.append(f"{slug}: {len(new)} deployments, {len(new) - len(good)} of them failed")


def _ledger(round_: Round, inputs: Inputs) -> Iterator[str]:
    ledgers = [item for urn, item in inputs.items() if ":SiteIds::" in urn]
    if len(ledgers) != 1:
        yield f"{len(ledgers)} lists of SITE_IDs in the state"
        return
    given = {name: int(site_id) for name, site_id in map(_named, ledgers[0]["assignments"].values())}
    retired = {int(site_id) for site_id in ledgers[0]["retired"]}
    expected = {slug: round_.site_ids[slug] for slug in round_.listed}
    if {slug: site_id for slug, site_id in given.items() if slug in round_.site_ids} != expected:
        yield f"the state gives {given}, it should be {expected}"
    if retired != round_.retired:
        yield f"the state has retired {sorted(retired)}, it should be {sorted(round_.retired)}"


def _named(entry: Mapping[str, Any]) -> tuple[str, Any]:
    return entry["name"], entry["id"]
