"""A site on a real platform, on which another user creates, changes, flags, deletes and deploys meanwhile."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from mirrors.planning.site_state import SiteState
from mirrors.planning.variable_entries import VariableEntry
from mirrors.planning.variables.names import DATABASE_URL, MIRRORS_APPLICATION, SITE_ID, SITE_VARIABLES
from tests.search import searching
from tests.wire.declared import Hint, hints, plain, secret
from tests.wire.kept import Kept
from tests.wire.platform import CANARY, SHARED, STAGE, Site
from tests.wire.provider import Refused

# After every single write, by any writer: the id that the environment has, and whether it has a database.
TABLE = "CREATE TABLE every_moment (environment TEXT, site_id TEXT, has_database INTEGER)"
WATCH = """
CREATE TRIGGER watch_{verb} AFTER {verb} ON sandbox_environmentvariable BEGIN
    INSERT INTO every_moment SELECT {row}.environment_id, max(CASE name WHEN 'SITE_ID' THEN value END),
        coalesce(max(name = 'DATABASE_URL'), 0)
    FROM sandbox_environmentvariable WHERE environment_id = {row}.environment_id;
END
"""
VERBS = {"INSERT": "NEW", "UPDATE": "NEW", "DELETE": "OLD"}

FAILS = """
INSERT INTO sandbox_fault (kind, method, path, probability, seed, remaining, asked, settings)
VALUES ('deployment-fails', '', ?, 1, 0, 1, 0, '{}')
"""

Stored = Mapping[str, tuple[str, bool]]

MAY_BE_DECLARED = st.sampled_from((*SHARED, "COLOUR", "LANGUAGE"))
ANY = st.sampled_from((SITE_ID, MIRRORS_APPLICATION, *SHARED, "COLOUR", "LANGUAGE", "FOREIGN"))
VALUE = st.sampled_from((f"{CANARY}-1", f"{CANARY}-2", f"{CANARY}-3"))
HINT = st.builds(plain, VALUE) | st.builds(secret, VALUE, sensitive=st.booleans())
CHANGES = st.dictionaries(MAY_BE_DECLARED, HINT | st.none(), max_size=2)
SITE_IDS = st.sampled_from(("2", "2", "3"))
WRITTEN = st.sampled_from((MIRRORS_APPLICATION, *SHARED, "COLOUR"))
OTHER = st.sampled_from((MIRRORS_APPLICATION, *SHARED, "COLOUR", "LANGUAGE", "FOREIGN"))
BEFORE_THE_DATABASE = st.sampled_from((SITE_ID, MIRRORS_APPLICATION, "COLOUR"))
DEED = st.none() | st.tuples(WRITTEN, OTHER, VALUE) | st.tuples(BEFORE_THE_DATABASE, st.just(SITE_ID), VALUE)
"""Another user's writes in the moment after Mirrors made a variable: (the one made, the one he writes, its value).

A SITE_ID only before Mirrors makes the database: a user who changes it later has broken the mirror himself.
"""


@pytest.fixture
def watched(site: Site) -> Iterator[Site]:
    site.platform.change(TABLE)
    for verb, row in VERBS.items():
        site.platform.change(WATCH.format(verb=verb, row=row))
    yield site
    for verb in VERBS:
        site.platform.change(f"DROP TRIGGER watch_{verb}")
    site.platform.change("DROP TABLE every_moment")


class Environment(RuleBasedStateMachine):
    """``kept``: the resource as the engine keeps it; ``found``: what was there before, None without a resource."""

    def __init__(self, kept: Kept, later: Kept, site: Site) -> None:
        super().__init__()
        self.kept, self.later, self.site = kept, later, site
        self.found: set[str] | None = None
        self.ledger: dict[str, bool] = {}
        self.declared: dict[str, Hint] = {name: secret(f"{CANARY}-0") for name in SHARED}
        self.site_id = "2"
        site.platform.change("DELETE FROM sandbox_environmentvariable WHERE environment_id = ?", site.environment)
        site.platform.change("DELETE FROM sandbox_deployment WHERE environment_id = ?", site.environment)
        self.begins_anew()

    def begins_anew(self) -> None:
        """The process goes on, where the engine's would have ended: it hears of a state in which nothing is set."""
        self.kept.wire.delete({"site": self.site.name, "environment": self.site.environment})

    @property
    def everything(self) -> dict[str, Hint]:
        return {SITE_ID: plain(self.site_id), MIRRORS_APPLICATION: plain(self.site.slug), **self.declared}

    def hints(self) -> dict[str, Any]:
        seen = {name: {"sensitive": sensitive} for name, (_, sensitive) in self.site.stored().items()}
        return hints(self.site, self.everything, found=self.ledger, observed=seen)

    def known(self) -> Mapping[str, VariableEntry]:
        """Return what the state has."""
        return SiteState.of(self.kept.outputs).is_set

    @initialize(there=st.dictionaries(ANY, HINT, max_size=4), changes=CHANGES)
    def somebody_was_here_before_us(self, there: Mapping[str, Hint], changes: Mapping[str, Hint | None]) -> None:
        for name, item in there.items():
            self.somebody_sets(name, item)
        self.update(changes, "2", False, None, False)

    @rule(name=ANY, item=HINT)
    def somebody_sets(self, name: str, item: Hint) -> None:
        self.site.by_hand(name, item["value"], sensitive=item["sensitive"])

    @rule(name=ANY)
    def somebody_deletes(self, name: str) -> None:
        self.site.deleted_by_hand(name)

    @rule(name=ANY, sensitive=st.booleans())
    def somebody_flags(self, name: str, sensitive: bool) -> None:
        if name in (there := self.site.stored()):
            self.site.by_hand(name, there[name][0], sensitive=sensitive)

    @rule()
    def somebody_deploys(self) -> None:
        self.site.deployed_by_hand()

    @rule()
    def refresh(self) -> None:
        if self.kept.id:
            before, deployments = self.site.stored(), self.site.deployments()
            self.kept.refresh()
            assert self.kept.id == self.site.environment
            assert (self.site.stored(), self.site.deployments()) == (before, deployments)

    @rule(changes=CHANGES, site_id=SITE_IDS, refreshed=st.booleans(), deed=DEED, fails=st.booleans())
    def update(
        self,
        changes: Mapping[str, Hint | None],
        site_id: str,
        refreshed: bool,
        deed: tuple[str, str, str] | None,
        fails: bool,
    ) -> None:
        """Also where the last one failed half way."""
        asked = {**self.declared, **changes}
        self.declared = {name: item for name, item in asked.items() if item is not None}
        self.site_id = site_id
        if refreshed:
            self.refresh()
        before, known, deployments = self.site.stored(), self.known(), self.site.deployments()
        self.was_there(before, known)
        refused = self.converge_beside(deed, fails=fails)
        started = self.site.deployments()[: -len(deployments) or None]
        self.keeps_its_promises(before, known, self.everything, deed)
        self.deploys_only_what_is_declared(started)
        if refused:
            self.is_refused_for(refused, before, deed, fails=fails)
        elif started:
            assert [self.kept.outputs["deployment"]] == started
            assert self.site.frozen(started[0]).items() >= self.values().items()
        if deed is None and not refused and self.moments():
            self.is_made(before)

    def was_there(self, before: Stored, known: Mapping[str, VariableEntry]) -> None:
        """Note what others had set before it was declared: it is theirs, too."""
        if self.found is None:
            self.found = set(before)
            self.ledger = {name: sensitive for name, (_, sensitive) in before.items()}
        elif self.kept.id:
            self.found |= before.keys() & self.everything.keys() - known.keys()

    def values(self) -> dict[str, str]:
        return {name: item["value"] for name, item in self.everything.items()}

    def converge_beside(self, deed: tuple[str, str, str] | None, *, fails: bool) -> str:
        """Update while another user writes. What it says where it failed, or nothing."""
        self.forget_moments()
        if deed:
            self.site.somebody_writes(deed[1], deed[2], after=deed[0])
        if fails:
            self.site.platform.change(FAILS, f"^{self.site.slug}/{STAGE}$")
        try:
            self.kept.up(self.hints())
        except Refused as refused:
            return str(refused)
        finally:
            self.site.platform.change("DELETE FROM another_writer")
            self.site.platform.change("DELETE FROM sandbox_fault")
        return ""

    def deploys_only_what_is_declared(self, started: Sequence[str]) -> None:
        """Compare what a read-back shows: the own id always, and all that is not hidden, unless another user writes."""
        assert len(started) <= 1
        for deployment in started:
            assert self.site.frozen(deployment)[SITE_ID] == self.site_id

    def is_refused_for(self, refused: str, before: Stored, deed: tuple[str, str, str] | None, *, fails: bool) -> None:
        """Assert the reason: a read-back, a deployment that failed, or one with a value that a user has hidden."""
        if "runs with other values than declared of: " in refused:
            names = refused.partition("declared of: ")[2].partition(". ")[0].split(", ")
            hidden = {name for name in before if before[name][1]} | ({deed[1]} if deed else set())
            assert set(names) <= hidden
        elif "failed; the site goes on" in refused:
            assert fails
        else:
            assert deed is not None
            assert f"does not have as declared: {deed[1]}. Nothing was deployed" in refused

    def is_made(self, before: Stored) -> None:
        """Assert that what is declared is there.

        A sensitive value that was there ``before`` may be another: it is not shown.
        """
        now = self.site.stored()
        for name, item in self.everything.items():
            hidden = name in before and before[name][1] and item["sensitive"]
            assert now[name] == (item["value"], item["sensitive"]) or (hidden and now[name][1])

    @rule()
    def destroy(self) -> None:
        if not self.kept.id or self.found is None:
            return
        before, known, found = self.site.stored(), self.known(), self.found
        self.forget_moments()
        self.kept.then(self.later).destroy()
        self.kept.forget()
        self.begins_anew()
        self.keeps_its_promises(before, known, {}, None)
        stays = set(SITE_VARIABLES) if DATABASE_URL in (after := self.site.stored()) else set()
        assert not set(after) & (known.keys() - found - stays)
        self.found = None

    def keeps_its_promises(
        self, before: Stored, known: Mapping[str, VariableEntry], declared: Mapping[str, Hint], deed: Any
    ) -> None:
        """``known``: what the state had; Mirrors may write only that and what is ``declared``."""
        after, found = self.site.stored(), self.found or set()
        theirs = {deed[1]: deed[2]} if deed else {}
        for name in before.keys() - declared.keys():
            assert name in after or (name in known and name not in found)
            if name in after:
                assert after[name] == before[name] or after[name][0] == theirs.get(name)
        assert before.keys() - after.keys() <= known.keys() - found - declared.keys()
        assert after.keys() - before.keys() <= declared.keys()
        self.is_always_safe(
            before, {self.site_id, *(item.value for name, item in known.items() if name == SITE_ID)}, theirs
        )

    def is_always_safe(self, before: Stored, own: set[str], theirs: Mapping[str, str]) -> None:
        """Once it is safe to run, it is so after each of Mirrors' writes: the database only beside an id of its own."""
        start = (before[SITE_ID][0] if SITE_ID in before else None, DATABASE_URL in before)
        moments = [not has_database or site_id in own for site_id, has_database in [start, *self.moments()]]
        if not (SITE_ID in theirs and DATABASE_URL in before):
            assert moments == sorted(moments), "safe, and then not any more"

    def moments(self) -> list[tuple[str, int]]:
        query = "SELECT site_id, has_database FROM every_moment WHERE environment = ? ORDER BY rowid"
        with self.site.platform.database() as connection:
            return connection.execute(query, (self.site.environment,)).fetchall()

    def forget_moments(self) -> None:
        self.site.platform.change("DELETE FROM every_moment")

    def teardown(self) -> None:
        """Left alone, refreshes and updates make what is declared and run it.

        Then there is nothing to do; then the mirror goes.

        Only the first deployment finds out about a hidden value that a user has set and not deployed.
        """
        before = self.site.stored()
        self.update({}, "2", True, None, False)
        self.update({}, "2", True, None, False)
        self.is_made(before)
        self.refresh()
        assert self.kept.preview(self.hints()) == []
        assert SiteState.of(self.kept.outputs).runs == self.known()
        assert self.site.frozen(self.kept.outputs["deployment"]).items() >= self.values().items()
        self.destroy()


def test_what_another_writes_in_between_stays_theirs_and_what_is_declared_is_made_and_runs(
    kept: Kept, later: Kept, watched: Site
) -> None:
    class Here(Environment):
        def __init__(self) -> None:
            kept.forget()
            super().__init__(kept, later, watched)

    run_state_machine_as_test(Here, settings=searching(40, steps=12))
