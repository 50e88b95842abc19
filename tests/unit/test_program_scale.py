"""A large fleet: by its recursion, Pulumi's SDK ends a program of 320 resources whose providers have a state."""

from tests.unit.program_under_mocks import registered_for

MIRRORS = 1000


def test_a_thousand_mirrors_register() -> None:
    ran = registered_for(MIRRORS)
    assert (ran.code, ran.said) == (0, "")
    own = [item.title for item in ran.resources if ":" not in item.type]
    assert len(set(own)) == len(own) == MIRRORS + 2
    site_ids = [item.inputs["variables"]["SITE_ID"]["value"] for item in ran.of("Mirror").values()]
    assert sorted(site_ids, key=int) == [str(number) for number in range(2, MIRRORS + 2)]
