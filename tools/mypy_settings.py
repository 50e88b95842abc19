"""The sandbox's settings for the type checker, whose plugin imports them: with secrets that nothing else ever uses."""

import os
import tempfile
from pathlib import Path

_directory = tempfile.TemporaryDirectory(prefix="mirrors-mypy-")
for _name in ("token", "secret_key"):
    (Path(_directory.name) / _name).write_text("for the type checker")
os.environ["MIRRORS_SANDBOX_DIR"] = _directory.name

from mirrors.sandbox.settings import *  # noqa: E402, F403 - the directory has to be named first
