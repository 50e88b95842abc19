"""Releases: immutable directories made from commits of an original's codebase. A mirror never makes one."""

import compileall
import io
import os
import shutil
import subprocess
import tarfile
import threading
from pathlib import Path

from django.conf import settings

from mirrors_sandbox.identifiers import new_uuid
from mirrors_sandbox.models import Application, Deployment, Environment, Release

__all__ = ["ReleaseError", "git", "make_codebase", "release_of"]

_building = threading.Lock()


class ReleaseError(Exception):
    """There is no release for a deployment; the message says why, for its log."""


def release_of(environment: Environment) -> Release:
    """The release that a deployment of the environment runs: its original's newest, or a new one of its own codebase.

    Raises:
        ReleaseError: the original has none, lies in another region, or its codebase cannot be read.
    """
    application = environment.application
    if application.original is None:
        return _build(application, environment.branch)
    return _newest(application, application.original, environment.slug)


def choose_image_stage(mirror: Application, environment: str) -> str:
    """Return the original's environment whose image the mirror runs in one of its own: Live, or the same."""
    return "live" if mirror.image_from == "live" else environment


def _newest(mirror: Application, original: Application, environment: str) -> Release:
    """Return the release that the original runs in the environment which the mirror follows: Live, or its own."""
    if mirror.region != original.region:
        raise ReleaseError(
            f"{mirror.slug} is in region {mirror.region}, its original {original.slug} in {original.region}: "
            "a mirror runs only in the region of its original"
        )
    source = choose_image_stage(mirror, environment)
    newest = (
        Deployment.objects.filter(environment__application=original, environment__slug=source, success=True)
        .exclude(release=None)
        .select_related("release")
        .order_by("-ended_at")
        .first()
    )
    if newest is None or newest.release is None:
        raise ReleaseError(f"{original.slug} has no successful deployment of {source}: deploy it there first")
    return newest.release


def _build(original: Application, branch: str) -> Release:
    """The release of the branch's newest commit, made unless there is one."""
    if not original.codebase or not Path(original.codebase).is_dir():
        raise ReleaseError(f"{original.slug} has no codebase: set a git repository in the control panel")
    codebase = Path(original.codebase)
    try:
        commit = git(codebase, "rev-parse", "--verify", "--quiet", f"{branch}^{{commit}}").decode().strip()
    except subprocess.CalledProcessError:
        raise ReleaseError(f"the codebase of {original.slug} has no branch {branch}") from None
    with _building:
        known = Release.objects.filter(application=original, commit=commit).first()
        if known is not None and Path(known.directory).is_dir():
            return known
        directory = Path(settings.SANDBOX_DIR) / "releases" / f"{original.slug}-{commit[:12]}"
        _unpack(codebase, commit, directory)
        return Release.objects.update_or_create(
            application=original, commit=commit, defaults={"directory": str(directory)}
        )[0]


def _unpack(codebase: Path, commit: str, directory: Path) -> None:
    """Make the directory at once: a reader of its name sees all of it, compiled. No process writes to it later."""
    if directory.exists():
        return
    partial = directory.with_name(f".{directory.name}.{new_uuid()}")
    partial.mkdir(mode=0o700)
    try:
        with tarfile.open(fileobj=io.BytesIO(git(codebase, "archive", "--format=tar", commit))) as archive:
            # An attribute, because the argument came with 3.11.4: older ones ignore it.
            archive.extraction_filter = getattr(tarfile, "data_filter", None)
            archive.extractall(partial)  # noqa: S202 - git's own archive of the user's own code
        compileall.compile_dir(partial, quiet=2, stripdir=str(partial), prependdir=str(directory))
        partial.rename(directory)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def make_codebase(content: Path, repository: Path) -> None:
    """A bare repository whose branch ``main`` has one commit: what lies in ``content``, without what git ignores there.

    Does nothing if the repository exists.

    :raises subprocess.CalledProcessError: git failed
    """
    if repository.exists():
        return
    partial = repository.with_name(f".{repository.name}.{new_uuid()}")
    try:
        git(partial, "init", "--quiet", "--bare", "-b", "main")
        (partial / "info" / "exclude").write_text("__pycache__/\n*.pyc\n", encoding="utf-8")
        for command in (["add", "--all", "."], ["commit", "--quiet", "-m", "The site as it was first deployed"]):
            git(partial, "-c", "core.bare=false", f"--work-tree={content}", *command, directory=content)
        partial.rename(repository)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def git(repository: Path, *arguments: str, directory: Path | None = None) -> bytes:
    """Return the output of git. The user's configuration is left out: a hook or a signature would get in the way.

    :raises subprocess.CalledProcessError: git failed
    """
    inside = repository / ".git" if (repository / ".git").is_dir() else repository
    command = ["git", f"--git-dir={inside}", *arguments]
    ran = subprocess.run(command, check=True, capture_output=True, env=_environment(), cwd=directory)  # noqa: S603
    return ran.stdout


def _environment() -> dict[str, str]:
    author = {"GIT_AUTHOR_NAME": "sandbox", "GIT_AUTHOR_EMAIL": "sandbox@localhost"}
    committer = {"GIT_COMMITTER_NAME": "sandbox", "GIT_COMMITTER_EMAIL": "sandbox@localhost"}
    own = {"PATH": os.environ.get("PATH", os.defpath), "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    return {**own, **author, **committer}
