"""Logins of the seeded sites. Kept beside the sandbox's other secrets, readable by the owner alone."""

import json

from mirrors_sandbox.state import StateDirectory, write_private

__all__ = ["ADMIN", "keep_password", "passwords"]

ADMIN = "admin"
FILE = "site_passwords.json"


def passwords(state: StateDirectory) -> dict[str, str]:
    """{application/environment: password of the user ``admin``}: of an original, and so of its mirrors there."""
    path = state / FILE
    kept: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return kept


def keep_password(state: StateDirectory, environment: str, password: str) -> None:
    write_private(state / FILE, json.dumps({**passwords(state), environment: password}))
