"""The benchmark's use of its measurements: ratios, targets, tables; and the revision that it compares with."""

import json
from pathlib import Path

import pytest

from tools.bench.__main__ import arguments, counts
from tools.bench.builds import HERE, cloned
from tools.bench.contenders import FLOOR, PRODUCT, REVISION, SCRIPT
from tools.bench.course import OPERATIONS, ROLLOUT, SIZES, Point
from tools.bench.figures import (
    BY_CLOCK,
    BY_FLOOR,
    BY_LEAST,
    BY_MIDDLE,
    BY_PROCESSOR,
    BY_SCRIPT,
    ENGINE,
    OWN,
    RATIO,
    STATE,
    TARGETS,
    Figure,
    figures,
)
from tools.bench.project import FIRST, NOTHING, ROTATION
from tools.bench.report import sections, write
from tools.bench.sample import MEGABYTE, BenchError, Memory, Sample, Seen

BUSY = {"engine": 1.0, "program": 1.0, "provider": 1.0}


def point(
    contender: str,
    seconds: float,
    *,
    part: str = OPERATIONS,
    mirrors: int = 333,
    operation: str = FIRST,
    run: int = 1,
    state: int = 0,
    engine: int = MEGABYTE,
) -> Point:
    """Return a sample whose processor time is twice its seconds."""
    seen = Seen(Memory(engine, 1, 1), 1, BUSY)
    return Point(part, mirrors, run, operation, contender, Sample(seconds, 2 * seconds, 5, 3, state, seen))


def values(points: list[Point]) -> dict[tuple[str, str], float]:
    return {(item.what, item.measure): item.value for item in figures(points)}


def test_this_checkout_is_divided_by_each_that_is_beside_it() -> None:
    points = [point(PRODUCT, 3.0), point(REVISION, 10.0), point(SCRIPT, 2.0), point(FLOOR, 1.5)]
    found = values(points)
    assert found[FIRST, BY_PROCESSOR] == found[FIRST, BY_CLOCK] == pytest.approx(0.3)
    assert found[FIRST, BY_SCRIPT] == pytest.approx(1.5)
    assert found[FIRST, BY_FLOOR] == pytest.approx(2.0)


def test_a_ratio_is_the_median_of_those_of_single_runs() -> None:
    """Not the ratio of medians: what a slow hour does to a run, it does to both of it."""
    own, theirs = (10.0, 1.0, 4.0), (10.0, 2.0, 1.0)
    points = [point(PRODUCT, value, run=run) for run, value in enumerate(own)]
    points += [point(SCRIPT, value, run=run) for run, value in enumerate(theirs)]
    assert values(points)[FIRST, BY_SCRIPT] == pytest.approx(1.0)


def test_a_run_that_was_interrupted_counts_where_both_were_measured() -> None:
    points = [point(PRODUCT, 3.0), point(SCRIPT, 2.0), point(PRODUCT, 9.0, run=2)]
    assert values(points)[FIRST, BY_SCRIPT] == pytest.approx(1.5)


def test_state_is_given_for_one_mirror_and_memory_is_the_highest_of_all_operations() -> None:
    points = [
        point(PRODUCT, 1.0, state=333 * 3000, engine=2 * MEGABYTE),
        point(REVISION, 1.0, state=333 * 10000, engine=4 * MEGABYTE),
        point(PRODUCT, 1.0, operation=ROTATION, state=333 * 3000, engine=6 * MEGABYTE),
        point(REVISION, 1.0, operation=ROTATION, state=333 * 10000, engine=8 * MEGABYTE),
    ]
    found = values(points)
    assert found[STATE, OWN] == pytest.approx(3000)
    assert found[STATE, RATIO] == pytest.approx(0.3)
    assert found[ENGINE, OWN] == pytest.approx(6)
    assert found[ENGINE, RATIO] == pytest.approx(0.75)


def test_the_largest_fleet_is_divided_by_the_middle_one_and_a_rollout_by_what_it_takes_at_least() -> None:
    points = [point(PRODUCT, 20.0, part=SIZES), point(PRODUCT, 100.0, part=SIZES, mirrors=1000)]
    points.append(point(PRODUCT, 8.0, part=ROLLOUT, mirrors=64))
    found = values(points)
    assert found[FIRST, BY_MIDDLE] == pytest.approx(5.0)
    assert found[FIRST, BY_LEAST] == pytest.approx(2.0)


@pytest.mark.parametrize(("value", "met"), [(0.30, True), (0.31, False)])
def test_a_target_is_met_up_to_itself(value: float, met: bool) -> None:
    assert Figure(OPERATIONS, 333, FIRST, BY_PROCESSOR, value).met is met


def test_another_size_has_no_target() -> None:
    figure = Figure(OPERATIONS, 100, FIRST, BY_PROCESSOR, 9.0)
    assert (figure.most, figure.met) == (None, None)


def test_each_target_is_one_that_a_measurement_can_meet() -> None:
    """A name that no figure has would never be missed."""
    points = [
        point(who, 1.0, part=part, mirrors=mirrors, operation=operation, state=1)
        for part, mirrors, operation, _ in [*TARGETS, (SIZES, 333, FIRST, ""), (SIZES, 333, NOTHING, "")]
        if operation not in (STATE, ENGINE)
        for who in (PRODUCT, REVISION, SCRIPT, FLOOR)
    ]
    ordered = sorted(points, key=lambda item: (item.part, item.mirrors))
    assert {(item.part, item.mirrors, item.what, item.measure) for item in figures(ordered)} >= TARGETS.keys()


def test_the_table_says_the_target_and_whether_it_is_met() -> None:
    points = [point(PRODUCT, 3.5), point(REVISION, 10.0), point(SCRIPT, 7.0), point(FLOOR, 1.0)]
    text = sections(points, "a machine", "abc123")[f"{OPERATIONS} 333"]
    assert "÷ `abc123`, processor time" in text
    assert "| first up | 0.35 | ≤ 0.3, **missed** | 0.35 | 0.50 | ≤ 1.6, met | 3.50 |" in text


def test_what_people_ask_first_has_a_column_for_each_size() -> None:
    points = [point(who, 2.0 * n, part=SIZES, mirrors=n) for n in (10, 1000) for who in (PRODUCT, SCRIPT)]
    text = sections(points, "a machine")[SIZES]
    assert "| seconds |  | 10 mirrors | 1,000 mirrors |" in text
    assert "| first up | Mirrors | 20.0 | 2000.0 |" in text


def test_a_section_is_replaced_and_what_is_around_it_is_not(tmp_path: Path) -> None:
    file = tmp_path / "benchmarks.md"
    [(key, section)] = sections([point(PRODUCT, 1.0), point(SCRIPT, 1.0)], "a machine").items()
    file.write_text(f"# Before\n\n<!-- measured: {key} -->\nold\n<!-- end: {key} -->\n\nafter\n", encoding="utf-8")
    write(file, {key: section, "Another": "new\n"})
    text = file.read_text(encoding="utf-8")
    assert text.startswith("# Before\n")
    assert "old" not in text
    assert section in text
    assert text.endswith("after\n\n<!-- measured: Another -->\nnew\n<!-- end: Another -->\n")


def test_the_page_has_a_place_for_each_section() -> None:
    """Otherwise what is measured for the first time goes to the end."""
    points = [point(PRODUCT, 1.0, part=SIZES), point(PRODUCT, 1.0, part=ROLLOUT, mirrors=64)]
    points += [point(PRODUCT, 1.0, mirrors=mirrors) for mirrors in (10, 333)]
    page = (HERE.checkout / "docs" / "reference" / "benchmarks.md").read_text(encoding="utf-8")
    places = [page.index(f"<!-- measured: {key} -->\n") for key in sections(points, "a machine")]
    assert places == sorted(places)


def test_a_figure_as_json_has_its_target() -> None:
    dumped = json.loads(json.dumps(Figure(ROLLOUT, 64, FIRST, BY_LEAST, 2.5).dump()))
    assert dumped == {
        "part": ROLLOUT,
        "mirrors": 64,
        "what": FIRST,
        "measure": BY_LEAST,
        "value": 2.5,
        "most": 2.5,
        "met": True,
    }


def test_beside_another_revision_a_small_fleet_is_measured_too() -> None:
    assert counts(arguments(["--against", "HEAD"]), OPERATIONS) == [10, 333]
    assert counts(arguments(["--against", "HEAD", "--count", "100"]), OPERATIONS) == [10, 100]
    assert counts(arguments([]), SIZES) == [10, 100, 333, 1000]


def test_a_revision_is_cloned_and_knows_its_engine(tmp_path: Path) -> None:
    build = cloned("HEAD", tmp_path / "revision")
    assert (build.checkout / "mirrors" / "__init__.py").is_file()
    assert build.sdk == cloned("HEAD", tmp_path / "again").sdk
    assert build.prefix.parent == build.checkout


def test_a_revision_that_there_is_not_is_named(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="no revision 'nowhere' in this repository"):
        cloned("nowhere", tmp_path / "revision")
    assert not (tmp_path / "revision").exists()


def test_a_build_says_what_its_own_shell_file_recommends(tmp_path: Path) -> None:
    build = cloned("HEAD", tmp_path / "revision")
    file = build.checkout / "tools" / "shell_environment.py"
    file.write_text("def variables(checkout):\n    return {'RECOMMENDED': str(checkout)}\n", encoding="utf-8")
    found = type(build)("other", build.checkout, HERE.prefix).environment(tmp_path)
    assert found["RECOMMENDED"] == str(tmp_path)
    assert found["PYTHONPATH"] == str(build.checkout)
    assert "PULUMI_HOME" not in found


def test_the_command_refuses_what_it_cannot_measure(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        arguments(["--count", "0", "--part", OPERATIONS])
    assert refused.value.code == 2
    assert "0 is not above zero" in capsys.readouterr().err
