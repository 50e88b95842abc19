"""``EnvironmentVariables``: the declared variables of one environment. What is not declared is never touched.

SITE_ID is written and read back first, DATABASE_URL last; on the way out DATABASE_URL goes first and SITE_ID last.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import pulumi
from pulumi.dynamic import CheckFailure, CheckResult, CreateResult, ReadResult, Resource, UpdateResult

from mirrors.divio import EnvironmentVariable, NotFound
from mirrors.errors import ReadBackError
from mirrors.planning.holds import changes_at_held_site
from mirrors.planning.names import SITE_ID, removal_order, write_order
from mirrors.planning.observed import VariableSeen
from mirrors.planning.variables import Desired, Write, not_as_declared, plan_writes
from mirrors.resources.base import (
    READ_BACK,
    Properties,
    VariablesProvider,
    about,
    changed_names,
    is_gone,
    listed,
    secret,
)
from mirrors.resources.first_write import FIRST_WRITE


def _by_name(items: Iterable[EnvironmentVariable]) -> dict[str, EnvironmentVariable]:
    return {item.name: item for item in items}


def _seen(items: Mapping[str, EnvironmentVariable]) -> dict[str, VariableSeen]:
    return {name: VariableSeen(item.value, item.is_sensitive) for name, item in items.items()}


class EnvironmentVariablesProvider(VariablesProvider):
    inputs = ("site", "environment", "secrets", "found")
    hints = ("rollout", "turn")
    immutable = ("environment",)

    def check(self, _olds: Properties, news: Properties) -> CheckResult:
        """``found`` is decided once: what we have created since is not what was there before us."""
        inputs, rollout = self.checked(news), news.get("rollout")
        olds = _olds if _olds.get("environment") == inputs["environment"] else {}
        if rollout == "paused" and olds:
            return CheckResult(self._kept(olds), [])
        if olds.get("found") is not None:
            inputs["found"] = olds["found"]
        if rollout == "held" and (changing := changed_names(self._values(olds), self._values(inputs))) and olds:
            return CheckResult(inputs, [CheckFailure("", changes_at_held_site(inputs["site"], changing))])
        return CheckResult(inputs, [])

    def create(self, props: Properties) -> CreateResult:
        inputs = self.checked(props)
        with about(inputs["site"]):
            self._converge(inputs, self._identified(inputs), written={}, obsolete=())
        return CreateResult(inputs["environment"], inputs)

    def update(self, _id: str, _olds: Properties, _news: Properties) -> UpdateResult:
        inputs, before = self.checked(_news), self._desired(_olds)
        obsolete = set(before) - set(self.variables_in(inputs)) - set(inputs["found"])
        with about(inputs["site"]):
            live = self._list(inputs["environment"])
            self._converge(inputs, live, {name: item.value for name, item in before.items()}, obsolete)
        return UpdateResult(inputs)

    def read(self, id_: str, props: Properties) -> ReadResult:
        """The owned names with their live values; a value that is not shown stays as it is in the state."""
        stored = self.checked(props)
        known = self.variables_in(stored)
        with about(stored["site"]):
            live = _by_name(self.reads.variables(stored["environment"])) or self._list(stored["environment"])
            if known and not live.keys() & known.keys() and is_gone(self.divio, stored["environment"]):
                return ReadResult("", {})
        entries = {name: self._entry(item, name in stored["secrets"], live.get(name)) for name, item in known.items()}
        there = {name: entry for name, entry in entries.items() if entry is not None}
        inputs = {key: stored[key] for key in self.inputs} | self.flattened(there)
        return ReadResult(id_, dict(inputs), inputs)

    def delete(self, _id: str, _props: Properties) -> None:
        """Removes what we created. A variable that was there before us keeps its present value."""
        stored = self.checked(_props)
        ours = set(self.variables_in(stored)) - set(stored["found"])
        with about(stored["site"]):
            live = self._list(stored["environment"])
            for write in plan_writes({}, _seen(live), {}, ours):
                self._send(write, stored, live)

    def _identified(self, inputs: Properties) -> Mapping[str, EnvironmentVariable]:
        """What there is before anything else is written; a fresh mirror has its SITE_ID then.

        Without one it is the first write in any case, and it is read back. So the look before it is left out: if
        somebody has set it since the platform listed the names, the platform refuses another one and the client
        takes it over.
        """
        site_id = self._desired(inputs).get(SITE_ID)
        if site_id is None or not self.reads.lacks(inputs["environment"], SITE_ID):
            return self._list(inputs["environment"])
        self._send(Write("create", SITE_ID, site_id), inputs, {})
        return self._read_back(inputs, {SITE_ID: site_id})

    def _converge(
        self,
        inputs: Properties,
        live: Mapping[str, EnvironmentVariable],
        written: Mapping[str, str],
        obsolete: Collection[str],
    ) -> None:
        desired = self._desired(inputs)
        writes = plan_writes(desired, _seen(live), written, obsolete)
        for write in writes:
            self._send(write, inputs, live)
            if write.verify:
                self._read_back(inputs, {write.name: desired[write.name]})
        if writes:
            self._read_back(inputs, desired)
        READ_BACK[inputs["environment"]] = {name: item.value for name, item in desired.items()}

    def _list(self, environment: str) -> dict[str, EnvironmentVariable]:
        return _by_name(listed(self.divio.environment_variables.list, self.divio, environment))

    def _send(self, write: Write, inputs: Properties, live: Mapping[str, EnvironmentVariable]) -> None:
        api = self.divio.environment_variables
        self.reads.writes(inputs["environment"])
        with FIRST_WRITE.by(inputs["site"], self._by_hand(inputs, write.kind)):
            if write.kind == "delete":
                api.delete(live[write.name].uuid)
            elif write.desired is not None and write.kind == "create":
                api.create(inputs["environment"], write.name, write.desired.value, write.desired.sensitive)
            elif write.desired is not None:
                self._update(write.name, write.desired, inputs["environment"], live[write.name])

    def _update(self, name: str, desired: Desired, environment: str, live: EnvironmentVariable) -> None:
        """Made anew where somebody has deleted it since we looked."""
        api = self.divio.environment_variables
        try:
            api.update(live.uuid, desired.value, desired.sensitive)
        except NotFound:
            if api.list(environment, name):
                raise
            api.create(environment, name, desired.value, desired.sensitive)

    def _by_hand(self, inputs: Properties, kind: str) -> str:
        """What somebody would have to do in the Control Panel; of a secret only where its value is."""
        desired = self._desired(inputs)
        if kind == "delete":
            return f"remove in this order {', '.join(removal_order(set(desired) - set(inputs['found'])))}"
        hidden = "(the original's, or the configuration's, secret value)"
        values = [
            f"{name}={hidden if name in inputs['secrets'] else desired[name].value}" for name in write_order(desired)
        ]
        return f"set in this order {', '.join(values)}; then deploy"

    def _read_back(self, inputs: Properties, desired: Mapping[str, Desired]) -> Mapping[str, EnvironmentVariable]:
        """Nothing more is written, and nothing deployed, unless the platform has what was declared."""
        live = self._list(inputs["environment"])
        wrong = not_as_declared(desired, _seen(live))
        if wrong:
            raise ReadBackError(inputs["site"], wrong)
        return live

    def _values(self, properties: Properties) -> Properties:
        """{name: value}; how a variable is flagged needs no deployment."""
        return {name: item["value"] for name, item in self.variables_in(properties).items()}

    def _kept(self, olds: Properties) -> Properties:
        """The checked inputs as they were; of a secret the engine forgets that it is one."""
        stored = {key: olds[key] for key in self.inputs if key in olds}
        entries = {
            name: {**item, "value": secret(item["value"]) if name in olds["secrets"] else item["value"]}
            for name, item in self.variables_in(olds).items()
        }
        return stored | self.flattened(entries)

    def _desired(self, properties: Mapping[str, Any]) -> dict[str, Desired]:
        variables = self.variables_in(properties)
        return {name: Desired(item["value"], item["sensitive"]) for name, item in variables.items()}

    def _entry(self, known: Properties, is_secret: bool, live: EnvironmentVariable | None) -> Properties | None:
        if live is None:
            return None
        value = known["value"] if live.value is None else live.value
        return {"value": secret(value) if is_secret else value, "sensitive": live.is_sensitive}


class EnvironmentVariables(Resource, module="mirrors", name="EnvironmentVariables"):
    """One property a variable, ``{value, sensitive}``.

    ``secrets``: the names of those whose values are secrets; ``found``: the variables that were there before us.
    """

    def __init__(
        self, name: str, props: Mapping[str, Any], variables: Mapping[str, Any], opts: pulumi.ResourceOptions
    ) -> None:
        provider = EnvironmentVariablesProvider()
        super().__init__(provider, name, {**props, **provider.flattened(variables)}, opts)
