"""Answers to what the platform's API leaves undocumented, read from its own answers. They show nothing of the account.

The documentation of the API leaves each of these questions open. The sandbox's module ``fidelity`` has the guesses.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from tools.probe.raw import RawAnswer
from tools.probe.schema import summary
from tools.probe.stand_ins import NAMES, StandIns

__all__ = ["answers"]

BUILT_IN = frozenset({"STAGE", "DOMAIN", "DOMAIN_ALIASES", "DOMAIN_REDIRECTS", "SECRET_KEY", "GIT_BRANCH"})
"""Variables that Divio sets in every environment. No user sets them by hand."""

CREDENTIALS = ("DATABASE_URL", "DEFAULT_DATABASE_DSN", "DEFAULT_STORAGE_DSN", "SECRET_KEY")
NOT_ASKED = "not asked: there was nothing to ask about"
_RATE = re.compile(r"rate-?limit|retry|throttl")

Answers = Mapping[str, RawAnswer]


def answers(seen: Answers, stand_ins: StandIns) -> dict[str, str]:
    """Return {question: answer}.

    Args:
        seen: The platform's answers by the label of the request, as ``tools.probe`` collects them.
        stand_ins: Replaces names and values in quoted messages.
    """
    return {
        "is a schema served": _schema(seen),
        "fields that tell a mirror from an original": _mirror_fields(seen),
        "fields of an application": _fields(seen, "original"),
        "fields of an environment": _fields(seen, "original environment"),
        "fields of a variable": _item_fields(seen, "mirror variables", "original variables"),
        "fields of a deployment": _fields(seen, "original deployment"),
        "variables without a filter": _refusal(seen, "variables without a filter", stand_ins),
        "variables: are built-in ones listed": _built_in_listed(seen),
        "variables: the value of a sensitive one": _sensitive_value(_variables(seen)),
        "frozen variables: are built-in ones there": _built_in_frozen(seen),
        "frozen variables: are built-in credentials shown": _shown(_frozen(seen, "original"), _own_credentials(seen)),
        "frozen variables: are sensitive ones shown": _sensitive_frozen(seen),
        "deployments: are they listed newest first": _newest_first(seen),
        "a bad token": _refusal(seen, "bad token", stand_ins),
        "an unknown object": _refusal(seen, "unknown object", stand_ins),
        "a page that does not exist": _refusal(seen, "page 999", stand_ins),
        "page size if not asked for": _page(seen, "default page"),
        "page size if 100000 is asked for": _page(seen, "large page"),
        "headers about rates": _headers(seen.values(), _RATE.search),
        "headers with a request's id": _headers(seen.values(), re.compile(r"request-id|trace").search),
    }


def _ok(seen: Answers, label: str) -> Any:
    answer = seen.get(label)
    return answer.body if answer is not None and answer.status == 200 else None


def _results(seen: Answers, label: str) -> list[dict[str, Any]]:
    body = _ok(seen, label)
    results = body.get("results") if isinstance(body, dict) else None
    return [item for item in results or [] if isinstance(item, dict)]


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"


def _schema(seen: Answers) -> str:
    answer = seen["schema"]
    if answer.status != 200:
        return f"no, {answer.status}"
    found = summary(answer.body)
    return f"yes, {len(found['operations'])} operations that matter here" if found else "yes, but it is no OpenAPI"


def _mirror_fields(seen: Answers) -> str:
    """Return the fields that only one of the two has, and the fields that name the other."""
    original, mirror = _ok(seen, "original"), _ok(seen, "mirror")
    named = summary(_ok(seen, "schema")).get("mirror_fields", [])
    schema = f"; in the schema: {_listed(named)}" if named else ""
    if not isinstance(original, dict) or not isinstance(mirror, dict):
        return f"{NOT_ASKED}{schema}"
    found = {f"only one has {key}" for key in set(original) ^ set(mirror)}
    for one, other in ((mirror, original), (original, mirror)):
        identity = {other.get("uuid"), other.get("slug")}
        found |= {f"{key} names the other" for key, value in one.items() if _mentions(value, identity)}
    kinds = {key for key in set(original) & set(mirror) if type(original[key]) is not type(mirror[key])}
    return _listed([*found, *(f"{key} is of another kind" for key in kinds)]) + schema


def _mentions(value: Any, identity: set[Any]) -> bool:
    if isinstance(value, dict):
        return any(_mentions(item, identity) for item in value.values())
    if isinstance(value, list):
        return any(_mentions(item, identity) for item in value)
    return value is not None and value in identity


def _fields(seen: Answers, label: str) -> str:
    body = _ok(seen, label)
    return _listed(body) if isinstance(body, dict) else NOT_ASKED


def _item_fields(seen: Answers, *labels: str) -> str:
    keys = {key for label in labels for item in _results(seen, label) for key in item}
    return _listed(keys) if keys else NOT_ASKED


def _refusal(seen: Answers, label: str, stand_ins: StandIns) -> str:
    answer = seen.get(label)
    if answer is None:
        return NOT_ASKED
    if answer.status == 200:
        return f"{answer.status}, {len(_results(seen, label))} results"
    body = stand_ins.body(answer.body, error=True)
    return f"{answer.status} {body}"


def _variables(seen: Answers) -> list[dict[str, Any]]:
    return _results(seen, "mirror variables") + _results(seen, "original variables")


def _built_in_listed(seen: Answers) -> str:
    names = {str(item.get("name")) for item in _variables(seen)}
    if not names:
        return NOT_ASKED
    return f"yes: {_listed(names & BUILT_IN)}" if names & BUILT_IN else "no, custom ones only"


def _sensitive_value(variables: Iterable[Mapping[str, Any]]) -> str:
    sensitive = [item for item in variables if item.get("is_sensitive")]
    forms = {"absent" if "value" not in item else _form(item["value"]) for item in sensitive}
    return _listed(forms) if forms else "not asked: no sensitive variable was seen"


def _form(value: Any) -> str:
    return (
        "null" if value is None else "empty" if value == "" else "shown" if isinstance(value, str) else "another kind"
    )


def _frozen(seen: Answers, role: str) -> Any:
    body = _ok(seen, f"{role} frozen variables")
    return body.get("environment_variables") if isinstance(body, dict) else None


def _built_in_frozen(seen: Answers) -> str:
    frozen = _frozen(seen, "original")
    if not isinstance(frozen, dict | list):
        return NOT_ASKED
    found = BUILT_IN & set(frozen)
    return f"{'yes' if found else 'no'}, {'names and values' if isinstance(frozen, dict) else 'names alone'}"


def _own_credentials(seen: Answers) -> set[str]:
    """Return the credentials that the platform sets and no user has set."""
    return set(CREDENTIALS) - {str(item.get("name")) for item in _results(seen, "original variables")}


def _sensitive_frozen(seen: Answers) -> str:
    for role in ("mirror", "original"):
        listed = _results(seen, f"{role} variables")
        names = {str(item.get("name")) for item in listed if item.get("is_sensitive")}
        frozen = _frozen(seen, role)
        if names and isinstance(frozen, dict):
            return _shown(frozen, names)
    return NOT_ASKED


def _shown(frozen: Any, names: set[str]) -> str:
    if not isinstance(frozen, dict) or not names:
        return NOT_ASKED
    forms = {name: _form(frozen[name]) if name in frozen else "absent" for name in names}
    shown = {f"{name} {form}" if name in NAMES else f"another {form}" for name, form in forms.items()}
    return _listed(shown)


def _newest_first(seen: Answers) -> str:
    started = [str(item.get("started_at") or "") for item in _results(seen, "original deployments")]
    if len(started) < 2:
        return NOT_ASKED
    return "yes" if started == sorted(started, reverse=True) else "no"


def _page(seen: Answers, label: str) -> str:
    answer, body = seen.get(label), _ok(seen, label)
    if answer is None or not isinstance(body, dict):
        return f"{answer.status}" if answer else NOT_ASKED
    more = "more follow" if body.get("next") else "that is all there are"
    return f"{len(_results(seen, label))} results, {more}"


def _headers(seen: Iterable[RawAnswer], wanted: Any) -> str:
    return _listed({name for answer in seen for name in answer.headers if wanted(name)})
