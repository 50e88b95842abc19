"""One resource as the engine keeps it from one operation to the next (CLI 3.259): its checked inputs, its outputs."""

from collections.abc import Mapping
from typing import Any

from pulumi.runtime.proto import provider_pb2

from tests.wire.provider import Properties, Refused, Wire, in_clear


class Kept:
    """``inputs``, ``outputs``: as in the state, secrets without their mark; ``id``: empty where there is no resource.

    ``unfinished``: an operation failed half way, so that the next one updates it whatever its inputs are.
    """

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.forget()

    def forget(self) -> None:
        self.id, self.unfinished = "", False
        self.inputs: Properties = {}
        self.outputs: Properties = {}

    def then(self, later: "Kept") -> "Kept":
        """Return the same resource in another process."""
        later.id, later.unfinished, later.inputs, later.outputs = self.id, self.unfinished, self.inputs, self.outputs
        return later

    def checked(self, hints: Mapping[str, Any]) -> Properties:
        inputs, failures = self.wire.check(self.inputs, hints)
        assert failures == []
        return as_dict(in_clear(inputs))

    def preview(self, hints: Mapping[str, Any]) -> list[str]:
        """Return the properties that an update would show: ``+NAME``, ``-NAME`` or ``~NAME``."""
        return self._differing(self.checked(hints))

    def up(self, hints: Mapping[str, Any]) -> bool:
        """Return whether there was something to do. Raises Refused, of which it keeps what the engine keeps."""
        inputs = self.checked(hints)
        changes = self.wire.diff(self.outputs, inputs).changes == provider_pb2.DiffResponse.DIFF_SOME
        if self.id and not (self._differing(inputs) or self.unfinished or changes):
            return False
        self._does(inputs)
        return True

    def update(self, hints: Mapping[str, Any]) -> None:
        """Update it, whether its inputs differ or not."""
        assert self.id
        self._does(self.checked(hints))

    def refresh(self) -> None:
        self.id, outputs, inputs = self.wire.read(self.outputs, self.id)
        self.outputs, self.inputs, self.unfinished = as_dict(in_clear(outputs)), as_dict(in_clear(inputs)), False

    def destroy(self) -> None:
        self.wire.delete(self.outputs)
        self.forget()

    def _does(self, inputs: Properties) -> None:
        try:
            outputs = self.wire.update(self.outputs, inputs) if self.id else self._created(inputs)
        except Refused as refused:
            if refused.kept is not None:
                self._keeps(inputs, refused.kept, unfinished=True)
            raise
        self._keeps(inputs, outputs, unfinished=False)

    def _created(self, inputs: Properties) -> Properties:
        id_, outputs = self.wire.create(inputs)
        assert id_ == inputs["environment"]
        return outputs

    def _keeps(self, inputs: Properties, outputs: Properties, *, unfinished: bool) -> None:
        self.id, self.inputs, self.unfinished = inputs["environment"], inputs, unfinished
        self.outputs = as_dict(in_clear(outputs))

    def _differing(self, now: Properties) -> list[str]:
        signs: Mapping[tuple[bool, bool], str] = {(True, False): "-", (False, True): "+", (True, True): "~"}
        keys = [key for key in {*self.inputs, *now} if self.inputs.get(key) != now.get(key)]
        return sorted(f"{signs[key in self.inputs, key in now]}{key}" for key in keys)


def as_dict(value: Any) -> Properties:
    assert isinstance(value, dict)
    return value
