"""A provider whose engine was killed: it would go on deploying, with nobody to tell."""

import socket
import subprocess
import sys

import grpc
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from mirrors.resources.environment_variables import EnvironmentVariablesProvider
from mirrors.resources.watchdog import ORPHANED
from tests.wire.platform import CANARY
from tests.wire.provider import TIMEOUT, Wire

CONFIGURATION = {"mirrors:apiUrl": "http://127.0.0.1:1", "mirrors:apiToken": CANARY}


def test_a_provider_ends_by_itself_once_its_engine_is_gone() -> None:
    with socket.create_server(("127.0.0.1", 0)) as engine:
        address = f"127.0.0.1:{engine.getsockname()[1]}"
        command = [sys.executable, "-u", "-m", "pulumi.dynamic", address]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            try:
                assert process.stdout is not None
                port = int(process.stdout.readline())
                with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
                    stub = provider_pb2_grpc.ResourceProviderStub(channel)
                    request = provider_pb2.ConfigureRequest()
                    request.args.update(CONFIGURATION)
                    stub.Configure(request)
                    news = {"site": "acme-de", "environment": "e-1", "secrets": [], "found": {}}
                    assert Wire(stub, EnvironmentVariablesProvider()).check({}, news) == (news, [])
                    assert process.poll() is None
                    engine.close()
                    assert process.wait(TIMEOUT) == ORPHANED
            finally:
                process.kill()
