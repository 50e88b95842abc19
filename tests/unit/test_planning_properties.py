"""SITE_IDs under any sequence of what can be done to a fleet: unique, stable, and never another site's."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from mirrors.planning.site_ids.allocate import allocate
from mirrors.planning.site_ids.facts import (
    AllocationRequest,
    IdHolder,
    Ledger,
    ReferenceStack,
    SiteFacts,
    UndeclaredSite,
)
from tests.search import searching

ORIGINAL = "u-acme"
MIRRORS = ("u-a", "u-b", "u-c", "u-d", "u-e")
MIRROR = st.sampled_from(MIRRORS)
SITE = st.sampled_from((ORIGINAL, *MIRRORS))
ID = st.integers(-2, 9)
"""An id, or, from 0 down, one above the highest so far: see ``Fleet.at``."""
PERHAPS_ID = st.none() | ID
LISTS = st.sampled_from(("retired", "reserved", "release"))


@dataclass(frozen=True)
class World:
    """The declaration, and what is found on the platform. Sites are application uuids; ``running``: their SITE_IDs.

    ``hidden``: others whose id no one can read; ``answered``: what a user says that they have. ``used``: (site,
    SITE_ID) of all that has run.
    """

    order: tuple[str, ...] = ()
    names: Mapping[str, str] = field(default_factory=lambda: {uuid: uuid.removeprefix("u-") for uuid in MIRRORS})
    formerly: Mapping[str, str] = field(default_factory=dict)
    declared: Mapping[str, int] = field(default_factory=dict)
    running: Mapping[str, int] = field(default_factory=dict)
    others: Mapping[str, int] = field(default_factory=dict)
    hidden: frozenset[str] = frozenset()
    answered: Mapping[str, int] = field(default_factory=dict)
    used: frozenset[tuple[str, int]] = frozenset()
    retired: frozenset[int] = frozenset()
    reserved: frozenset[int] = frozenset()
    release: frozenset[int] = frozenset()

    @property
    def neighbours(self) -> dict[str, int]:
        left = {self.names[uuid]: site_id for uuid, site_id in self.running.items() if uuid not in self.sites}
        return left | dict(self.others)

    @property
    def shown(self) -> dict[str, int]:
        return {slug: site_id for slug, site_id in self.neighbours.items() if slug not in self.hidden}

    @property
    def kept_free(self) -> frozenset[int]:
        return self.reserved | frozenset(self.answered.values())

    @property
    def sites(self) -> tuple[str, ...]:
        return (ORIGINAL, *self.order)

    def request(self, running: Mapping[str, int] | None = None, **more: Any) -> AllocationRequest:
        here = self.running if running is None else running
        sites = tuple(
            SiteFacts(
                uuid,
                self.names.get(uuid, "acme"),
                is_original=uuid == ORIGINAL,
                declared=self.declared.get(uuid),
                observed=here.get(uuid),
                formerly=self.formerly.get(uuid),
                deployed_ids=None
                if running is not None
                else tuple(site_id for who, site_id in self.used if who == uuid),
            )
            for uuid in self.sites
        )
        others = self.neighbours.items() if running is None else ()
        neighbours = {
            slug: UndeclaredSite(has_hidden_id=True) if slug in self.hidden else UndeclaredSite((site_id,))
            for slug, site_id in others
        }
        listed = {uuid: slug for uuid, slug in self.names.items() if uuid not in self.sites}
        known = {"reserved_for": self.answered, "undeclared_applications": listed, **more}
        return AllocationRequest(sites, self.retired, self.reserved, self.release, neighbours, **known)


def ids(ledger: Ledger) -> dict[str, int]:
    return {uuid: site_id for uuid, (_, site_id) in ledger.assignments.items()}


def without(mapping: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in mapping.items() if name != key}


class Fleet(RuleBasedStateMachine):
    """Test, which gives ids, and Live, which follows it. A change that is refused is withdrawn.

    ``owner``: the site that has an id or had it, as long as it is not released; ``highest`` of all that was ever seen.
    """

    def __init__(self) -> None:
        super().__init__()
        self.world, self.ledger, self.live = World(), Ledger(), Ledger()
        self.live_running: Mapping[str, int] = {}
        self.owner: dict[int, str] = {}
        self.highest = 0
        assert self.up()

    def up(self, **changes: Any) -> bool:
        """Update Test with a change, and return whether it was accepted."""
        world, before = replace(self.world, **changes), copy.deepcopy(self.ledger)
        allocation = allocate(self.ledger, world.request())
        assert self.ledger == before
        if allocation.problems:
            again = allocate(before, self.world.request())
            assert (again.problems, again.ledger) == ((), before)
            return False
        self.accepted(world, before, allocation.ledger)
        self.world = replace(world, running=dict(world.running) | ids(allocation.ledger))
        self.ledger = allocation.ledger
        repeated = allocate(self.ledger, self.world.request())
        assert (repeated.problems, repeated.ledger) == ((), self.ledger)
        return True

    def at(self, number: int | None) -> int | None:
        return self.highest + 1 - number if number is not None and number <= 0 else number

    def set_in(self, mapping: Mapping[str, int], key: str, number: int | None) -> dict[str, int]:
        """With the id, or without any where there is no number."""
        rest, site_id = without(mapping, key), self.at(number)
        return rest if site_id is None else {**rest, key: site_id}

    def accepted(self, world: World, before: Ledger, after: Ledger) -> None:
        now, had = ids(after), ids(before)
        assert set(now) == set(world.sites)
        assert len(set(now.values())) == len(now)
        fresh = {site_id for uuid, site_id in now.items() if had.get(uuid) != site_id}
        assert not set(now.values()) & {*after.retired, *world.kept_free, *world.shown.values()}
        assert not fresh & {*world.neighbours.values()}, "also of those that no reader knows"
        for uuid, site_id in now.items():
            if uuid in had and world.declared.get(uuid) is None:
                unused = had[uuid] in world.kept_free and (uuid, had[uuid]) not in world.used
                assert site_id == had[uuid] or unused
            assert self.owner.get(site_id, uuid) == uuid or site_id in world.release
            if uuid not in had and not world.declared.get(uuid) and not world.running.get(uuid) and uuid != ORIGINAL:
                self.numbered(world, uuid, site_id)
        self.remember(world, now)
        for site_id, uuid in self.owner.items():
            assert now.get(uuid) == site_id or after.retired[site_id].application_id in (uuid, "")

    def numbered(self, world: World, uuid: str, site_id: int) -> None:
        """Its own id of earlier, or the one above everything that was ever seen."""
        own = {had for had, who in self.owner.items() if who == uuid and had not in world.release}
        beside = {*world.kept_free, *world.release, *world.retired, *world.shown.values()}
        assert site_id in own if own else site_id == max((self.highest, *beside)) + 1

    def remember(self, world: World, now: Mapping[str, int]) -> None:
        self.owner |= {site_id: "" for site_id in world.retired if site_id not in self.owner}
        self.owner |= {site_id: uuid for uuid, site_id in now.items()}
        freed = world.release - set(now.values())
        self.owner = {site_id: uuid for site_id, uuid in self.owner.items() if site_id not in freed}
        seen = (*now.values(), *world.retired, *world.kept_free, *world.release, *world.shown.values())
        self.highest = max((self.highest, *seen))

    @rule(uuid=MIRROR, place=st.integers(0, 5), declared=PERHAPS_ID, running=PERHAPS_ID, edited=st.none() | SITE)
    def add_or_return(
        self, uuid: str, place: int, declared: int | None, running: int | None, edited: str | None
    ) -> None:
        """A mirror that was here before has what it was left with. ``edited``: a site with drift at the same time."""
        if uuid in self.world.order:
            return
        order = [*self.world.order]
        order.insert(place, uuid)
        found = self.set_in(self.world.running, uuid, running) if running is not None else self.world.running
        if edited in self.world.sites:
            found = self.set_in(found, str(edited), -7)
        self.up(order=tuple(order), declared=self.set_in(self.world.declared, uuid, declared), running=found)

    @rule(uuid=MIRROR, cleaned=st.booleans())
    def remove(self, uuid: str, cleaned: bool) -> None:
        order = tuple(item for item in self.world.order if item != uuid)
        running = without(self.world.running, uuid) if cleaned else self.world.running
        left = {"declared": without(self.world.declared, uuid), "formerly": without(self.world.formerly, uuid)}
        assert self.up(order=order, running=running, **left) or not cleaned

    @rule(chance=st.randoms(use_true_random=False))
    def reorder(self, chance: Any) -> None:
        before, order = ids(self.ledger), list(self.world.order)
        chance.shuffle(order)
        assert self.up(order=tuple(order))
        assert ids(self.ledger) == before

    @rule(uuid=MIRROR, name=st.sampled_from(("x", "y", "z")))
    def rename(self, uuid: str, name: str) -> None:
        before = self.world.names[uuid]
        if name in self.world.names.values():
            return
        names = dict(self.world.names) | {uuid: name}
        if uuid in self.world.order:
            assert not self.up(names=names, formerly=without(self.world.formerly, uuid))
        assert self.up(names=names, formerly=dict(self.world.formerly) | {uuid: before})

    @rule(uuid=SITE, site_id=PERHAPS_ID)
    def declare(self, uuid: str, site_id: int | None) -> None:
        if uuid in self.world.sites:
            assert self.up(declared=self.set_in(self.world.declared, uuid, site_id)) or site_id is not None

    @rule(site_id=ID, what=LISTS)
    def retire_reserve_or_release(self, site_id: int, what: str) -> None:
        self.up(**{what: getattr(self.world, what) | {self.at(site_id)}})

    @rule(what=LISTS)
    def empty_a_list(self, what: str) -> None:
        """A retired id stays so; a released one may have been given since and is retired with its new owner."""
        assert self.up(**{what: frozenset()})

    @rule(name=st.sampled_from(("bolt", "nut")), site_id=PERHAPS_ID)
    def somebody_else_comes_or_goes(self, name: str, site_id: int | None) -> None:
        if name in self.world.hidden and site_id is not None:
            return  # the answer would no longer be true, and nothing shows that
        self.up(others=self.set_in(self.world.others, name, site_id))

    @rule(name=st.sampled_from(("bolt", "nut")), site_id=ID)
    def somebody_else_hides_an_id(self, name: str, site_id: int) -> None:
        """Nothing is given beside it before a user says which one it is."""
        there = self.at(site_id)
        if there is None or there in ids(self.ledger).values():
            return
        hides = {"others": dict(self.world.others) | {name: there}, "hidden": self.world.hidden | {name}}
        missing = next((uuid for uuid in MIRRORS if uuid not in self.world.order), None)
        if missing is not None and name not in self.world.answered:
            assert not self.up(order=(*self.world.order, missing), **hides)
        self.up(**hides, answered=dict(self.world.answered) | {name: there})

    @rule(uuid=MIRROR)
    def it_runs(self, uuid: str) -> None:
        if uuid in self.world.order:
            self.world = replace(self.world, used=self.world.used | {(uuid, ids(self.ledger)[uuid])})

    @rule(uuid=MIRROR)
    def its_id_turns_out_to_be_somebodys(self, uuid: str) -> None:
        """One that never ran with it gets another. For one that did that is a problem, and it keeps its id."""
        if uuid not in self.world.order or self.world.declared.get(uuid):
            return
        before = ids(self.ledger)[uuid]
        moved = self.up(reserved=self.world.reserved | {before})
        assert not (moved and (uuid, before) in self.world.used)
        assert (ids(self.ledger)[uuid] != before) == moved

    @rule()
    def the_state_is_lost(self) -> None:
        """Nothing is given before a user says how high the ids went, and then no site gets one of earlier."""
        new = next((uuid for uuid in MIRRORS if uuid not in self.world.order and uuid not in self.world.running), None)
        if new is None or not self.world.order:
            return
        order = (*self.world.order, new)
        found = replace(self.world, order=order, declared=without(self.world.declared, new)).request()
        managed = [replace(site, has_owner=site.application_id in self.world.order) for site in found.sites]
        lost = replace(found, sites=tuple(managed))
        assert allocate(Ledger(), lost).problems
        begun = allocate(Ledger(), replace(lost, declared_highest=self.highest))
        if not begun.problems:
            assert ids(begun.ledger)[new] > self.highest

    @rule(old=MIRROR, new=MIRROR, name=st.sampled_from(("x", "y", "z")))
    def another_application_takes_the_slug_of_one_that_was_renamed(self, old: str, new: str, name: str) -> None:
        if old not in self.world.order or new in self.world.order or name in self.world.names.values():
            return
        names = dict(self.world.names) | {old: name, new: self.world.names[old]}
        assert not self.up(order=tuple(new if uuid == old else uuid for uuid in self.world.order), names=names)

    @rule(uuid=SITE, site_id=PERHAPS_ID)
    def somebody_edits_an_id_on_the_platform(self, uuid: str, site_id: int | None) -> None:
        if uuid in self.world.sites:
            before = ids(self.ledger)
            running = self.set_in(self.world.running, uuid, site_id)
            accepted = uuid != ORIGINAL or running.get(ORIGINAL) in (None, before[ORIGINAL])
            assert self.up(running=running) == accepted
            assert ids(self.ledger) == before

    @rule(preview=st.booleans())
    def live_follows(self, preview: bool) -> None:
        given = dict(self.ledger.assignments.values())
        retired = {site_id: IdHolder(who.slug) for site_id, who in self.ledger.retired.items()}
        request = self.world.request(
            self.live_running, reference=ReferenceStack("test", given, retired), is_preview=preview
        )
        allocation = allocate(self.live, request)
        if allocation.problems:
            return
        assert ids(allocation.ledger) == ids(self.ledger)
        assert not allocation.pending
        if not preview:
            self.live, self.live_running = allocation.ledger, ids(allocation.ledger)

    @rule(uuid=MIRROR, site_id=st.integers(1, 9))
    def live_has_a_mirror_that_test_lacks(self, uuid: str, site_id: int) -> None:
        """It gets no id in Live: neither a number nor a problem in a preview, a problem in an update."""
        fresh = World(order=(uuid,)).request({}, reference=ReferenceStack("test", {"acme": site_id}, {}))
        update, preview = allocate(Ledger(), fresh), allocate(Ledger(), replace(fresh, is_preview=True))
        assert ids(update.ledger) == ids(preview.ledger) == {ORIGINAL: site_id}
        assert (len(update.problems), preview.problems) == (1, ())
        assert preview.pending == (uuid.removeprefix("u-"),)


def test_whatever_is_done_to_a_fleet_its_ids_stay_unique_and_stable_and_no_one_gets_anothers() -> None:
    run_state_machine_as_test(Fleet, settings=searching(150, steps=40))
