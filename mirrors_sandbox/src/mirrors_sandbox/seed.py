"""The account that a newcomer finds: an original, deployed to Test and Live, and fresh mirrors of it."""

import json
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from mirrors_sandbox.by_hand import run_by_hand
from mirrors_sandbox.codebases import Codebase
from mirrors_sandbox.console import Console, Report
from mirrors_sandbox.demo import CONTENT, make_admins
from mirrors_sandbox.models import Application, Deployment, Organisation
from mirrors_sandbox.provision import ENVIRONMENTS, make_mirrors, make_original
from mirrors_sandbox.releases import git
from mirrors_sandbox.state import SandboxError, StateDirectory

__all__ = ["NEXT", "Wanted", "make_mirror", "seed"]

NEXT = "add it to the list in Pulumi.yaml, then pulumi up -s test, and -s live"
"""The next steps for a fresh mirror: Mirrors sets its variables and deploys it."""

ORGANISATION = "Acme"
RELEASE_COMMANDS = "release_commands.json"
EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "acme"


@dataclass(frozen=True)
class Wanted:
    """The objects to seed. ``numbered`` makes so many mirrors ``{original}-0001`` … besides those named.

    ``by_hand``: mirrors that run already, made by hand without Mirrors. ``python``: the virtual environment
    that the codebase's releases run with.
    """

    original: str = "acme"
    mirrors: Sequence[str] = ("acme-de", "acme-fr", "acme-ch")
    numbered: int = 0
    codebase: str | None = None
    python: str | None = None
    by_hand: Sequence[str] = ()

    @property
    def all_mirrors(self) -> list[str]:
        return [
            *self.by_hand,
            *self.mirrors,
            *(f"{self.original}-{number:04}" for number in range(1, self.numbered + 1)),
        ]


def seed(wanted: Wanted, report: Report = print) -> None:
    """Make what is missing; what is there stays as it is.

    Raises:
        SandboxError: a name is taken by something else, the codebase is missing, or a deployment fails.
    """
    said: list[str] = []

    def tell(line: str) -> None:
        said.append(line)
        report(line)

    _make_missing(wanted, tell)
    if not said:
        report(f"{wanted.original}: everything is there already, nothing was changed")


def _make_missing(wanted: Wanted, report: Report) -> None:
    state = StateDirectory(Path(settings.SANDBOX_DIR))
    if wanted.by_hand and wanted.codebase is None and state.known_settings().runner == "process":
        raise SandboxError(
            "the example site takes an application without MIRRORS_APPLICATION for its original, so none can be set up"
            " by hand there: name a codebase without the companion app, or start the sandbox with --runner none"
        )
    original = Application.objects.filter(slug=wanted.original).first()
    if original is None:
        original = _original(wanted)
        report(f"{original.slug}: made, with environments {' and '.join(ENVIRONMENTS)}")
        if original.codebase:
            report(f"{original.slug}: the next release is a push to {original.codebase}, and a deployment")
    _deploy(state, original, [slug for slug in ENVIRONMENTS if not _is_deployed(original, slug)], report)
    if CONTENT in original.release_commands and state.known_settings().runner == "process":
        make_admins(original, report)
    missing = _missing(original, wanted.all_mirrors)
    made = make_mirrors(original, missing)
    if made:
        names = made[0].slug if len(made) == 1 else f"{made[0].slug} … {made[-1].slug}"
        report(f"{names}: {len(made)} made, mirrors of {original.slug}")
    running = [mirror for mirror in made if mirror.slug in wanted.by_hand]
    run_by_hand(original, running)
    for mirror in running:
        _deploy(state, mirror, ENVIRONMENTS, report)


def _deploy(state: StateDirectory, application: Application, environments: Sequence[str], report: Report) -> None:
    """Side by side: each waits for processes most of the time."""

    def deploy(environment: str) -> None:
        Console(state).deploy(application.slug, environment, report=report)

    with ThreadPoolExecutor(max_workers=len(ENVIRONMENTS)) as pool:
        list(pool.map(deploy, environments))


def make_mirror(original: Application, slug: str) -> Application:
    """One fresh mirror, as *Duplicate > Mirror* in the control panel leaves it.

    Raises:
        SandboxError: ``original`` is a mirror itself, or the name is not a slug or taken.
    """
    return make_mirrors(original, [slug])[0]


def _original(wanted: Wanted) -> Application:
    organisation, _ = Organisation.objects.get_or_create(name=ORGANISATION)
    runs = StateDirectory(Path(settings.SANDBOX_DIR)).known_settings().runner == "process"
    if wanted.codebase is None and not runs and not EXAMPLE.is_dir():
        return make_original(organisation, wanted.original)  # nothing will ever run it
    codebase = Codebase(Path(wanted.codebase).absolute() if wanted.codebase else EXAMPLE, wanted.python)
    codebase.check(runs=runs)
    repository = Path(settings.SANDBOX_DIR) / "codebases" / f"{wanted.original}.git"
    with _nothing_left_behind(repository):
        branch = codebase.put_into(repository)
        commands = [*_release_commands(repository, branch), *([] if wanted.codebase else [CONTENT])]
        interpreter = codebase.interpreter if wanted.python else ""
        return make_original(organisation, wanted.original, repository, commands, branch=branch, python=interpreter)


@contextmanager
def _nothing_left_behind(repository: Path) -> Iterator[None]:
    """A repository that was made for a seed that is refused would be taken for the codebase by the next one."""
    there = repository.exists()
    try:
        yield
    except SandboxError:
        if not there:
            shutil.rmtree(repository, ignore_errors=True)
        raise


def _release_commands(repository: Path, branch: str) -> list[dict[str, str]]:
    try:
        written = git(repository, "show", f"{branch}:{RELEASE_COMMANDS}")
    except subprocess.CalledProcessError:  # there is no such file
        return []
    try:
        return [{"label": str(item["label"]), "command": str(item["command"])} for item in json.loads(written)]
    except (ValueError, TypeError, KeyError) as error:
        raise SandboxError(f'{RELEASE_COMMANDS} must be a list of {{"label": …, "command": …}}') from error


def _is_deployed(application: Application, environment: str) -> bool:
    deployments = Deployment.objects.filter(environment__application=application, environment__slug=environment)
    return deployments.filter(success=True).exists()


def _missing(original: Application, slugs: list[str]) -> list[str]:
    known = dict(Application.objects.values_list("slug", "original_id"))
    for slug in slugs:
        if known.get(slug, original.pk) != original.pk:
            raise SandboxError(f"{slug} exists and is no mirror of {original.slug}: choose another name")
    return [slug for slug in dict.fromkeys(slugs) if slug not in known]
