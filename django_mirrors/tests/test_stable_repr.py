"""Conditions and expressions as text: every process has to produce the same text."""

from __future__ import annotations

import subprocess
import sys
from copy import copy
from functools import partial
from typing import Any

import pytest
from django.db import models
from django.db.models import Case, F, Func, Q, When
from django.db.models.fields.json import KeyTransform
from django.db.models.functions import Cast, Collate, Extract, Lower, Trunc

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


@pytest.mark.parametrize("plain", [Q(a=1) & ~Q(b__in=[1]), ("a", None), "'", 1.5, [{"a": 1}]])
def test_what_has_no_sets_is_written_as_python_shows_it(plain: Any) -> None:
    assert stable_repr(plain) == repr(plain)


class Unit(Func):
    """An expression with an argument that its text leaves out."""

    def __init__(self, *expressions: Any, unit: str) -> None:
        self.unit = unit
        super().__init__(*expressions)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Collate("a", "C"), Collate("a", "nocase")),
        (Cast("a", models.IntegerField()), Cast("a", models.TextField())),
        (Cast("a", models.CharField(max_length=1)), Cast("a", models.CharField(max_length=2))),
        (Extract("a", "year"), Extract("a", "month")),
        (Trunc("a", "year"), Trunc("a", "month")),
        (KeyTransform("b", "a"), KeyTransform("c", "a")),
        (Unit("a", unit="metre"), Unit("a", unit="mile")),
    ],
    ids=lambda expression: type(expression).__name__,
)
def test_expressions_that_differ_are_written_in_another_way_wherever_they_are(one: Any, other: Any) -> None:
    """Two such constraints would be the same to the guard otherwise: Django's own text of them is the same."""
    for within in (
        lambda it: it,
        lambda it: Q(b=it),
        lambda it: Lower(it).desc(),
        lambda it: Case(When(a=1, then=it)),
        lambda it: F("b") + it,
    ):
        assert stable_repr(within(one)) != stable_repr(within(other))
        assert stable_repr(within(one)) == stable_repr(within(copy(one)))


def test_it_has_no_addresses_in_memory() -> None:
    assert "0x" not in stable_repr([partial(print), object(), test_it_has_no_addresses_in_memory])


def test_what_cannot_be_shown_is_known_by_its_class() -> None:
    class Silent:
        def __repr__(self) -> str:
            raise RuntimeError

    assert stable_repr([Silent()]) == "<builtins.list>"
    assert stable_repr(Silent()).endswith("Silent>")
