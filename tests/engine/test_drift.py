"""Changes by hand on the platform: a preview shows them, one up repairs them."""

import pytest

from tests.engine.fleet import Fleet, silently
from tests.engine.project import updates
from tests.sandboxes import delete_variable, frozen_variables, set_variable


@pytest.mark.oldest
def test_what_was_changed_deleted_or_deployed_by_hand_is_shown_with_site_and_name_and_repaired(fleet: Fleet) -> None:
    """Variables of others are neither shown nor touched, and a deployment of what is declared is no drift."""
    set_variable(fleet.sandbox, "acme-de", "test", "FOREIGN", "theirs")
    set_variable(fleet.sandbox, "acme-de", "test", "SITE_ID", "9")
    delete_variable(fleet.sandbox, "acme-fr", "test", "DEFAULT_STORAGE_DSN")
    set_variable(fleet.sandbox, "acme-ch", "test", "SITE_ID", "9")
    fleet.sandbox.deploy("acme-ch", "test", report=silently)
    set_variable(fleet.sandbox, "acme-ch", "test", "SITE_ID", "4")
    fleet.sandbox.clear_requests_log()

    done = fleet.test.preview_and_up().succeeded()

    assert updates(done) == {
        "Mirror acme-de -SITE_ID (running)~SITE_ID",
        "Mirror acme-fr +DEFAULT_STORAGE_DSN-DEFAULT_STORAGE_DSN (running)",
        "Mirror acme-ch -SITE_ID (running)",
    }
    assert "FOREIGN" not in done.text
    assert sorted(fleet.written()) == [
        ("PATCH", "acme-de", "SITE_ID"),
        ("POST", "acme-ch", ""),
        ("POST", "acme-fr", "DEFAULT_STORAGE_DSN"),
    ]
    variables = fleet.variables("acme-de", "test")
    assert (variables["SITE_ID"], variables["FOREIGN"]) == ("2", "theirs")
    assert "DEFAULT_STORAGE_DSN" in fleet.variables("acme-fr", "test")
    assert frozen_variables(fleet.sandbox, "acme-ch", "test")["SITE_ID"] == "4"

    fleet.sandbox.deploy("acme-de", "test", report=silently)
    assert fleet.test.has_no_changes()


def test_a_deployment_by_hand_without_a_variable_or_with_a_hidden_one_changed_is_repaired(fleet: Fleet) -> None:
    """The platform shows no sensitive value; what a deployment runs with, it does show."""
    declared = frozen_variables(fleet.sandbox, "acme-fr", "live")["DATABASE_URL"]
    delete_variable(fleet.sandbox, "acme-ch", "live", "MIRRORS_APPLICATION")
    set_variable(fleet.sandbox, "acme-fr", "live", "DATABASE_URL", "postgres://elsewhere.example:5432/other")
    for slug in ("acme-ch", "acme-fr"):
        fleet.sandbox.deploy(slug, "live", report=silently)

    shown = updates(fleet.live.preview_and_up().succeeded())

    assert {item for item in shown if " acme-ch " in item} == {"Mirror acme-ch +MIRRORS_APPLICATION"}
    assert any(item.startswith("Mirror acme-fr -DATABASE_URL (running)") for item in shown)
    assert frozen_variables(fleet.sandbox, "acme-ch", "live")["MIRRORS_APPLICATION"] == "acme-ch"
    assert frozen_variables(fleet.sandbox, "acme-fr", "live")["DATABASE_URL"] == declared
    assert fleet.live.has_no_changes()
