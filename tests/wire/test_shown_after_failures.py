"""A site that an attempt has left half done, after a refresh, a replacement and a leaving."""

import json
from pathlib import Path

import pytest

from tests.wire.declared import mirror, observed, plain, secret
from tests.wire.kept import Kept
from tests.wire.platform import CANARY, Site
from tests.wire.provider import Refused, in_clear

OMITS = json.dumps({"sensitive_values_in_frozen_variables": "hidden", "hidden_frozen_value": "absent"})
REFUSED = {"my-var": plain("x")}
"""A name that the platform does not take, so that an attempt ends behind its other writes."""

ID_IS_LOST = """
CREATE TRIGGER id_is_lost AFTER INSERT ON sandbox_environmentvariable
WHEN NEW.environment_id = '{0}' AND NEW.name = 'DATABASE_URL' BEGIN
    DELETE FROM sandbox_environmentvariable WHERE environment_id = '{0}' AND name = 'SITE_ID';
    INSERT INTO another_writer VALUES ('{0}', 'SITE_ID', 'SITE_ID', NULL);
END"""


def test_a_secret_that_was_deployed_by_hand_is_in_no_state_once_it_is_shown(
    kept: Kept, later: Kept, site: Site
) -> None:
    kept.up(mirror(site, X=plain("1")))
    site.by_hand("X", CANARY, sensitive=True)
    site.deployed_by_hand()
    site.by_hand("X", "1", sensitive=False)

    kept.then(later).refresh()

    assert CANARY not in json.dumps(later.outputs)


def test_a_plain_variable_that_becomes_an_unflagged_secret_is_in_no_state_after_a_failure(
    kept: Kept, later: Kept, site: Site
) -> None:
    kept.up(mirror(site, X=plain("1")))
    with pytest.raises(Refused):
        kept.up(mirror(site, X=secret(CANARY, sensitive=False), **REFUSED))

    kept.then(later).refresh()

    assert CANARY not in json.dumps(later.outputs)


def test_a_platform_that_leaves_hidden_values_out_shows_a_secret_that_is_not_flagged(
    kept: Kept, site: Site, switches: Path
) -> None:
    switches.write_text(OMITS)

    kept.up(mirror(site, X=secret(CANARY, sensitive=False)))

    assert kept.outputs["deployment"]


def test_what_mirrors_made_stays_mirrors_own_where_a_replacement_fails(kept: Kept, later: Kept, site: Site) -> None:
    kept.up(mirror(site, OWN=plain("1")))
    replaced = kept.then(later)
    declared = mirror(site, OWN=plain("1"), NEW=plain("x"))
    more = mirror(site, OWN=plain("1"), NEW=plain("x"), **REFUSED)
    inputs, _ = replaced.wire.check({}, more | observed(site))
    replaced.wire.delete(replaced.outputs)
    with pytest.raises(Refused) as refused:
        replaced.wire.create(in_clear(inputs))
    assert refused.value.kept is not None
    replaced.inputs, replaced.outputs, replaced.unfinished = in_clear(inputs), in_clear(refused.value.kept), True

    replaced.up(declared | observed(site))

    assert "found" not in replaced.outputs


@pytest.mark.parametrize("rollout", ["paused", "held"])
def test_a_site_that_is_held_or_paused_keeps_everything_where_it_is_replaced(
    kept: Kept, later: Kept, site: Site, rollout: str
) -> None:
    kept.up(mirror(site, EXTRA=plain("x")))
    replaced = kept.then(later)
    site.forget_requests()

    replaced.wire.check({}, {**mirror(site), "rollout": rollout})
    replaced.wire.delete(replaced.outputs)

    assert site.writes() == []


def test_a_database_that_mirrors_made_and_removed_again_is_not_mirrors_own(kept: Kept, site: Site) -> None:
    site.platform.change(ID_IS_LOST.format(site.environment))
    try:
        with pytest.raises(Refused, match="was removed again"):
            kept.up(mirror(site))
    finally:
        site.platform.change("DROP TRIGGER id_is_lost")

    assert "DATABASE_URL" not in site.stored()
    assert "DATABASE_URL" not in kept.outputs
