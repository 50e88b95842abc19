#!/bin/sh
# Input: makemigrations' own RenameModel renames a model, and its table is kept (db_table). Code of the release before
# goes on running on the same database, as during any rolling deployment.
# A good guess: the table is the same, so the older code notices nothing.
# What happens: "migrate" also renames the row in django_content_type. The older code looks for the old name and
# silently makes a second content type. From then on its generic relations to all older rows are empty. There is no error.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet "django==5.2.9"
mkdir -p "$dir/old/gallery/migrations" "$dir/new"
cd "$dir"
cat > old/gallery/models.py <<'PYTHON'
from django.contrib.contenttypes.fields import GenericForeignKey, GenericRelation
from django.contrib.contenttypes.models import ContentType
from django.db import models


class Note(models.Model):
    content_type = models.ForeignKey(ContentType, models.CASCADE)
    object_id = models.PositiveIntegerField()
    target = GenericForeignKey()


class Picture(models.Model):
    notes = GenericRelation(Note)

    class Meta:
        db_table = "gallery_picture"
PYTHON
cat > old/settings.py <<'PYTHON'
INSTALLED_APPS = ["django.contrib.contenttypes", "gallery"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "../shared.sqlite3"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
PYTHON
touch old/gallery/__init__.py old/gallery/migrations/__init__.py
django() { (cd "$1" && shift && PYTHONPATH=. DJANGO_SETTINGS_MODULE=settings "$dir/venv/bin/python" -m django "$@"); }
django old makemigrations gallery -v 0
django old migrate -v 0
cp -R old/. new
sed -i.bak 's/class Picture/class Photo/' new/gallery/models.py
cat > new/gallery/migrations/0002_photo.py <<'PYTHON'
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("gallery", "0001_initial")]
    operations = [migrations.RenameModel("Picture", "Photo")]
PYTHON
count='from gallery.models import Note, Picture
from django.contrib.contenttypes.models import ContentType
picture = Picture.objects.first() or Picture.objects.create()
if not Note.objects.exists():
    Note.objects.create(target=picture), Note.objects.create(target=picture)
notes = picture.notes.count()
types = sorted(ContentType.objects.filter(app_label="gallery").exclude(model="note").values_list("model", flat=True))
print(f"notes of the picture: {notes}, content types: {types}")'
"$dir/venv/bin/python" -m django --version | sed 's/^/django /'
before=$(django old shell -v 0 -c "$count")
django new migrate -v 0
after=$(django old shell -v 0 -c "$count")
echo "older code before the migration: $before"
echo "older code after the migration:  $after"
[ "$before" = "notes of the picture: 2, content types: ['picture']" ] &&
    [ "$after" = "notes of the picture: 0, content types: ['photo', 'picture']" ]
