"""Turn a site's declared and live variables into the properties of its resource."""

import secrets
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from pulumi.dynamic import CheckFailure
from pulumi.output import UNKNOWN, Unknown

from mirrors.divio import EnvironmentVariable
from mirrors.planning.rollout.holds import make_held_site_problem
from mirrors.planning.site_properties import INPUTS, Properties, is_variable, make_property_key
from mirrors.planning.site_state import SiteState
from mirrors.planning.variable_entries import (
    VariableEntries,
    VariableEntry,
    find_differences,
    make_entry,
    make_set_entry,
)
from mirrors.planning.variables.names import sort_for_writing
from mirrors.planning.variables.writes import DesiredVariable
from mirrors.problems import Note
from mirrors.problems.events import report_note
from mirrors.pulumi_internals import mark_secret
from mirrors.resources.process import CheckedSite
from mirrors.resources.progress_lines import log_progress
from mirrors.resources.provider import check_failures, normalize

KEY_BYTES = 16

DeclaredEntries = Mapping[str, VariableEntry | Unknown]


def make_fingerprint_key() -> str:
    """Return the key of a new site's fingerprints."""
    return secrets.token_urlsafe(KEY_BYTES)


def constant_properties(properties: Mapping[str, Any]) -> Properties:
    """Return the properties of a site that never change."""
    where = {key: normalize(properties[key]) for key in ("site", "environment", "image_environment")}
    return where | {"hmac_key": mark_secret(properties["hmac_key"])}


def stored_inputs(olds: Properties) -> Properties:
    """Return the inputs as they were. The secret one gets its mark again, which the engine forgets."""
    stored = {key: normalize(item) for key, item in olds.items() if key in INPUTS or is_variable(key)}
    return stored | {"hmac_key": mark_secret(stored["hmac_key"])}


def read_checked_site(news: Properties) -> CheckedSite:
    """Return the site that ``check`` leaves in the memory of the process. An unknown variable is left out."""
    known = {name: item for name, item in (news.get("variables") or {}).items() if not _is_unknown(item)}
    variables = {name: DesiredVariable(item["value"], item["sensitive"]) for name, item in known.items()}
    return CheckedSite.from_check(news, variables, frozenset(name for name, item in known.items() if item["secret"]))


def make_declared_entries(variables: Properties, key: str) -> DeclaredEntries:
    """Return the entries of the declared variables, {name: {value, secret, sensitive}}. An unknown one stays so."""
    return {name: UNKNOWN if _is_unknown(item) else make_entry(key, name, **item) for name, item in variables.items()}


def make_variable_properties(entries: DeclaredEntries) -> Properties:
    """Return the property of each variable."""
    return {
        make_property_key(name): entry.stored if isinstance(entry, VariableEntry) else entry
        for name, entry in entries.items()
    }


def find_changing_variables(stored: SiteState, entries: DeclaredEntries) -> list[str]:
    """Return the names of the variables that would change at a held site, in the order of writing."""
    known = {name: entry for name, entry in entries.items() if isinstance(entry, VariableEntry)}
    unknown = entries.keys() - known.keys()
    before = stored.only_managed(entries.keys())
    changing = {*find_differences(before.is_set, known), *find_differences(before.runs, known)}
    return sort_for_writing(changing.difference(unknown))


def held_site_failures(site: str, changing: Collection[str], deferring_run: str | None) -> list[CheckFailure]:
    """Return the failure of a ``check`` that would change these variables of a held site.

    A run that defers failures repairs the other sites first, so there it is a note.
    """
    if not changing or deferring_run is None:
        return check_failures([make_held_site_problem(site, changing)] if changing else [])
    note = Note(f"it is held, so it keeps what it has. Its variables would change: {', '.join(changing)}", site)
    report_note(note)
    log_progress(note.line)
    return []


def make_live_entries(
    properties: Properties, stored: SiteState, live: Mapping[str, EnvironmentVariable]
) -> VariableEntries:
    """Return the stored variables that are set, with their live values."""
    key = str(properties["hmac_key"])
    found = {name: _make_live_entry(key, name, entry, live.get(name)) for name, entry in stored.is_set.items()}
    return {name: entry for name, entry in found.items() if entry is not None}


def _make_live_entry(
    key: str, name: str, known: VariableEntry, live: EnvironmentVariable | None
) -> VariableEntry | None:
    """Return a live variable as the state would hold it."""
    if live is None:
        return None
    if live.value is None:
        return replace(known, sensitive=live.is_sensitive)
    return make_set_entry(known, key, name, live.value, sensitive=live.is_sensitive)


def _is_unknown(item: Any) -> bool:
    return isinstance(item, Unknown) or any(isinstance(value, Unknown) for value in item.values())
