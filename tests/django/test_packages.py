"""``tools.packages`` takes two releases of a package through its course. The package is of this file."""

import json
import sys
from pathlib import Path

import django

from tests.django.postgres import Postgres
from tools.packages.course import Side, Workshop, judge_pair
from tools.packages.environments import Environment
from tools.packages.judgement import Agreement, silent_failures
from tools.packages.pairs import Pair

MODELS = """
from django.db import models

class Tag(models.Model):
    name = models.CharField(max_length=20, unique=True)
    colour = models.TextField()

class Basket(models.Model):
    owner = models.ForeignKey("auth.User", models.CASCADE)
    tags = models.ManyToManyField(Tag)
"""
FIRST = """
from django.db import migrations, models

class Migration(migrations.Migration):
    dependencies = [("auth", "0012_alter_user_first_name_max_length")]
    operations = [
        migrations.CreateModel(
            "Tag",
            [
                ("id", models.AutoField(primary_key=True)),
                ("name", models.CharField(max_length=20, unique=True)),
                ("colour", models.TextField()),
            ],
        ),
        migrations.CreateModel(
            "Basket",
            [
                ("id", models.AutoField(primary_key=True)),
                ("owner", models.ForeignKey("auth.User", models.CASCADE)),
                ("tags", models.ManyToManyField("shop.Tag")),
            ],
        ),
    ]
"""
SECOND = """
from django.db import migrations, models

class Migration(migrations.Migration):
    dependencies = [("shop", "first")]
    operations = [migrations.AddField("basket", "note", models.TextField(default=""))]
"""
APPS = """
from django.apps import AppConfig
from django.db import connection
from django.db.models.signals import post_migrate

def change(**_):
    with connection.cursor() as cursor:
        cursor.execute({statement!r})

class ShopConfig(AppConfig):
    name, default_auto_field = "shop", "django.db.models.AutoField"

    def ready(self):
        post_migrate.connect(change)
"""
BEHIND_THE_GUARD = "ALTER TABLE shop_tag DROP COLUMN IF EXISTS colour"


def release(folder: Path, field: str, statement: str, **migrations: str) -> Path:
    """Write a release. It runs ``statement`` after its migrations, which the guard cannot see."""
    shop = folder / "shop"
    files = {"__init__.py": "", "models.py": f"{MODELS}    {field}\n", "apps.py": APPS.format(statement=statement)}
    files |= {f"migrations/{name}.py": text for name, text in {"__init__": "", **migrations}.items()}
    for name, text in files.items():
        (shop / name).parent.mkdir(parents=True, exist_ok=True)
        (shop / name).write_text(text)
    return folder


def side(workshop: Workshop, pair: Pair, folder: Path) -> Side:
    """Return a side with a release of this file, in this environment."""
    made = workshop.side(pair, folder.name, folder, Environment(Path(sys.executable), {"django": django.__version__}))
    made.variables["PYTHONPATH"] += f":{folder}"
    return made


def test_a_named_break_agrees_and_one_behind_the_guard_is_dangerous(postgres: Postgres, tmp_path: Path) -> None:
    workshop = Workshop.prepare(tmp_path, postgres, tmp_path)
    pair = Pair(package="shop", old="1", new="2", django="*", apps=["shop"])
    note = 'note = models.TextField(default="")'
    old = release(tmp_path / "1", "", "SELECT 1", first=FIRST)
    new = release(tmp_path / "2", note, BEHIND_THE_GUARD, first=FIRST, second=SECOND)

    outcome = judge_pair(pair, side(workshop, pair, old), side(workshop, pair, new), lambda _: None)

    assert outcome.verdict.words == "waits"
    assert [item.place for item in outcome.verdict.objections] == ["shop_basket.note"]
    failed = {(failure.model, failure.step) for failure in outcome.truth.failures}
    assert ("shop.Basket", "INSERT") in failed
    assert not {("shop.Basket", "SELECT"), ("shop.Basket", "UPDATE"), ("auth.Group", "INSERT")} & failed
    assert {("shop.Tag", step) for step in ("SELECT", "INSERT", "UPDATE", "DELETE")} <= failed
    assert outcome.agreement is Agreement.DANGEROUS
    assert {failure.model for failure in silent_failures(outcome.verdict, outcome.truth)} == {
        "shop.Tag",
        "shop.Basket_tags",
    }
    assert outcome.truth.models > 5
    json.dumps(outcome.dump())
