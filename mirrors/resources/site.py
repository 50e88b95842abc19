"""``Mirror`` and ``OriginalSite``: the variables of one environment, and the deployment that runs with them.

SITE_ID is written first, and read back before DATABASE_URL, which comes last; then the site is deployed. On the way out
DATABASE_URL goes first and SITE_ID last. Mirrors never touches a variable that is not declared.
"""

import secrets
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from pulumi.dynamic import CheckFailure, CheckResult, CreateResult, DiffResult, ReadResult, UpdateResult
from pulumi.output import UNKNOWN, Unknown

from mirrors.divio import EnvironmentVariable
from mirrors.planning.observed import ObservedDeployment
from mirrors.planning.rollout.holds import make_held_site_problem
from mirrors.planning.rollout.releases import find_release, newest_successful
from mirrors.planning.site_properties import CHECK_ONLY, INPUTS, OUTPUTS, Properties, is_variable, make_property_key
from mirrors.planning.site_state import SiteState
from mirrors.planning.variable_entries import (
    VariableEntries,
    VariableEntry,
    find_differences,
    make_deployed_entries,
    make_entry,
    make_set_entry,
)
from mirrors.planning.variables.names import MIRRORS_APPLICATION, SITE_VARIABLES, sort_for_writing
from mirrors.planning.variables.writes import DesiredVariable
from mirrors.pulumi_internals import mark_secret
from mirrors.resources.attempt import SiteAttempt, constant_properties
from mirrors.resources.deployment_runner import deployed_variables_of, deployment_outputs
from mirrors.resources.failures import paused_site
from mirrors.resources.process import OPERATION, CheckedSite
from mirrors.resources.provider import (
    Provider,
    check_failures,
    is_environment_gone,
    list_deployments_or_empty,
    normalize,
    translate_errors,
)
from mirrors.resources.variable_reconciler import LiveVariables, VariableReconciler, index_by_name

KEY_BYTES = 16


class SiteProvider(Provider):
    """One property a variable, so that a preview names the variable that differs."""

    inputs = INPUTS
    outputs = OUTPUTS
    check_only = CHECK_ONLY
    immutable = ("environment",)

    def check(self, _olds: Properties, news: Properties) -> CheckResult:
        """Return the checked inputs. A held or paused site keeps what it has, one without rollouts its release.

        A change of a held site's variables is a failure. ``check`` decides once which variables Mirrors found. A
        variable that someone set before it was declared is one of them.
        """
        environment, olds = str(news["environment"]), _olds if _olds.get("environment") == news["environment"] else {}
        declared = _checked_site(news)
        paused = declared.rollout == "paused" and olds
        result = CheckResult(_stored_inputs(olds), []) if paused else self._check_site(olds, news, declared)
        unchanged = bool(olds) and result.inputs == _stored_inputs(olds)
        OPERATION.checks(environment, replace(declared, unchanged=unchanged))
        return result

    def _check_site(self, olds: Properties, news: Properties, declared: CheckedSite) -> CheckResult:
        before, key = SiteState.of(olds), olds.get("hmac_key") or secrets.token_urlsafe(KEY_BYTES)
        if olds:
            OPERATION.stored[str(news["environment"])] = before
        entries = _declared_entries(news.get("variables") or {}, key)
        found = _names_found(OPERATION.stored.get(str(news["environment"]), before), news)
        inputs = {name: item for name, item in self.select_inputs(news).items() if name != "found"}
        inputs |= {make_property_key(name): _stored_entry(entry) for name, entry in entries.items()}
        inputs |= {"hmac_key": mark_secret(key)} | ({"found": found} if found else {})
        if declared.rollout in ("keep-release", "held"):
            # Both, because a release of one environment is not known in the other.
            inputs |= {"release": ""} | {key: olds[key] for key in ("release", "image_environment") if key in olds}
        if declared.rollout != "held" or not olds:
            return CheckResult(inputs, [])
        inputs.pop("verified", None)
        inputs |= {"verified": olds["verified"]} if "verified" in olds else {}
        known = {name: entry for name, entry in entries.items() if isinstance(entry, VariableEntry)}
        return CheckResult(inputs, _held_site_failures(news["site"], before, known, entries.keys() - known.keys()))

    def diff(self, _id: str, _olds: Properties, _news: Properties) -> DiffResult:
        """Compare the inputs, as the engine does, and add what a failed attempt left undone.

        After a failure without a refresh the stored inputs are those of the attempt. What it left undone is a change,
        and so is a deferred failure. A paused site is left alone: its next attempt comes with its wave.
        """
        result = super().diff(_id, _olds, _news)
        declared = OPERATION.known(str(_news.get("environment"))) or CheckedSite()
        if result.replaces or declared.rollout == "paused":
            return result
        again = _olds.get("failed") or (declared.unchanged and _is_left_undone(_olds, _news, declared.rollout))
        return DiffResult(changes=True) if again else result

    def create(self, props: Properties) -> CreateResult:
        """Write what differs, ``SITE_ID`` first and ``DATABASE_URL`` last, and verify it. Then deploy the site.

        Mirrors adopts a deployment that runs as declared, waits for a running one, or starts one. At the end it
        compares the variables that the instances run with, and asks whether the site is healthy. The state keeps what
        was done before a failure. Mirrors refuses a site with a hidden DATABASE_URL that runs with another database,
        before the first write.
        """
        attempt = self._attempt(props, SiteState())
        if attempt.is_paused:
            raise paused_site(attempt.site)  # the state knows nothing of it that could stay as it is
        attempt.refuse_another_database()
        return CreateResult(props["environment"], attempt.create())

    def update(self, _id: str, _olds: Properties, _news: Properties) -> UpdateResult:
        """Do the same, and remove the variables that Mirrors created and that are no longer declared.

        It deploys only where the site does not run what is declared. A failure leaves the site with what it ran before,
        and stops the waves behind it.
        """
        attempt = self._attempt(_news, SiteState.of(_olds))
        if attempt.is_paused:
            return UpdateResult(_stored_inputs(_olds) | {key: _olds[key] for key in OUTPUTS if key in _olds})
        return UpdateResult(attempt.update())

    def read(self, id_: str, props: Properties) -> ReadResult:
        """Return the owned variables with their live values, and the deployment that the site runs now.

        A hidden value stays as it is in the state. Mirrors looks into a deployment only if it is not the stored one:
        the variables of a deployment never change. Where a value is hidden there, the site is not known to run it.
        """
        stored, environment = SiteState.of(props), props["environment"]
        with translate_errors(props["site"]):
            live = index_by_name(self.reads.variables(environment)) or self._reconciler(props, {}).read_live()
            nothing = not live.keys() & stored.is_set.keys()
            if nothing and stored.is_set and is_environment_gone(self.divio, environment):
                return ReadResult("", {})
            now = self._read_deployment(props, stored, is_set := _live_entries(props, stored, live))
        now = replace(now, is_set=is_set)
        OPERATION.stored[str(environment)] = now
        where = constant_properties(props)
        return ReadResult(id_, where | now.outputs, where | now.inputs)

    def _read_deployment(self, props: Properties, stored: SiteState, is_set: VariableEntries) -> SiteState:
        environment = props["environment"]
        if self.reads.is_last(environment, stored.deployment):
            return stored
        done = newest_successful(list_deployments_or_empty(self.divio, environment))
        if done is None:
            is_environment_gone(self.divio, environment)  # raises where the token may be unable to see it
            return replace(stored, deployment=None, url=None, runs={}).with_wanted_release(stored.release)
        return stored if done.uuid == stored.deployment else self._read_new_deployment(props, stored, is_set, done)

    def _read_new_deployment(
        self, props: Properties, stored: SiteState, is_set: VariableEntries, done: ObservedDeployment
    ) -> SiteState:
        """Return the state of a site with a new deployment: its values as far as they are shown, and its outputs.

        A hidden value is unknown: the user who started the deployment may have set anything before.
        """
        frozen, release = deployed_variables_of(self.divio, done.uuid), stored.release
        if release != "":
            release = find_release(done, list_deployments_or_empty(self.divio, props["image_environment"])) or release
        runs = make_deployed_entries(stored.known, is_set, frozen, str(props["hmac_key"]))
        verified = None if stored.verified is None else False
        state = replace(stored, runs=runs, release=release or "", verified=verified, failed=None, attempt=None)
        return replace(state, **deployment_outputs(done.uuid, frozen))

    def delete(self, _id: str, _props: Properties) -> None:
        """Remove the variables that Mirrors created. A variable that it found keeps its value, and the site stays.

        A variable that the program still declares stays as well. This resource was replaced or moved then, and its
        successor, checked earlier in this process, owns the variables. If the successor is held or paused, everything
        stays.
        """
        stored, declared = SiteState.of(_props), OPERATION.known(_props["environment"])
        OPERATION.stored[str(_props["environment"])] = stored
        if declared and declared.rollout in ("held", "paused"):
            return  # it stays as it is, also where the engine replaces it
        ours = stored.is_set.keys() - stored.found - (declared.variables.keys() if declared else set())
        with translate_errors(_props["site"]):
            self._reconciler(_props, {}).remove(ours)

    def _reconciler(self, props: Mapping[str, Any], desired: Mapping[str, DesiredVariable]) -> VariableReconciler:
        return VariableReconciler(self.divio, str(props["site"]), str(props["environment"]), desired)

    def _attempt(self, props: Properties, before: SiteState) -> SiteAttempt:
        return SiteAttempt(self.connection, self.divio, props, before)


def _checked_site(news: Properties) -> CheckedSite:
    hints = news.get("variables") or {}
    known = {name: item for name, item in hints.items() if not _is_unknown(item)}
    variables = {name: DesiredVariable(item["value"], item["sensitive"]) for name, item in known.items()}
    return CheckedSite.from_check(news, variables, frozenset(name for name, item in known.items() if item["secret"]))


def _is_unknown(item: Any) -> bool:
    return isinstance(item, Unknown) or any(isinstance(value, Unknown) for value in item.values())


def _declared_entries(hints: Properties, key: str) -> dict[str, VariableEntry | Unknown]:
    """Return the entries of the declared variables, {name: {value, secret, sensitive}}. An unknown one stays so."""
    return {name: UNKNOWN if _is_unknown(item) else make_entry(key, name, **item) for name, item in hints.items()}


def _stored_entry(entry: VariableEntry | Unknown) -> Any:
    return entry.stored if isinstance(entry, VariableEntry) else entry


def _held_site_failures(
    site: str, before: SiteState, known: VariableEntries, unknown: Collection[str]
) -> list[CheckFailure]:
    before = before.only_managed(known.keys() | unknown)
    changing = {*find_differences(before.is_set, known), *find_differences(before.runs, known)}.difference(unknown)
    return check_failures([make_held_site_problem(site, sort_for_writing(changing))] if changing else [])


def _names_found(before: SiteState, news: Properties) -> list[str]:
    """Return the names of the variables that were there before Mirrors. ``check`` decides this once.

    A variable that Mirrors has created since then is not among them. One that someone set before it was declared is. So
    is one that someone set between the ledger and the first write. After an interrupted update that may be a variable
    of Mirrors, which then stays: the safe side. An interrupted first write begins with the names in ``OWN``.

    Args:
        before: The site as the state knows it; an empty state for a new site.
        news: The new inputs.
    """
    observed, first = news.get("observed") or {}, news.get("found") or {}
    declared = set(news.get("variables") or {})
    if before != SiteState():
        return sorted(before.found | ((declared - before.is_set.keys()) & observed.keys()))
    new = set() if MIRRORS_APPLICATION in observed else declared - set(SITE_VARIABLES)
    return sorted({*(() if isinstance(first, Unknown) else first), *(new & observed.keys())})


def _is_left_undone(olds: Properties, news: Properties, rollout: str | None) -> bool:
    before = SiteState.of(olds)
    return not before.matches(SiteState.of(news).with_kept_release(before, rollout))


def _stored_inputs(olds: Properties) -> Properties:
    """Return the inputs as they were. The secret one gets its mark again, which the engine forgets."""
    stored = {key: normalize(item) for key, item in olds.items() if key in INPUTS or is_variable(key)}
    return stored | {"hmac_key": mark_secret(stored["hmac_key"])}


def _live_entries(props: Properties, stored: SiteState, live: LiveVariables) -> VariableEntries:
    key = str(props["hmac_key"])
    found = {name: _live_entry(key, name, entry, live.get(name)) for name, entry in stored.is_set.items()}
    return {name: entry for name, entry in found.items() if entry is not None}


def _live_entry(key: str, name: str, known: VariableEntry, live: EnvironmentVariable | None) -> VariableEntry | None:
    """Return a live variable as the state would hold it."""
    if live is None:
        return None
    if live.value is None:
        return replace(known, sensitive=live.is_sensitive)
    return make_set_entry(known, key, name, live.value, sensitive=live.is_sensitive)
