"""A provider whose engine was killed, or tells it to go: it would go on deploying, with nobody to tell."""

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import grpc
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from mirrors.resources.environment_variables import EnvironmentVariablesProvider
from mirrors.resources.watchdog import ORPHANED
from tests.wire.platform import CANARY
from tests.wire.provider import TIMEOUT, Wire

INTERRUPTIBLE = """
import runpy, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
runpy.run_module("pulumi.dynamic", run_name="__main__")
"""
"""What a shell starts in the background, these tests perhaps among it, ignores Ctrl-C."""

NEWS = {"site": "acme-de", "environment": "e-1", "secrets": [], "found": {}}


@contextmanager
def watching(engine: socket.socket, api: str) -> Iterator[tuple["subprocess.Popen[bytes]", Wire]]:
    """A provider process that has been told where its engine is."""
    command = [sys.executable, "-u", "-c", INTERRUPTIBLE, f"127.0.0.1:{engine.getsockname()[1]}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            port = int(process.stdout.readline())
            with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
                stub = provider_pb2_grpc.ResourceProviderStub(channel)
                request = provider_pb2.ConfigureRequest()
                request.args.update({"mirrors:apiUrl": api, "mirrors:apiToken": CANARY})
                stub.Configure(request)
                wire = Wire(stub, EnvironmentVariablesProvider())
                assert wire.check({}, NEWS) == (NEWS, [])
                yield process, wire
        finally:
            process.kill()


def test_a_provider_ends_by_itself_once_its_engine_is_gone() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as engine,
        watching(engine, "http://127.0.0.1:1") as (process, _),
    ):
        assert process.poll() is None
        engine.close()
        assert process.wait(TIMEOUT) == ORPHANED


def test_an_interrupted_provider_does_not_wait_for_the_answer_to_a_request() -> None:
    with socket.create_server(("127.0.0.1", 0)) as engine, socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(TIMEOUT)
        with watching(engine, f"http://127.0.0.1:{silent.getsockname()[1]}") as (process, wire):
            waiting = wire.begin_read(NEWS)
            with silent.accept()[0]:
                process.send_signal(signal.SIGINT)
                assert process.wait(TIMEOUT) == 0
                assert waiting.exception() is not None
