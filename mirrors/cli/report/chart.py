"""The time line of one rollout as shapes: a band for each wave, in it a line for each deployment. Pure."""

from dataclasses import dataclass
from datetime import datetime

from mirrors.planning.reports.timeline import DeployedWave, PastRollout

WIDTH = 1000
"""The units from the begin of a rollout to its end."""

LINE_HEIGHT = 4
MOST_LINES = 40
"""The lines of one band. The deployments of a larger wave share them."""

GAP = 8
"""The units between two bands."""

SHORTEST_LINE = 3
OUTCOMES = {True: "ok", False: "failed", None: "running"}


@dataclass(frozen=True, slots=True)
class Band:
    """A wave's part of the chart.

    Args:
        wave: The wave.
        top: The upper edge.
        height: The height.
        paths: {outcome: SVG path}; an outcome without a deployment is left out.
    """

    wave: DeployedWave
    top: int
    height: int
    paths: dict[str, str]


@dataclass(frozen=True, slots=True)
class Chart:
    """A rollout's shapes.

    Args:
        bands: One for each wave.
        height: The height of all.
    """

    bands: tuple[Band, ...]
    height: int


def draw_rollout(rollout: PastRollout, now: datetime) -> Chart:
    """Return the chart of a rollout. A deployment that still runs reaches to ``now``."""
    begin, end = rollout.started_at, rollout.ended_at or now
    seconds = max((end - begin).total_seconds(), 1.0)

    def position(moment: datetime) -> int:
        return round((moment - begin).total_seconds() / seconds * WIDTH)

    bands, top = [], 0
    for wave in rollout.waves:
        lines = min(len(wave.deployments), MOST_LINES)
        paths: dict[str, str] = {}
        for number, item in enumerate(wave.deployments):
            left, right = position(item.started_at), position(item.ended_at or end)
            y = top + (number % lines) * LINE_HEIGHT + LINE_HEIGHT // 2
            outcome = OUTCOMES[item.success]
            paths[outcome] = f"{paths.get(outcome, '')}M{left} {y}h{max(right - left, SHORTEST_LINE)}"
        bands.append(Band(wave, top, lines * LINE_HEIGHT, paths))
        top += lines * LINE_HEIGHT + GAP
    return Chart(tuple(bands), max(top - GAP, LINE_HEIGHT))
