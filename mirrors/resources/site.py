"""``Mirror`` and ``OriginalSite``: the variables of one environment, and the deployment that runs with them.

SITE_ID is written first, and read back before DATABASE_URL, which comes last; then the site is deployed. On the way out
DATABASE_URL goes first and SITE_ID last. Mirrors never touches a variable that is not declared.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pulumi.dynamic import CheckResult, CreateResult, DiffResult, ReadResult, UpdateResult

from mirrors.planning.observed import ObservedDeployment
from mirrors.planning.rollout.releases import find_release, newest_successful
from mirrors.planning.site_properties import INPUTS, OUTPUTS, Properties
from mirrors.planning.site_state import SiteState
from mirrors.planning.variable_entries import VariableEntries, make_deployed_entries
from mirrors.pulumi_internals import mark_secret
from mirrors.resources.deployed_variables import make_deployment_outputs, read_deployed_variables
from mirrors.resources.failures import paused_site
from mirrors.resources.process import PROCESS_MEMORY, CheckedSite
from mirrors.resources.provider import (
    Provider,
    is_environment_gone,
    list_deployments_or_empty,
    translate_errors,
)
from mirrors.resources.running_database import refuse_another_database
from mirrors.resources.site_history import SiteHistory
from mirrors.resources.site_inputs import (
    constant_properties,
    find_changing_variables,
    held_site_failures,
    make_declared_entries,
    make_fingerprint_key,
    make_live_entries,
    make_variable_properties,
    read_checked_site,
    stored_inputs,
)
from mirrors.resources.site_reconciler import SiteReconciler
from mirrors.resources.variable_reconciler import VariableReconciler, index_by_name


class SiteProvider(Provider):
    """One property a variable, so that a preview names the variable that differs."""

    inputs = INPUTS
    outputs = OUTPUTS
    immutable = ("environment",)

    def check(self, _olds: Properties, news: Properties) -> CheckResult:
        """Return the checked inputs. A held or paused site keeps what it has, one without rollouts its release.

        A change of a held site's variables is a failure, except in a credential rotation, which repairs the other sites
        first. ``check`` decides once which variables Mirrors found. A variable that someone set before you declared it
        is one of them.
        """
        environment, olds = str(news["environment"]), _olds if _olds.get("environment") == news["environment"] else {}
        checked = read_checked_site(news)
        paused = checked.is_paused and olds
        result = CheckResult(stored_inputs(olds), []) if paused else self._check_site(olds, news, checked)
        unchanged = bool(olds) and result.inputs == stored_inputs(olds)
        PROCESS_MEMORY.record_check(environment, replace(checked, unchanged=unchanged))
        return result

    def _check_site(self, olds: Properties, news: Properties, checked: CheckedSite) -> CheckResult:
        environment, stored = str(news["environment"]), SiteState.of(olds)
        if olds:
            PROCESS_MEMORY.stored_sites[environment] = stored
        key = olds.get("hmac_key") or make_fingerprint_key()
        entries = make_declared_entries(news.get("variables") or {}, key)
        found = SiteHistory.recall(environment, stored).decide_found_at_check(news)
        inputs = {name: item for name, item in self.select_inputs(news).items() if name != "found"}
        inputs |= make_variable_properties(entries)
        inputs |= {"hmac_key": mark_secret(key)} | ({"found": found} if found else {})
        if checked.restriction in ("keep-release", "held"):
            # Both, because a release of one environment is not known in the other.
            inputs |= {"release": ""} | {key: olds[key] for key in ("release", "image_environment") if key in olds}
        if not checked.is_held or not olds:
            return CheckResult(inputs, [])
        inputs.pop("verified", None)
        inputs |= {"verified": olds["verified"]} if "verified" in olds else {}
        changing = find_changing_variables(stored, entries)
        return CheckResult(inputs, held_site_failures(news["site"], changing, checked.deferring_run))

    def diff(self, _id: str, _olds: Properties, _news: Properties) -> DiffResult:
        """Compare the inputs, as the engine does, and add what a failed operation left undone.

        After a failure without a refresh the stored inputs are those of that operation. All that it left undone is a
        change, and so is a deferred failure. Mirrors leaves a paused site alone: it tries again with the site's wave.
        """
        result = super().diff(_id, _olds, _news)
        checked = PROCESS_MEMORY.find_checked_site(str(_news.get("environment"))) or CheckedSite()
        if result.replaces or checked.is_paused:
            return result
        again = _olds.get("failed") or (checked.unchanged and _is_left_undone(_olds, _news, checked.restriction))
        return DiffResult(changes=True) if again else result

    def create(self, props: Properties) -> CreateResult:
        """Write what differs, ``SITE_ID`` first and ``DATABASE_URL`` last, and verify it. Then deploy the site.

        Mirrors adopts a deployment that runs as declared, waits for a running one, or starts one. At the end it
        compares the variables that the instances run with, and asks whether the site is healthy. The state keeps what
        was done before a failure. Mirrors refuses a site with a hidden DATABASE_URL that runs with another database,
        before the first write.
        """
        site = self._reconciler(props, SiteState())
        if site.checked.is_paused:
            raise paused_site(site.name)  # the state knows nothing of it that could stay as it is
        refuse_another_database(self.divio, site.environment, site.name, site.checked)
        return CreateResult(props["environment"], site.create())

    def update(self, _id: str, _olds: Properties, _news: Properties) -> UpdateResult:
        """Do the same, and remove the variables that Mirrors created and that are no longer declared.

        It deploys only where the site does not run what is declared. A failure leaves the site with what it ran before,
        and stops the waves behind it.
        """
        site = self._reconciler(_news, SiteState.of(_olds))
        if site.checked.is_paused:
            return UpdateResult(stored_inputs(_olds) | {key: _olds[key] for key in OUTPUTS if key in _olds})
        return UpdateResult(site.update())

    def read(self, id_: str, props: Properties) -> ReadResult:
        """Return the owned variables with their live values, and the deployment that the site runs now.

        A hidden value stays as it is in the state. Mirrors looks into a deployment only if it is not the stored one:
        the variables of a deployment never change. If a value is hidden there, the site is not known to run it.
        """
        stored, environment = SiteState.of(props), props["environment"]
        with translate_errors(props["site"]):
            live = index_by_name(self.bulk_reads.variables(environment)) or self._variables(props).read_live()
            nothing = not live.keys() & stored.is_set.keys()
            if nothing and stored.is_set and is_environment_gone(self.divio, environment):
                return ReadResult("", {})
            now = self._read_deployment(props, stored, is_set := make_live_entries(props, stored, live))
        now = replace(now, is_set=is_set)
        PROCESS_MEMORY.stored_sites[str(environment)] = now
        where = constant_properties(props)
        return ReadResult(id_, where | now.outputs, where | now.inputs)

    def _read_deployment(self, props: Properties, stored: SiteState, is_set: VariableEntries) -> SiteState:
        environment = props["environment"]
        if self.bulk_reads.is_latest_finished(environment, stored.deployment):
            return stored
        newest = newest_successful(list_deployments_or_empty(self.divio, environment))
        if newest is None:
            is_environment_gone(self.divio, environment)  # raises where the token may be unable to see it
            return replace(stored, deployment=None, url=None, runs={}).with_wanted_release(stored.release)
        return stored if newest.uuid == stored.deployment else self._read_new_deployment(props, stored, is_set, newest)

    def _read_new_deployment(
        self, props: Properties, stored: SiteState, is_set: VariableEntries, newest: ObservedDeployment
    ) -> SiteState:
        """Return the state of a site with a new deployment: its values as far as they are shown, and its outputs.

        A hidden value is unknown: the user who started the deployment may have set anything before.
        """
        deployed, release = read_deployed_variables(self.divio, newest.uuid), stored.release
        if release != "":
            releases = list_deployments_or_empty(self.divio, props["image_environment"])
            release = find_release(newest, releases) or release
        runs = make_deployed_entries(stored.known, is_set, deployed, str(props["hmac_key"]))
        verified = None if stored.verified is None else False
        state = replace(stored, runs=runs, release=release or "", verified=verified, failed=None, attempt=None)
        return replace(state, **make_deployment_outputs(newest.uuid, deployed))

    def delete(self, _id: str, _props: Properties) -> None:
        """Remove the variables that Mirrors created. A variable that it found keeps its value, and the site stays.

        A variable that the program still declares stays as well. This resource was replaced or moved then, and its
        successor, checked earlier in this process, owns the variables. If the successor is held or paused, everything
        stays.
        """
        stored, checked = SiteState.of(_props), PROCESS_MEMORY.find_checked_site(_props["environment"])
        PROCESS_MEMORY.stored_sites[str(_props["environment"])] = stored
        if checked and (checked.is_held or checked.is_paused):
            return  # it stays as it is, also where the engine replaces it
        created = stored.is_set.keys() - stored.found - (checked.variables.keys() if checked else set())
        with translate_errors(_props["site"]):
            self._variables(_props).remove(created)

    def _variables(self, properties: Mapping[str, Any]) -> VariableReconciler:
        """Return a reconciler that only reads or removes variables."""
        return VariableReconciler(self.divio, str(properties["site"]), str(properties["environment"]), {})

    def _reconciler(self, properties: Properties, stored: SiteState) -> SiteReconciler:
        return SiteReconciler(self.connection, self.divio, properties, stored)


def _is_left_undone(olds: Properties, news: Properties, restriction: str | None) -> bool:
    stored = SiteState.of(olds)
    return not stored.matches(SiteState.of(news).with_kept_release(stored, restriction))
