"""Every use of a private part of Pulumi's SDK, with the issue or change upstream that would end it.

Read with SDK 3.259 and 3.272. The program and the provider process both import this module.
"""

import asyncio
import gc
import logging
import os
import signal
import sys
import threading
from collections.abc import Generator, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType, SimpleNamespace
from typing import Any, TypeVar

import grpc
import pulumi
from pulumi.runtime import config as runtime_config
from pulumi.runtime import rpc
from pulumi.runtime.proto import provider_pb2, status_pb2

T = TypeVar("T")

VISIBLE_FRAMES = 1
"""Innermost frames that the SDK's ``_get_stack_trace`` sees: too few for it to find who declares a resource."""

_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the engine's mark for a secret value, not a secret

MAX_REPORT_BYTES = 8 << 20
"""The largest partial failure that is reported, in bytes. It travels as a header: grpc-go (1.x, in CLI 3.259) accepts
16 MB of these in base64. Above that it ends the connection, and every other operation of the process with it."""

_URN = "urn:pulumi:"

_HOSTED = "pulumi-language-python-exec"
"""The script of the language host that runs the user's program."""


@contextmanager
def limit_stack_traces() -> Iterator[None]:
    """Keep stack traces out of the state while the program declares resources.

    The SDK sends the program's whole stack with each resource, and the engine stores it. A third of the state would be
    paths of the user's machine. The SDK has no switch for it. Python's own limit for printed tracebacks ends its walk.
    Upstream: https://github.com/pulumi/pulumi/pull/20430, https://github.com/pulumi/pulumi/issues/18478.
    """
    before = getattr(sys, "tracebacklimit", None)
    sys.tracebacklimit = VISIBLE_FRAMES
    try:
        yield
    finally:
        if before is None:
            del sys.tracebacklimit
        else:
            sys.tracebacklimit = before


def answer_with_messages() -> None:
    """Answer a call that raises with the exception's message alone, for the rest of the process.

    SDK 3.272 answers with ``traceback.format_exc()``, and the engine shows that to the user. So the SDK's module gets
    another one. SDK 3.259 answers with the message. Upstream: https://github.com/pulumi/pulumi/pull/24465.
    """
    for frame in _walk_frames(sys._getframe()):
        if "_abort_with_traceback" in frame.f_globals:
            frame.f_globals["traceback"] = SimpleNamespace(format_exc=_format_message)


def _format_message() -> str:
    """Return the message of the exception that is being handled. One without a message has its class's name."""
    error = sys.exception()
    return str(error) or type(error).__name__


def without_dependencies(output: pulumi.Output[T]) -> pulumi.Output[T]:
    """Return the same value without the list of resources that it comes from.

    The program waits for it all the same, so the order of an update does not change. The engine would store the list
    for each property of each mirror. Upstream: https://github.com/pulumi/pulumi/issues/8622.

    An update keeps the list of a value that is unknown. Its resource has failed, and by the list the engine skips what
    needs the value. SDK 3.259 raises an exception there.
    """

    async def needed() -> set[pulumi.Resource]:
        return set() if pulumi.runtime.is_dry_run() or await output.is_known() else await output.resources()

    value: asyncio.Future[Any] = asyncio.ensure_future(output.future(with_unknowns=True))
    known, secret = asyncio.ensure_future(output.is_known()), asyncio.ensure_future(output.is_secret())
    return pulumi.Output(asyncio.ensure_future(needed()), value, known, secret)


async def has_failed(known_input: pulumi.Output[Any]) -> bool:
    """Wait until the engine is done with a resource, or has left it out. Return whether the resource failed.

    The program only hears of a failure where the engine continues on errors. SDK 3.259 then raises an exception for
    each output of the resource. SDK 3.272 makes each output unknown, also one that is an input. The inputs of a
    resource are known where the engine left it out. With CLI 3.274 they are known, too, where the engine skipped the
    resource because another one failed. Upstream: https://github.com/pulumi/pulumi/pull/24700.

    Args:
        known_input: An output of the resource, which is an input that the program knows.
    """
    try:
        return not await known_input.is_known()
    except Exception:  # noqa: BLE001 - the SDK's own class for this is private, and gone in 3.272
        return True


def end_quietly_when_interrupted() -> None:
    """Let an interrupt end the user's program without Python's traceback, which the engine would show.

    The engine interrupts the program once an update has failed. The program then ends anyway. CLI 3.259 leaves it the
    time for that. CLI 3.274 stops the providers all at once, and interrupts the program earlier. Where the program is
    not a process of the language host, such as in a test, interrupts are left alone.
    """
    names = (Path(frame.f_code.co_filename).name for frame in _walk_frames(sys._getframe()))
    if _HOSTED in names and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


def run_event_loop_once() -> None:
    """Let the event loop run once before the SDK waits for what the program has declared.

    Without that ``wait_for_rpcs`` finds no registration under way, and waits for all outputs anew after each of them.
    With hundreds of mirrors that takes longer than all other work. Upstream: https://github.com/pulumi/pulumi/pull/15744.
    """

    async def run_once() -> None:
        await asyncio.sleep(0)

    with suppress(pulumi.RunError):  # a program that is asynchronous itself has let it run
        pulumi.run(run_once)


def end_program_with(error: SystemExit) -> None:
    """Let the running program end with this error, also where the program catches the error and goes on.

    The engine deletes every resource that a program does not register, unless the program fails. The error comes at the
    end, after all registrations, as one that the program does not catch. The SDK has no way to fail later without a
    traceback: a failed output is one. A program that is over already, such as in an ``apply``, ends at once, and so
    does one under Mocks. Another error of the program goes first.
    """
    stack: Any = pulumi.runtime.get_root_resource()
    if getattr(stack, "_outputs_registered", True):
        manager = pulumi.runtime.settings.SETTINGS.rpc_manager
        manager.unhandled_exception = manager.unhandled_exception or error
        manager.rpcs.append(_NoCall())  # with a call left, the SDK looks for an error once more
        return
    finish = stack._finish

    def finish_and_raise() -> None:
        finish()
        if sys.exception() is None:
            raise error

    stack._finish = finish_and_raise


class _NoCall:
    """A call of the engine that is answered already."""

    def __await__(self) -> Generator[None, None, None]:
        yield from ()


def engine_parallel() -> int | None:
    """Return how many operations the engine runs at once; None where the SDK does not say."""
    parallel = pulumi.runtime.settings.SETTINGS.parallel
    return parallel if isinstance(parallel, int) else None


def find_run() -> object | None:
    """Return the object that one run of a program has to itself: its connection to the engine. None outside of a run.

    The SDK keeps its settings in context variables, since a process may run several programs. It names no run.
    """
    run: object | None = pulumi.runtime.settings.get_monitor()
    return run


def mark_secret(value: Any) -> dict[str, Any]:
    """Mark a value as a secret on the wire, from inside a provider.

    A dynamic provider cannot return an ``Output.secret``. Upstream: https://github.com/pulumi/pulumi/issues/3012.
    """
    return {_SIGNATURE: _SECRET, "value": value}


def unmark_secrets(value: Any) -> Any:
    """Return a value of the wire without the marks of secrets. Mocks get the inputs with them (SDK 3.259)."""
    if isinstance(value, dict):
        if value.get(_SIGNATURE) == _SECRET:
            return unmark_secrets(value.get("value"))
        return {key: unmark_secrets(item) for key, item in value.items()}
    return [unmark_secrets(item) for item in value] if isinstance(value, list) else value


def read_program_configuration() -> tuple[dict[str, str], frozenset[str]]:
    """Return the raw configuration of the running program, of all namespaces, and the keys that are secrets.

    The SDK's ``Config`` lists no keys, and Mirrors refuses a key that it does not know. A program that Pulumi starts as
    a process has the configuration in its environment. An inline program of the Automation API has it in the SDK alone.
    """
    values = {**runtime_config.get_config_env(), **runtime_config.CONFIG.get()}
    return values, frozenset({*runtime_config.get_config_secret_keys_env(), *runtime_config._SECRET_KEYS.get()})


@contextmanager
def own_event_loop() -> Iterator[None]:
    """Have an event loop for a program under Mocks. At the end, close it and those that the SDK has made beside it.

    The SDK makes a loop in each thread of the executor, and closes none (3.259). Python complains about each one when
    it is collected, at any time later. After an error it also complains about each output that nothing awaits, as
    Pulumi's own language host knows: that host silences the same logger.
    """
    before, loop = {*map(id, _find_event_loops())}, asyncio.new_event_loop()
    logger = logging.getLogger("asyncio")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    asyncio.set_event_loop(loop)
    try:
        yield
    finally:
        _end_tasks(loop)
        asyncio.set_event_loop(None)
        for item in _find_event_loops():
            if id(item) not in before and not item.is_running():
                item.close()
        gc.collect()
        logger.setLevel(level)


def _end_tasks(loop: asyncio.AbstractEventLoop) -> None:
    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    if tasks:
        loop.run_until_complete(asyncio.wait(tasks))
    loop.run_until_complete(loop.shutdown_default_executor())


def _find_event_loops() -> list[asyncio.AbstractEventLoop]:
    # isinstance would ask a lazy object for its class: Django's settings then fail in a process without a project.
    return [item for item in gc.get_objects() if issubclass(type(item), asyncio.BaseEventLoop)]


def widen_executor(threads: int) -> bool:
    """Serve at least so many calls at once in this provider process. Return False where that cannot be done.

    The SDK (``pulumi/dynamic/__main__.py``) serves a provider with ``futures.ThreadPoolExecutor(max_workers=4)``,
    whatever ``--parallel`` is, and a deployment keeps one thread until it ends. Nothing public leads to the executor.
    It is the only one of its kind when the first provider is configured. An executor starts a thread for each call that
    finds none idle, up to ``_max_workers`` (CPython 3.11 to 3.14), so raising this number is enough. The program's side
    of the same question is https://github.com/pulumi/pulumi/issues/11116.
    """
    return _widen(_find_executors(), threads)


def _find_executors() -> list[ThreadPoolExecutor]:
    return [item for item in gc.get_objects() if type(item) is ThreadPoolExecutor]


def _widen(found: Iterable[ThreadPoolExecutor], threads: int) -> bool:
    known = list(found)
    if len(known) != 1 or not isinstance(getattr(known[0], "_max_workers", None), int):
        return False
    [executor] = known
    executor._max_workers = max(executor._max_workers, threads)
    for _ in range(threads):
        executor.submit(int)  # does nothing: a call that waits already gets its thread now, not with the next call
    return True


def exit_without_waiting() -> None:
    """End the process with its main thread, although calls still run in others.

    The engine interrupts a provider at its end and kills it 5 seconds later. The interrupted process would wait for its
    threads, and Python calls nothing public before it does so. Upstream: https://github.com/pulumi/pulumi/pull/22516.
    """
    threading._register_atexit(os._exit, 0)  # type: ignore[attr-defined]


def find_stack_of_call() -> str | None:
    """Return the stack of the call that this thread answers; None outside of such a call.

    The engine sends the resource's URN with each call, and the SDK hands it to no provider. No environment variable of
    the process and no other request names the stack. Upstream: https://github.com/pulumi/pulumi/issues/8265.
    """
    return find_stack(sys._getframe())


def find_stack(frame: FrameType | None) -> str | None:
    """Return the stack of the call that is answered in one of these frames; None where there is no such call."""
    urns = (str(getattr(request, "urn", "")) for request in _walk_locals(frame, "request"))
    return next((urn.removeprefix(_URN).partition("::")[0] for urn in urns if urn.startswith(_URN)), None)


def report_partial_failure(id_: str, properties: Mapping[str, Any], reason: str) -> None:
    """Have the engine store the properties of the resource whose operation is about to fail.

    To the engine a provider that raises has done nothing, and the SDK cannot say otherwise. The protocol can: an error
    with the detail ``ErrorResourceInitFailed`` (``provider.proto``). The engine stores its properties and shows its
    reasons. It updates the resource in the next run even where no input differs (CLI 3.259).

    Nothing is reported where no call is found or the report is too large. That is safe: Mirrors then treats what it has
    made as not its own.

    Upstream: https://github.com/pulumi/pulumi/issues/18009.
    """
    context = _find_call(sys._getframe())
    if context is None:
        return
    stored = asyncio.run(rpc.serialize_properties(dict(properties), {}))
    code, _ = grpc.StatusCode.UNKNOWN.value  # the status of a call that raised
    status = status_pb2.Status(code=code, message=reason)
    status.details.add().Pack(provider_pb2.ErrorResourceInitFailed(id=id_, properties=stored, reasons=[reason]))
    if (report := status.SerializeToString()) and len(report) <= MAX_REPORT_BYTES:
        context.set_trailing_metadata((("grpc-status-details-bin", report),))


def _find_call(frame: FrameType | None) -> "grpc.ServicerContext | None":
    """Return the call that this thread answers. The SDK hands it to no provider; a method further up has it."""
    return next((item for item in _walk_locals(frame, "context") if isinstance(item, grpc.ServicerContext)), None)


def _walk_locals(frame: FrameType | None, name: str) -> Iterator[Any]:
    """Yield the local variable of this name in each frame from here up; None for a frame without it."""
    return (item.f_locals.get(name) for item in _walk_frames(frame))


def _walk_frames(frame: FrameType | None) -> Iterator[FrameType]:
    """Yield this frame, and each one that has called it."""
    while frame is not None:
        yield frame
        frame = frame.f_back
