"""One attempt at one site: its variables first, then the deployment that runs with them."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from mirrors.config.connection import DivioConnection
from mirrors.divio import Divio
from mirrors.errors import MirrorsError
from mirrors.observation.convert import convert_variables
from mirrors.planning.rollout.holds import make_held_site_problem
from mirrors.planning.site_properties import INPUTS, Properties
from mirrors.planning.site_state import SiteState, record_writes
from mirrors.planning.variable_entries import VariableEntries
from mirrors.planning.variables.dsn import UNREADABLE_IDENTITY, identify_for_confirmation
from mirrors.planning.variables.names import DATABASE_URL, MIRRORS_APPLICATION, sort_for_writing
from mirrors.planning.variables.shared import find_changed_values
from mirrors.planning.variables.writes import compare_values, find_unset
from mirrors.pulumi_internals import mark_secret
from mirrors.resources.deployment_runner import Conditions, DeploymentRunner, deployed_variables_of
from mirrors.resources.failures import database_mismatch, shared_values_changed
from mirrors.resources.health import wait_until_healthy
from mirrors.resources.partial_failure import keep_partial_result
from mirrors.resources.process import OPERATION, CheckedSite
from mirrors.resources.provider import normalize, say, translate_errors
from mirrors.resources.running_database import read_running_database
from mirrors.resources.variable_reconciler import LiveVariables, VariableReconciler


def constant_properties(properties: Mapping[str, Any]) -> Properties:
    """Return the properties of a site that never change."""
    where = {key: normalize(properties[key]) for key in ("site", "environment", "image_environment")}
    return where | {"hmac_key": mark_secret(properties["hmac_key"])}


class SiteAttempt:
    """One attempt at one site.

    Args:
        properties: The checked inputs.
        before: The site as the state knows it; an empty state for a new site.

    Raises:
        MirrorsError: This process has not checked the inputs.
    """

    def __init__(self, connection: DivioConnection, divio: Divio, properties: Properties, before: SiteState) -> None:
        self.site: str = properties["site"]
        self.environment: str = properties["environment"]
        self.connection, self.divio = connection, divio
        self._properties = properties
        self._inputs = {key: normalize(properties[key]) for key in INPUTS if key in properties}
        self._declared: CheckedSite = OPERATION.declared(self.environment, self.site)
        self._goal = SiteState.of(properties).with_kept_release(before, self._declared.rollout)
        self._wanted: VariableEntries = self._goal.is_set
        self.before = before.with_wanted_release(self._goal.release)
        self._found = frozenset(self._inputs.get("found") or ())
        self._owned = OPERATION.stored.get(self.environment, before) if before == SiteState() else before
        """The state that says which variables Mirrors owns.

        For a site that is being replaced, the state before that.
        """
        self._is_new = before == SiteState()
        self._live: LiveVariables = {}
        """The variables that were set before the first write, where this attempt looked at them."""
        self._now: SiteState | None = None
        """The site once its variables are as declared, and later with the deployment that it runs."""

    def refuse_another_database(self) -> None:
        """Refuse a site that runs with another database than the original's.

        A mirror that was never deployed proves nothing. Neither does a deployment that does not show its database.

        Raises:
            MirrorsError: The site runs with another database, and no one confirmed it.
        """
        if not self._declared.databases:
            return
        identity = read_running_database(self.divio, self.environment, self.site)
        original, *given_up = self._declared.databases
        if identity is None or identity == original != UNREADABLE_IDENTITY:
            return
        slug = self._declared.values[MIRRORS_APPLICATION]
        if (confirmed := identify_for_confirmation(identity, slug, DATABASE_URL)) not in given_up:
            raise database_mismatch(slug, identity, original, confirmed)

    @property
    def is_paused(self) -> bool:
        return self._declared.rollout == "paused"

    def create(self) -> Properties:
        """Return the outputs. After a MirrorsError or DivioError the engine keeps what was done by then."""
        return self._converge(self._write_first)

    def update(self) -> Properties:
        """Return the outputs of an update; errors as for ``create``."""
        return self._converge(self._write_again)

    def _converge(self, write: Callable[[VariableReconciler], None]) -> Properties:
        writing = self._reconciler()
        with keep_partial_result(self.environment, self._properties, lambda: self._outputs_after_failure(writing)):
            if self._declared.rollout == "held":
                return self._outputs(self._keep_held_site(writing))
            with translate_errors(self.site):
                write(writing)
            self._now = self._state_with_variables(writing)
            return self._outputs(self._deploy_if_needed(self._now))

    def _state_with_variables(self, writing: VariableReconciler) -> SiteState:
        """Return the site with its declared variables set."""
        found = self._found | writing.taken_over
        return replace(self.before.only_managed(self._wanted), is_set=self._wanted, found=found)

    def _keep_held_site(self, writing: VariableReconciler) -> SiteState:
        """Return a held site as it is, with the changes that need no deployment.

        These are another sensitivity flag, and the variable that names the site.

        Raises:
            MirrorsError: The site would be deployed, or a value would change. Nothing was written.
        """
        site = self._deploy_if_needed(self._state_with_variables(writing))
        with translate_errors(self.site):
            live, values = self._read_live(writing), self._declared.values
            changing = set(find_unset(values, convert_variables(live.values()))) - ({MIRRORS_APPLICATION} - live.keys())
            if changing:
                raise MirrorsError(make_held_site_problem(self.site, sort_for_writing(changing)))
            # A value that the platform hides is taken to be the one that the site runs with, which is as declared.
            writing.converge(live, values)
        return replace(site, found=self._found | writing.taken_over)

    def _write_first(self, writing: VariableReconciler) -> None:
        first = self._owned == SiteState() and writing.is_first_write
        writing.converge({} if first else self._read_live(writing), written={})

    def _write_again(self, writing: VariableReconciler) -> None:
        live, before = self._read_live(writing), self.before.is_set
        writing.converge(live, self._values_known_set(), before.keys() - self._wanted.keys() - self._found)

    def _read_live(self, writing: VariableReconciler) -> LiveVariables:
        live = self._live = writing.read_live()
        self._found = writing.found = self._decide_found(live)
        return live

    def _values_known_set(self) -> dict[str, str]:
        """Return {name: value} as Mirrors set it, in place of a value that the platform hides.

        A value is left out where the site runs with another one, or may: someone may have set that one since.
        """
        before, runs, values = self.before.is_set, self.before.runs, self._declared.values
        return {
            name: values[name]
            for name, entry in self._wanted.items()
            if entry.has_value_of(before.get(name)) and entry.has_value_of(runs.get(name))
        }

    def _decide_found(self, live: LiveVariables) -> frozenset[str]:
        """Decide which of the live variables were there before Mirrors.

        ``check`` knows only the checked inputs. ``before`` also knows what a failed attempt has made, and that is
        Mirrors' own. Any other variable that is there before the write belongs to someone else. For a new site
        ``check`` has decided about the variables that the program saw. One that appeared since then belongs to someone
        else.
        """
        if self._owned == SiteState():
            return self._found | (self._wanted.keys() & live.keys() - self._declared.observed)
        known, found = self._owned.is_set.keys(), self._owned.found
        theirs = self._wanted.keys() & live.keys() - known
        return (self._found | found | theirs) - (known - found)

    def _outputs_after_failure(self, writing: VariableReconciler) -> Properties | None:
        """Return the outputs after a failure; None where the state does not have to learn anything.

        The state has to learn which variables this attempt made or removed, and hidden values that it changed: no one
        else knows them. It also has to learn of a deployment that is not healthy and whose variables the platform
        hides. A refresh sees any other change by itself.
        """
        hidden = {
            name
            for name in writing.changed & self.before.is_set.keys()
            if self._wanted[name].secret or self._wanted[name].sensitive
        }
        # Leave out a SITE_ID that the program has not seen: the next check would take it for one that Mirrors made.
        theirs = writing.taken_over | (writing.changed & self._found.difference(self._inputs.get("found") or ()))
        if not (writing.made or theirs or writing.removed or hidden or self._runs_hidden_values()):
            return None
        ours = self._names_owned_before() if self._is_new else set()
        known = {name: self._wanted[name] for name in (writing.made | theirs | hidden | ours) - writing.removed}
        found = self._found | writing.taken_over
        return self._outputs(self._now or record_writes(self.before, known, writing.removed, found))

    def _names_owned_before(self) -> set[str]:
        """Return the variables of a site new to the state that are Mirrors' own, after a replacement or a kill.

        Their values do not matter: Mirrors writes again what the state knows of no deployment.
        """
        return self._wanted.keys() & self._live.keys() - self._found

    def _runs_hidden_values(self) -> bool:
        """Return whether this attempt deployed values that only Mirrors knows."""
        deployment = self._now.deployment if self._now is not None else None
        if deployment is None or deployment == self.before.deployment:
            return False
        _, hidden = compare_values(
            self._declared.values, deployed_variables_of(self.divio, deployment), self._declared.sensitive
        )
        return bool(hidden)

    def _outputs(self, site: SiteState) -> Properties:
        return constant_properties(self._properties) | site.outputs

    def _deploy_if_needed(self, site: SiteState) -> SiteState:
        """Return the site with the deployment that it runs then. It holds a failure only if failures are deferred."""
        known = None if site.needs_deployment(self._goal) else site.deployment
        if known is not None and not site.needs_health_check(self._goal):
            return self._mark_reached(site)
        try:
            with translate_errors(self.site):
                self._now = self._deploy_and_record(site, known)
                self._ask_for_health(self._now)
        except MirrorsError as error:
            if self._declared.attempt is None:
                raise
            say(f"{self.site}: failed; the other sites go on, and the run reports the failure at its end")
            return replace(self._now or site, failed=str(error), attempt=self._declared.attempt)
        return self._mark_reached(self._now)

    def _mark_reached(self, site: SiteState) -> SiteState:
        return replace(site, verified=self._goal.verified, image_environment=self._goal.image_environment)

    def _deploy_and_record(self, site: SiteState, known: str | None) -> SiteState:
        """Return the site with the deployment that it runs then. A new deployment is not verified yet."""
        done, goal = self._deploy(known), self._goal
        verified = site.verified if done["deployment"] == known else None if goal.verified is None else False
        ran = replace(site, runs=self._wanted, release=goal.release, image_environment=goal.image_environment)
        ran = replace(ran, verified=verified, failed=None, attempt=None)
        return replace(ran, deployment=done["deployment"], url=done["url"])

    def _ask_for_health(self, site: SiteState) -> None:
        health = self.connection.rollout.health
        if self._goal.verified and not site.verified and health is not None:
            wait_until_healthy(self.site, site.outputs | {"url": site.url}, health, self._declared.values)

    def _deploy(self, known: str | None) -> Properties:
        """Deploy, and return ``{deployment, url}``.

        Args:
            known: The deployment that is known to run as declared.
        """
        declared = self._declared
        release = self._goal.release or ""
        # Where a target leaves the original out, the inputs have the release of an earlier run.
        expected = {declared.newest, release} if declared.newest else None
        conditions = Conditions(expected, declared.refusal, alone=declared.attempt is not None)
        inputs = self._inputs | {"secrets": declared.secrets, "sensitive": declared.sensitive, "release": release}
        inputs |= {"image_environment": self._goal.image_environment}
        work = DeploymentRunner(self.connection, self.divio, inputs, declared.values, conditions)
        gone = frozenset(self.before.only_managed(self._wanted).runs.keys() - self._wanted.keys())
        outdated = self.before.outdated_by(self._goal)
        outputs = work.run(self.before.deployment, outdated=outdated, gone=gone, known=known)
        if changed := find_changed_values(declared.shared, deployed_variables_of(self.divio, outputs["deployment"])):
            raise shared_values_changed(self.site, changed)
        return outputs

    def _reconciler(self) -> VariableReconciler:
        declared = self._declared
        return VariableReconciler(
            self.divio, self.site, self.environment, declared.variables, found=self._found, secrets=declared.secrets
        )
