"""An ``up`` that fails at a site: one error, and the next ``up`` goes on from what is there."""

import json
from typing import Any

import pytest

from tests.engine.fleet import MANAGED, MIRRORS, Fleet
from tests.engine.project import Change, errors
from tests.sandboxes import deployment_log, environment_of, frozen_variables, get, set_variable


def greeting(word: str) -> Change:
    return lambda config: config["mirrors:fleet"]["value"].update(variables={"GREETING": word})


@pytest.mark.oldest
def test_a_failed_deployment_is_one_error_with_the_end_of_its_log_and_the_next_up_converges(fleet: Fleet) -> None:
    with fleet.project.configured(greeting("hello")):
        with fleet.fault("deployment-fails", path="^acme-fr/test$", remaining=1):
            failed = fleet.test.up().failed()

        only = [line for line in errors(failed) if line != "update failed"]
        assert [line.partition(": deployment ")[0] for line in only] == ["acme-fr (test)"]
        assert deployment_log(fleet.sandbox, "acme-fr", "test").splitlines()[-1] in failed.text
        assert "GREETING" not in frozen_variables_of_what_serves(fleet, "acme-fr")
        for slug in ("acme-de", "acme-ch"):
            assert frozen_variables(fleet.sandbox, slug, "test")["GREETING"] == "hello"
        code, rows = fleet.test.status()
        assert (code, rows["acme-fr"]["state"], rows["acme-de"]["state"]) == (2, "failed", "converged")

        fleet.test.up().succeeded()
        assert frozen_variables(fleet.sandbox, "acme-fr", "test")["GREETING"] == "hello"
        taken_back_after_a_failure(fleet)

    fleet.test.update().succeeded()
    for slug in MIRRORS:
        assert fleet.variables(slug, "test").keys() == MANAGED
        assert "GREETING" not in frozen_variables(fleet.sandbox, slug, "test")


def taken_back_after_a_failure(fleet: Fleet) -> None:
    """The site has never stopped running what is declared again, so no up deploys it, and status is content."""
    with (
        fleet.project.configured(greeting("goodbye")),
        fleet.fault("deployment-fails", path="^acme-fr/test$", remaining=1),
    ):
        fleet.test.update("--target", "**::acme", "--target", "**::acme-fr").failed()
    fleet.sandbox.clear_requests_log()
    fleet.test.up().succeeded()
    assert fleet.written() == [("PATCH", "acme-fr", "GREETING")]
    assert fleet.test.has_no_changes()
    code, rows = fleet.test.status()
    assert (code, rows["acme-fr"]["state"]) == (0, "converged")


@pytest.mark.oldest
def test_what_an_up_has_written_before_it_failed_stays_mirrors_own_and_what_was_there_does_not_go(fleet: Fleet) -> None:
    """The platform takes the first variable and not the second, which a user has set as a sensitive one."""
    set_variable(fleet.sandbox, "acme-de", "test", "Z_THEIRS", "theirs", is_sensitive=True)
    fidelity = fleet.sandbox.state / "fidelity.json"
    fidelity.write_text(json.dumps({"sensitive_turned_off": "refused"}), encoding="utf-8")
    first = {"application": "acme-de", "variables": {"A_FIRST": "x", "Z_THEIRS": "y"}}
    with fleet.with_mirrors(first, *MIRRORS[1:]):
        failed = fleet.test.update().failed()
    assert "acme-de (test): the platform refuses Z_THEIRS: PATCH /apps/v3/environment-variables/" in failed.text
    assert fleet.variables("acme-de", "test")["A_FIRST"] == "x"

    fleet.test.up().succeeded()
    assert fleet.variables("acme-de", "test").keys() == {*MANAGED, "Z_THEIRS"}
    code, rows = fleet.test.status()
    assert (code, rows["acme-de"]["state"], rows["acme-de"]["foreign"]) == (0, "converged", ["Z_THEIRS"])


def frozen_variables_of_what_serves(fleet: Fleet, slug: str) -> dict[str, Any]:
    """Return those of the newest deployment that succeeded."""
    owner = environment_of(fleet.sandbox, slug, "test")
    listed = get(fleet.sandbox, "deployments/", environment=owner)["results"]
    newest = next(item for item in listed if item["success"])
    shown = get(fleet.sandbox, f"deployments/{newest['uuid']}/environment-variables/")
    return dict(shown["environment_variables"])
