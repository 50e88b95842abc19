"""One attempt at one site: its variables first, then the deployment that runs with them."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from mirrors.config.connection import Connection
from mirrors.divio import Divio
from mirrors.errors import DatabaseMismatchError, MirrorsError, SharedValuesChangedError
from mirrors.observation.convert import by_name
from mirrors.planning.rollout.holds import changes_at_held_site
from mirrors.planning.site_state import INPUTS, Entries, SiteState, after_writing
from mirrors.planning.variables.dsn import UNREADABLE, confirmable
from mirrors.planning.variables.names import DATABASE_URL, MIRRORS_APPLICATION, write_order
from mirrors.planning.variables.shared import no_longer_shared
from mirrors.planning.variables.writes import different_names, not_set
from mirrors.pulumi_internals import secret
from mirrors.resources.deployment_runner import Conditions, DeploymentRunner, deployed_variables_of
from mirrors.resources.half_done import half_done
from mirrors.resources.health import wait_until_healthy
from mirrors.resources.process import OPERATION, CheckedSite
from mirrors.resources.provider import Properties, normalize, say, translate_errors
from mirrors.resources.running import runs_with
from mirrors.resources.variable_reconciler import Live, VariableReconciler


def where_of(properties: Mapping[str, Any]) -> Properties:
    """Of the inputs or outputs what does not change with a site."""
    where = {key: normalize(properties[key]) for key in ("site", "environment", "image_environment")}
    return where | {"hmac_key": secret(properties["hmac_key"])}


class Attempt:
    """``properties``: the checked inputs; ``before``: what the state knows of the site, nothing of a new one.

    Raises NotCheckedError where this process has not checked them.
    """

    def __init__(self, connection: Connection, divio: Divio, properties: Properties, before: SiteState) -> None:
        self.site: str = properties["site"]
        self.environment: str = properties["environment"]
        self.connection, self.divio = connection, divio
        self._properties = properties
        self._inputs = {key: normalize(properties[key]) for key in INPUTS if key in properties}
        self._declared: CheckedSite = OPERATION.declared(self.environment, self.site)
        self._goal = SiteState.of(properties).keeping(before, self._declared.rollout)
        self._wanted: Entries = self._goal.is_set
        self.before = before.wanting(self._goal.release)
        self._found = frozenset(self._inputs.get("found") or ())
        self._owned = OPERATION.stored.get(self.environment, before) if before == SiteState() else before
        """What the state knows of whose the variables are; of a site that is replaced, before that."""
        self._is_new = before == SiteState()
        self._live: Live = {}
        """What was set before the first write, where that was looked at."""
        self._now: SiteState | None = None
        """The site once its variables are as declared, and then with what it runs."""

    def refuse_another_database(self) -> None:
        """Raises DatabaseMismatchError.

        A mirror that was never deployed, or whose deployment does not show its database either, proves nothing.
        """
        if not self._declared.databases:
            return
        identity = runs_with(self.divio, self.environment, self.site)
        original, *given_up = self._declared.databases
        if identity is None or identity == original != UNREADABLE:
            return
        slug = self._declared.values[MIRRORS_APPLICATION]
        if (confirmed := confirmable(identity, slug, DATABASE_URL)) not in given_up:
            raise DatabaseMismatchError(slug, identity, original, confirmed)

    @property
    def paused(self) -> bool:
        return self._declared.rollout == "paused"

    def create(self) -> Properties:
        """The outputs. Raises MirrorsError, DivioError; what it has done by then the engine keeps."""
        return self._converged(self._first_written)

    def update(self) -> Properties:
        """The same."""
        return self._converged(self._rewritten)

    def _converged(self, write: Callable[[VariableReconciler], None]) -> Properties:
        writing = self._writing()
        with half_done(self.environment, self._properties, lambda: self._reached(writing)):
            if self._declared.rollout == "held":
                return self._outputs(self._as_it_is(writing))
            with translate_errors(self.site):
                write(writing)
            self._now = self._with_variables(writing)
            return self._outputs(self._deployed(self._now))

    def _with_variables(self, writing: VariableReconciler) -> SiteState:
        """The site with what is declared set."""
        found = self._found | writing.taken_over
        return replace(self.before.managed(self._wanted), is_set=self._wanted, found=found)

    def _as_it_is(self, writing: VariableReconciler) -> SiteState:
        """A held site. Raises MirrorsError before the first write where it would be deployed, or a value change.

        What it may get needs no deployment: another flag, and the variable that says whose site it is.
        """
        site = self._deployed(self._with_variables(writing))
        with translate_errors(self.site):
            live, values = self._looked_at(writing), self._declared.values
            changing = set(not_set(values, by_name(live.values()))) - ({MIRRORS_APPLICATION} - live.keys())
            if changing:
                raise MirrorsError(changes_at_held_site(self.site, write_order(changing)))
            # A value that is not shown is taken to be what the site runs with, and that is as declared.
            writing.converge(live, values)
        return replace(site, found=self._found | writing.taken_over)

    def _first_written(self, writing: VariableReconciler) -> None:
        first = self._owned == SiteState() and writing.is_first
        writing.converge({} if first else self._looked_at(writing), written={})

    def _rewritten(self, writing: VariableReconciler) -> None:
        live, before = self._looked_at(writing), self.before.is_set
        writing.converge(live, self._known_to_be_set(), before.keys() - self._wanted.keys() - self._found)

    def _looked_at(self, writing: VariableReconciler) -> Live:
        live = self._live = writing.live()
        self._found = writing.found = self._found_now(live)
        return live

    def _known_to_be_set(self) -> dict[str, str]:
        """{name: value} as we have set it, which stands in for one that is not shown.

        Where the site runs with another one, or is not known to run with it, somebody else may have set another.
        """
        before, runs, values = self.before.is_set, self.before.runs, self._declared.values
        return {
            name: values[name]
            for name, entry in self._wanted.items()
            if entry.has_value_of(before.get(name)) and entry.has_value_of(runs.get(name))
        }

    def _found_now(self, live: Live) -> frozenset[str]:
        """``check`` knows only the checked inputs; what an attempt that failed has made, or has not, ``before`` knows.

        So what stands there is ours; any other that is there before we write it is somebody else's. Of a new site
        nothing is known: ``check`` has decided about what the program has seen, and what is there since is theirs.
        """
        if self._owned == SiteState():
            return self._found | (self._wanted.keys() & live.keys() - self._declared.observed)
        known, found = self._owned.is_set.keys(), self._owned.found
        theirs = self._wanted.keys() & live.keys() - known
        return (self._found | found | theirs) - (known - found)

    def _reached(self, writing: VariableReconciler) -> Properties | None:
        """The outputs after a failure, where the state has to learn of variables: those that it has made are ours,
        those that it has removed are no more, and of those that it has changed and the platform hides nobody else knows
        the value.

        The same where it has deployed a site that is not healthy, and the platform hides what that runs with.

        None where there is no such one. Any other that it has changed a refresh sees: what is set then differs from the
        state, and what runs does not.
        """
        hidden = {
            name
            for name in writing.changed & self.before.is_set.keys()
            if self._wanted[name].secret or self._wanted[name].sensitive
        }
        # What the program has not seen there: the next check would take a SITE_ID for one that we have made.
        theirs = writing.taken_over | (writing.changed & self._found.difference(self._inputs.get("found") or ()))
        if not (writing.made or theirs or writing.removed or hidden or self._runs_hidden_values()):
            return None
        ours = self._ours_before() if self._is_new else set()
        known = {name: self._wanted[name] for name in (writing.made | theirs | hidden | ours) - writing.removed}
        found = self._found | writing.taken_over
        return self._outputs(self._now or after_writing(self.before, known, writing.removed, found))

    def _ours_before(self) -> set[str]:
        """Of a site that is new to the state, what is set there and is ours: after a replacement, or after a kill.

        Whether it is set as declared does not matter: what the state knows of no deployment is written again.
        """
        return self._wanted.keys() & self._live.keys() - self._found

    def _runs_hidden_values(self) -> bool:
        """Whether it has deployed what only we can tell."""
        deployment = self._now.deployment if self._now is not None else None
        if deployment is None or deployment == self.before.deployment:
            return False
        _, hidden = different_names(
            self._declared.values, deployed_variables_of(self.divio, deployment), self._declared.sensitive
        )
        return bool(hidden)

    def _outputs(self, site: SiteState) -> Properties:
        return where_of(self._properties) | site.outputs

    def _deployed(self, site: SiteState) -> SiteState:
        """The site with what it runs then; a failure is in it only where failures are collected."""
        known = None if site.needs_deployment(self._goal) else site.deployment
        if known is not None and not site.needs_a_look(self._goal):
            return self._reaching(site)
        try:
            with translate_errors(self.site):
                self._now = self._running(site, known)
                self._ask_for_health(self._now)
        except MirrorsError as error:
            if self._declared.attempt is None:
                raise
            say(f"{self.site}: failed; the other sites go on, and what went wrong is said at the end")
            return replace(self._now or site, failed=str(error), attempt=self._declared.attempt)
        return self._reaching(self._now)

    def _reaching(self, site: SiteState) -> SiteState:
        return replace(site, verified=self._goal.verified, image_environment=self._goal.image_environment)

    def _running(self, site: SiteState, known: str | None) -> SiteState:
        """The site with what it runs then. Of another deployment nobody has asked yet whether it is healthy."""
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
        """``{deployment, url}``. ``known``: the deployment that is known to run as declared."""
        declared, adopting = self._declared, self.before.deployment is None
        release = self._goal.release or ""
        # Where a target leaves the original out, the inputs have the release of an earlier run.
        expected = {declared.newest, release} if declared.newest else None
        conditions = Conditions(expected, declared.refusal, alone=declared.attempt is not None)
        inputs = self._inputs | {"secrets": declared.secrets, "sensitive": declared.sensitive, "release": release}
        inputs |= {"image_environment": self._goal.image_environment}
        work = DeploymentRunner(self.connection, self.divio, inputs, declared.values, conditions)
        gone = frozenset(self.before.managed(self._wanted).runs.keys() - self._wanted.keys())
        outputs = work.run(adopting=adopting, gone=gone, known=known)
        if changed := no_longer_shared(declared.shared, deployed_variables_of(self.divio, outputs["deployment"])):
            raise SharedValuesChangedError(self.site, changed)
        return outputs

    def _writing(self) -> VariableReconciler:
        declared = self._declared
        return VariableReconciler(
            self.divio, self.site, self.environment, declared.variables, found=self._found, secrets=declared.secrets
        )
