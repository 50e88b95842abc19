"""The app's migrations. A release's folder contains a module, named as Django names it, for each of its migrations."""

from __future__ import annotations

from typing import Any

from django.db import migrations, models


def pictures(name: str, field: models.Field[Any, Any]) -> migrations.CreateModel:
    """Return a table of pictures, with this column beside the title."""
    own = models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")
    fields: list[tuple[str, models.Field[Any, Any]]] = [
        ("id", own),
        ("title", models.CharField(max_length=100)),
        (name, field),
    ]
    return migrations.CreateModel(name="Picture", fields=fields)


class Initial(migrations.Migration):
    initial = True
    dependencies = []
    operations = [pictures("note", models.CharField(max_length=100, default=""))]


class Squashed(migrations.Migration):
    """The squashed migration, for sites that have applied all three."""

    initial = True
    dependencies = []
    operations = [pictures("caption", models.CharField(max_length=100, null=True))]


class AddCaption(migrations.Migration):
    dependencies = [("gallery", "0001_initial")]
    operations = [migrations.AddField("picture", "caption", models.CharField(max_length=100, null=True))]


class RemoveNote(migrations.Migration):
    dependencies = [("gallery", "0002_picture_caption")]
    operations = [migrations.RemoveField("picture", "note")]


class RenamePicture(migrations.Migration):
    """A renamed model that keeps its table."""

    dependencies = [("gallery", "0001_initial")]
    operations = [
        migrations.AlterModelTable("picture", "gallery_picture"),
        migrations.RenameModel("Picture", "Photo"),
    ]


class AddAlbum(migrations.Migration):
    """A migration of several statements, on each database."""

    dependencies = [("gallery", "0001_initial")]
    operations = [
        migrations.AddField("picture", "caption", models.CharField(max_length=100, default="x")),
        migrations.CreateModel(
            "Album",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("cover", models.ForeignKey("gallery.Picture", models.CASCADE)),
            ],
        ),
        migrations.AddIndex("picture", models.Index(fields=["caption"], name="caption")),
    ]


class Strange(models.IntegerField):  # type: ignore[type-arg]
    """A field with an attribute that Django never reads of a number."""

    @property
    def db_collation(self) -> str:
        raise ZeroDivisionError("no collation")


class AddStrange(migrations.Migration):
    dependencies = [("gallery", "0001_initial")]
    operations = [migrations.AddField("picture", "strange", Strange(null=True))]
