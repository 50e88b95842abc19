"""Read the event log of ``pulumi up --event-log`` (CLI 3.259), one JSON object a line, as progress of sites.

The format is that of Pulumi's ``apitype.EngineEvent``. The engine has masked the secrets in it.
"""

import json
import re
from collections.abc import Collection, Mapping
from typing import Any

from mirrors.planning.reports.pulumi_messages import remove_engine_words
from mirrors.planning.reports.pulumi_steps import DYNAMIC_TYPES
from mirrors.planning.reports.update_progress import UpdateProgress

UNCHANGED = "same"
REMOVALS = frozenset(
    {"delete", "delete-replaced", "discard", "discard-replaced", "read-discard", "remove-pending-replace"}
)
REFRESH = "refresh"
"""The operation that changes nothing, and comes before a site's own."""

BEGINS, ENDS, FAILS = STEP_EVENTS = ("resourcePreEvent", "resOutputsEvent", "resOpFailedEvent")
COLOUR = re.compile(r"<\{%[^%]*%\}>|\x1b\[[0-9;]*m")
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""Characters that would move the cursor of a terminal, or do more. A site's log is a part of some messages."""

FAILURE_SUMMARIES = frozenset({"update failed", "resource operation failed"})
"""The engine's last lines, which only say that there are others."""


def apply_event(progress: UpdateProgress, line: str, finished_by: Collection[str]) -> None:
    """Note what one line of the log says of a site. A line that is no event, such as one half written, says nothing.

    Args:
        progress: What is known so far.
        line: The line.
        finished_by: The kinds of Mirrors' own resources that end a site, such as ``Mirror``.
    """
    try:
        event = json.loads(line)
    except ValueError:
        return
    if not isinstance(event, dict):
        return
    progress.is_complete = progress.is_complete or "summaryEvent" in event
    if message := event.get("diagnosticEvent"):
        _note_message(progress, message)
    for key in STEP_EVENTS:
        if found := event.get(key):
            kind, name = _split_urn(found["metadata"]["urn"])
            if name in progress.sites and kind in finished_by and found["metadata"]["op"] not in REMOVALS:
                _note_step_event(progress, name, key, found, float(event.get("timestamp", 0)))


def _note_step_event(progress: UpdateProgress, site: str, event: str, found: Mapping[str, Any], at: float) -> None:
    """Note a refresh, also that of the preview before the update, and the update's own step."""
    if found["metadata"]["op"] == REFRESH:
        if event == ENDS:
            progress.refresh(site, "preview" if found.get("planning") else "update")
    elif not found.get("planning"):
        _note_step(progress, site, event, found["metadata"], at)


def _note_step(progress: UpdateProgress, site: str, event: str, step: Mapping[str, Any], at: float) -> None:
    changed = step["op"] != UNCHANGED
    if event == FAILS or (event == ENDS and _has_recorded_failure(step)):
        progress.fail(site)
    elif event == ENDS:
        progress.end(site, at, changed=changed)
    elif changed:
        progress.begin(site, at)


def _has_recorded_failure(step: Mapping[str, Any]) -> bool:
    """Return whether a rotation keeps the site's failure for its end: to the engine, the resource is updated then."""
    return bool(((step.get("new") or {}).get("outputs") or {}).get("failed"))


def _note_message(progress: UpdateProgress, message: Mapping[str, Any]) -> None:
    if message.get("severity") not in ("error", "warning") or message.get("ephemeral"):
        return
    text = CONTROLS.sub("", COLOUR.sub("", str(message.get("message", "")))).strip()
    if not text or text in FAILURE_SUMMARIES:
        return
    _, name = _split_urn(message.get("urn") or "")
    site = name if name in progress.sites else ""
    progress.note(site, remove_engine_words(text))
    # A check that refuses, or another resource of the site that fails, has no other event of the site.
    if site and message["severity"] == "error":
        progress.fail(site)


def _split_urn(urn: str) -> tuple[str, str]:
    """Return the last part of a resource's type, and its name."""
    *_, kinds, name = ["", "", *urn.split("::", 3)[2:]]
    return kinds.rpartition("$")[2].removeprefix(DYNAMIC_TYPES), name
