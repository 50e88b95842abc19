"""Make one site as declared: its variables first, then the deployment that runs with them."""

from collections.abc import Callable
from dataclasses import replace

from mirrors.config.connection import DivioConnection
from mirrors.divio import Divio
from mirrors.errors import MirrorsError
from mirrors.observation.convert import convert_variables
from mirrors.planning.rollout.holds import make_held_site_problem
from mirrors.planning.site_properties import INPUTS, Properties
from mirrors.planning.site_state import SiteState, record_writes
from mirrors.planning.variable_entries import VariableEntries
from mirrors.planning.variables.names import MIRRORS_APPLICATION, sort_for_writing
from mirrors.planning.variables.writes import find_unset
from mirrors.resources.partial_failure import keep_partial_result
from mirrors.resources.process import PROCESS_MEMORY, CheckedSite
from mirrors.resources.progress_lines import log_progress
from mirrors.resources.provider import normalize, translate_errors
from mirrors.resources.site_deployer import SiteDeployer
from mirrors.resources.site_history import SiteHistory
from mirrors.resources.site_inputs import constant_properties
from mirrors.resources.variable_reconciler import LiveVariables, VariableReconciler


class SiteReconciler:
    """One create or update of one site.

    Args:
        properties: The checked inputs.
        stored: The site as the state has it; an empty state for a new site.

    Raises:
        MirrorsError: This process has not checked the inputs.
    """

    def __init__(self, connection: DivioConnection, divio: Divio, properties: Properties, stored: SiteState) -> None:
        self.name: str = properties["site"]
        self.environment: str = properties["environment"]
        self.checked: CheckedSite = PROCESS_MEMORY.require_checked_site(self.environment, self.name)
        self._divio = divio
        self._properties = properties
        self._inputs = {key: normalize(properties[key]) for key in INPUTS if key in properties}
        self._goal = SiteState.of(properties).with_kept_release(stored, self.checked.restriction)
        self._declared: VariableEntries = self._goal.is_set
        self._history = SiteHistory.recall(self.environment, stored)
        self._stored = stored.with_wanted_release(self._goal.release)
        self._deployer = SiteDeployer(connection, divio, self._inputs, self.checked, self._stored, self._goal)
        self._found = frozenset(self._inputs.get("found") or ())
        self._live: LiveVariables = {}
        """The variables that were set before the first write, if this looked at them."""
        self._reached: SiteState | None = None
        """The site once its variables are as declared, and later with the deployment that it runs."""

    def create(self) -> Properties:
        """Return the outputs. After a MirrorsError or DivioError the engine keeps what was done by then."""
        return self._converge(self._write_first)

    def update(self) -> Properties:
        """Return the outputs of an update; errors as for ``create``."""
        return self._converge(self._write_again)

    def _converge(self, write: Callable[[VariableReconciler], None]) -> Properties:
        variables = self._variable_reconciler()
        with keep_partial_result(self.environment, self._properties, lambda: self._outputs_after_failure(variables)):
            if self.checked.is_held:
                return self._outputs(self._keep_held_site(variables))
            with translate_errors(self.name):
                write(variables)
            self._reached = self._state_with_variables(variables)
            return self._outputs(self._deploy_if_needed(self._reached))

    def _state_with_variables(self, variables: VariableReconciler) -> SiteState:
        """Return the site with its declared variables set."""
        found = self._found | variables.taken_over
        return replace(self._stored.only_managed(self._declared), is_set=self._declared, found=found)

    def _keep_held_site(self, variables: VariableReconciler) -> SiteState:
        """Return a held site as it is, with the changes that need no deployment.

        These are another sensitivity flag, and the variable that names the site. If the site would need more, and
        failures are deferred, the site stays as the state has it, with the failure.

        Raises:
            MirrorsError: The site would be deployed, or a value would change. Nothing was written.
        """
        try:
            site, live = self._adopt_held_site(variables)
        except MirrorsError as error:
            if self._history.is_new:
                raise  # no state could keep it
            return self._defer_failure(self._stored, error)
        with translate_errors(self.name):
            # A value that the platform hides is taken to be the one that the site runs with, which is as declared.
            variables.converge(live, self.checked.values)
        return replace(site, found=self._found | variables.taken_over)

    def _adopt_held_site(self, variables: VariableReconciler) -> tuple[SiteState, LiveVariables]:
        """Return a held site that runs as declared, and its live variables. Raises MirrorsError for any other one."""
        site = self._deploy_if_needed(self._state_with_variables(variables))
        with translate_errors(self.name):
            live = self._read_live(variables)
        changing = set(find_unset(self.checked.values, convert_variables(live.values())))
        changing -= {MIRRORS_APPLICATION} - live.keys()
        if changing:
            raise MirrorsError(make_held_site_problem(self.name, sort_for_writing(changing)))
        return site, live

    def _write_first(self, variables: VariableReconciler) -> None:
        skips_lookup = self._history.was_never_managed and variables.is_first_write
        variables.converge({} if skips_lookup else self._read_live(variables), written={})

    def _write_again(self, variables: VariableReconciler) -> None:
        live, before = self._read_live(variables), self._stored.is_set
        variables.converge(live, self._values_known_set(), before.keys() - self._declared.keys() - self._found)

    def _read_live(self, variables: VariableReconciler) -> LiveVariables:
        """Read the variables that are set, and decide which of them were there before Mirrors."""
        live = self._live = variables.read_live()
        found = self._history.decide_found_at_write(self._found, self._declared, live, self.checked.observed)
        self._found = variables.found = found
        return live

    def _values_known_set(self) -> dict[str, str]:
        """Return {name: value} as Mirrors set it, in place of a value that the platform hides.

        A value is left out where the site runs with another one, or may: someone may have set that one since.
        """
        before, runs, values = self._stored.is_set, self._stored.runs, self.checked.values
        return {
            name: values[name]
            for name, entry in self._declared.items()
            if entry.has_value_of(before.get(name)) and entry.has_value_of(runs.get(name))
        }

    def _outputs_after_failure(self, variables: VariableReconciler) -> Properties | None:
        """Return the outputs after a failure; None where the state does not have to learn anything.

        The state has to learn which variables this operation made or removed, and hidden values that it changed: no one
        else knows them. It also has to learn of a deployment that is not healthy and whose variables the platform
        hides. A refresh sees any other change by itself.
        """
        hidden = {
            name
            for name in variables.changed & self._stored.is_set.keys()
            if self._declared[name].secret or self._declared[name].sensitive
        }
        # Leave out a SITE_ID that the program has not seen: the next check would take it for one that Mirrors made.
        theirs = variables.taken_over | (variables.changed & self._found.difference(self._inputs.get("found") or ()))
        written = variables.made or theirs or variables.removed or hidden
        if not (written or self._deployer.runs_hidden_values(self._reached)):
            return None
        owned_before = self._names_owned_before() if self._history.is_new else set()
        names = (variables.made | theirs | hidden | owned_before) - variables.removed
        known = {name: self._declared[name] for name in names}
        found = self._found | variables.taken_over
        return self._outputs(self._reached or record_writes(self._stored, known, variables.removed, found))

    def _names_owned_before(self) -> set[str]:
        """Return the variables of a site new to the state that are Mirrors' own, after a replacement or a kill.

        Their values do not matter: Mirrors writes again what the state knows of no deployment.
        """
        return self._declared.keys() & self._live.keys() - self._found

    def _outputs(self, site: SiteState) -> Properties:
        return constant_properties(self._properties) | site.outputs

    def _deploy_if_needed(self, site: SiteState) -> SiteState:
        """Return the site with the deployment that it runs then. It holds a failure only if failures are deferred."""
        recorded = None if site.needs_deployment(self._goal) else site.deployment
        if recorded is not None and not site.needs_health_check(self._goal):
            return self._mark_reached(site)
        try:
            with translate_errors(self.name):
                self._reached = self._deployer.deploy(site, recorded)
                self._deployer.check_health(self._reached)
        except MirrorsError as error:
            if self.checked.is_held:
                raise
            return self._defer_failure(self._reached or site, error)
        return self._mark_reached(self._reached)

    def _defer_failure(self, site: SiteState, error: MirrorsError) -> SiteState:
        """Return the site with a failure that the end of the run reports. Raises the error unless this run defers."""
        if self.checked.deferring_run is None:
            raise error
        log_progress(f"{self.name}: failed; the other sites go on, and the run reports the failure at its end")
        return replace(site, failed=str(error), attempt=self.checked.deferring_run)

    def _mark_reached(self, site: SiteState) -> SiteState:
        return replace(site, verified=self._goal.verified, image_environment=self._goal.image_environment)

    def _variable_reconciler(self) -> VariableReconciler:
        checked, found = self.checked, self._found
        return VariableReconciler(
            self._divio, self.name, self.environment, checked.variables, found=found, secrets=checked.secrets
        )
