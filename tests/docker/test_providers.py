"""The dynamic resources of a fleet of containers, without a container."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from pulumi.dynamic import ConfigureRequest
from pulumi.dynamic.config import Config
from pulumi.output import UNKNOWN

from mirrors.docker.password import DatabasePasswordProvider
from mirrors.docker.release import ReleaseProvider
from mirrors.docker.role import CREATE_ROLE_SQL, DatabaseRoleProvider
from mirrors.docker.serving import ServingProvider
from mirrors.errors import MirrorsError
from mirrors.pulumi_internals import mark_secret
from mirrors.resources.provider import Provider
from tests.docker.host import Host, container, docker_host
from tests.wire.provider import serialised

WHISPER = "canary-04f5d1"
# A pickle of protocol 4: the class by module and name. A change here is a change of every state that there is.
PINNED = {
    DatabasePasswordProvider: (
        "gASVOwAAAAAAAACMF21pcnJvcnMuZG9ja2VyLnBhc3N3b3JklIwYRGF0YWJhc2VQYXNzd29yZFByb3ZpZGVylJOUKYGULg=="
    ),
    DatabaseRoleProvider: "gASVMwAAAAAAAACME21pcnJvcnMuZG9ja2VyLnJvbGWUjBREYXRhYmFzZVJvbGVQcm92aWRlcpSTlCmBlC4=",
    ReleaseProvider: "gASVMQAAAAAAAACMFm1pcnJvcnMuZG9ja2VyLnJlbGVhc2WUjA9SZWxlYXNlUHJvdmlkZXKUk5QpgZQu",
    ServingProvider: "gASVMQAAAAAAAACMFm1pcnJvcnMuZG9ja2VyLnNlcnZpbmeUjA9TZXJ2aW5nUHJvdmlkZXKUk5QpgZQu",
}
RUN = {
    "site": "acme (test)",
    "name": "acme.test_release",
    "image": "sha256:1",
    "command": ["migrate"],
    "timeout": 1800.0,
    "network": "acme.test",
    "labels": {},
    "volumes": {},
    "environment": {"DATABASE_URL": WHISPER},
}


@pytest.mark.parametrize("provider", PINNED, ids=lambda item: item.__name__)
def test_a_provider_is_stored_as_the_name_of_its_class(provider: type[Provider]) -> None:
    assert len(serialised(provider())) < 200
    assert serialised(provider()) == PINNED[provider]


def test_a_password_is_made_once_a_version_and_marked_as_a_secret() -> None:
    provider = DatabasePasswordProvider()
    made = [provider.create({"version": "1"}).outs or {} for _ in range(2)]
    values = [item["value"]["value"] for item in made]
    assert values[0] != values[1]
    assert all(len(value) >= 43 and value.replace("-", "").replace("_", "").isalnum() for value in values)
    assert made[0] == {"version": "1", "value": mark_secret(values[0])}
    assert provider.read("password", {"version": "1", "value": "x"}).outs == {"version": "1", "value": mark_secret("x")}


def test_no_quote_can_end_the_text_of_a_statement() -> None:
    """Names are checked by the configuration; of a password only such signs are made."""
    text = CREATE_ROLE_SQL.format(user="acme", name="acme", password="p-_9")
    assert text.count("'") % 2 == 0


def test_what_has_run_for_an_image_is_kept_and_marked_whatever_is_not_known_yet() -> None:
    news = {**RUN, "environment": UNKNOWN, "timeout": 5.0}
    checked = ReleaseProvider().check(dict(RUN), news)
    assert checked.inputs["environment"] == mark_secret({"DATABASE_URL": WHISPER})
    assert checked.inputs["timeout"] == 1800.0


@pytest.mark.parametrize("other", [{"image": "sha256:2"}, {"command": ["other"]}, {"told": {"DOMAIN": "x"}}])
def test_another_image_command_or_reason_runs_it_again(other: dict[str, Any]) -> None:
    news = {**RUN, "environment": {"DATABASE_URL": "new"}, **other}
    assert ReleaseProvider().check(dict(RUN), news).inputs == news


@pytest.fixture
def host() -> Iterator[Host]:
    with docker_host([container("acme-de", {"WHISPER": WHISPER, "STAGE": "test"})]) as found:
        found.log = f"before\nit ends, with {WHISPER}\n".encode()
        yield found


def state(status: str, health: str | None = None, **more: Any) -> dict[str, Any]:
    seen = {"Health": {"Status": health, "FailingStreak": more.pop("failing", 0), "Log": []}} if health else {}
    running, again = status in ("running", "restarting"), status == "restarting"
    return {"State": {"Status": status, "Running": running, "Restarting": again, "ExitCode": 0, **seen, **more}}


def watch(host: Host, timeout: float = 30.0) -> None:
    provider = ServingProvider()
    provider.configure(ConfigureRequest(Config({"mirrors:docker": json.dumps({"host": host.url})}, "any")))
    props = {
        "site": "acme-de (test)",
        "container": "acme.test.acme-de",
        "name": "acme.test.acme-de",
        "timeout": timeout,
    }
    provider.create(props)


def test_a_healthy_container_is_waited_for(host: Host) -> None:
    host.containers[0] |= state("running", "starting")
    host.later = [state("running", "starting"), state("running", "healthy")]
    watch(host)
    assert host.later == []


@pytest.mark.parametrize(
    ("ended", "reason"),
    [
        (state("exited", ExitCode=3), "acme-de (test): its container ended with exit code 3"),
        (state("restarting", ExitCode=1), "acme-de (test): its container ended with exit code 1"),
        (state("running", "starting"), "acme-de (test): its container ended. "),
        (state("exited", ExitCode=137, OOMKilled=True), "ended with exit code 137, out of memory"),
    ],
)
def test_one_that_ends_is_reported_at_once_with_its_log_and_no_secret(
    host: Host, ended: dict[str, Any], reason: str
) -> None:
    host.containers[0] |= state("running", "starting")
    host.later = [ended | {"RestartCount": 1}]
    with pytest.raises(MirrorsError) as caught:
        watch(host)
    assert reason in str(caught.value)
    assert "Its log ends:\nbefore\nit ends, with [secret]" in str(caught.value)
    assert WHISPER not in str(caught.value)


def test_what_had_happened_before_the_first_look_does_not_count(host: Host) -> None:
    host.containers[0] |= state("running", "unhealthy", failing=7) | {"RestartCount": 4}
    host.later = [state("running", "unhealthy", failing=8), state("running", "healthy")]
    watch(host)


def test_one_that_turns_unhealthy_is_reported(host: Host) -> None:
    host.containers[0] |= state("running", "starting")
    host.containers[0]["Config"]["Healthcheck"] = {"Retries": 2}
    host.later = [state("running", "unhealthy", failing=2)]
    with pytest.raises(MirrorsError, match="its container is unhealthy"):
        watch(host)


def test_one_that_is_never_healthy_is_reported_when_the_time_is_up(host: Host) -> None:
    host.containers[0] |= state("running", "starting")
    with pytest.raises(MirrorsError, match=r"was not healthy within 0\.6 s"):
        watch(host, timeout=0.6)


def test_one_that_someone_removes_meanwhile_is_reported(host: Host) -> None:
    host.containers.clear()
    with pytest.raises(MirrorsError, match="its container was removed before it was healthy"):
        watch(host)


def test_a_host_that_is_gone_is_reported_with_its_remedy() -> None:
    with docker_host() as gone:
        pass
    with pytest.raises(MirrorsError, match=r"does not answer.*Set\s+mirrors:docker.host, or DOCKER_HOST"):
        watch(gone)
