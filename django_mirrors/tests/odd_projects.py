"""Hypothesis strategies for what Django accepts in models and migrations, including unusual forms."""

from __future__ import annotations

import uuid
from decimal import Decimal
from functools import partial
from typing import Any

import django
from django.contrib.postgres import constraints as of_postgresql
from django.contrib.postgres.fields import ArrayField, IntegerRangeField
from django.db import migrations, models
from django.db.models import F, Q, Value
from django.db.models.functions import Lower, Now
from django.utils.safestring import mark_safe
from django.utils.text import format_lazy
from hypothesis import strategies as st

__all__ = ["CONDITION", "Bare", "OwnCheck", "labelled", "lazy", "operations"]

Strategy = st.SearchStrategy[Any]
NEW, KNOWN = ["b", "c"], ["a", "note"]
NONE: Strategy = st.just(())
SINCE_5 = django.VERSION >= (5, 0)
CONDITION = "condition" if django.VERSION >= (5, 1) else "check"


class Colour(models.TextChoices):
    RED = "r", "red"
    BLUE = "b", "blue"


class Size(models.IntegerChoices):  # type: ignore[metaclass]
    SMALL = 7
    LARGE = 20


class Silent:
    """An object whose ``repr`` fails."""

    def __repr__(self) -> str:
        raise RuntimeError("no words")

    def __str__(self) -> str:
        return "1"


class Fixed(models.CharField):  # type: ignore[type-arg]
    """A field with fixed options: its deconstruction has none of them, and another path."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        options["max_length"] = "12"
        super().__init__(*arguments, **options)

    def deconstruct(self) -> Any:
        name, _, arguments, options = super().deconstruct()
        del options["max_length"]
        return name, "nowhere.at.all", tuple(arguments), options


class Typeless(models.Field):  # type: ignore[type-arg]
    """A field without a column in the database."""

    def db_type(self, connection: Any) -> None:  # noqa: ARG002
        return None


class Bare(models.IntegerField):  # type: ignore[type-arg]
    """A field that deconstructs to less than Django's fields do, and whose class refuses inspection."""

    class Touchy:
        def __get__(self, *_: object) -> Any:
            raise ValueError("not on the class")

    touchy = Touchy()

    def db_parameters(self, connection: Any) -> Any:
        return {"type": self.db_type(connection), "check": (), "more": Silent()}


class OwnCheck(models.CheckConstraint):
    """A constraint that deconstructs to more than Django's, under another path."""

    def __init__(self, *, fields: Any = None, more: Any = None, **options: Any) -> None:
        self.fields, self.more = fields or (F("a"), 1), more or [Silent()]
        super().__init__(**options)

    def deconstruct(self) -> Any:
        _, arguments, options = super().deconstruct()
        return "nowhere.at.all", arguments, {**options, "fields": self.fields, "more": self.more}


class OwnIndex(models.Index):
    def create_sql(self, *arguments: Any, **options: Any) -> Any:
        return super().create_sql(*arguments, **options)


def lazy(text: object) -> Any:
    """Return a lazy text, like a translation."""
    return format_lazy("{}", text)


def as_text(text: str) -> Strategy:
    return st.sampled_from([text, lazy(text), mark_safe(text)])  # noqa: S308


def sizes() -> Strategy:
    kinds: list[Any] = [int, str, Decimal, float, lambda size: lazy(size), lambda _: Size.LARGE]
    return st.builds(lambda kind, size: kind(size), st.sampled_from(kinds), st.integers(5, 30))


def common() -> Strategy:
    """Return options that any field accepts."""
    always: dict[str, Strategy] = {
        "unique": st.booleans(),
        "db_index": st.booleans(),
        "db_column": st.sampled_from(["x", "a b", "y"]).flatmap(as_text),
        "verbose_name": as_text("words"),
        "help_text": as_text("more words"),
        "validators": st.just([partial(max, 1), str.isdigit]),
        "db_comment": as_text("for people"),
    }
    if not SINCE_5 or django.VERSION >= (6, 0):
        always.pop("db_comment")
    return st.fixed_dictionaries({"null": st.booleans()}, optional=always)


def fields() -> Strategy:
    kinds = [texts(), numbers(), relations(), others(), own()]
    return st.one_of(*kinds, *([generated()] if SINCE_5 else []))


def made(cls: Any, arguments: Strategy = NONE, sized: Any = False, **own: Strategy) -> Strategy:
    options = st.fixed_dictionaries({"max_length": sizes()} if sized else {}, optional=own)
    return st.builds(
        lambda first, some, given: cls(*first, **{**some, **given}),
        arguments,
        common(),
        options,
    )


def defaults(*values: Any) -> dict[str, Strategy]:
    """Return the default of Python, or that of the database since Django 5.0."""
    found = {"default": st.sampled_from([*values, partial(min, *values, values[0]), Silent.__str__])}
    if SINCE_5:
        expressions = [*values, *(Value(value) for value in values), Lower(Value(str(values[0])))]
        found["db_default"] = st.sampled_from(expressions)
    return found


def texts() -> Strategy:
    some = {"choices": st.sampled_from([Colour.choices, [("kind", [("a", lazy("A"))])]])}
    if SINCE_5:
        some["choices"] = st.sampled_from([Colour, {"a": "A"}, partial(list, Colour.choices)])
    some |= defaults("a", Colour.RED)
    upload = st.sampled_from(["x", partial(str.format, "x")])
    return st.one_of(
        *(made(cls, sized=True, **some) for cls in (models.CharField, models.SlugField, models.EmailField)),
        made(models.TextField, max_length=sizes(), **some),
        made(models.FileField, sized=True, upload_to=upload),
    )


def numbers() -> Strategy:
    decimal = made(models.DecimalField, **defaults(1, Decimal("1.5")))
    digits = st.tuples(sizes(), st.sampled_from([2, "2", Decimal(2)]))
    sized = st.builds(lambda field, given: resized(field, *given), decimal, digits)
    kinds = (models.IntegerField, models.BigIntegerField, models.PositiveSmallIntegerField, models.FloatField)
    return st.one_of(sized, *(made(cls, **defaults(1, Size.SMALL)) for cls in kinds))


def resized(field: Any, digits: Any, places: Any) -> Any:
    field.max_digits, field.decimal_places = digits, places
    return field


def relations() -> Strategy:
    to = st.tuples(st.sampled_from(["self", "Other", "shop.Other", "shop.other"]), st.just(models.CASCADE))
    some = {"db_constraint": st.booleans(), "related_name": st.just("+"), "limit_choices_to": st.just(dict)}
    key = st.tuples(st.sampled_from(["Other", "shop.Other"]), st.just(models.PROTECT))
    many = st.sampled_from(["self", "Other"])
    return st.one_of(
        made(models.ForeignKey, to, **some),
        made(models.OneToOneField, to, **some),
        made(models.ForeignKey, key, to_field=st.just("code"), **some),
        st.builds(lambda to: models.ManyToManyField(to, related_name="+"), many),
    )


def others() -> Strategy:
    return st.one_of(
        made(models.UUIDField, **defaults(uuid.UUID(int=1))),
        made(models.DateTimeField, auto_now_add=st.booleans()),
        made(models.DateTimeField, **({"db_default": st.just(Now())} if SINCE_5 else {})),
        made(models.BinaryField, max_length=sizes()),
        made(models.JSONField, default=st.just(dict)),
        made(models.DurationField),
        made(models.FilePathField, sized=True, path=st.just(partial(str, "/"))),
    )


def generated() -> Strategy:
    """Return generated columns, which exist since Django 5.0."""
    cls: Any = vars(models)["GeneratedField"]
    output = st.sampled_from([models.IntegerField(), models.DecimalField(max_digits=5, decimal_places=1)])
    expression = st.sampled_from([F("size") * 2, F("size") + Value(Size.SMALL), models.Func(F("size"), function="abs")])
    return st.builds(lambda out, what: cls(expression=what, output_field=out, db_persist=True), output, expression)


def own() -> Strategy:
    return st.one_of(made(Fixed), made(Bare), made(Typeless))


def of_postgresql_alone() -> Strategy:
    inner: Any = st.sampled_from([models.IntegerField(), models.CharField(max_length=5)])
    nested: Strategy = st.recursive(
        inner, lambda base: st.builds(ArrayField, base, size=st.sampled_from([None, 2])), max_leaves=3
    )
    return st.one_of(st.builds(lambda base: ArrayField(base, null=True, default=list), nested), made(IntegerRangeField))


def conditions() -> Strategy:
    plain = [Q(size__gt=1), Q(size__in={3, 1, 2}), Q(size__lt=F("id")), Q(size=Size.SMALL), Q(note__startswith="a")]
    plain += [Q(note__in=[Colour.RED, "b"]), Q(note=lazy("x")), Q(size__range=(1, Decimal(5)))]
    return st.recursive(st.sampled_from(plain), lambda q: st.builds(lambda a, b: a | ~b, q, q), max_leaves=3)


def constraints() -> Strategy:
    """Return constraints and indexes."""
    name = st.sampled_from(["one", "two"]).flatmap(as_text)
    checks = [
        st.builds(lambda cls, q, name: cls(**{CONDITION: q, "name": name}), st.sampled_from(kinds), conditions(), name)
        for kinds in ([models.CheckConstraint], [OwnCheck])
    ]
    fields = st.sampled_from([["size"], ["note", "size"], ("size", "id")])
    unique = st.builds(
        lambda f, n, q: models.UniqueConstraint(fields=f, name=n, condition=q), fields, name, conditions()
    )
    lower = st.builds(lambda n: models.UniqueConstraint(Lower("note"), F("size").desc(), name=n), name)
    exclusion = st.builds(
        lambda n, q: of_postgresql.ExclusionConstraint(name=n, expressions=[(F("size"), "=")], condition=q),
        name,
        conditions(),
    )
    return st.one_of(*checks, unique, lower, exclusion)


def indexes() -> Strategy:
    cls = st.sampled_from([models.Index, OwnIndex])
    plain = st.builds(lambda cls: cls(fields=["-size", "note"], name="three"), cls)
    return st.one_of(plain, st.builds(lambda cls, q: cls(Lower("note"), name="three", condition=q), cls, conditions()))


def operations(postgresql: bool) -> Strategy:
    """Return operations on ``shop.Thing``, with ``size`` and ``note``. ``shop.Other`` has a unique ``code``."""
    field = st.one_of(fields(), of_postgresql_alone()) if postgresql else fields()
    new, known = st.sampled_from(NEW), st.sampled_from(KNOWN)
    model = st.just("thing")
    sql = ["SELECT 1", ["SELECT 1", ("SELECT %s", [1])], lazy("SELECT 1"), ()]
    plain = st.one_of(
        st.builds(migrations.AddField, model, new, field),
        st.builds(migrations.AlterField, model, known, field),
        st.builds(migrations.RenameField, model, known, new),
        st.builds(migrations.RemoveField, model, known),
        st.builds(migrations.AddConstraint, model, constraints()),
        st.builds(migrations.AddIndex, model, indexes()),
        st.builds(migrations.AlterModelTable, model, as_text("things")),
        st.builds(migrations.AlterUniqueTogether, model, st.just({("size", "note")})),
        st.builds(migrations.AlterOrderWithRespectTo, st.just("thing"), st.sampled_from(["size", "note"])),
        st.builds(migrations.RunSQL, st.sampled_from(sql)),
        st.builds(migrations.RunPython, st.just(partial(lambda *_, **__: None, more=1))),
        st.builds(
            lambda name, field: migrations.CreateModel(name, [("a", field)]), st.sampled_from(["New", "newer"]), field
        ),
    )
    return st.one_of(plain, st.builds(labelled, plain, st.sampled_from([1, None, Silent(), Silent, Size.SMALL])))


def labelled(operation: Any, stage: Any) -> Any:
    """Return an operation with an attribute that other packages read, but with another meaning."""
    operation.stage = type("Stage", (), {"name": stage})()
    return operation
