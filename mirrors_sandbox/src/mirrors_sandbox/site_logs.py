"""Output of a site's processes, a piece at a time, as the platform's API gives it out.

A site writes into one file for each environment. A piece is known by the bytes that it begins and ends at. A client
that follows the link to the next one misses no line and reads none twice.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

__all__ = ["Piece", "file_of", "newest", "piece_after", "piece_before"]

PIECE = 64 * 1024  # bytes


@dataclass(frozen=True)
class Piece:
    """Whole lines, and the bytes that they begin and end at. ``written``: when the file was last written to, in UTC.

    A site's file has no time for each line.
    """

    lines: list[str]
    begin: int
    end: int
    written: datetime


def file_of(sandbox: Path, site: str) -> Path:
    """Return the file to which the processes of a site, such as ``acme/test``, write.

    It may be missing: the site has never served.
    """
    return sandbox / "sites" / f"{site.replace('/', '-')}.log"


def newest(path: Path) -> Piece:
    """The last lines."""
    return piece_before(path, _size(path))


def piece_after(path: Path, begin: int) -> Piece:
    """The lines from this byte on; none where nothing was written since."""
    begin = min(begin, _size(path))
    content = _read(path, begin, begin + PIECE)
    whole = content[: content.rfind(b"\n") + 1]
    return _piece(path, begin, whole or (content if len(content) == PIECE else b""))


def piece_before(path: Path, end: int) -> Piece:
    """The lines that end before this byte; none where there is nothing older."""
    end = min(end, _size(path))
    begin = max(0, end - PIECE)
    content = _read(path, begin, end)
    cut = content.find(b"\n") + 1 if begin else 0
    return _piece(path, begin + cut, content[cut : content.rfind(b"\n") + 1] or content[cut:])


def _piece(path: Path, begin: int, content: bytes) -> Piece:
    lines = content.decode(errors="replace").splitlines()
    return Piece(lines, begin, begin + len(content), _written(path))


def _read(path: Path, begin: int, end: int) -> bytes:
    if not path.exists():
        return b""
    with path.open("rb") as stream:
        stream.seek(begin)
        return stream.read(max(0, end - begin))


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _written(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime if path.exists() else 0, UTC)
