"""The outputs of a resource that failed, in both ways in which Pulumi's SDK puts it, and the end of a program."""

import asyncio
from collections.abc import Callable
from contextvars import copy_context
from typing import Any

import pulumi
import pytest
from pulumi.runtime import MockCallArgs, MockResourceArgs, Mocks, run_in_stack
from pulumi.runtime.settings import set_root_resource

from mirrors.pulumi_internals import end_program_with, has_failed, own_event_loop, without_dependencies


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


class Ending(Mocks):
    """Makes a group, and notes it."""

    def __init__(self) -> None:
        self.made: list[str] = []

    def call(self, args: MockCallArgs) -> Any:
        raise AssertionError(args.token)

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        self.made.append(args.name)
        return f"{args.name}-id", dict(args.inputs)


class Group(pulumi.CustomResource):
    """A resource that the program registers."""

    def __init__(self, name: str) -> None:
        super().__init__("acme:index:Group", name, {})


def ran_to_its_end(program: Callable[[], Any]) -> list[str]:
    """Run a program as Pulumi's language host does, and return the names of what it registered."""
    made = Ending()

    def run_in_context() -> None:
        with own_event_loop():
            pulumi.runtime.set_mocks(made, "project", "test")
            set_root_resource(None)  # type: ignore[arg-type] # the host begins without a stack
            asyncio.get_event_loop().run_until_complete(run_in_stack(program))

    copy_context().run(run_in_context)
    return made.made


def refuse_now() -> None:
    end_program_with(SystemExit(32))


@pytest.mark.parametrize("at", ["module", "async", "apply"])
def test_a_program_ends_with_an_error_after_all_that_it_registers(at: str) -> None:
    registered: list[str] = []

    def program() -> Any:
        async def main() -> None:
            await asyncio.sleep(0)
            refuse_now()

        if at == "module":
            refuse_now()
        elif at == "async":
            pulumi.run(main)
        first = Group("first")
        if at == "apply":
            first.id.apply(lambda _id: refuse_now())
        first.id.apply(lambda _id: registered.append("first"))

    with pytest.raises(SystemExit) as ended:
        ran_to_its_end(program)
    assert ended.value.code == 32
    assert registered == ["first"]


def test_the_error_of_the_program_itself_goes_first() -> None:
    def program() -> None:
        refuse_now()
        raise KeyError("its own")

    with pytest.raises(KeyError):
        ran_to_its_end(program)


def test_a_program_without_an_error_ends_well() -> None:
    assert "first" in ran_to_its_end(lambda: Group("first") and None)
