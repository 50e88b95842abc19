"""The settings name what is missing, and print no secret."""

import runpy
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

import mirrors_sandbox

SETTINGS = Path(mirrors_sandbox.__file__).with_name("settings.py")


def _load(monkeypatch: pytest.MonkeyPatch, directory: Path) -> dict[str, Any]:
    monkeypatch.setenv("MIRRORS_SANDBOX_DIR", str(directory))
    return runpy.run_path(str(SETTINGS))


def test_the_directory_must_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MIRRORS_SANDBOX_DIR", raising=False)
    with pytest.raises(ImproperlyConfigured, match="MIRRORS_SANDBOX_DIR is not set"):
        runpy.run_path(str(SETTINGS))


@pytest.mark.parametrize("name", ["token", "secret_key"])
def test_an_absent_or_empty_secret_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    for secret in ("token", "secret_key"):
        (tmp_path / secret).write_text("canary\n")
    (tmp_path / name).unlink()
    with pytest.raises(ImproperlyConfigured, match=f"{name} does not exist.*mirrors sandbox start") as absent:
        _load(monkeypatch, tmp_path)
    (tmp_path / name).write_text("\n")
    with pytest.raises(ImproperlyConfigured, match=f"{name} is empty") as empty:
        _load(monkeypatch, tmp_path)
    assert "canary" not in str(absent.value) + str(empty.value)


def test_the_state_lies_in_the_directory_and_loopback_alone_is_served(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for secret in ("token", "secret_key"):
        (tmp_path / secret).write_text("canary\n")
    settings = _load(monkeypatch, tmp_path)
    assert settings["DATABASES"]["default"]["NAME"] == tmp_path / "sandbox.sqlite3"
    assert settings["SANDBOX_TOKEN"] == "canary"
    assert set(settings["ALLOWED_HOSTS"]) == {"127.0.0.1", "localhost", "[::1]"}
    assert settings["DEBUG"] is False
