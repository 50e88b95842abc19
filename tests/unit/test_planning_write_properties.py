"""Writes, deployments and what is shown of a DSN, for any input that Hypothesis can think of."""

from collections.abc import Mapping
from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

from mirrors.planning.observed import ObservedDeployment, ObservedVariable
from mirrors.planning.rollout.deployments import DeploymentStep, DesiredDeployment, decide_deployment
from mirrors.planning.rollout.releases import find_release, newest_successful
from mirrors.planning.variables.dsn import UNREADABLE_IDENTITY, identify_service
from mirrors.planning.variables.names import DATABASE_URL, MIRRORS_APPLICATION, SITE_ID, SITE_VARIABLES
from mirrors.planning.variables.writes import DesiredVariable, VariableWrite, plan_writes
from tests.search import searching
from tests.unit.fleets import deployment

NAMES = (SITE_ID, MIRRORS_APPLICATION, DATABASE_URL, "DEFAULT_STORAGE_DSN", "COLOUR", "_A", "ZONE")
VALUES = st.sampled_from(("1", "2", "3"))
VARIABLES = st.dictionaries(st.sampled_from(NAMES), st.builds(DesiredVariable, VALUES, st.booleans()))
OWN_VARIABLES = st.fixed_dictionaries(
    {name: st.builds(DesiredVariable, VALUES, st.just(False)) for name in SITE_VARIABLES}
)
SOME = st.frozensets(st.sampled_from(NAMES))
Store = Mapping[str, DesiredVariable]

many = searching(150)


def as_shown(store: Store) -> dict[str, ObservedVariable]:
    return {name: ObservedVariable(None if it.sensitive else it.value, it.sensitive) for name, it in store.items()}


def applied(write: VariableWrite, store: Store) -> Store:
    """Return what a platform has after one write.

    It refuses a second variable of one name, and to change what it has not.
    """
    assert (write.name in store) == (write.kind != "create")
    rest = {name: item for name, item in store.items() if name != write.name}
    return rest if write.desired is None else rest | {write.name: write.desired}


def prefixes(writes: list[VariableWrite], store: Store) -> list[Store]:
    """Return the store as it is before the first write, between any two, and after the last."""
    moments = [store]
    for write in writes:
        moments.append(applied(write, moments[-1]))
    return moments


def is_safe(store: Store) -> bool:
    return DATABASE_URL not in store or SITE_ID in store


@many
@given(own=OWN_VARIABLES, more=VARIABLES, before=VARIABLES, obsolete=SOME)
def test_at_every_prefix_of_an_updates_writes_no_one_has_the_database_without_a_site_id(
    own: Store, more: Store, before: Store, obsolete: frozenset[str]
) -> None:
    desired = {**more, **own}
    moments = prefixes(plan_writes(desired, as_shown(before), {}, obsolete), before)
    assert all(is_safe(store) for store in moments) or not is_safe(before)
    assert is_safe(moments[-1])
    mine = desired.get(DATABASE_URL)
    if mine is not None and before.get(DATABASE_URL) != mine:
        assert all(store[SITE_ID] == own[SITE_ID] for store in moments if store.get(DATABASE_URL) == mine)


@many
@given(before=VARIABLES, mine=SOME)
def test_at_every_prefix_of_a_removals_writes_no_one_has_the_database_without_a_site_id(
    before: Store, mine: frozenset[str]
) -> None:
    moments = prefixes(plan_writes({}, as_shown(before), {}, mine), before)
    assert all(is_safe(store) for store in moments) or not is_safe(before)
    kept = set(SITE_VARIABLES) if DATABASE_URL in before and DATABASE_URL not in mine else set()
    assert set(moments[-1]) == set(before) - (mine - kept)


@many
@given(own=OWN_VARIABLES, more=VARIABLES, before=VARIABLES, obsolete=SOME)
def test_an_update_makes_what_is_declared_and_touches_nothing_else_and_is_done_then(
    own: Store, more: Store, before: Store, obsolete: frozenset[str]
) -> None:
    desired = {**more, **own}
    writes = plan_writes(desired, as_shown(before), {}, obsolete)
    assert {write.name for write in writes} <= desired.keys() | obsolete
    assert {write.name for write in writes if write.kind == "delete"} <= obsolete - desired.keys()
    assert [write.name for write in writes if write.verify] == [name for name in (SITE_ID,) if _changes(writes, name)]
    after = prefixes(writes, before)[-1]
    assert {name: after[name] for name in desired} == desired
    written = {name: item.value for name, item in desired.items()}
    assert plan_writes(desired, as_shown(after), written, obsolete) == []


def _changes(writes: list[VariableWrite], name: str) -> bool:
    return any(write.name == name and write.kind != "delete" for write in writes)


@st.composite
def deployments(draw: st.DrawFn, prefix: str) -> tuple[ObservedDeployment, ...]:
    """One after another, each ended well or badly; the last may still run. In any order of the list."""
    ended = draw(st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5), st.booleans()), max_size=5))
    listed, minute = [], 0
    for number, (pause, takes, success) in enumerate(ended):
        listed.append(deployment(f"{prefix}{number}", minute + pause, minute + pause + takes, success=success))
        minute += pause + takes
    if draw(st.booleans()):
        listed.append(deployment(f"{prefix}-running", minute + 1))
    return tuple(draw(st.permutations(listed)))


PLAIN = st.dictionaries(st.sampled_from(NAMES), VALUES)
FROZEN = st.dictionaries(st.sampled_from(NAMES), VALUES | st.none())


@many
@given(st.data())
def test_a_deployment_is_adopted_only_where_it_is_proved_to_run_what_is_declared(data: st.DataObject) -> None:
    seen, releases = data.draw(deployments("d")), data.draw(deployments("r"))
    done, image = newest_successful(seen), newest_successful(releases)
    release = data.draw(st.sampled_from(["", *(item.uuid for item in releases if item.has_succeeded)]))
    gone = data.draw(SOME)
    wanted = DesiredDeployment(release, data.draw(PLAIN), data.draw(st.booleans()), gone, data.draw(SOME))
    exact = st.just({**wanted.variables, "STAGE": "test"})
    frozen = data.draw(exact | FROZEN) if done else None
    step = decide_deployment(wanted, seen, releases, frozen)
    if any(item.is_running for item in seen):
        assert (step.kind, step.deployment) == ("attach", "d-running")
    elif step.kind == "adopt":
        assert done is not None
        assert frozen is not None
        assert step.deployment == done.uuid
        assert not gone & frozen.keys()
        free = {MIRRORS_APPLICATION} - frozen.keys() if wanted.adopting else set()
        assert all(frozen[name] == value for name, value in wanted.variables.items() if name not in free)
        runs = find_release(done, releases)
        assert not release or runs is not None
        order = [item.uuid for item in sorted(releases, key=lambda item: str(item.ended_at)) if item.has_succeeded]
        assert not release or order.index(str(runs)) >= order.index(release)
    else:
        assert step == DeploymentStep("start")
        _and_the_one_started_now_suffices(wanted, image)


def _and_the_one_started_now_suffices(wanted: DesiredDeployment, image: ObservedDeployment | None) -> None:
    done, ready = deployment("new", 200, 201), (image,) if image else ()
    release = image.uuid if image and wanted.release else ""
    again = DesiredDeployment(release, wanted.variables, secrets=wanted.secrets)
    assert decide_deployment(again, (done,), ready, dict(wanted.variables)) == DeploymentStep("adopt", "new")


# Upper case and punctuation: nothing of it is in the rest of the DSNs, nor in the sign for a blanked secret.
CREDENTIAL = st.text("ABCDEFGHXYZ016789/?#@:%&=+ !$~", min_size=4, max_size=12)
PLACES = st.sampled_from(("db.example.com", "db.example.com:5432", "media.s3.amazonaws.com"))
SEPARATORS = st.sampled_from((" ", "\n", "'", ", "))


def pieces(credential: str) -> set[str]:
    """Return every part of four characters; in lower case too, which is what a host's name becomes."""
    parts = {credential[start : start + 4] for start in range(len(credential) - 3)}
    return parts | {part.lower() for part in parts}


@many
@given(user=CREDENTIAL, password=CREDENTIAL, place=PLACES, query=CREDENTIAL, escaped=st.booleans())
def test_no_piece_of_a_credential_is_in_an_identity(
    user: str, password: str, place: str, query: str, escaped: bool
) -> None:
    """Also where a user forgot to escape it; then an identity is unreadable, or the right one."""
    shown, secret = (quote(user, ""), quote(password, "")) if escaped else (user, password)
    identity = identify_service(f"postgres://{shown}:{secret}@{place}/acme?key={quote(query, '')}")
    host = place.removesuffix(":5432")
    assert identity == f"postgres://{host}:5432/acme" or (identity == UNREADABLE_IDENTITY and not escaped)
    for credential in (user, password, query):
        assert not [part for part in pieces(credential) if part in identity]
