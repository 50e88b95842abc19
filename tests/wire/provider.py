"""Drives the real provider process, ``python -m pulumi.dynamic``, over gRPC as the engine does.

Answers are shown as the wire has them: every number is a float, and ``UNKNOWN`` is a value not known yet. A secret is
the map with the engine's mark (``marked``).
"""

import asyncio
import base64
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2  # type: ignore[import-untyped]
from pulumi.dynamic.dynamic import serialize_provider
from pulumi.runtime import rpc
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc, status_pb2

from mirrors.resources.provider import Provider

Properties = dict[str, Any]
_SERIALISED: dict[str, str] = {}

UNKNOWN = rpc.UNKNOWN
"""How the engine writes a value that is not known yet."""

SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"
TIMEOUT = 60.0  # seconds, for one call

FORGETFUL = """
import runpy
from mirrors.divio.policy import PollPolicy
from mirrors.resources import bulk_reads
bulk_reads.TTL = 0.0
PollPolicy.delay = lambda policy, looks: 0.05
runpy.run_module("pulumi.dynamic", run_name="__main__")
"""
"""The same process, in which nothing that was listed counts a moment later. One of the engine lives for one operation,
that of the tests sees what would be hundreds, with a person who edits between them. Nor does it wait a whole second for
a deployment that ends at once."""


class Refused(Exception):  # noqa: N818 - what the engine shows
    """A call ended with an error; the message is what a user sees.

    ``kept``: what the engine stores all the same as the resource's outputs, as on the wire; None: it keeps what it had.
    """

    def __init__(self, message: str, kept: Properties | None = None) -> None:
        super().__init__(message)
        self.kept = kept


def marked(value: Any) -> Properties:
    """Return a value as the wire has it where it is a secret."""
    return {SIGNATURE: SECRET, "value": value}


def in_clear(value: Any) -> Any:
    """Return it as the engine sends what a provider returned: secrets without their mark."""
    if isinstance(value, dict):
        if value.get(SIGNATURE) == SECRET:
            return value["value"]
        return {key: in_clear(item) for key, item in value.items()}
    return [in_clear(item) for item in value] if isinstance(value, list) else value


ENGINES = (
    ("grpc.max_metadata_size", 16 << 20),
    ("grpc.absolute_max_metadata_size", 16 << 20),
    ("grpc.max_receive_message_length", 400 << 20),
)
"""The longest header for grpc-go, which the engine speaks, and the longest message for the engine.

SDK 3.259 has them in ``_grpc_settings.py``; grpc's Python takes 8 KB and 4 MB.
"""


def serialised(provider: Provider) -> str:
    """Once for each class: the SDK wraps a part of pickle anew at every call and never unwraps it."""
    name = type(provider).__qualname__
    if name not in _SERIALISED:
        _SERIALISED[name] = serialize_provider(provider)
    return _SERIALISED[name]


def _struct(properties: Mapping[str, Any]) -> Any:
    return asyncio.run(rpc.serialize_properties(in_clear(dict(properties)), {}))


def as_on_the_wire(struct: Any) -> Properties:
    """Return a struct of the protocol as plain data, without the serialised provider."""
    return {key: _value(value) for key, value in struct.fields.items() if key != "__provider"}


def _value(value: Any) -> Any:
    """Not through the SDK's reading, which takes marks and nulls for something of its own."""
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return {key: _value(item) for key, item in value.struct_value.fields.items()}
    if kind == "list_value":
        return [_value(item) for item in value.list_value.values]
    return None if kind == "null_value" else getattr(value, kind)


class Wire:
    """One provider class in a provider process."""

    def __init__(self, stub: provider_pb2_grpc.ResourceProviderStub, provider: Provider) -> None:
        self.stub = stub
        self.serialised = serialised(provider)

    def check(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> tuple[Properties, list[tuple[str, str]]]:
        """Return the checked inputs, and (property, reason) of each failure."""
        before = self._bag(olds) if olds else _struct({})
        answer = _asked(self.stub.Check, provider_pb2.CheckRequest(olds=before, news=self._bag(news)))
        return as_on_the_wire(answer.inputs), [(item.property, item.reason) for item in answer.failures]

    def diff(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> provider_pb2.DiffResponse:
        request = provider_pb2.DiffRequest(id="x", olds=self._bag(olds), news=self._bag(news))
        answer: provider_pb2.DiffResponse = _asked(self.stub.Diff, request)
        return answer

    def create(self, props: Mapping[str, Any]) -> tuple[str, Properties]:
        answer = _asked(self.stub.Create, provider_pb2.CreateRequest(properties=self._bag(props)))
        return answer.id, as_on_the_wire(answer.properties)

    def update(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Properties:
        request = provider_pb2.UpdateRequest(id="x", olds=self._bag(olds), news=self._bag(news))
        return as_on_the_wire(_asked(self.stub.Update, request).properties)

    def cancel(self) -> None:
        """Send the engine's first request after a Ctrl-C."""
        _asked(self.stub.Cancel, empty_pb2.Empty())

    def begin_create(self, props: Mapping[str, Any]) -> "grpc.Future[Any]":
        """Begin a creation, which is under way when this returns."""
        creating: grpc.Future[Any] = self.stub.Create.future(provider_pb2.CreateRequest(properties=self._bag(props)))
        return creating

    def begin_read(self, props: Mapping[str, Any]) -> "grpc.Future[Any]":
        """Begin a read, which is under way when this returns."""
        reading: grpc.Future[Any] = self.stub.Read.future(provider_pb2.ReadRequest(id="x", properties=self._bag(props)))
        return reading

    def read(self, props: Mapping[str, Any], id_: str = "x", urn: str = "") -> tuple[str, Properties, Properties]:
        """Return the id, the outputs and the inputs. The engine always sends the URN."""
        answer = _asked(self.stub.Read, provider_pb2.ReadRequest(id=id_, urn=urn, properties=self._bag(props)))
        return answer.id, as_on_the_wire(answer.properties), as_on_the_wire(answer.inputs)

    def delete(self, props: Mapping[str, Any]) -> None:
        _asked(self.stub.Delete, provider_pb2.DeleteRequest(id="x", properties=self._bag(props)))

    def _bag(self, properties: Mapping[str, Any]) -> Any:
        return _struct({**properties, "__provider": self.serialised})


def _asked(call: Any, request: Any) -> Any:
    try:
        return call(request, timeout=TIMEOUT)
    except grpc.RpcError as error:
        metadata = {item.key: item.value for item in error.trailing_metadata() or ()}
        raise Refused(error.details() or "", _kept(metadata)) from None


def _kept(metadata: Mapping[str, Any]) -> Properties | None:
    """Read the error as the engine does (CLI 3.259, ``provider_plugin.go``, ``parseError``)."""
    if "grpc-status-details-bin" not in metadata:
        return None
    status = status_pb2.Status.FromString(metadata["grpc-status-details-bin"])
    assert status.code == grpc.StatusCode.UNKNOWN.value[0]  # else Go takes the whole answer for a broken one
    failed = provider_pb2.ErrorResourceInitFailed()
    assert status.details[0].Unpack(failed)
    assert list(failed.reasons) == [status.message]
    return as_on_the_wire(failed.properties)


INTERRUPTIBLE = """
import runpy, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
runpy.run_module("pulumi.dynamic", run_name="__main__")
"""
"""A process that a shell starts in the background, these tests perhaps among it, ignores Ctrl-C."""


@contextmanager
def watching(
    engine: socket.socket, config: Mapping[str, str]
) -> Iterator[tuple["subprocess.Popen[bytes]", provider_pb2_grpc.ResourceProviderStub]]:
    """Yield a provider process that knows where its engine is, and that hears Ctrl-C."""
    command = [sys.executable, "-u", "-c", INTERRUPTIBLE, f"127.0.0.1:{engine.getsockname()[1]}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        try:
            with _configured(process, config) as stub:
                yield process, stub
        finally:
            process.kill()


@contextmanager
def _configured(
    process: "subprocess.Popen[bytes]", config: Mapping[str, str]
) -> Iterator[provider_pb2_grpc.ResourceProviderStub]:
    assert process.stdout is not None
    port = int(process.stdout.readline())
    with grpc.insecure_channel(f"127.0.0.1:{port}", ENGINES) as channel:
        stub = provider_pb2_grpc.ResourceProviderStub(channel)
        stub.Configure(provider_pb2.ConfigureRequest(args=_struct(config)))
        yield stub


@contextmanager
def provider_process(
    config: Mapping[str, str], output: Path, *, for_one_operation: bool = False, begins: str = ""
) -> Iterator[provider_pb2_grpc.ResourceProviderStub]:
    """``config``: keys with their namespace, e.g. ``mirrors:apiUrl``; ``output``: what the user would see of it.

    ``for_one_operation``: it keeps what it has listed, as the engine's does. ``begins``: what it runs before.
    """
    environ = {key: value for key, value in os.environ.items() if not key.startswith("DIVIO_")}
    run = ["-m", "pulumi.dynamic"] if for_one_operation else ["-c", begins + FORGETFUL]
    command = [sys.executable, "-u", *run, "127.0.0.1:1"]
    with (
        output.open("wb") as said,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said, env=environ) as process,
    ):
        try:
            with _configured(process, config) as stub:
                yield stub
        finally:
            process.kill()


def decoded(serialised: str) -> bytes:
    return base64.b64decode(serialised)
