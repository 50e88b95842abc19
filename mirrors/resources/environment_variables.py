"""``EnvironmentVariables``: the declared variables of one environment. What is not declared is never touched.

SITE_ID is written first, and read back before DATABASE_URL, which comes last. On the way out DATABASE_URL goes first
and SITE_ID last.
"""

from collections.abc import Collection, Mapping
from typing import Any

import pulumi
from pulumi.dynamic import CheckFailure, CheckResult, CreateResult, ReadResult, Resource, UpdateResult

from mirrors.divio import EnvironmentVariable
from mirrors.planning.holds import changes_at_held_site
from mirrors.planning.names import MIRRORS_APPLICATION, OWN
from mirrors.planning.variables import INPUTS, Desired
from mirrors.resources.base import Properties, VariablesProvider, about, changed_names, is_gone, secret, tidy
from mirrors.resources.half_done import half_done
from mirrors.resources.writing import Live, Writing, named

DECLARED: dict[str, frozenset[str]] = {}
"""{environment: names} that the program declares in this operation, as this process has checked them."""


class EnvironmentVariablesProvider(VariablesProvider):
    inputs = INPUTS
    hints = ("rollout", "turn", "observed")
    immutable = ("environment",)

    def check(self, _olds: Properties, news: Properties) -> CheckResult:
        """Where the rollout is paused everything stays as it was; where the site is held, a change is a failure.

        A variable that somebody has set before it was declared counts as found.
        """
        result = self._checked(_olds, news)
        DECLARED[str(result.inputs["environment"])] = frozenset(self.variables_in(result.inputs))
        return result

    def _checked(self, _olds: Properties, news: Properties) -> CheckResult:
        """``found`` is decided once: what we have created since is not what was there before us.

        But what somebody had set before we declared it is, and what somebody has set since the mirror was looked at
        and before we wrote to it. Where an update was interrupted that may be a variable of ours, which then stays:
        the safe side.
        """
        inputs, rollout = self.checked(news), news.get("rollout")
        olds = _olds if _olds.get("environment") == inputs["environment"] else {}
        if rollout == "paused" and olds:
            return CheckResult(self._kept(olds), [])
        found = tidy(olds["found"]) if olds.get("found") is not None else inputs.get("found")
        if isinstance(found, dict):  # not known in the preview of a mirror that is new
            inputs["found"] = self._set_by_others(inputs, olds, news.get("observed") or {}) | found
        if rollout == "held" and (changing := changed_names(self._values(olds), self._values(inputs))) and olds:
            return CheckResult(inputs, [CheckFailure("", changes_at_held_site(inputs["site"], changing))])
        return CheckResult(inputs, [])

    def _set_by_others(self, inputs: Properties, before: Properties, observed: Properties) -> Properties:
        """Of what is new in the declaration. What an interrupted first write has left begins with OWN."""
        new = self.variables_in(inputs).keys() - self.variables_in(before).keys()
        if not before:
            new = set() if MIRRORS_APPLICATION in observed else new - set(OWN)
        return {name: seen for name, seen in observed.items() if name in new}

    def create(self, props: Properties) -> CreateResult:
        """Writes what differs, ``SITE_ID`` first, ``DATABASE_URL`` last, and reads it back.

        Where that fails, what it has made is in the state, and so ours, all the same.
        """
        inputs = self.checked(props)
        writing = self._writing(inputs)
        with half_done(inputs["environment"], props, lambda: self._made({}, inputs, writing)), about(inputs["site"]):
            writing.first()
        return CreateResult(inputs["environment"], inputs)

    def update(self, _id: str, _olds: Properties, _news: Properties) -> UpdateResult:
        """The same, and removes those that we created and that are declared no more."""
        inputs, stored, before = self.checked(_news), self.checked(_olds), self._values(_olds)
        writing = self._writing(inputs)
        with half_done(_id, _news, lambda: self._made(stored, inputs, writing)), about(inputs["site"]):
            live = writing.live()
            inputs["found"] = self._found(stored, inputs, live)
            writing.converge(live, before, before.keys() - writing.desired.keys() - inputs["found"].keys())
        return UpdateResult(inputs)

    def _found(self, stored: Properties, inputs: Properties, live: Live) -> Properties:
        """``check`` knows only the checked inputs; what an attempt that failed has made, or has not, is in ``stored``.

        So what stands there is ours; any other that is there before we write it is somebody else's.
        """
        known, declared = self.variables_in(stored), self.variables_in(inputs)
        ours = known.keys() - stored["found"].keys()
        theirs = declared.keys() & live.keys() - known.keys()
        found = {name: {"sensitive": live[name].is_sensitive} for name in theirs} | inputs["found"] | stored["found"]
        return {name: seen for name, seen in found.items() if name not in ours}

    def _made(self, stored: Properties, inputs: Properties, writing: Writing) -> Properties | None:
        """The outputs after a failure: as they were, with what the attempt has made; None where it has made nothing."""
        if not writing.made:
            return None
        declared, secrets = self.variables_in(inputs), {*stored.get("secrets", ()), *inputs["secrets"]}
        there = self.variables_in(stored) | {name: declared[name] for name in writing.made}
        where = {key: inputs[key] for key in self.inputs if key in inputs}
        return where | {"secrets": sorted(secrets)} | self._with_secrets(there, secrets)

    def read(self, id_: str, props: Properties) -> ReadResult:
        """The owned names with their live values; a value that is not shown stays as it is in the state."""
        stored = self.checked(props)
        known = self.variables_in(stored)
        with about(stored["site"]):
            live = named(self.reads.variables(stored["environment"])) or self._writing(stored).live()
            if known and not live.keys() & known.keys() and is_gone(self.divio, stored["environment"]):
                return ReadResult("", {})
        entries = {name: self._entry(item, name in stored["secrets"], live.get(name)) for name, item in known.items()}
        there = {name: entry for name, entry in entries.items() if entry is not None}
        inputs = {key: stored[key] for key in self.inputs} | self.flattened(there)
        return ReadResult(id_, dict(inputs), inputs)

    def delete(self, _id: str, _props: Properties) -> None:
        """Removes what we created. A variable that was there before us keeps its present value.

        So does what the program declares: then this resource was replaced, or moved to another parent, and the one in
        its place has the same variables. That is known where this process has checked that one.
        """
        stored = self.checked(_props)
        declared = DECLARED.get(stored["environment"], frozenset())
        ours = set(self.variables_in(stored)) - set(stored["found"]) - declared
        with about(stored["site"]):
            self._writing(stored).remove(ours)

    def _writing(self, inputs: Properties) -> Writing:
        variables = self.variables_in(inputs)
        desired = {name: Desired(item["value"], item["sensitive"]) for name, item in variables.items()}
        return Writing(self.divio, inputs, desired)

    def _values(self, properties: Properties) -> Properties:
        """{name: value}; how a variable is flagged needs no deployment."""
        return {name: item["value"] for name, item in self.variables_in(properties).items()}

    def _kept(self, olds: Properties) -> Properties:
        """The checked inputs as they were; of a secret the engine forgets that it is one."""
        stored = {key: olds[key] for key in self.inputs if key in olds}
        return stored | self._with_secrets(self.variables_in(olds), olds["secrets"])

    def _with_secrets(self, variables: Properties, secrets: Collection[str]) -> Properties:
        entries = {
            name: {**item, "value": secret(item["value"]) if name in secrets else item["value"]}
            for name, item in variables.items()
        }
        return self.flattened(entries)

    def _entry(self, known: Properties, is_secret: bool, live: EnvironmentVariable | None) -> Properties | None:
        if live is None:
            return None
        value = known["value"] if live.value is None else live.value
        return {"value": secret(value) if is_secret else value, "sensitive": live.is_sensitive}


class EnvironmentVariables(Resource, module="mirrors", name="EnvironmentVariables"):
    """The declared variables of one environment, and no others: one property a variable, ``{value, sensitive}``.

    ``site``: application and environment, for messages.
    ``environment``: its uuid.
    ``secrets``: the names of those whose values are secrets.
    ``found``: {name: {sensitive}} of the variables that were there before us.
    ``observed``: {name: {sensitive}} of the variables that are set there now.
    ``rollout``: whether the site is held or behind a pause.
    ``turn``: resolves when it is the site's turn in its wave.
    """

    def __init__(
        self, name: str, props: Mapping[str, Any], variables: Mapping[str, Any], opts: pulumi.ResourceOptions
    ) -> None:
        provider = EnvironmentVariablesProvider()
        super().__init__(provider, name, {**props, **provider.flattened(variables)}, opts)
