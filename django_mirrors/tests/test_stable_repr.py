"""Conditions and expressions as text: every process has to produce the same text."""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from typing import Any

import pytest
from django.db.models import Case, F, Q, Value, When

from django_mirrors.stable_repr import stable_repr

PROGRAM = """
from django.db.models import Case, Q, Value, When
from django_mirrors.stable_repr import stable_repr
names = {"red", "green", "blue", "black"}
inner = Q(size=1) | ~Q(colour__in=names)
print(list(map(stable_repr, (names, inner, Case(When(inner, then=Value(1))), [{1: names}]))))
"""


def test_sets_are_in_the_same_order_in_each_process() -> None:
    """Otherwise the same code would be another release in each process."""
    said = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env={"PYTHONPATH": ":".join(sys.path), "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    (one,) = said
    assert "{'black', 'blue', 'green', 'red'}" in one


@pytest.mark.parametrize(
    "plain", [Q(a=1) & ~Q(b__in=[1]), F("a") + Value(1), Case(When(a=1, then=2)), ("a", None), "'"]
)
def test_what_has_no_sets_is_written_as_python_shows_it(plain: Any) -> None:
    assert stable_repr(plain) == repr(plain)


def test_it_has_no_addresses_in_memory() -> None:
    assert "0x" not in stable_repr([partial(print), object(), test_it_has_no_addresses_in_memory])


def test_what_cannot_be_shown_is_known_by_its_class() -> None:
    class Silent:
        def __repr__(self) -> str:
            raise RuntimeError

    assert stable_repr([Silent()]) == "<builtins.list>"
    assert stable_repr(Silent()).endswith("Silent>")
