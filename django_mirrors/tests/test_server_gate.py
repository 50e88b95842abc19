"""The moments at which a process checks the registry."""

from __future__ import annotations

from threading import Barrier, Thread
from typing import TYPE_CHECKING

import pytest
from django.db import OperationalError

from django_mirrors.errors import RefusedToServeError
from django_mirrors.server import RETRY_AFTER, ServerGate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Looks:
    """The result of each check, in order. An exception is raised."""

    def __init__(self, *results: Sequence[str] | Exception) -> None:
        self.results = list(results)
        self.now = 0.0

    def __call__(self) -> Sequence[str]:
        result = self.results.pop(0)
        if isinstance(result, Exception):
            raise result
        return result

    def gate(self, *, strict: bool = True, confirm: Callable[[], None] = lambda: None) -> ServerGate:
        return ServerGate(self, lambda: self.now, lambda: strict, confirm)


def test_a_process_that_may_serve_looks_once() -> None:
    gate = Looks(()).gate()
    assert gate.admit()
    assert gate.admit()


def test_threads_that_come_at_once_cause_one_look() -> None:
    gate, barrier, admitted = Looks(()).gate(), Barrier(8), list[bool]()

    def come() -> None:
        barrier.wait()
        admitted.append(gate.admit())

    threads = [Thread(target=come) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert admitted == [True] * 8


@pytest.mark.parametrize("first", [["taken"], OperationalError("no server")])
def test_a_process_that_does_not_serve_looks_again_after_a_while(first: Sequence[str] | Exception) -> None:
    looks = Looks(first, ())
    gate = looks.gate()
    assert not gate.admit()
    looks.now = RETRY_AFTER - 1
    assert not gate.admit()
    looks.now = RETRY_AFTER
    assert gate.admit()


def test_a_server_that_loads_does_not_start_if_it_is_refused() -> None:
    with pytest.raises(RefusedToServeError, match=r"This process refuses to serve\. taken"):
        Looks(["taken"]).gate().check_at_startup()


def test_a_server_that_loads_starts_without_the_database_and_does_not_serve() -> None:
    looks = Looks(OperationalError("no server"), ["taken"])
    gate = looks.gate()
    gate.check_at_startup()
    looks.now = RETRY_AFTER
    assert not gate.admit()


def test_where_nothing_is_refused_a_process_serves_without_the_database_and_goes_on_looking() -> None:
    looks = Looks(OperationalError("no server"), ())
    gate = looks.gate(strict=False)
    assert gate.admit()
    looks.now = RETRY_AFTER
    assert gate.admit()
    assert looks.results == []


def test_the_first_healthy_answer_is_confirmed_and_no_other() -> None:
    confirmed: list[str] = []
    gate = Looks(()).gate(confirm=lambda: confirmed.append("once"))
    gate.record_answer(200)
    assert confirmed == [], "the process was not admitted"
    assert gate.admit()
    for status in (503, 501, 500, 200):
        gate.record_answer(status)
    assert confirmed == ["once"]


def test_a_confirmation_that_fails_is_tried_again_after_a_while() -> None:
    looks, tries = Looks(()), Looks(OperationalError("no server"), ())

    def confirm() -> None:
        tries()

    gate = looks.gate(confirm=confirm)
    assert gate.admit()
    gate.record_answer(200)
    gate.record_answer(200)
    assert tries.results == [()]
    looks.now = RETRY_AFTER
    gate.record_answer(200)
    gate.record_answer(200)
    assert tries.results == []
