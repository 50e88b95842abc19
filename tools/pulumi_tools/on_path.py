"""Route 1: a suitable Pulumi that is installed already."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from tools.pulumi_tools.inspection import verify
from tools.pulumi_tools.layout import PULUMI, Layout, UnavailableError, link_all


def link_from_path(layout: Layout) -> None:
    """Link the first complete and suitable set of tools on PATH."""
    reasons = []
    for folder in candidates(layout):
        try:
            found = verify(layout, folder)
        except UnavailableError as error:
            reasons.append(str(error))
            continue
        link_all(layout, folder)
        layout.say(f"linked Pulumi {found} from {folder}")
        return
    raise UnavailableError("; ".join(reasons) or "no pulumi on PATH")


def candidates(layout: Layout) -> Iterator[Path]:
    """Yield PATH's folders with a `pulumi`, each followed by the one that a link leads to. Skip the checkout's own."""
    seen = {layout.bin.resolve()}
    for entry in layout.environ.get("PATH", os.defpath).split(os.pathsep):
        program = shutil.which(PULUMI, path=entry) if entry else None
        if program is None:
            continue
        for folder in (Path(program).absolute().parent, Path(program).resolve().parent):
            if folder.resolve() not in seen:
                seen.add(folder.resolve())
                yield folder
