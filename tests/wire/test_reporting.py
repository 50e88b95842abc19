"""A question of a preview that the provider refuses is reported as data, to the command that named a file."""

from pathlib import Path

import pytest

from mirrors.planning.reports.pulumi_messages import remove_engine_words
from mirrors.problems.events import EVENTS_VARIABLE, read_events
from mirrors.problems.reported import ReportedEvents
from mirrors.resources.original import OriginalProvider
from mirrors.resources.site import SiteProvider
from mirrors.resources.site_ids import SiteIdsProvider
from tests.wire.platform import CANARY
from tests.wire.provider import Refused, Wire, provider_process
from tests.wire.test_check_and_diff import INPUTS
from tests.wire.test_site_ids import hints

NOWHERE = {"mirrors:apiUrl": "http://127.0.0.1:1", "mirrors:apiToken": CANARY}


class Reporting:
    """Provider processes whose command has named a file."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.file = folder, folder / "events"

    def reported(self) -> ReportedEvents:
        assert CANARY not in self.file.read_text()
        return read_events(self.file)


@pytest.fixture
def reporting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Reporting:
    found = Reporting(tmp_path)
    found.file.touch()
    monkeypatch.setenv(EVENTS_VARIABLE, str(found.file))
    return found


def test_what_a_check_refuses_is_reported_with_code_and_remedy(reporting: Reporting) -> None:
    before = {**INPUTS[OriginalProvider], "variables": {"DATABASE_URL": f"postgres://u:{CANARY}@db/acme"}}
    moved = before | {"identities": {"DATABASE_URL": "postgres://db:5432/other"}}
    with provider_process(NOWHERE, reporting.folder / "said") as stub:
        _, [(_, reason)] = Wire(stub, OriginalProvider()).check(before, moved)

    [problem] = reporting.reported().problems
    assert (problem.code, problem.line) == ("shared-service-moved", reason)
    assert "mirrors:confirmDatabase postgres://db:5432/other" in problem.remedy


def test_what_a_read_raises_is_reported(reporting: Reporting) -> None:
    inputs = INPUTS[SiteProvider] | {"SITE_ID": "2", "DATABASE_URL": "x", "WHOLE": "x", "release": "r-1"}
    with provider_process(NOWHERE, reporting.folder / "said") as stub, pytest.raises(Refused) as refused:
        Wire(stub, SiteProvider()).read(inputs, "e-1")

    [problem] = reporting.reported().problems
    assert (problem.code, problem.site) == ("platform-unreachable", "acme-de (test)")
    assert remove_engine_words(str(refused.value)) == problem.line


def test_an_id_that_the_list_of_released_ones_still_has_is_noted(reporting: Reporting) -> None:
    known = {"u-acme": {"name": "acme", "id": 1}, "u-acme-de": {"name": "acme-de", "id": 2}}
    before = {"assignments": known, "retired": {}, "highest": 2, "found": {}}
    with provider_process(NOWHERE, reporting.folder / "said") as stub:
        assert Wire(stub, SiteIdsProvider()).check(before, hints("acme-de", release=[2])) == (before, [])

    [note] = reporting.reported().notes
    assert note.site == "acme-de"
    assert "mirrors:fleet.releaseSiteIds still lists" in note.text


def test_a_file_that_cannot_be_written_hides_no_error(reporting: Reporting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(EVENTS_VARIABLE, str(reporting.folder / "no-such-folder" / "events"))
    said = reporting.folder / "said"
    inputs = INPUTS[SiteProvider] | {"SITE_ID": "2", "DATABASE_URL": "x", "WHOLE": "x", "release": "r-1"}
    with provider_process(NOWHERE, said) as stub, pytest.raises(Refused, match=r"\[platform-unreachable\]"):
        Wire(stub, SiteProvider()).read(inputs, "e-1")

    assert f"{EVENTS_VARIABLE}: " in said.read_text()
