"""Make an environment's variables as declared: the order of the writes, and the verifications between them."""

from collections.abc import Collection, Iterable, Mapping
from functools import partial

from mirrors.divio import Divio, EnvironmentVariable, NotFound, ValidationFailed
from mirrors.observation.convert import convert_variables
from mirrors.observation.remediation import convert_error
from mirrors.planning.variables.names import DATABASE_URL, SITE_ID, sort_for_removal, sort_for_writing
from mirrors.planning.variables.writes import DesiredVariable, VariableWrite, find_unwritten, plan_writes
from mirrors.resources.failures import platform_error, variables_not_as_written
from mirrors.resources.process import PROCESS_MEMORY
from mirrors.resources.provider import list_or_empty

LiveVariables = Mapping[str, EnvironmentVariable]


def index_by_name(items: Iterable[EnvironmentVariable]) -> dict[str, EnvironmentVariable]:
    """Return {name: variable}, as the client has it: with the uuid, by which Mirrors changes it."""
    return {item.name: item for item in items}


class VariableReconciler:
    """One change of the variables of one environment.

    Args:
        desired: Its declared variables.
        found: The names of the variables that were there before Mirrors.
        secrets: The names of the variables whose values no message may show.
    """

    def __init__(
        self,
        divio: Divio,
        site: str,
        environment: str,
        desired: Mapping[str, DesiredVariable],
        *,
        found: Collection[str] = (),
        secrets: Collection[str] = (),
    ) -> None:
        self.divio = divio
        self.bulk_reads = PROCESS_MEMORY.bulk_reads(divio)
        self.site, self.environment = site, environment
        self.desired, self.found, self.secrets = desired, frozenset(found), frozenset(secrets)
        self.made: set[str] = set()
        self.changed: set[str] = set()
        self.removed: set[str] = set()
        """Names of the variables that this object has made, changed and removed so far."""
        self.taken_over: set[str] = set()
        """Names of the variables that others set between the read and the write. They are not Mirrors' own."""

    @property
    def is_first_write(self) -> bool:
        """True if the first write needs no read before it: SITE_ID is not listed, and no declared variable was found.

        If someone has set one since, the platform refuses the write, the client takes the variable over, and it counts
        as found. Mirrors verifies SITE_ID before it writes the database in any case.
        """
        fresh = SITE_ID in self.desired and not self.desired.keys() & self.found
        return fresh and self.bulk_reads.known_absent(self.environment, SITE_ID)

    def converge(self, live: LiveVariables, written: Mapping[str, str], obsolete: Collection[str] = ()) -> None:
        """Make the variables as declared.

        Args:
            live: The variables as they are.
            written: The values that Mirrors knows to have written.
            obsolete: The variables that Mirrors created and that are no longer declared.

        Raises:
            MirrorsError: The platform refuses a write, or does not show what Mirrors wrote.
            DivioError: The platform does not answer.
        """
        writes = plan_writes(self.desired, convert_variables(live.values()), written, obsolete)
        to_the_database = any(write.name == DATABASE_URL and write.desired for write in writes)
        for number, write in enumerate(writes):
            if number and write.name == DATABASE_URL and write.desired:
                self._verify_site_id(f"{DATABASE_URL} was not written")
            self._send(write, live)
            if write.verify and not to_the_database:
                self._verify_site_id()
        if not writes:
            PROCESS_MEMORY.unchanged_variables[self.environment] = tuple(live.values())
            return  # someone else may have changed a hidden value
        self._verify_written(DATABASE_URL in live or DATABASE_URL in self.taken_over)
        PROCESS_MEMORY.verified_variables[self.environment] = {name: item.value for name, item in self.desired.items()}

    def remove(self, names: Collection[str]) -> None:
        """Remove those that exist, in the safe order."""
        live = self.read_live()
        for write in plan_writes({}, convert_variables(live.values()), {}, names):
            self._send(write, live)

    def read_live(self) -> LiveVariables:
        return index_by_name(list_or_empty(self.divio.environment_variables.list, self.divio, self.environment))

    def _verify_site_id(self, state: str = "") -> None:
        """Read the id back, as the last request before the database is written: someone may have deleted it."""
        own = {name: item for name, item in self.desired.items() if name == SITE_ID}  # an original has none
        if own and find_unwritten(own, convert_variables(self.read_live().values())):
            raise variables_not_as_written(self.site, own, state)

    def _verify_written(self, had_database: bool) -> None:
        """Refuse to go on unless the platform has what was declared. Nothing is deployed before."""
        live = self.read_live()
        wrong = find_unwritten(self.desired, convert_variables(live.values()))
        if SITE_ID in wrong and DATABASE_URL in live:
            raise variables_not_as_written(self.site, wrong, self._make_safe(live, had_database))
        if wrong:
            raise variables_not_as_written(self.site, wrong)

    def _make_safe(self, live: LiveVariables, had_database: bool) -> str:
        """Remove the database where the id beside it is missing. Return the state of the environment as text."""
        self._set_again(SITE_ID, live)
        now = self.read_live()
        if DATABASE_URL not in now or not find_unwritten(
            {SITE_ID: self.desired[SITE_ID]}, convert_variables(now.values())
        ):
            return f"{SITE_ID} was put back"
        if had_database:
            remedy = f"set {SITE_ID}={self.desired[SITE_ID].value} there before anyone deploys it"
            return f"{DATABASE_URL} is set there without its {SITE_ID}: {remedy}"
        self._send(VariableWrite("delete", DATABASE_URL), now)
        return f"{DATABASE_URL}, which Mirrors had made, was removed again"

    def _set_again(self, name: str, live: LiveVariables) -> None:
        self._send(VariableWrite("update" if name in live else "create", name, self.desired[name]), live)

    def _send(self, write: VariableWrite, live: LiveVariables) -> None:
        """Write a variable. The error of a refused write names the variable, which the platform's answer does not."""
        try:
            self._send_once(write, live)
        except ValidationFailed as error:
            found = convert_error(error)
            raise platform_error(self.site, found, f"the platform refuses {write.name}: {found.message}") from None

    def _send_once(self, write: VariableWrite, live: LiveVariables) -> None:
        api = self.divio.environment_variables
        self.bulk_reads.forget_variables(self.environment)
        with PROCESS_MEMORY.variable_gate.enter(self.site, self._manual_steps(write.kind)):
            if write.kind == "delete":
                api.delete(live[write.name].uuid)
                self.removed.add(write.name)
            elif write.desired is not None and write.kind == "create":
                self._create(write.name, write.desired)
            elif write.desired is not None:
                self._update(write.name, write.desired, live[write.name])
                self.changed.add(write.name)

    def _create(self, name: str, desired: DesiredVariable) -> None:
        taking_over = partial(self.taken_over.add, name)
        api = self.divio.environment_variables
        api.create(self.environment, name, desired.value, desired.sensitive, taking_over)
        self.made.update({name} - self.taken_over)

    def _update(self, name: str, desired: DesiredVariable, live: EnvironmentVariable) -> None:
        """Update a variable, or make it anew if someone has deleted it since the read."""
        api = self.divio.environment_variables
        try:
            api.update(live.uuid, desired.value, desired.sensitive)
        except NotFound:
            if api.list(self.environment, name):
                raise
            self._create(name, desired)

    def _manual_steps(self, kind: str) -> str:
        """Return the steps to do by hand in the Control Panel. A secret is named only by where its value is."""
        desired, secrets = self.desired, self.secrets
        if kind == "delete":
            return f"remove in this order {', '.join(sort_for_removal(set(desired) - self.found))}"
        hidden = "(the original's, or the configuration's, secret value)"
        values = [f"{name}={hidden if name in secrets else desired[name].value}" for name in sort_for_writing(desired)]
        return f"set in this order {', '.join(values)}; then deploy"
