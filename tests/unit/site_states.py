"""Generators of what may be in a state of a site, for Hypothesis."""

from hypothesis import strategies as st

from mirrors.planning.site_state import SiteState
from mirrors.planning.variable_entries import VariableEntries, VariableEntry, make_entry

KEY = "key-of-the-site"
AWKWARD = ("id", "urn", "site", "found", "release", "failed", "variables", "hmac_key", "verified")
UNDERSCORED = ("_A", "__x", "__provider", "_site", "=x", "=site")
USUAL = ("SITE_ID", "DATABASE_URL", "MIRRORS_APPLICATION", "A", "A1", "A12", "running", "absent", "value")

names = st.sampled_from((*AWKWARD, *UNDERSCORED, *USUAL)) | st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,9}", fullmatch=True)
values = st.sampled_from(("", "1", "2", "absent")) | st.text(max_size=6)


@st.composite
def declarations(draw: st.DrawFn) -> VariableEntries:
    """Return {name: entry} as a program declares them, fingerprinted with ``KEY``."""
    chosen = draw(st.dictionaries(names, st.tuples(values, st.booleans(), st.booleans()), max_size=6))
    return {
        name: make_entry(KEY, name, value, secret=secret, sensitive=sensitive)
        for name, (value, secret, sensitive) in chosen.items()
    }


@st.composite
def deployed(draw: st.DrawFn, is_set: VariableEntries | None = None) -> SiteState:
    """Return a site that runs something, most of it as it is set. ``is_set``: what may be among the variables."""
    known = {**draw(declarations()), **(is_set or {})}
    is_set = {name: entry for name, entry in known.items() if draw(st.integers(0, 3))}
    others = draw(declarations())
    runs = {name: entry for name, entry in {**known, **others}.items() if draw(st.integers(0, 3))}
    return SiteState(
        is_set,
        # Of what is as it is set no state says how it is flagged: that needs no deployment.
        {name: is_set[name] if entry.has_value_of(is_set.get(name)) else entry for name, entry in runs.items()},
        draw(st.frozensets(names, max_size=3)),
        draw(st.sampled_from(("", "r-1", "r-2"))),
        draw(st.sampled_from((None, True, False))),
        "d-1",
        draw(st.sampled_from((None, "https://example.com/"))),
        draw(st.sampled_from((None, "it failed"))),
        draw(st.sampled_from((None, "a-1"))),
    )


def values_of(entries: VariableEntries) -> dict[str, tuple[str, bool]]:
    """Without the flag."""
    return {name: (entry.value, entry.secret) for name, entry in entries.items()}


def plain(value: str) -> VariableEntry:
    return VariableEntry(value)
