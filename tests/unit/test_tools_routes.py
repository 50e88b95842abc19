"""Which Pulumi does, and in what order the routes are tried."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from semver import Version

from tests.unit.tools_support import layout, program, pulumi_in
from tools.pulumi_tools.__main__ import ROUTES, ensure, remedy
from tools.pulumi_tools.inspection import verify
from tools.pulumi_tools.layout import LANGUAGE_HOST, NAMES, PULUMI, Layout, UnavailableError, sdk_version, suitable
from tools.pulumi_tools.on_path import link_from_path

ROOT = Path(__file__).parents[2]
SDK = Version(3, 259, 0)


@pytest.mark.parametrize(
    ("cli", "fits"),
    [
        ("3.259.0", True),
        ("3.272.1", True),
        ("3.258.9", False),
        ("3.259.0-alpha.1", False),
        ("4.0.0", False),
    ],
)
def test_a_pulumi_fits_if_it_is_as_new_as_the_sdk_and_of_its_major_version(cli: str, fits: bool) -> None:
    assert suitable(Version.parse(cli), SDK) is fits


def test_the_go_modules_are_those_of_one_engine_that_fits_the_sdk_of_the_lock() -> None:
    place, _ = layout(ROOT)
    assert engines_of("pulumi") == [str(place.pinned)] * 2
    assert place.accepts(place.pinned)
    assert (ROOT / "constraints.txt").read_text() == f"pulumi=={sdk_version()}\n"


def test_the_oldest_engine_and_sdk_are_the_lowest_that_the_package_allows() -> None:
    lowest = re.findall(r'"pulumi>=(\S+),<4"', (ROOT / "pyproject.toml").read_text())
    locked = re.findall(r"^pulumi==(\S+)", (ROOT / "requirements-oldest.lock").read_text(), re.MULTILINE)
    assert [*locked, *engines_of("pulumi-oldest")] == [f"{lowest[0]}.0"] * 3


def test_of_the_oldest_only_its_own_version_fits(tmp_path: Path) -> None:
    place, _ = layout(ROOT)
    oldest = replace(place, oldest=True)
    pulumi_in(tmp_path, f"v{place.pinned}")
    with pytest.raises(UnavailableError, match=f"is {place.pinned}, and must be =={oldest.pinned}$"):
        verify(oldest, tmp_path)
    assert oldest.accepts(oldest.pinned)
    assert oldest.bin != place.bin


def engines_of(module: str) -> list[str]:
    """Return the versions of the engine's two Go modules."""
    return re.findall(r"pulumi/pulumi/(?:pkg|sdk)/v3 v(\S+)", (ROOT / "tools" / module / "go.mod").read_text())


def test_a_complete_pulumi_on_path_is_linked(tmp_path: Path) -> None:
    installed = pulumi_in(tmp_path / "with a blank" / "bin")
    place, said = layout(tmp_path / "checkout", tmp_path / "nothing", installed)
    assert ensure(place)
    assert [(place.bin / name).readlink() for name in NAMES] == [installed / name for name in NAMES]
    assert said.lines == [f"linked Pulumi {sdk_version()} from {installed}"]


def test_a_lone_link_on_path_is_followed_to_where_the_tools_lie_together(tmp_path: Path) -> None:
    installed = pulumi_in(tmp_path / "cellar")
    linked = tmp_path / "bin"
    linked.mkdir()
    (linked / PULUMI).symlink_to(installed / PULUMI)
    place, _ = layout(tmp_path / "checkout", linked)
    link_from_path(place)
    assert (place.bin / PULUMI).readlink() == installed / PULUMI


def test_a_pulumi_without_language_host_is_passed_over_for_the_next_one(tmp_path: Path) -> None:
    (pulumi_in(tmp_path / "first") / LANGUAGE_HOST).unlink()
    second = pulumi_in(tmp_path / "second")
    place, _ = layout(tmp_path / "checkout", tmp_path / "first", second)
    link_from_path(place)
    assert (place.bin / PULUMI).readlink() == second / PULUMI


def test_every_pulumi_that_does_not_do_is_named_with_the_reason(tmp_path: Path) -> None:
    old, odd, broken = tmp_path / "old", tmp_path / "odd", tmp_path / "broken"
    pulumi_in(old, "v3.100.0")
    pulumi_in(odd, "unknown")
    program(pulumi_in(broken) / PULUMI, "echo no such library >&2", "exit 3")
    place, _ = layout(tmp_path / "checkout", old, odd, broken)
    with pytest.raises(UnavailableError) as error:
        link_from_path(place)
    assert f"{old / PULUMI} is 3.100.0, and must be >={sdk_version()},<4.0.0" in str(error.value)
    assert f"`{odd / PULUMI} version` printed 'unknown'" in str(error.value)
    assert f"`{broken / PULUMI} version` ended with 3: no such library" in str(error.value)


def test_the_checkouts_own_tools_are_not_taken_for_an_installation(tmp_path: Path) -> None:
    place, _ = layout(tmp_path, tmp_path / ".tools" / "bin")
    pulumi_in(place.bin)
    with pytest.raises(UnavailableError, match="no pulumi on PATH"):
        link_from_path(place)


def test_a_language_host_that_does_not_start_is_found(tmp_path: Path) -> None:
    program(pulumi_in(tmp_path) / LANGUAGE_HOST, "echo bad binary >&2", "exit 1")
    place, _ = layout(tmp_path)
    with pytest.raises(UnavailableError, match="bad binary"):
        verify(place, tmp_path)


def test_tools_that_work_are_left_alone(tmp_path: Path) -> None:
    place, said = layout(tmp_path)
    pulumi_in(place.bin)

    def never(_: Layout) -> None:
        pytest.fail("a route was taken")

    assert ensure(place, {"never": never})
    assert said.lines == []


def test_the_first_route_that_works_is_the_last_that_is_tried(tmp_path: Path) -> None:
    place, said = layout(tmp_path)

    def refused(_: Layout) -> None:
        raise UnavailableError("closed")

    def works(place: Layout) -> None:
        pulumi_in(place.bin)

    def never(_: Layout) -> None:
        pytest.fail("tried a route too many")

    assert ensure(place, {"one": refused, "two": works, "three": never})
    assert said.lines == ["not one: closed"]


def test_where_no_route_works_each_says_why_and_the_remedy_names_all_three(tmp_path: Path) -> None:
    place, said = layout(tmp_path)  # an empty PATH: no pulumi, no curl, no go
    assert not ensure(place)
    assert said.lines == [
        "not a Pulumi on PATH: no pulumi on PATH",
        "not the official release: the installer needs curl, which is not on PATH",
        "not built from Go modules: no go on PATH",
    ]
    assert len(ROUTES) == 3
    wanted = f"Pulumi >={sdk_version()},<4.0.0"
    assert all(word in remedy(place) for word in (wanted, "get.pulumi.com", "install Go"))
