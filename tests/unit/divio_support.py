"""A client with a clock that only moves when it sleeps, and objects as the platform sends them."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from mirrors.divio import Divio
from tests.unit.http_script import Reply, Script

TOKEN = "canary-token-5f1d8c"
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
NOON_HEADER = "Sun, 01 Mar 2026 12:00:00 GMT"
VARIABLES = "/apps/v3/environment-variables/"
DEPLOYMENTS = "/apps/v3/deployments/"


@dataclass
class FakeTime:
    """Sleeping takes no time and moves the clock; ``slept`` has the seconds. No chance: jitter is at its least."""

    seconds: float = 0.0
    slept: list[float] = field(default_factory=list)

    def clock(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self.seconds)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds


def connect(script: Script, time: FakeTime | None = None, **options: Any) -> Divio:
    time = time or FakeTime()
    clocks: dict[str, Any] = {"clock": time.clock, "sleep": time.sleep, "random": lambda: 0.0, "now": time.now}
    return Divio.connect(script.url, TOKEN, **{**clocks, **options})


def page(*results: Any, following: str | None = None, count: int | None = None) -> Reply:
    body = {"count": len(results) if count is None else count, "next": following, "previous": None}
    return Reply(body={**body, "results": list(results)})


def application(uuid: str, slug: str = "acme", organisation: str = "o1") -> dict[str, Any]:
    return {"uuid": uuid, "slug": slug, "name": slug.title(), "organisation": organisation, "repository": None}


def variable(uuid: str, environment: str, name: str, value: str | None = None) -> dict[str, Any]:
    """Sensitive without a value: the key is absent then."""
    shown = {} if value is None else {"value": value}
    return {"uuid": uuid, "environment": environment, "name": name, "is_sensitive": value is None, **shown}


def deployment(uuid: str, started: int, ended: int | None = None, success: bool | None = None) -> dict[str, Any]:
    """Times in seconds relative to noon."""

    def at(seconds: int | None) -> str | None:
        return None if seconds is None else (NOON + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")

    times = {"started_at": at(started), "ended_at": at(ended)}
    return {"uuid": uuid, "environment": "e1", "status": "", "success": success, **times}
