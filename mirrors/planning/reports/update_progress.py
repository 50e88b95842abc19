"""The progress of an update: which sites wait, run, are done or failed, wave by wave. Pure."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from mirrors.planning.rollout.waves import RolloutPlan

ORIGINAL = "original"
WAVE = "wave "
OTHERS = "in no wave"


class SitePhase(StrEnum):
    """The phase of a site in one update."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    UNCHANGED = "unchanged"
    FAILED = "failed"


ENDED_PHASES = frozenset({SitePhase.DONE, SitePhase.UNCHANGED, SitePhase.FAILED})
ACTIVE_PHASES = ENDED_PHASES | {SitePhase.RUNNING}


@dataclass(slots=True, eq=False)
class WaveProgress:
    """The sites that one line of the display counts.

    Args:
        title: The name of the line, without the fleet's.
        sites: {slug: its phase}, in the order of the list.
        times: {slug: the seconds that its change took}; an unchanged site has none.
        fleet: The name of the fleet, where the update has several; otherwise empty.
        is_wave: Whether it is a wave. The others are the original, and the sites in no wave.
    """

    title: str
    sites: dict[str, SitePhase]
    times: dict[str, float] = field(default_factory=dict)
    fleet: str = ""
    is_wave: bool = False

    @property
    def label(self) -> str:
        """Return the name of the line as the display shows it."""
        return f"{self.fleet} {self.title}" if self.fleet else self.title

    def count(self, *phases: SitePhase) -> int:
        return sum(phase in phases for phase in self.sites.values())

    @property
    def ended(self) -> int:
        return self.count(*ENDED_PHASES)

    def estimate_seconds_left(self) -> float | None:
        """Return the seconds until the wave ends, by what its sites took; None before one has ended.

        As many sites go on at once as run now.
        """
        open_sites = len(self.sites) - self.ended
        if not self.times or not open_sites:
            return None
        rounds = -(-open_sites // max(self.count(SitePhase.RUNNING), 1))
        return rounds * sum(self.times.values()) / len(self.times)


class UpdateProgress:
    """The progress of all waves. Events come in any order between sites, and in order for one site."""

    def __init__(self, waves: Iterable[WaveProgress]) -> None:
        self.waves = tuple(waves)
        self.messages: dict[str, list[str]] = {}
        self.refreshed: set[str] = set()
        """The sites that the engine has compared with the platform in the operation that runs now."""

        self.is_stopping = False
        self.is_complete = False
        self._wave_of = {site: wave for wave in self.waves for site in wave.sites}
        self._begun: dict[str, float] = {}
        self._refreshes_for: str | None = None

    @property
    def sites(self) -> Collection[str]:
        return self._wave_of.keys()

    def phase_of(self, site: str) -> SitePhase:
        return self._wave_of[site].sites[site]

    @property
    def is_refreshing(self) -> bool:
        """Return whether the engine looks at the sites, and changes none yet."""
        return bool(self.refreshed) and not any(wave.count(*ACTIVE_PHASES) for wave in self.waves)

    def refresh(self, site: str, operation: str) -> None:
        """Note that the engine has refreshed a site. Each operation, a preview or an update, counts anew."""
        if operation != self._refreshes_for:
            self._refreshes_for = operation
            self.refreshed.clear()
        self.refreshed.add(site)

    def begin(self, site: str, at: float) -> None:
        """Note that the engine changes a site. ``at`` is the engine's time in seconds."""
        self._begun.setdefault(site, at)
        if self.phase_of(site) is SitePhase.WAITING:
            self._wave_of[site].sites[site] = SitePhase.RUNNING

    def end(self, site: str, at: float, *, changed: bool) -> None:
        """Note that a site is as declared. A failure that was noted before stays."""
        wave = self._wave_of[site]
        if wave.sites[site] is SitePhase.FAILED:
            return
        wave.sites[site] = SitePhase.DONE if changed else SitePhase.UNCHANGED
        if changed:
            wave.times[site] = at - self._begun.get(site, at)

    def fail(self, site: str) -> None:
        self._wave_of[site].sites[site] = SitePhase.FAILED

    def note(self, site: str, message: str) -> None:
        """Keep an error or warning of a site, each once. The empty slug means the update as a whole."""
        kept = self.messages.setdefault(site, [])
        if message not in kept:
            kept.append(message)

    def join_waves(self, fleet: str) -> None:
        """Count a fleet's waves as one, under the name of the first: a rotation reaches all its mirrors together.

        Args:
            fleet: The fleet's name; empty for the waves without one.
        """
        found = [wave for wave in self.waves if wave.is_wave and wave.fleet == fleet]
        if len(found) < 2:
            return
        first, *others = found
        for wave in others:
            first.sites |= wave.sites
            first.times |= wave.times
            self._wave_of |= dict.fromkeys(wave.sites, first)
        self.waves = tuple(wave for wave in self.waves if wave not in others)

    @property
    def failed(self) -> tuple[str, ...]:
        return tuple(site for wave in self.waves for site, phase in wave.sites.items() if phase is SitePhase.FAILED)


def make_update_progress(
    original: str | None, mirrors: Sequence[str], plan: RolloutPlan, chosen: Collection[str] | None
) -> UpdateProgress:
    """Return the progress of an update before it begins.

    Args:
        original: The original's slug; None if the update only reads it.
        mirrors: The declared mirrors.
        plan: The waves.
        chosen: The sites that the update reaches; None for all.
    """
    planned = {site for wave in plan.waves for site in wave.sites}
    others = [site for site in mirrors if site not in planned]
    lines = [
        WaveProgress(ORIGINAL, _make_waiting([original] if original else [], chosen)),
        *(WaveProgress(f"{WAVE}{item.number}", _make_waiting(item.sites, chosen), is_wave=True) for item in plan.waves),
        WaveProgress(OTHERS, _make_waiting(others, chosen)),
    ]
    return UpdateProgress(line for line in lines if line.sites)


def split_message(site: str, message: str) -> str:
    """Return a site's message without the site's name at its begin, so that it compares with those of other sites."""
    return re.sub(rf"\A{re.escape(site)}(?: \([^)]*\))?: ", "", message) if site else message


def group_messages(messages: Mapping[str, Sequence[str]]) -> list[tuple[tuple[str, ...], str]]:
    """Return (sites, message) with the sites that have one message together, in the order of their first one.

    The message of a single site keeps its form; one of several sites comes without a site's name.
    """
    groups: dict[str, dict[str, str]] = {}
    for site, texts in messages.items():
        for text in texts:
            groups.setdefault(split_message(site, text), {})[site] = text
    return [
        (tuple(found), shared if len(found) > 1 else next(iter(found.values()))) for shared, found in groups.items()
    ]


def _make_waiting(sites: Iterable[str], chosen: Collection[str] | None) -> dict[str, SitePhase]:
    return {site: SitePhase.WAITING for site in sites if chosen is None or site in chosen}
