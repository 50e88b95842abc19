"""The releases of a site's code: what its author edits, commits, and pushes to where the platform builds from."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.django.acme import CODEBASE

__all__ = ["DROPPED_AT_ONCE", "STEP_1", "STEP_2", "Codebase", "Release"]

Release = Mapping[str, str]
"""The migrations that a release has beside the first: {name: content}."""

MIGRATIONS = Path("gallery", "migrations")
HEAD = "from django.db import migrations, models\n\n\nclass Migration(migrations.Migration):\n"
ORDERING = 'migrations.AlterModelOptions("picture", {"ordering": ["-pk"]})'
FORGETS = f"""{HEAD}
    dependencies = [("gallery", "0001_initial")]
    operations = [
        {ORDERING},
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.AlterField("picture", "added_at", models.DateTimeField(null=True))],
            state_operations=[migrations.RemoveField("picture", "added_at")],
        ),
    ]
"""
DROPS = f"""{HEAD}
    dependencies = [("gallery", "0002_forget_added_at")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.SeparateDatabaseAndState(
                    state_operations=[migrations.AddField("picture", "added_at", models.DateTimeField(null=True))],
                ),
                migrations.RemoveField("picture", "added_at"),
            ],
        ),
    ]
"""
DROPS_AT_ONCE = f"""{HEAD}
    dependencies = [("gallery", "0001_initial")]
    operations = [{ORDERING}, migrations.RemoveField("picture", "added_at")]
"""
DROPPED_AT_ONCE: Release = {"0002_remove_picture_added_at": DROPS_AT_ONCE}
STEP_1: Release = {"0002_forget_added_at": FORGETS}
STEP_2: Release = {**STEP_1, "0003_drop_added_at": DROPS}

WSGI = """
import os

from django.core.wsgi import get_wsgi_application
from django_mirrors.wsgi import guard_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "acme.settings")
acme = get_wsgi_application()


def site(environ, start_response):
    if os.environ.get("UNHEALTHY"):
        start_response("503 Service Unavailable", [("Content-Length", "0")])
        return [b""]
    return acme(environ, start_response)


application = guard_application(site)
"""


@dataclass(frozen=True)
class Codebase:
    """A copy of the example site. It answers 503 where the variable ``UNHEALTHY`` is set."""

    directory: Path

    @classmethod
    def at(cls, directory: Path) -> "Codebase":
        """Return the first release."""
        shutil.copytree(CODEBASE, directory, ignore=shutil.ignore_patterns("__pycache__", ".*", "*.sqlite3", "media"))
        (directory / "acme" / "wsgi.py").write_text(WSGI, encoding="utf-8")
        return cls(directory)

    def without_added_at(self, release: Release) -> None:
        """The author takes the field out of the code, and writes the migrations of this release."""
        self._edit("gallery/models.py", "    added_at = models.DateTimeField(auto_now_add=True)\n", "")
        self._edit("gallery/models.py", '["-added_at", "-pk"]', '["-pk"]')
        self._edit("gallery/admin.py", ', "added_at"', "")
        for written in (self.directory / MIGRATIONS).glob("000[2-9]_*.py"):
            written.unlink()
        for name, content in release.items():
            (self.directory / MIGRATIONS / f"{name}.py").write_text(content, encoding="utf-8")

    def push(self, repository: Path) -> None:
        """Commit what lies in the directory to the bare repository's branch."""
        identity = ("-c", "user.name=Ada", "-c", "user.email=ada@acme.example")
        git = ("git", f"--git-dir={repository}", "-c", "core.bare=false", f"--work-tree={self.directory}", *identity)
        environment = {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        for command in (["add", "--all", "."], ["commit", "--quiet", "-m", "The next release"]):
            subprocess.run([*git, *command], cwd=self.directory, env=environment, check=True)

    def _edit(self, path: str, old: str, new: str) -> None:
        file = self.directory / path
        file.write_text(file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
