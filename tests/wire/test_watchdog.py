"""A provider whose engine was killed, or ends it: it would go on deploying, with no one to report to."""

import signal
import socket

from mirrors.resources.site import SiteProvider
from mirrors.resources.watchdog import ORPHANED_EXIT_CODE
from tests.wire.platform import CANARY
from tests.wire.provider import TIMEOUT, Wire, in_clear, watching

SITE = {"site": "acme-de", "environment": "e-1", "image_environment": "e-2", "release": "r-1", "hmac_key": "k"}


def test_a_provider_ends_by_itself_once_its_engine_is_gone() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as engine,
        watching(engine, at("http://127.0.0.1:1")) as (process, stub),
    ):
        inputs, failures = Wire(stub, SiteProvider()).check(SITE, SITE)
        assert (in_clear(inputs), failures) == (SITE, [])
        assert process.poll() is None
        engine.close()
        assert process.wait(TIMEOUT) == ORPHANED_EXIT_CODE


def test_an_interrupted_provider_does_not_wait_for_the_answer_to_a_request() -> None:
    with socket.create_server(("127.0.0.1", 0)) as engine, socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(TIMEOUT)
        with watching(engine, at(f"http://127.0.0.1:{silent.getsockname()[1]}")) as (process, stub):
            waiting = Wire(stub, SiteProvider()).begin_read(SITE)
            with silent.accept()[0]:
                process.send_signal(signal.SIGINT)
                assert process.wait(TIMEOUT) == 0
                assert waiting.exception() is not None


def at(api: str) -> dict[str, str]:
    return {"mirrors:apiUrl": api, "mirrors:apiToken": CANARY}
