"""The dynamic resources of a fleet in a swarm, beside a manager that answers what a real one has answered."""

import json
import time
from collections.abc import Iterator
from typing import Any, TypeVar

import pytest
from pulumi.dynamic import ConfigureRequest
from pulumi.dynamic.config import Config

from mirrors.docker.command_provider import RELEASE_LABEL, CommandProvider, release_digest
from mirrors.docker.provider import DockerProvider
from mirrors.docker.swarm.release import ServiceReleaseProvider
from mirrors.docker.swarm.serving import CHANGED_BY_HAND, ServiceServingProvider
from mirrors.errors import MirrorsError
from mirrors.pulumi_internals import mark_secret
from tests.docker.manager import Manager, Snapshot, recorded, swarm_manager
from tests.wire.provider import in_clear, serialised
from tools.docker_engine.images import ACME

Kind = TypeVar("Kind", bound=DockerProvider)

WHISPER = "canary-5d11aa"
"""A variable of the recorded service."""

# A pickle of protocol 4: the class by module and name. A change here is a change of every state that there is.
PINNED: dict[type[DockerProvider], str] = {
    ServiceServingProvider: (
        "gASVPgAAAAAAAACMHG1pcnJvcnMuZG9ja2VyLnN3YXJtLnNlcnZpbmeUjBZTZXJ2aWNlU2VydmluZ1Byb3ZpZGVylJOUKYGULg=="
    ),
    ServiceReleaseProvider: (
        "gASVPgAAAAAAAACMHG1pcnJvcnMuZG9ja2VyLnN3YXJtLnJlbGVhc2WUjBZTZXJ2aWNlUmVsZWFzZVByb3ZpZGVylJOUKYGULg=="
    ),
}
TIMEOUT = 30.0
WAIT = {
    "site": "acme-de (test)",
    "service": "any",
    "name": "acme_test_acme-de",
    "image": ACME,
    "replicas": 1,
    "timeout": TIMEOUT,
}
RUN = {
    "site": "acme (test)",
    "name": "acme_test__release",
    "image": ACME,
    "command": ["migrate"],
    "timeout": 30.0,
    "network": "net",
    "labels": {},
    "constraints": [],
    "environment": {"WHISPER": WHISPER},
}


@pytest.mark.parametrize("provider", PINNED, ids=lambda item: item.__name__)
def test_a_provider_is_stored_as_the_name_of_its_class(provider: type[DockerProvider]) -> None:
    assert serialised(provider()) == PINNED[provider]


@pytest.fixture
def manager() -> Iterator[Manager]:
    with swarm_manager() as found:
        yield found


def serving(manager: Manager) -> ServiceServingProvider:
    return configured(ServiceServingProvider(), manager)


def configured(provider: Kind, manager: Manager) -> Kind:
    provider.configure(ConfigureRequest(Config({"mirrors:docker": json.dumps({"host": manager.url})}, "any")))
    return provider


def wait(manager: Manager, revision: str, served: str | None = None, **more: Any) -> dict[str, Any]:
    inputs = {**WAIT, "revision": revision, **more}
    if served is None:
        return serving(manager).create(inputs).outs or {}
    return serving(manager).update("any", {**WAIT, "revision": served}, inputs).outs or {}


def log_of(snapshot: Snapshot, said: str) -> bytes:
    """Return what each task of a moment has printed, as the API shows it with details."""
    lines = [f"com.docker.swarm.task.id={task['ID']} {said}" for task in snapshot["tasks"]]
    return "\n".join([*lines, ""]).encode()


def test_a_service_is_waited_for_and_its_form_is_kept_as_a_secret(manager: Manager) -> None:
    manager.looks = [recorded("starting"), recorded("starting"), *[recorded("serving")] * 8]
    found = wait(manager, "aaaa")
    assert found["revision"] == mark_secret("aaaa")
    assert in_clear(found["form"])
    assert manager.requests == [], "it only looks"


def test_an_update_is_waited_for(manager: Manager) -> None:
    manager.looks = [recorded("updating"), recorded("updated")]
    wait(manager, "bbbb", served="aaaa")
    assert manager.requests == []


def test_a_task_that_ends_is_reported_within_seconds_with_its_log_and_no_secret(manager: Manager) -> None:
    failed = recorded("new-failed")
    manager.looks, manager.log = [recorded("starting"), failed], log_of(failed, f"it dies, with {WHISPER}")
    begun = time.monotonic()
    with pytest.raises(MirrorsError) as caught:
        wait(manager, "aaaa")
    assert time.monotonic() - begun < TIMEOUT / 3
    assert WHISPER not in str(caught.value)


def test_a_rollback_by_swarm_is_reported_and_not_taken_back(manager: Manager) -> None:
    back = recorded("rolled-back")
    manager.looks, manager.log = [recorded("task-failed"), back], log_of(back, f"it dies, with {WHISPER}")
    with pytest.raises(MirrorsError) as caught:
        wait(manager, "cccc", served="bbbb")
    [problem] = caught.value.problems
    assert problem.code == "service-rolled-back"
    assert "acme-de (test): Swarm went back to what it ran before" in problem.line
    assert "Its former tasks go on serving" in problem.line
    assert "it dies, with [secret]" in str(caught.value)
    assert WHISPER not in str(caught.value)
    assert manager.requests == []


def test_an_update_that_no_node_takes_is_taken_back_by_mirrors(manager: Manager) -> None:
    manager.looks, manager.after_update = [recorded("update-pending")], [recorded("taken-back")]
    with pytest.raises(MirrorsError) as caught:
        wait(manager, "eeee", served="bbbb", timeout=1.0)
    [problem] = caught.value.problems
    assert problem.code == "service-not-ready"
    assert "no suitable node" in problem.line
    assert "Its former tasks go on serving" in problem.line
    [(method, path, query)] = manager.requests
    assert (method, path) == ("POST", f"/services/{recorded('update-pending')['service']['ID']}/update")
    assert query["rollback"] == "previous"
    assert query["version"] == str(recorded("update-pending")["service"]["Version"]["Index"])


def test_a_new_service_is_left_as_it_is_with_its_log(manager: Manager) -> None:
    manager.looks = [recorded("pending")]
    with pytest.raises(MirrorsError, match=r"service-not-ready") as caught:
        wait(manager, "ffff", timeout=1.0)
    assert "It does not serve" in str(caught.value)
    assert manager.requests == []


def test_a_service_that_someone_removes_meanwhile_is_reported(manager: Manager) -> None:
    with pytest.raises(MirrorsError, match=r"service-missing"):
        wait(manager, "aaaa")


def test_a_read_says_which_revision_runs(manager: Manager) -> None:
    manager.looks = [recorded("updated")]
    stored = {**WAIT, "revision": "bbbb", "form": in_clear(wait(manager, "bbbb", served="aaaa")["form"])}

    def read(moment: str) -> Any:
        manager.looks = [recorded(moment)]
        found = serving(manager).read("any", dict(stored))
        assert found.inputs is not None
        return in_clear(found.inputs["revision"])

    assert read("updated") == "bbbb"
    assert read("rolled-back") == "bbbb"
    assert read("serving") == "aaaa", "a silent rollback to what was before"
    stored["revision"] = "aaaa"
    assert read("scaled") == CHANGED_BY_HAND


def test_a_command_runs_once_and_its_service_is_removed(manager: Manager) -> None:
    manager.looks = [recorded("run-complete")]
    manager.looks[0]["service"]["Spec"]["Labels"] = {}
    release(manager).create(dict(RUN))
    assert [method for method, _, _ in manager.requests] == ["DELETE", "POST", "DELETE"], "the left one went first"


def release(manager: Manager) -> CommandProvider:
    return configured(ServiceReleaseProvider(), manager)


def test_a_command_that_fails_is_reported_with_its_log_and_nothing_of_it_stays(manager: Manager) -> None:
    manager.looks = [recorded("run-failed")]
    manager.looks[0]["service"]["Spec"]["Labels"] = {}
    manager.log = log_of(recorded("run-failed"), f"no such table, with {WHISPER}")
    with pytest.raises(MirrorsError) as caught:
        release(manager).create(dict(RUN))
    [problem] = caught.value.problems
    assert problem.code == "release-command-failed"
    assert "acme (test): the command 'migrate': its task ended with exit code 3" in problem.line
    assert "no such table, with [secret]" in str(caught.value)
    assert manager.requests[-1][0] == "DELETE"


def test_a_run_of_the_same_release_that_an_earlier_update_left_counts(manager: Manager) -> None:
    left = recorded("run-complete")
    left["service"]["Spec"]["Labels"] = {RELEASE_LABEL: release_digest(RUN)}
    manager.looks = [left]
    release(manager).create(dict(RUN))
    assert [method for method, _, _ in manager.requests] == ["DELETE"]
