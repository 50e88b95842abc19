"""The page "Mirrors" of an original in the control panel: every mirror's state, and buttons that deploy."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse

from mirrors_sandbox.deploying import post_deployment
from mirrors_sandbox.models import Application, Deployment, Environment
from mirrors_sandbox.releases import choose_image_stage
from mirrors_sandbox.state import SandboxError

ALL_MIRRORS = "all"
"""The value of a form that deploys every mirror of a stage."""

STAGES = ("test", "live")


@dataclass(frozen=True)
class MirrorState:
    """One mirror in one stage.

    Args:
        environment: The mirror's environment.
        newest: Its newest deployment; None before the first.
        serving: Its newest successful deployment; None before the first.
        is_behind: Whether the original has a newer image than the mirror serves.
    """

    environment: Environment
    newest: Deployment | None
    serving: Deployment | None
    is_behind: bool

    @property
    def state(self) -> str:
        if self.newest is None:
            return "not deployed"
        if self.newest.ended_at is None:
            return f"deploying, {self.newest.percent} %"
        if not self.newest.success:
            return "failed"
        return "behind the original" if self.is_behind else "deployed"


def show_mirrors(request: HttpRequest, original: Application, context: dict[str, object]) -> HttpResponse:
    """Show the mirrors of an original. A form deploys one environment, or all of a stage."""
    if request.method == "POST":
        chosen = list(_choose(original, request.POST.get("environment", ""), request.POST.get("stage", "")))
        if not chosen:
            messages.error(request, f"{original} has no such mirror. Nothing is deployed.")
        for environment in chosen:
            _deploy(request, environment)
        return HttpResponseRedirect(request.path)
    images = {stage: _find_image_time(original, stage) for stage in STAGES}
    rows = [(mirror, list_states(mirror, images)) for mirror in original.mirrors.order_by("slug")]
    context |= {"title": f"Mirrors of {original}", "original": original, "rows": rows, "stages": STAGES}
    return TemplateResponse(request, "mirrors_sandbox/mirrors.html", context | {"all": ALL_MIRRORS})


def list_states(mirror: Application, images: Mapping[str, datetime | None]) -> list[MirrorState | None]:
    """Return a mirror's state in each stage; None where it has no such environment.

    Args:
        mirror: The mirror.
        images: {stage: the time of the original's newest image}.
    """
    found = {environment.slug: environment for environment in mirror.environments.all()}
    return [_state(mirror, found[stage], images) if stage in found else None for stage in STAGES]


def _state(mirror: Application, environment: Environment, images: Mapping[str, datetime | None]) -> MirrorState:
    newest = environment.deployments.first()
    serving = environment.deployments.filter(success=True).first()
    image = images[choose_image_stage(mirror, environment.slug)]
    is_behind = serving is not None and image is not None and serving.started_at < image
    return MirrorState(environment, newest, serving, is_behind)


def _find_image_time(original: Application, stage: str) -> datetime | None:
    deployments = Deployment.objects.filter(environment__application=original, environment__slug=stage, success=True)
    return max((item.ended_at for item in deployments if item.ended_at), default=None)


def _choose(original: Application, environment: str, stage: str) -> Iterable[Environment]:
    mirrors = Environment.objects.filter(application__original=original).select_related("application")
    if environment == ALL_MIRRORS:
        return mirrors.filter(slug=stage).order_by("application__slug")
    return mirrors.filter(uuid=environment)


def _deploy(request: HttpRequest, environment: Environment) -> None:
    try:
        post_deployment(environment)
    except SandboxError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"Deploying {environment}.")
