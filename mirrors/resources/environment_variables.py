"""``EnvironmentVariables``: the declared variables of one environment. What is not declared is never touched.

SITE_ID is written and read back first, DATABASE_URL last; on the way out DATABASE_URL goes first and SITE_ID last.
"""

from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi.dynamic import CheckResult, CreateResult, ReadResult, Resource, UpdateResult

from mirrors.divio import EnvironmentVariable
from mirrors.errors import ReadBackError
from mirrors.planning.observed import VariableSeen
from mirrors.planning.variables import Desired, Write, not_as_declared, plan_writes
from mirrors.resources.base import Properties, Provider, secret


def _desired(props: Mapping[str, Any]) -> dict[str, Desired]:
    return {name: Desired(item["value"], item["sensitive"]) for name, item in props["variables"].items()}


def _seen(items: Mapping[str, EnvironmentVariable]) -> dict[str, VariableSeen]:
    return {name: VariableSeen(item.value, item.is_sensitive) for name, item in items.items()}


class EnvironmentVariablesProvider(Provider):
    inputs = ("site", "environment", "variables", "secrets", "found")
    immutable = ("environment",)

    def check(self, _olds: Properties, news: Properties) -> CheckResult:
        return CheckResult(self.checked(news), [])

    def create(self, props: Properties) -> CreateResult:
        inputs = self.checked(props)
        self._converge(inputs, written={})
        return CreateResult(inputs["environment"], inputs)

    def update(self, _id: str, _olds: Properties, _news: Properties) -> UpdateResult:
        inputs, before = self.checked(_news), _desired(self.checked(_olds))
        obsolete = set(before) - set(inputs["variables"]) - set(inputs["found"])
        self._converge(inputs, {name: item.value for name, item in before.items()}, obsolete)
        return UpdateResult(inputs)

    def read(self, id_: str, props: Properties) -> ReadResult:
        """The owned names with their live values; a value that is not shown stays as it is in the state."""
        stored = self.checked(props)
        live = self._list(stored["environment"])
        stored["variables"] = {
            name: self._entry(name, stored, live[name]) for name in stored["variables"] if name in live
        }
        return ReadResult(id_, dict(stored), stored)

    def delete(self, _id: str, _props: Properties) -> None:
        """Removes what we created. A variable that was there before us keeps its present value."""
        stored = self.checked(_props)
        live = self._list(stored["environment"])
        ours = set(stored["variables"]) - set(stored["found"])
        for write in plan_writes({}, _seen(live), {}, ours):
            self._send(write, stored, live)

    def _converge(self, inputs: Properties, written: Mapping[str, str], obsolete: set[str] = frozenset()) -> None:  # type: ignore[assignment]
        desired = _desired(inputs)
        live = self._list(inputs["environment"])
        writes = plan_writes(desired, _seen(live), written, obsolete)
        for write in writes:
            self._send(write, inputs, live)
            if write.verify:
                self._read_back(inputs, {write.name: desired[write.name]})
        if writes:
            self._read_back(inputs, desired)

    def _list(self, environment: str) -> dict[str, EnvironmentVariable]:
        return {item.name: item for item in self.divio.environment_variables.list(environment)}

    def _send(self, write: Write, inputs: Properties, live: Mapping[str, EnvironmentVariable]) -> None:
        api = self.divio.environment_variables
        if write.kind == "delete":
            api.delete(live[write.name].uuid)
        elif write.desired is not None and write.kind == "create":
            api.create(inputs["environment"], write.name, write.desired.value, write.desired.sensitive)
        elif write.desired is not None:
            api.update(live[write.name].uuid, write.desired.value, write.desired.sensitive)

    def _read_back(self, inputs: Properties, desired: Mapping[str, Desired]) -> None:
        """Nothing more is written, and nothing deployed, unless the platform has what was declared."""
        wrong = not_as_declared(desired, _seen(self._list(inputs["environment"])))
        if wrong:
            raise ReadBackError(inputs["site"], wrong)

    def _entry(self, name: str, stored: Properties, live: EnvironmentVariable) -> Properties:
        value = stored["variables"][name]["value"] if live.value is None else live.value
        hide = name in stored["secrets"]
        return {"value": secret(value) if hide else value, "sensitive": live.is_sensitive}


class EnvironmentVariables(Resource, module="mirrors", name="EnvironmentVariables"):
    """``variables``: {name: {value, sensitive}}; ``secrets``: names whose values are secrets; ``found``: not ours."""

    def __init__(self, name: str, props: dict[str, Any], opts: pulumi.ResourceOptions) -> None:
        super().__init__(EnvironmentVariablesProvider(), name, props, opts)
