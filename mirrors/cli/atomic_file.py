"""Write a file whole, or not at all."""

import os
from pathlib import Path
from tempfile import NamedTemporaryFile

__all__ = ["write_atomically"]

NEW_FILE_MODE = 0o644


def write_atomically(path: Path, content: bytes) -> None:
    """Replace the file, with the same permissions, or make it. No reader ever sees half of it. Raises OSError."""
    with NamedTemporaryFile(prefix=".mirrors-", dir=path.parent, delete=False) as part:
        try:
            part.write(content)
            os.fchmod(part.fileno(), path.stat().st_mode & 0o777 if path.exists() else NEW_FILE_MODE)
            part.flush()
            os.fsync(part.fileno())
            Path(part.name).replace(path)
        except BaseException:
            Path(part.name).unlink(missing_ok=True)
            raise
