"""The outputs of a resource that failed, in both ways in which Pulumi's SDK puts it."""

import asyncio
from collections.abc import Callable
from typing import Any

import pulumi
import pytest

from mirrors.pulumi_internals import has_failed, without_dependencies


class Failed(Exception):  # noqa: N818 - stands for the SDK's own
    """A registration that failed."""


def output(*, known: bool = True, error: Exception | None = None) -> pulumi.Output[str]:
    """Return an output of a resource; with an error, as SDK 3.259 has it after a failure."""

    async def of(value: Any) -> Any:
        if error:
            raise error
        return value

    resources, value, is_known = (asyncio.ensure_future(of(item)) for item in ({"resource"}, "acme-de", known))
    return pulumi.Output(resources, value, is_known)


def asked(question: Callable[[], Any]) -> Any:
    async def ask() -> Any:
        try:
            return await question()
        finally:
            pulumi.runtime.settings.SETTINGS.outputs.clear()  # no program waits for them

    return asyncio.run(ask())


@pytest.mark.parametrize(
    ("outcome", "failed"), [({}, False), ({"known": False}, True), ({"error": Failed()}, True)], ids=str
)
def test_a_resource_failed_where_its_input_is_unknown_or_an_error(outcome: dict[str, Any], failed: bool) -> None:
    assert asked(lambda: has_failed(output(**outcome))) is failed


@pytest.mark.parametrize(("known", "resources"), [(True, set()), (False, {"resource"})])
def test_the_engine_hears_of_the_resource_behind_a_value_only_where_that_is_unknown(
    known: bool,
    resources: set[str],
) -> None:
    assert asked(lambda: without_dependencies(output(known=known)).resources()) == resources
