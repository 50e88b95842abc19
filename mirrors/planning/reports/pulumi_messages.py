"""Read the messages of ``pulumi preview --json`` of CLI 3.259: the errors and notes that are not Mirrors' own."""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from mirrors.planning.reports.pulumi_steps import DYNAMIC_TYPES
from mirrors.problems import Note, Problem

LEDGER_IS_PROTECTED = Problem(
    "ledger-would-be-deleted",
    "this update would delete the state's list of SITE_IDs, which is protected. Keep the protection: without the list"
    " the ids are lost.",
    "Give the Fleet its former name and place in the program back. To destroy the stack, run: pulumi destroy"
    " --exclude-protected",
)
"""It replaces Pulumi's advice (3.259), which is to run ``pulumi state unprotect``."""

_BEFORE = re.compile(
    r"\A(error: |Preview failed: |\S+ resource '[^']*' has a problem: |Exception calling application: )+"
)
"""Matches the text that Pulumi's engine and SDK put before a message of Mirrors."""


def read_errors(engine: Mapping[str, Any], reported: Collection[str]) -> Iterator[Problem]:
    """Yield Pulumi's own errors. ``reported`` has the lines of Mirrors' errors, which are left out."""
    mine = tuple(line.strip() for line in reported)
    for item in engine.get("diagnostics") or ():
        text = str(item.get("message", "")).strip()
        if item.get("severity") == "error" and not text.endswith(mine):
            yield LEDGER_IS_PROTECTED if _is_about_ledger(text) else Problem("engine", remove_engine_words(text))


def remove_engine_words(text: str) -> str:
    """Return a message without what Pulumi's engine and SDK put before it."""
    return _BEFORE.sub("", text)


def is_failure_summary(problem: Problem) -> bool:
    """Return whether the problem is Pulumi's last line, which only says that others exist (CLI 3.259)."""
    return problem == Problem("engine", "preview failed")


def read_notes(engine: Mapping[str, Any], reported: Collection[str]) -> Iterator[Note]:
    """Yield a note for each line that Pulumi or the user's own program prints, except ``reported`` ones."""
    for item in engine.get("diagnostics") or ():
        if item.get("severity", "info") not in ("error", "debug"):
            lines = map(str.strip, str(item.get("message", "")).splitlines())
            found = (line.removeprefix("warning: ") for line in lines)
            yield from (Note(line) for line in found if line and line not in reported)


def _is_about_ledger(text: str) -> bool:
    return "it is protected" in text and f"{DYNAMIC_TYPES}SiteIds::" in text
