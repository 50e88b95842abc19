"""Decisions about services, from what a real manager has answered (``tests.docker.recording``)."""

from dataclasses import replace
from typing import Any

import pytest

from mirrors.docker.swarm.observed import ObservedService, ObservedTask, read_service, read_tasks
from mirrors.docker.swarm.run_verdict import RunOutcome, judge_run
from mirrors.docker.swarm.site_findings import find_task_faults
from mirrors.docker.swarm.verdict import (
    PENDING_GRACE,
    Declared,
    Outcome,
    Verdict,
    judge_service,
    judge_time_out,
    may_roll_back,
)
from mirrors.planning.reports.site_status import SiteCondition
from tests.docker.manager import recorded
from tools.docker_engine.images import ACME

LATER = 60.0


def at(moment: str) -> tuple[ObservedService, tuple[ObservedTask, ...]]:
    found = recorded(moment)
    return read_service(found["service"]), read_tasks(found["service"], found["tasks"])


def judged(moment: str, revision: str, elapsed: float = LATER, **more: Any) -> Verdict:
    declared = Declared(revision, more.pop("image", ACME), more.pop("replicas", 1))
    return judge_service(*at(moment), declared, more.pop("ended", ()), elapsed)


@pytest.mark.parametrize(
    ("moment", "revision", "outcome"),
    [
        ("starting", "aaaa", Outcome.STARTING),
        ("serving", "aaaa", Outcome.SERVING),
        ("updating", "bbbb", Outcome.STARTING),
        ("updated", "bbbb", Outcome.SERVING),
        ("scaled", "aaaa", Outcome.FAILED),
    ],
)
def test_a_service_starts_serves_or_is_another(moment: str, revision: str, outcome: Outcome) -> None:
    assert judged(moment, revision).outcome is outcome


def test_a_new_task_has_to_run_for_a_while() -> None:
    assert judged("serving", "aaaa", 1.0).outcome is Outcome.STARTING


def test_a_service_that_runs_another_declaration_is_never_a_success() -> None:
    for moment in ("serving", "updated"):
        found = judged(moment, "zzzz")
        assert (found.outcome, found.code, found.keeps_serving) == (Outcome.FAILED, "service-differs", True)
    assert judged("serving", "aaaa", image="acme:2").code == "service-differs"
    assert judged("serving", "aaaa", replicas=2).code == "service-differs"


def test_an_image_is_the_declared_one_with_its_digest_or_without() -> None:
    service, tasks = at("serving")
    pinned = replace(service, image=f"{ACME}@sha256:ff")
    assert judge_service(pinned, tasks, Declared("aaaa", ACME, 1), (), LATER).outcome is Outcome.SERVING


def test_a_task_that_ended_is_the_failure_and_its_log_is_named() -> None:
    found = judged("new-failed", "hhhh")
    assert (found.code, found.found) == ("service-task-ended", "its task ended with exit code 3")
    assert found.task in {task.id for task in at("new-failed")[1]}
    assert not found.keeps_serving


def test_what_had_ended_before_the_first_look_does_not_count() -> None:
    ended = {task.id for task in at("new-failed")[1] if task.has_ended}
    assert judged("new-failed", "hhhh", ended=ended).outcome is Outcome.STARTING


def test_a_failed_update_leaves_the_former_task_serving() -> None:
    found = judged("task-failed", "cccc")
    assert (found.outcome, found.keeps_serving) == (Outcome.FAILED, True)


@pytest.mark.parametrize(("moment", "revision"), [("rolled-back", "cccc"), ("unhealthy-rolled-back", "dddd")])
def test_a_rollback_is_a_failure_of_what_was_declared(moment: str, revision: str) -> None:
    found = judged(moment, revision)
    assert (found.code, found.keeps_serving) == ("service-rolled-back", True)
    assert found.task
    assert judged(moment, "bbbb").outcome is Outcome.SERVING


def test_a_pending_task_has_a_while_and_then_swarms_reason() -> None:
    assert judged("pending", "ffff", PENDING_GRACE - 1).outcome is Outcome.STARTING
    found = judged("pending", "ffff")
    assert found.code == "service-task-pending"
    assert "no suitable node" in found.found


def test_an_update_that_no_node_can_take_is_taken_back_to_what_served() -> None:
    service, tasks = at("update-pending")
    declared = Declared("eeee", ACME, 1)
    found = judge_service(service, tasks, declared, (), LATER)
    assert (found.code, found.keeps_serving) == ("service-task-pending", True)
    assert may_roll_back(service, declared, ("bbbb", ACME))
    assert not may_roll_back(service, declared, ("aaaa", ACME)), "one step leads elsewhere"
    assert not may_roll_back(service, declared, None), "nothing has served"
    assert not may_roll_back(service, Declared("ffff", ACME, 1), ("bbbb", ACME)), "someone else has changed it"


def test_no_rollback_is_taken_back() -> None:
    service, _ = at("rolled-back")
    assert not may_roll_back(service, Declared("bbbb", ACME, 1), ("cccc", ACME))


def test_a_node_that_refuses_a_task_says_why() -> None:
    found = judged("rejected", "gggg", image="mirrors-test-none:1")
    assert found.code == "service-task-ended"
    assert "No such image" in found.found


def test_a_paused_update_is_a_failure_although_its_tasks_may_run() -> None:
    assert judged("paused", "iiii").code in ("service-paused", "service-task-ended")
    ended = {task.id for task in at("paused")[1] if task.has_ended}
    assert judged("paused", "iiii", ended=ended).code == "service-paused"


def test_the_time_is_up_with_the_state_of_the_task_that_is_waited_for() -> None:
    found = judge_time_out(at("starting")[1], Declared("aaaa", ACME, 1), 5.0)
    assert found.code == "service-not-ready"
    assert found.found.startswith("0 of 1 tasks were ready within 5 s (a task is starting")


def test_a_form_changes_with_the_number_of_tasks_and_not_with_the_order_of_variables() -> None:
    data = recorded("serving")["service"]
    before = read_service(data).fingerprint
    data["Spec"]["TaskTemplate"]["ContainerSpec"]["Env"].reverse()
    assert read_service(data).fingerprint == before
    data["Spec"]["TaskTemplate"]["ContainerSpec"]["Env"].append("BY=hand")
    assert read_service(data).fingerprint != before
    assert at("scaled")[0].fingerprint != before


def test_the_variables_of_a_service_are_in_no_representation() -> None:
    assert at("serving")[0].variables["WHISPER"] == "canary-5d11aa"
    assert "canary-5d11aa" not in repr(at("serving")[0])


@pytest.mark.parametrize(("moment", "outcome"), [("run-complete", RunOutcome.DONE), ("run-failed", RunOutcome.FAILED)])
def test_a_command_that_runs_once_is_done_or_has_failed(moment: str, outcome: RunOutcome) -> None:
    found = judge_run(at(moment)[1], 1.0)
    assert (found.outcome, found.is_failure) == (outcome, outcome is RunOutcome.FAILED)
    assert found.task
    assert ("exit code 3" in found.found) is found.is_failure


def test_a_command_without_a_node_fails_and_one_that_starts_runs() -> None:
    assert judge_run((), LATER).outcome is RunOutcome.RUNNING
    assert judge_run(at("starting")[1], LATER).outcome is RunOutcome.RUNNING
    assert judge_run(at("pending")[1], 1.0).outcome is RunOutcome.RUNNING
    assert "no suitable node" in judge_run(at("pending")[1], LATER).found


@pytest.mark.parametrize(
    ("moment", "declared", "conditions"),
    [
        ("serving", 1, []),
        ("updated", 1, []),
        ("scaled", 2, []),
        ("scaled", 1, [SiteCondition.UNVERIFIED]),
        ("starting", 1, [SiteCondition.FAILED]),
        ("updating", 1, [SiteCondition.DEPLOYING]),
        ("update-pending", 1, [SiteCondition.DEPLOYING]),
        ("rolled-back", 1, [SiteCondition.UNVERIFIED]),
        ("pending", 1, [SiteCondition.FAILED]),
    ],
)
def test_status_says_what_is_wrong_with_the_tasks(moment: str, declared: int, conditions: list[SiteCondition]) -> None:
    found = find_task_faults(*at(moment), declared)
    assert [condition for condition, _ in found] == conditions
