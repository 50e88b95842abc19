"""Changes by hand on the platform: a preview shows them, one up repairs them."""

from tests.engine.fleet import MIRRORS, Fleet, silently
from tests.engine.project import updates
from tests.sandboxes import delete_variable, frozen_variables, set_variable


def test_what_was_changed_deleted_or_deployed_by_hand_is_shown_with_site_and_name_and_repaired(fleet: Fleet) -> None:
    """And variables of others are neither shown nor touched."""
    set_variable(fleet.sandbox, "acme-de", "test", "FOREIGN", "theirs")
    set_variable(fleet.sandbox, "acme-de", "test", "SITE_ID", "9")
    delete_variable(fleet.sandbox, "acme-fr", "test", "DEFAULT_STORAGE_DSN")
    set_variable(fleet.sandbox, "acme-ch", "test", "SITE_ID", "9")
    fleet.sandbox.deploy("acme-ch", "test", report=silently)
    set_variable(fleet.sandbox, "acme-ch", "test", "SITE_ID", "4")
    fleet.sandbox.clear_requests_log()

    shown = fleet.test.preview().succeeded()
    fleet.test.up().succeeded()

    assert updates(shown) == {
        "Mirror acme-de -SITE_ID (running)~SITE_ID",
        "Mirror acme-fr +DEFAULT_STORAGE_DSN-DEFAULT_STORAGE_DSN (running)",
        "Mirror acme-ch -SITE_ID (running)",
    }
    assert "FOREIGN" not in shown.text
    assert sorted(fleet.written()) == [
        ("PATCH", "acme-de", "SITE_ID"),
        ("POST", "acme-ch", ""),
        ("POST", "acme-fr", "DEFAULT_STORAGE_DSN"),
    ]
    variables = fleet.variables("acme-de", "test")
    assert (variables["SITE_ID"], variables["FOREIGN"]) == ("2", "theirs")
    assert "DEFAULT_STORAGE_DSN" in fleet.variables("acme-fr", "test")
    assert frozen_variables(fleet.sandbox, "acme-ch", "test")["SITE_ID"] == "4"
    assert fleet.test.has_no_changes()
    delete_variable(fleet.sandbox, "acme-de", "test", "FOREIGN")


def test_a_deployment_by_hand_without_a_variable_or_with_a_hidden_one_changed_is_repaired(fleet: Fleet) -> None:
    """The platform shows no sensitive value; what a deployment runs with, it does show."""
    declared = frozen_variables(fleet.sandbox, "acme-fr", "live")["DATABASE_URL"]
    delete_variable(fleet.sandbox, "acme-ch", "live", "MIRRORS_APPLICATION")
    set_variable(fleet.sandbox, "acme-fr", "live", "DATABASE_URL", "postgres://elsewhere.example:5432/other")
    for slug in ("acme-ch", "acme-fr"):
        fleet.sandbox.deploy(slug, "live", report=silently)

    try:
        shown = fleet.live.preview().succeeded()
        fleet.live.up().succeeded()

        told = updates(shown)
        assert {item for item in told if " acme-ch " in item} == {"Mirror acme-ch +MIRRORS_APPLICATION"}
        assert any(item.startswith("Mirror acme-fr -DATABASE_URL (running)") for item in told)
        assert frozen_variables(fleet.sandbox, "acme-ch", "live")["MIRRORS_APPLICATION"] == "acme-ch"
        assert frozen_variables(fleet.sandbox, "acme-fr", "live")["DATABASE_URL"] == declared
        assert fleet.live.has_no_changes()
    finally:
        set_variable(fleet.sandbox, "acme-fr", "live", "DATABASE_URL", declared)


def test_a_deployment_made_by_hand_with_the_declared_variables_is_no_drift(fleet: Fleet) -> None:
    fleet.sandbox.deploy("acme-de", "test", report=silently)

    assert fleet.test.has_no_changes()


def test_a_rotated_password_is_shown_for_each_mirror_and_deployed_by_one_up(fleet: Fleet) -> None:
    fleet.sandbox.rotate("acme", "test", report=silently)
    fleet.sandbox.deploy("acme", "test", report=silently)
    rotated = frozen_variables(fleet.sandbox, "acme", "test")["DATABASE_URL"]
    fleet.sandbox.clear_requests_log()

    shown = fleet.test.preview().succeeded()
    fleet.test.up().succeeded()

    assert updates(shown) >= {f"Mirror {slug} ~DATABASE_URL" for slug in MIRRORS}
    for slug in MIRRORS:
        assert fleet.written().count(("PATCH", slug, "DATABASE_URL")) == 1
        assert fleet.written().count(("POST", slug, "")) == 1
        assert frozen_variables(fleet.sandbox, slug, "test")["DATABASE_URL"] == rotated
    assert fleet.test.has_no_changes()
