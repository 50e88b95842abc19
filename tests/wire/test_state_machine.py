"""``EnvironmentVariables`` on a real platform, on which somebody else creates, changes, flags and deletes meanwhile."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from mirrors.planning.names import DATABASE_URL, MIRRORS_APPLICATION, OWN, SITE_ID
from mirrors.resources.environment_variables import EnvironmentVariablesProvider
from tests.search import searching
from tests.wire.conftest import Drive
from tests.wire.platform import CANARY, SHARED, Site
from tests.wire.provider import Refused, Wire, in_clear

# After every single write, whoever made it: the id that the environment has, and whether it has a database.
TABLE = "CREATE TABLE every_moment (environment TEXT, site_id TEXT, has_database INTEGER)"
WATCH = """
CREATE TRIGGER watch_{verb} AFTER {verb} ON sandbox_environmentvariable BEGIN
    INSERT INTO every_moment SELECT {row}.environment_id, max(CASE name WHEN 'SITE_ID' THEN value END),
        coalesce(max(name = 'DATABASE_URL'), 0)
    FROM sandbox_environmentvariable WHERE environment_id = {row}.environment_id;
END
"""
VERBS = {"INSERT": "NEW", "UPDATE": "NEW", "DELETE": "OLD"}

Entry = dict[str, Any]
Stored = Mapping[str, tuple[str, bool]]

MAY_BE_DECLARED = st.sampled_from((*SHARED, "COLOUR", "LANGUAGE"))
ANY = st.sampled_from((SITE_ID, MIRRORS_APPLICATION, *SHARED, "COLOUR", "LANGUAGE", "FOREIGN"))
VALUE = st.sampled_from((f"{CANARY}-1", f"{CANARY}-2", f"{CANARY}-3"))
ENTRY = st.fixed_dictionaries({"value": VALUE, "sensitive": st.booleans()})
CHANGES = st.dictionaries(MAY_BE_DECLARED, ENTRY | st.none(), max_size=2)
SITE_IDS = st.sampled_from(("2", "2", "3"))
WRITTEN = st.sampled_from((MIRRORS_APPLICATION, *SHARED, "COLOUR"))
OTHER = st.sampled_from((MIRRORS_APPLICATION, *SHARED, "COLOUR", "LANGUAGE", "FOREIGN"))
BEFORE_THE_DATABASE = st.sampled_from((SITE_ID, MIRRORS_APPLICATION, "COLOUR"))
DEED = st.none() | st.tuples(WRITTEN, OTHER, VALUE) | st.tuples(BEFORE_THE_DATABASE, st.just(SITE_ID), VALUE)
"""What somebody else writes in the moment after we made a variable: (which we made, which he writes, its value). A
SITE_ID only before we make the database: whoever changes it later has broken the mirror himself."""


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
    """``state``: the resource's inputs as the engine keeps them, None where there is none; ``found``: the mirror's."""

    def __init__(self, wire: Wire, later: Wire, site: Site) -> None:
        super().__init__()
        self.wire, self.later, self.site = wire, later, site
        self.state: dict[str, Any] | None = None
        self.found: dict[str, Any] | None = None
        self.declared: dict[str, Entry] = {name: self.entry(f"{CANARY}-0", sensitive=True) for name in SHARED}
        self.site_id = "2"
        site.platform.change("DELETE FROM sandbox_environmentvariable WHERE environment_id = ?", site.environment)

    @staticmethod
    def entry(value: str, *, sensitive: bool = False) -> Entry:
        return {"value": value, "sensitive": sensitive}

    @property
    def everything(self) -> dict[str, Entry]:
        own = {SITE_ID: self.entry(self.site_id), MIRRORS_APPLICATION: self.entry(self.site.slug)}
        return {**own, **self.declared}

    def inputs(self) -> dict[str, Any]:
        where = {"site": self.site.name, "environment": self.site.environment, "secrets": sorted(self.declared)}
        seen = {"found": self.found, "observed": self.observed()}
        return where | seen | EnvironmentVariablesProvider.flattened(self.everything)

    def observed(self) -> dict[str, Any]:
        return {name: {"sensitive": sensitive} for name, (_, sensitive) in self.site.stored().items()}

    def known(self) -> dict[str, Entry]:
        """What the state has."""
        return EnvironmentVariablesProvider.variables_in(self.state or {})

    @initialize(there=st.dictionaries(ANY, ENTRY, max_size=4), changes=CHANGES)
    def somebody_was_here_before_us(self, there: Mapping[str, Entry], changes: Mapping[str, Entry | None]) -> None:
        for name, entry in there.items():
            self.somebody_sets(name, entry)
        self.update(changes, "2", False, None)

    @rule(name=ANY, entry=ENTRY)
    def somebody_sets(self, name: str, entry: Entry) -> None:
        self.site.by_hand(name, entry["value"], sensitive=entry["sensitive"])

    @rule(name=ANY)
    def somebody_deletes(self, name: str) -> None:
        self.site.deleted_by_hand(name)

    @rule(name=ANY, sensitive=st.booleans())
    def somebody_flags(self, name: str, sensitive: bool) -> None:
        if name in (stored := self.site.stored()):
            self.site.by_hand(name, stored[name][0], sensitive=sensitive)

    @rule()
    def refresh(self) -> None:
        if self.state is not None:
            before = self.site.stored()
            id_, _, inputs = self.wire.read(self.state, self.site.environment)
            assert id_ == self.site.environment
            assert self.site.stored() == before
            self.state = in_clear(inputs)

    @rule(changes=CHANGES, site_id=SITE_IDS, refreshed=st.booleans(), deed=DEED)
    def update(
        self, changes: Mapping[str, Entry | None], site_id: str, refreshed: bool, deed: tuple[str, str, str] | None
    ) -> None:
        """Also where the last one failed half way: then the state is what it was before."""
        asked = {**self.declared, **changes}
        self.declared = {name: entry for name, entry in asked.items() if entry is not None}
        self.site_id = site_id
        if refreshed:
            self.refresh()
        before, known = self.site.stored(), self.known()
        if self.found is None:
            self.found = self.observed()
        elif self.state is not None:
            # What somebody had set before it was declared is theirs, too.
            self.found = self.found | {name: {} for name in before.keys() & self.everything.keys() - known.keys()}
        refused = self.converge_beside(deed)
        self.keeps_its_promises(before, known, self.everything, deed)
        if refused:
            assert deed is not None
            assert f"does not have as declared: {deed[1]}. Nothing was deployed" in refused
        elif deed is None and self.moments():
            self.is_made(before)

    def converge_beside(self, deed: tuple[str, str, str] | None) -> str:
        """Updates while somebody else writes. What it says where that was noticed, or nothing."""
        self.forget_moments()
        if deed:
            self.site.somebody_writes(deed[1], deed[2], after=deed[0])
        try:
            self.converge()
        except Refused as refused:
            return str(refused)
        finally:
            self.site.platform.change("DELETE FROM another_writer")
        return ""

    def is_made(self, before: Stored) -> None:
        """What is declared is there. A sensitive value that was there ``before`` may be another: it is not shown."""
        stored = self.site.stored()
        for name, entry in self.everything.items():
            hidden = name in before and before[name][1] and entry["sensitive"]
            assert stored[name] == (entry["value"], entry["sensitive"]) or (hidden and stored[name][1])

    def checked(self) -> dict[str, Any]:
        inputs, failures = self.wire.check(self.state or {}, self.inputs())
        assert failures == []
        return inputs

    def converge(self) -> None:
        """What the engine does: a resource that is new is created, one whose inputs differ is updated."""
        checked = self.checked()
        if self.state is None:
            _, self.state = self.wire.create(checked)
        elif checked != self.state:
            self.state = self.wire.update(self.state, checked)

    @rule()
    def destroy(self) -> None:
        if self.state is None or self.found is None:
            return
        before, known, found = self.site.stored(), self.known(), self.found
        self.forget_moments()
        self.later.delete(self.state)
        self.keeps_its_promises(before, known, {}, None)
        stays = set(OWN) if DATABASE_URL in (after := self.site.stored()) else set()
        assert not set(after) & (known.keys() - found.keys() - stays)
        self.state = self.found = None

    def keeps_its_promises(
        self, before: Stored, known: Mapping[str, Entry], declared: Mapping[str, Entry], deed: Any
    ) -> None:
        """``known``: what the state had; only that and what is ``declared`` is ours to write."""
        after, found = self.site.stored(), self.found or {}
        theirs = {deed[1]: deed[2]} if deed else {}
        for name in before.keys() - declared.keys():
            assert name in after or (name in known and name not in found)
            if name in after:
                assert after[name] == before[name] or after[name][0] == theirs.get(name)
        assert before.keys() - after.keys() <= known.keys() - found.keys() - declared.keys()
        assert after.keys() - before.keys() <= declared.keys()
        self.is_always_safe(
            before, {self.site_id, *(known[name]["value"] for name in known if name == SITE_ID)}, theirs
        )

    def is_always_safe(self, before: Stored, own: set[str], theirs: Mapping[str, str]) -> None:
        """Once it is safe to run, it is so after each of our writes: the database only beside an id of its own."""
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
        """Left alone, a refresh and an update make what is declared, another one has nothing to do, and then we go."""
        before = self.site.stored()
        self.update({}, "2", True, None)
        self.is_made(before)
        self.refresh()
        assert self.checked() == self.state
        self.destroy()


def test_whoever_writes_in_between_what_is_theirs_stays_theirs_and_what_is_declared_is_made(
    drive: Drive, drive_later: Drive, watched: Site
) -> None:
    class Here(Environment):
        def __init__(self) -> None:
            provider = EnvironmentVariablesProvider()
            super().__init__(drive(provider), drive_later(provider), watched)

    run_state_machine_as_test(Here, settings=searching(40, steps=12))
