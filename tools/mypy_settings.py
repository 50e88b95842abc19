"""The sandbox's settings for the type checker, whose plugin imports them: with secrets that nothing else ever uses."""

import os
import tempfile
from pathlib import Path

# Removed here and not at exit: mypy ends in a way that runs no such handler.
with tempfile.TemporaryDirectory(prefix="mirrors-mypy-") as _directory:
    for _name in ("token", "secret_key"):
        (Path(_directory) / _name).write_text("for the type checker")
    os.environ["MIRRORS_SANDBOX_DIR"] = _directory
    from mirrors_sandbox.settings import *  # noqa: F403
