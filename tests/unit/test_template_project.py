"""The template's own files: what a command makes of its list, and which Pulumi it asks for."""

import re
import shutil
from pathlib import Path

from mirrors.cli.project import ProjectFile

ROOT = Path(__file__).parents[2]
TEMPLATE = ROOT / "templates" / "fleet"


def test_a_list_that_is_written_is_alone_without_the_examples_of_the_template(tmp_path: Path) -> None:
    file = ProjectFile.read(Path(shutil.copy(TEMPLATE / "Pulumi.yaml", tmp_path)))
    file.set_fleet(
        {"original": {"application": "acme", "siteId": 1}, "mirrors": [{"application": "acme-de", "siteId": 2}]}
    )
    file.save()

    *_, written = (tmp_path / "Pulumi.yaml").read_text().partition("    value:\n")
    assert written == (
        "      original:\n"
        "        application: acme\n"
        "        siteId: 1\n"
        "      mirrors:\n"
        "        - application: acme-de\n"
        "          siteId: 2\n"
    )


def test_the_template_takes_the_library_that_the_package_was_tried_with() -> None:
    """A newer one than the command would leave ``mirrors doctor`` with a warning."""
    pinned = re.compile(r"^pulumi==(\S+)$", re.MULTILINE)
    asked, tried = (
        pinned.findall(path.read_text()) for path in (TEMPLATE / "requirements.txt", ROOT / "constraints.txt")
    )

    assert asked == tried
    assert len(asked) == 1
