"""A large fleet: by its recursion, Pulumi's SDK ends a program of 320 resources whose providers have a state."""

from tests.unit.program_under_mocks import registered_for

MIRRORS = 667


def test_two_thousand_resources_register() -> None:
    ran = registered_for(MIRRORS)
    assert (ran.code, ran.said) == (0, "")
    ours = [item.title for item in ran.resources if ":" not in item.type]
    assert len(set(ours)) == len(ours) == 3 * MIRRORS + 2
    site_ids = [item.inputs["SITE_ID"] for item in ran.of("Deployment").values()]
    assert sorted(site_ids, key=int) == [str(number) for number in range(2, MIRRORS + 2)]
