"""Read a log that another process writes, and begins anew at times."""

from collections.abc import Iterator
from pathlib import Path

HEAD_LENGTH = 256
"""The bytes by which a log is known. Pulumi's first event has a timestamp."""


class LogTail:
    """The lines of a log that were not read yet.

    ``pulumi up`` writes the events of its preview into the log, and then those of the update into the same file, from
    its beginning. Seen with CLI 3.259.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        self._head = b""
        self._rest = b""

    def close(self) -> None:
        self._file.close()

    def read_lines(self) -> Iterator[str]:
        """Yield each whole line that is new."""
        position = self._file.tell()
        self._file.seek(0)
        head = self._file.read(HEAD_LENGTH)
        if not head.startswith(self._head):
            position, self._rest = 0, b""
        self._head = head
        self._file.seek(position)
        *lines, self._rest = (self._rest + self._file.read()).split(b"\n")
        for line in lines:
            yield line.decode(errors="replace")
