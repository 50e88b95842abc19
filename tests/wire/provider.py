"""Drives the real provider process, ``python -m pulumi.dynamic``, over gRPC as the engine does."""

import asyncio
import base64
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import grpc
from pulumi.dynamic.dynamic import serialize_provider
from pulumi.runtime import rpc
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from mirrors.resources.base import Provider

UNKNOWN = rpc.UNKNOWN
"""How the engine writes a value that is not known yet."""


def _struct(properties: Mapping[str, Any]) -> Any:
    return asyncio.run(rpc.serialize_properties(dict(properties), {}))


def _plain(struct: Any) -> dict[str, Any]:
    """As the wire has it: secrets keep their mark."""
    properties = rpc.deserialize_properties(struct, True)
    properties.pop("__provider", None)
    return dict(properties)


class Wire:
    """One provider class in one provider process."""

    def __init__(self, stub: provider_pb2_grpc.ResourceProviderStub, provider: Provider) -> None:
        self.stub = stub
        self.serialised = serialize_provider(provider)

    def _bag(self, properties: Mapping[str, Any]) -> Any:
        return _struct({**properties, "__provider": self.serialised})

    def check(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        before = self._bag(olds) if olds else _struct({})
        answer = self.stub.Check(provider_pb2.CheckRequest(olds=before, news=self._bag(news)))
        return _plain(answer.inputs), [(item.property, item.reason) for item in answer.failures]

    def diff(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> provider_pb2.DiffResponse:
        request = provider_pb2.DiffRequest(id="x", olds=self._bag(olds), news=self._bag(news))
        answer: provider_pb2.DiffResponse = self.stub.Diff(request)
        return answer

    def create(self, props: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        answer = self.stub.Create(provider_pb2.CreateRequest(properties=self._bag(props)))
        return answer.id, _plain(answer.properties)

    def update(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
        answer = self.stub.Update(provider_pb2.UpdateRequest(id="x", olds=self._bag(olds), news=self._bag(news)))
        return _plain(answer.properties)

    def read(self, props: Mapping[str, Any]) -> tuple[str, dict[str, Any], dict[str, Any]]:
        answer = self.stub.Read(provider_pb2.ReadRequest(id="x", properties=self._bag(props)))
        return answer.id, _plain(answer.properties), _plain(answer.inputs)

    def delete(self, props: Mapping[str, Any]) -> None:
        self.stub.Delete(provider_pb2.DeleteRequest(id="x", properties=self._bag(props)))


@contextmanager
def provider_process(provider: Provider, config: Mapping[str, str]) -> Iterator[Wire]:
    """``config``: keys with their namespace, e.g. ``mirrors:apiUrl``."""
    environ = {key: value for key, value in os.environ.items() if not key.startswith("DIVIO_")}
    command = [sys.executable, "-u", "-m", "pulumi.dynamic", "127.0.0.1:1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environ) as process:
        assert process.stdout is not None
        try:
            port = int(process.stdout.readline())
            with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
                stub = provider_pb2_grpc.ResourceProviderStub(channel)
                stub.Configure(provider_pb2.ConfigureRequest(args=_struct(config)))
                yield Wire(stub, provider)
        finally:
            process.kill()
            process.communicate()


def decoded(serialised: str) -> bytes:
    return base64.b64decode(serialised)
