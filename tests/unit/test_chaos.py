"""The plans, the observations and the reports of ``make chaos``.

That it also hits something real is a test of the engine's.
"""

import json
import os
import signal
import sqlite3
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mirrors_sandbox.process import wait_until

from tests.engine.chaos.ground import there_before_us
from tests.engine.chaos.jobs import SPAWNED, work
from tests.engine.chaos.judge import Verdict, judged
from tests.engine.chaos.outcome import Outcome
from tests.engine.chaos.plan import SIZES, SLUGS, STARTS, VICTIMS, expected_writes, planned
from tests.engine.chaos.repair import remedies
from tests.engine.chaos.report import INTERRUPTED, dumped, exit_code, table
from tests.engine.chaos.watch import Untouched, Watch
from tests.engine.crash.proxy import Passed, Strike
from tests.engine.crash.store import Contract, Store

WAIT = 20.0  # seconds, for what happens at once
ROUNDS = 200
DATABASE = "postgres://acme:secret@db.example.com/acme"
BEFORE = Store({"FOREIGN": ("theirs", False)}, {})
ROUND = next(item for number in range(1, ROUNDS) if (item := planned(1, number)).start == "first up")
CONVERGED = Outcome(ROUND, hit=True, commands=("up (1)", "cancel", "up"), succeeded=True, looks=1_200)


def ready(slug: str) -> dict[str, str]:
    return {"SITE_ID": str(ROUND.site_ids[slug]), "DATABASE_URL": DATABASE}


def contracts() -> dict[str, Contract]:
    found = frozenset({"FOREIGN"})
    return {slug: Contract(ready(slug)["SITE_ID"], ready(slug), BEFORE, found) for slug in ROUND.listed}


def stores() -> dict[str, Store]:
    """Return the stores as they are when all has gone well."""
    return {slug: store(ready(slug)) for slug in ROUND.listed}


def store(values: Mapping[str, str], *failed: str) -> Store:
    variables = {**BEFORE.variables, **{name: (value, False) for name, value in values.items()}}
    return Store(variables, {**dict.fromkeys(failed, variables), "own": variables}, frozenset(failed))


def inputs() -> dict[str, Any]:
    given_ids = {f"uuid-{slug}": {"name": slug, "id": ROUND.site_ids[slug]} for slug in ROUND.listed}
    ledger = {"assignments": given_ids, "retired": {}}
    found = {
        f"urn::mirrors:{kind}::{slug}": {"found": {name: {"sensitive": False} for name in there_before_us(slug)}}
        for kind in ("Mirror", "EnvironmentVariables")
        for slug in ROUND.listed
    }
    return {"urn::mirrors:SiteIds::acme": ledger, **found}


@given(seed=st.integers(), number=st.integers(min_value=1))
def test_a_round_is_planned_from_seed_and_number_alone(seed: int, number: int) -> None:
    round_ = planned(seed, number)
    assert round_ == planned(seed, number)
    assert set(round_.listed) <= set(SLUGS)
    assert len(set(round_.listed)) == len(round_.listed)
    assert round_.instant.write <= max(1, expected_writes(round_.lists, round_.event))
    assert len(round_.mirrors) >= min(SIZES)
    assert sorted(round_.site_ids.values()) == list(range(2, len(round_.site_ids) + 2))
    assert round_.retired.isdisjoint(round_.site_ids[slug] for slug in round_.listed)


def test_another_seed_has_other_rounds() -> None:
    assert planned(1, 1) != replace(planned(2, 1), seed=1)


def test_every_starting_point_and_every_victim_is_among_the_rounds() -> None:
    rounds = [planned(1, number) for number in range(1, ROUNDS + 1)]
    assert {item.start for item in rounds} == set(STARTS)
    assert {item.victim for item in rounds} == set(VICTIMS)
    assert {bool(item.instant.write) for item in rounds} == {item.refreshes for item in rounds} == {True, False}


@pytest.mark.parametrize(("writes", "strikes"), [(False, "GET 2"), (True, "POST 1")])
def test_a_strike_counts_requests_or_those_that_write(writes: bool, strikes: str) -> None:
    strike = Strike(2 if not writes else 1, "before", lambda _: None, writes=writes)
    requests = [Passed("GET", "1", 0), Passed("GET", "2", 0), Passed("POST", "1", 0), Passed("GET", "3", 0)]
    at = [seen for number in range(1, 5) if strike.is_at(seen := requests[:number])]
    assert [f"{seen[-1].method} {seen[-1].path}" for seen in at] == [strikes]


def test_a_breach_in_the_store_makes_the_report_fail(tmp_path: Path) -> None:
    """A store that is right, then wrong for a moment, then right again."""
    now, slug = stores(), ROUND.listed[0]
    database = tmp_path / "store.sqlite3"
    watch = Watch(lambda: dict(now), contracts())
    with closing(sqlite3.connect(database)) as connection, watch.watching(database):
        assert wait_until(lambda: watch.looks == 1, WAIT)
        assert watch.breaches == []
        for number, values in enumerate(({"DATABASE_URL": DATABASE}, ready(slug)), 2):
            now[slug] = store(values)
            connection.execute(f"CREATE TABLE change_{number} (id)")
            assert wait_until(lambda: watch.looks == number, WAIT)  # noqa: B023 - it is called in the loop
    outcome = replace(CONVERGED, looks=watch.looks, breaches=tuple(watch.breaches))
    assert outcome.faults[0] == f"BREACH of invariant {slug}: 1: the shared database with SITE_ID None"
    assert exit_code([CONVERGED, outcome]) == 1
    assert "breaches of invariants 1 to 4  2 in" in table([CONVERGED, outcome], 60)


def test_what_is_on_no_list_may_not_be_touched() -> None:
    assert Untouched(BEFORE).violations(BEFORE) == []
    assert Untouched(BEFORE).violations(store({})) == ["4: it is not on the list, and was changed"]


def test_a_fleet_that_is_as_declared_has_no_fault() -> None:
    assert judged(ROUND, contracts(), stores(), inputs()) == Verdict()
    assert CONVERGED.faults == ()
    assert exit_code([CONVERGED]) == 0
    assert exit_code([CONVERGED], interrupted=True) == INTERRUPTED
    assert exit_code([]) == 0


def test_what_is_otherwise_than_declared_is_a_difference() -> None:
    slug, other = ROUND.listed[:2]
    now = stores() | {slug: store({"DATABASE_URL": DATABASE}), other: replace(store(ready(other)), deployments={})}
    found = judged(ROUND, contracts(), now, inputs()).differences
    assert found == [
        f"{slug}: set otherwise than declared: SITE_ID",
        f"{slug}: runs otherwise than declared: SITE_ID",
        f"{other}: runs otherwise than declared: SITE_ID, DATABASE_URL",
        f"{other}: not deployed",
    ]


def test_an_id_that_is_lost_or_given_otherwise_is_a_difference() -> None:
    state, slug = inputs(), ROUND.listed[0]
    state["urn::mirrors:SiteIds::acme"] = {"assignments": {"u": {"name": slug, "id": 99}}, "retired": {"2": {}}}
    found = judged(ROUND, contracts(), stores(), state).differences
    assert [line.partition(",")[0] for line in found] == [
        "the state gives {'" + slug + "': 99}",
        "the state has retired [2]",
    ]


def test_what_the_state_takes_for_anothers_is_disowned() -> None:
    state, slug = inputs(), ROUND.listed[0]
    state[f"urn::mirrors:Mirror::{slug}"] = {"found": ["SITE_ID", "FOREIGN"]}
    [found] = judged(ROUND, contracts(), stores(), state).disowned
    assert found.startswith(f"{slug}: the state has found")


def test_what_has_left_and_still_has_something_of_mirrors_is_disowned() -> None:
    left = replace(ROUND, lists=(ROUND.listed, ROUND.listed[1:]))
    found = judged(left, contracts(), stores(), inputs()).disowned
    assert found == [f"{ROUND.listed[0]}: has left, and still has DATABASE_URL, SITE_ID"]


def test_a_second_deployment_counts_unless_the_first_had_failed() -> None:
    slug, other = ROUND.listed[:2]
    twice = store(ready(slug))
    twice = replace(twice, deployments={**twice.deployments, "second": twice.variables})
    now = stores() | {slug: twice, other: store(ready(other), "failed")}
    verdict = judged(ROUND, contracts(), now, inputs())
    assert verdict.second == [f"{slug}: 2 deployments"]
    assert verdict.repeated == [f"{other}: 2 deployments, 1 of them failed"]


@pytest.mark.parametrize(
    ("outcome", "fault"),
    [
        (replace(CONVERGED, succeeded=False), "STUCK after up (1), cancel, up"),
        (
            replace(CONVERGED, commands=("up (1)", "cancel", "refresh (1)", "up")),
            "the page's command failed: refresh (1)",
        ),
        (replace(CONVERGED, asked={"status": "acme-de missing"}), "status: acme-de missing"),
        (replace(CONVERGED, tracebacks=1), "1 tracebacks in what the commands said"),
        (
            replace(CONVERGED, verdict=Verdict(second=["acme-de: 2 deployments"])),
            "second deployment: acme-de: 2 deployments",
        ),
        (Outcome(ROUND, error="boom"), "could not be played: boom"),
    ],
)
def test_every_fault_makes_the_report_fail(outcome: Outcome, fault: str) -> None:
    assert outcome.faults == (fault,)
    assert exit_code([CONVERGED, outcome], interrupted=True) == 1
    assert fault in table([CONVERGED, outcome], 60)


def test_the_figures_are_also_for_a_program() -> None:
    data = json.loads(json.dumps(dumped([CONVERGED], 60, interrupted=False)))
    assert data["figures"]["converged"] == "1 of 1; of the hits 1 after 3 commands"
    assert data["rounds"][0]["round"]["number"] == ROUND.number


@contextmanager
def interrupted_at_its_end(directory: Path) -> Iterator[Any]:
    """Ground of a job that is interrupted while it takes it down."""
    yield directory
    os.kill(os.getpid(), signal.SIGINT)
    (directory.parents[1] / "taken down").touch()


def test_an_interruption_leaves_nothing_half_taken_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    own, its = SPAWNED.Pipe()
    process = SPAWNED.Process(target=work, args=(its, tmp_path, interrupted_at_its_end))
    process.start()
    own.send(None)
    process.join(WAIT)
    assert [path.name for path in tmp_path.iterdir()] == ["taken down"]


def test_empty_files_of_a_backend_are_mended_as_doctor_says(tmp_path: Path) -> None:
    stacks = tmp_path / ".pulumi" / "stacks" / "acme"
    stacks.mkdir(parents=True)
    for name, text in {"a.json": "", "a.json.bak": "{}", "b.json": "{}", "b.json.attrs": ""}.items():
        (stacks / name).write_text(text, encoding="utf-8")
    for remedy in remedies(tmp_path):
        subprocess.run(["sh", "-c", remedy], check=True)
    assert remedies(tmp_path) == []
    assert {path.name for path in stacks.iterdir()} == {"a.json", "a.json.bak", "b.json"}
