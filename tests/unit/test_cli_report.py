"""``mirrors report``: the summary in Markdown, and the file."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from mirrors.cli.display import format_duration
from mirrors.cli.report import write_file
from mirrors.cli.report.chart import MOST_LINES, WIDTH, draw_rollout
from mirrors.cli.report.page import render_html, render_markdown_summary
from mirrors.errors import MirrorsError
from mirrors.planning.reports.fleet_report import make_stack_report
from mirrors.planning.reports.stack_status import StackStatus
from tests.fleet_reports import MARKUP, NOW, make_report, make_report_with_unreadable_stack
from tests.unit.fleets import settings
from tests.unit.test_planning_timeline import deployment


def test_the_summary_counts_the_states_and_names_what_goes_on() -> None:
    lines = render_markdown_summary(make_report(64, "test")).splitlines()
    assert lines[:5] == [
        "### The fleet now",
        "",
        "| stack | sites |",
        "| --- | --- |",
        "| test | 64 sites: 61 converged, 1 held, 1 behind the original, 1 deploying |",
    ]
    assert lines[6:] == [
        "- test, acme-043: behind the original: `mirrors deploy acme-043 -s test`",
        "- test, acme-063: deploying: `mirrors status -s test`",
    ]


def test_a_stack_that_cannot_be_read_is_in_the_summary() -> None:
    text = render_markdown_summary(make_report_with_unreadable_stack())
    assert "| live | cannot be read |" in text
    assert "no-such-stack" in text
    assert MARKUP not in text


def test_the_page_needs_no_network() -> None:
    page = render_html(make_report(20, "test", "live"))
    assert "default-src 'none'" in page
    assert [mark for mark in ("src=", "@import", "url(", "<link") if mark in page] == []


def test_releases_that_ended_later_are_counted() -> None:
    chosen = settings()
    releases = (deployment(0, 1), deployment(5, 6, success=False), deployment(10, 11), deployment(20, 21))
    row = make_report(1, "test").stacks[0].sites["acme"].status
    status = StackStatus((replace(row, release="d0"),), {}, releases)
    assert make_stack_report("test", chosen, status).sites["acme"].releases_behind == 2


def test_a_large_wave_is_drawn_within_a_bounded_height() -> None:
    rollout = make_report(600, "test").stacks[0].rollouts[0]
    chart = draw_rollout(rollout, NOW)
    assert max(band.height for band in chart.bands) == MOST_LINES * 4
    ends = [int(part.split("h")[0].split()[0]) for band in chart.bands for part in band.paths["ok"].split("M")[1:]]
    assert max(ends) <= WIDTH


@pytest.mark.parametrize(
    ("seconds", "expected"), [(0, "0 s"), (59.6, "1 min 00 s"), (245, "4 min 05 s"), (3720, "1 h 02 min")]
)
def test_a_duration_reads_well(seconds: float, expected: str) -> None:
    assert format_duration(timedelta(seconds=seconds)) == expected


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "fleet.html"
    write_file(path, "new")
    assert [item.name for item in tmp_path.iterdir()] == ["fleet.html"]
    path.chmod(0o600)
    link = tmp_path / "link.html"
    link.symlink_to(path)
    write_file(link, "newer\udcff")
    assert (path.read_text(), link.is_symlink(), path.stat().st_mode & 0o777) == ("newer\\udcff", True, 0o600)
    for wrong in (tmp_path / "missing" / "x.html", path / "x.html", tmp_path / ("x" * 300), tmp_path):
        with pytest.raises(MirrorsError) as refused:
            write_file(wrong, "x")
        assert [item.code for item in refused.value.problems] == ["file-not-written"]
    assert sorted(item.name for item in tmp_path.iterdir()) == ["fleet.html", "link.html"]
