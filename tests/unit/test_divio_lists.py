"""Lists: pages, filters, and the token staying at home."""

from collections.abc import Iterator

import pytest

from mirrors.divio import NotFound, TooManyPages, UnexpectedAnswer, ValidationFailed
from mirrors.divio.deployments import MOST_DEPLOYMENT_PAGES
from tests.unit.divio_support import DEPLOYMENTS, VARIABLES, application, connect, deployment, page, variable
from tests.unit.http_script import Received, Reply, Script, serve

APPLICATIONS = "/apps/v3/applications/"
ENVIRONMENTS = "/apps/v3/environments/"


@pytest.fixture
def script() -> Iterator[Script]:
    with serve() as running:
        yield running


def in_pages(script: Script, items: list[dict[str, str]]) -> None:
    """The list of applications, in pages of the size that is asked for, by links that hold page and size."""

    def answer(request: Received) -> Reply:
        query = dict(request.query)
        size, number = int(query["page_size"]), int(query.get("page", "1"))
        following = f"{script.url}{APPLICATIONS}?page={number + 1}&page_size={size}"
        more = len(items) > number * size
        return page(
            *items[(number - 1) * size : number * size], following=following if more else None, count=len(items)
        )

    script.on("GET", APPLICATIONS, answer)


def test_all_pages_are_read_in_order(script: Script) -> None:
    in_pages(script, [application(f"a{number}") for number in range(5)])
    assert [item.uuid for item in connect(script, page_size=2).applications.list()] == ["a0", "a1", "a2", "a3", "a4"]
    assert len(script.requests) == 3


def test_next_is_followed_as_given(script: Script) -> None:
    script.on(
        "GET", APPLICATIONS, page(application("a1"), following=f"{script.url}/other/v9/things?cursor=x%2F1", count=2)
    )
    script.on("GET", "/other/v9/things", page(application("a2"), count=2))
    assert len(connect(script).applications.list("o1")) == 2
    assert script.requests[0].query == [("organisation", "o1"), ("page_size", "1000")]
    assert script.requests[1].query == [("cursor", "x/1")]


def test_an_empty_list_is_empty(script: Script) -> None:
    script.on("GET", APPLICATIONS, page())
    assert connect(script).applications.list() == []


@pytest.mark.parametrize(
    "following",
    [
        "http://localhost:{port}/apps/v3/applications/?page=2",
        "//evil.example.com/?page=2",
        "http://evil.example.com/?page=2",
        "http://{host}@evil.example.com/?page=2",
        "http://someone:secret@{host}/apps/v3/applications/?page=2",
        "http://evil.example.com\\@{host}/?page=2",
        "http://{host}:99999/?page=2",
        "javascript:alert(1)",
    ],
)
def test_a_next_page_elsewhere_is_refused_before_the_token_is_sent(script: Script, following: str) -> None:
    host = script.url.removeprefix("http://")
    link = following.format(host=host, port=host.split(":")[1])
    script.on("GET", APPLICATIONS, page(application("a1"), following=link, count=2))
    with pytest.raises(UnexpectedAnswer, match=f"a link leads away from {script.url} and is not followed"):
        connect(script).applications.list()
    assert len(script.requests) == 1


@pytest.mark.parametrize("origin", ["https://{host}", "http://127.0.0.1:1", "https://127.0.0.1", "//127.0.0.1:8000"])
def test_a_next_page_of_the_same_host_is_asked_for_at_the_own_address(script: Script, origin: str) -> None:
    """A proxy that ends TLS, or has another port than the application behind it, makes such links."""
    link = origin.format(host=script.url.removeprefix("http://")) + f"{APPLICATIONS}?page=2"
    script.on("GET", APPLICATIONS, page(application("a1"), following=link, count=2), page(application("a2"), count=2))
    assert [item.uuid for item in connect(script).applications.list()] == ["a1", "a2"]
    assert script.requests[1].values("page") == ["2"]


def test_a_next_page_elsewhere_is_named_without_its_credentials(script: Script) -> None:
    link = "https://someone:hunter22@evil.example.com:8443/?page=2"
    script.on("GET", APPLICATIONS, page(application("a1"), following=link, count=2))
    with pytest.raises(UnexpectedAnswer, match=r"It leads to https://evil\.example\.com:8443$") as info:
        connect(script).applications.list()
    assert "hunter22" not in str(info.value)


def test_pages_that_lead_back_to_one_another_are_not_read_for_ever(script: Script) -> None:
    script.on("GET", APPLICATIONS, page(application("a1"), following=f"{script.url}{APPLICATIONS}?page=2"))
    with pytest.raises(UnexpectedAnswer, match="its pages lead back to one another"):
        connect(script).applications.list()


def test_an_object_that_two_pages_show_is_listed_once(script: Script) -> None:
    following = f"{script.url}{APPLICATIONS}?page=2"
    script.on(
        "GET",
        APPLICATIONS,
        page(application("a1"), application("a2"), following=following, count=3),
        page(application("a2"), application("a3"), count=3),
    )
    assert [item.uuid for item in connect(script).applications.list()] == ["a1", "a2", "a3"]


def test_a_list_that_changes_between_its_pages_is_read_again(script: Script) -> None:
    """One of the first page was deleted: a3 slipped onto it, and is on neither page as they were read."""
    following = f"{script.url}{APPLICATIONS}?page=2"
    script.on(
        "GET",
        APPLICATIONS,
        page(application("a1"), application("a2"), following=following, count=5),
        page(application("a4"), application("a5"), count=4),
        page(application("a2"), application("a3"), following=following, count=4),
        page(application("a4"), application("a5"), count=4),
    )
    assert [item.uuid for item in connect(script).applications.list()] == ["a2", "a3", "a4", "a5"]


def test_a_list_that_lost_its_last_page_is_read_again(script: Script) -> None:
    script.on(
        "GET",
        APPLICATIONS,
        page(application("a1"), following=f"{script.url}{APPLICATIONS}?page=2", count=2),
        Reply(404, {"detail": "Invalid page."}),
        page(application("a1")),
    )
    assert [item.uuid for item in connect(script).applications.list()] == ["a1"]


def test_a_list_that_is_not_there_is_an_error(script: Script) -> None:
    with pytest.raises(NotFound):
        connect(script).applications.list()
    assert len(script.requests) == 1


def test_a_list_of_more_pages_than_its_reader_would_read_is_left_after_the_first(script: Script) -> None:
    in_pages(script, [application(f"a{number}") for number in range(5)])
    client = connect(script, page_size=2)
    assert len(client.applications.list(most_pages=3)) == 5
    before = len(script.requests)
    with pytest.raises(TooManyPages, match="more than 2 pages"):
        client.applications.list(most_pages=2)
    assert len(script.requests) == before + 1


def test_a_platform_that_refuses_the_size_of_a_page_sends_its_own(script: Script) -> None:
    def answer(request: Received) -> Reply:
        return Reply(400, {"page_size": ["Too large."]}) if request.values("page_size") else page(application("a1"))

    script.on("GET", APPLICATIONS, answer)
    assert [item.uuid for item in connect(script).applications.list("o1")] == ["a1"]
    assert script.requests[1].query == [("organisation", "o1")]


def test_environments_of_all_applications_come_in_one_list(script: Script) -> None:
    known = {"last_finished_deployment": None, "environment_variables": ["SITE_ID"]}
    environments = [
        {"uuid": "e1", "application": "a1", "slug": "test", **known},
        {"uuid": "e2", "application": "a2", "slug": "test"},
        {"uuid": "e3", "application": "a2", "slug": "live", "environment_variables": "?"},
    ]
    script.on("GET", ENVIRONMENTS, page(*environments))
    client = connect(script)
    assert [item.uuid for item in client.environments.list_all()] == ["e1", "e2", "e3"]
    found = client.environments.list_all("test")
    assert [(item.uuid, item.never_deployed, item.lacks("SITE_ID"), item.lacks("X")) for item in found] == [
        ("e1", True, False, True),
        ("e2", False, False, False),
    ]
    assert [request.query for request in script.requests] == [
        [("page_size", "1000")],
        [("slug", "test"), ("page_size", "1000")],
    ]


def test_deployments_of_several_environments_come_in_few_requests_of_bounded_length(script: Script) -> None:
    def answer(request: Received) -> Reply:
        found = [deployment(f"d-{uuid}", 1) | {"environment": uuid} for uuid in request.values("environment")]
        return page(*found, deployment("another", 1))

    script.on("GET", DEPLOYMENTS, answer)
    environments = [f"{number:026}" for number in range(250)]
    found = connect(script).deployments.list_of_several(environments)
    assert [item.environment for item in found] == environments
    assert len(script.requests) == 3


def test_a_platform_that_ignores_which_environments_are_meant_is_not_read_to_its_end(script: Script) -> None:
    following = f"{script.url}{DEPLOYMENTS}?page=2"
    script.on("GET", DEPLOYMENTS, page(deployment("d1", 1), following=following, count=MOST_DEPLOYMENT_PAGES + 1))
    with pytest.raises(TooManyPages):
        connect(script).deployments.list_of_several(["e1", "e2"])
    assert len(script.requests) == 1


def test_filters_that_the_platform_ignores_are_applied_here(script: Script) -> None:
    environments = [
        {"uuid": "e1", "application": "a1", "slug": "test", "last_finished_deployment": {"uuid": "d1"}},
        {"uuid": "e9", "application": {"uuid": "a9"}, "slug": "test", "last_finished_deployment": None},
    ]
    script.on("GET", APPLICATIONS, page(application("a1"), application("a2", "acme-de", "o2")))
    script.on("GET", ENVIRONMENTS, page(*environments))
    script.on(
        "GET", VARIABLES, page(variable("v1", "e1", "A", "1"), variable("v2", "e2", "A"), variable("v3", "e1", "B"))
    )
    script.on("GET", DEPLOYMENTS, page(deployment("d1", 1), {**deployment("d2", 2), "environment": "e2"}))
    client = connect(script)
    found = client.applications.by_slug("acme-de")
    assert found is not None
    assert found.uuid == "a2"
    assert client.applications.by_slug("acme-fr") is None
    assert [item.uuid for item in client.applications.list("o2")] == ["a2"]
    assert [(item.uuid, item.last_finished_deployment) for item in client.environments.list("a1")] == [("e1", "d1")]
    assert [item.uuid for item in client.environment_variables.list("e1", "A")] == ["v1"]
    assert [item.uuid for item in client.deployments.list("e1")] == ["d1"]


def test_two_applications_of_one_slug_are_an_error(script: Script) -> None:
    script.on("GET", APPLICATIONS, page(application("a1"), application("a2")))
    with pytest.raises(UnexpectedAnswer, match="2 applications have the slug 'acme'"):
        connect(script).applications.by_slug("acme")


def variables_of(request: Received) -> Reply:
    return page(*(variable(f"v-{uuid}", uuid, "SITE_ID", "2") for uuid in request.values("environment")))


def test_variables_of_many_environments_come_in_few_requests_of_bounded_length(script: Script) -> None:
    script.on("GET", VARIABLES, variables_of)
    environments = [f"{number:026}" for number in range(250)]
    found = connect(script).environment_variables.list(environments, "SITE_ID")
    assert [item.environment for item in found] == environments
    assert len(script.requests) == 3
    lengths = [len(f"{script.url}{VARIABLES}?") + sum(len(f"{k}={v}&") for k, v in r.query) for r in script.requests]
    assert max(lengths) <= 4_001
    assert all(request.values("name") == ["SITE_ID"] for request in script.requests)


def test_no_environment_needs_no_request_and_a_repeated_one_is_asked_for_once(script: Script) -> None:
    script.on("GET", VARIABLES, variables_of)
    client = connect(script)
    assert client.environment_variables.list([]) == []
    assert len(client.environment_variables.list(["e1", "e1"])) == 1
    assert script.requests[0].values("environment") == ["e1"]


def only_one(request: Received) -> Reply:
    several = len(request.values("environment")) > 1
    return Reply(400, {"environment": ["Select one."]}) if several else variables_of(request)


def test_a_platform_that_refuses_several_environments_is_asked_for_one_at_a_time(script: Script) -> None:
    script.on("GET", VARIABLES, only_one)
    client = connect(script)
    for _ in range(2):
        assert [item.environment for item in client.environment_variables.list(["e1", "e2", "e3"])] == [
            "e1",
            "e2",
            "e3",
        ]
    assert [len(request.values("environment")) for request in script.requests] == [3, 1, 1, 1, 1, 1, 1]


@pytest.mark.parametrize("heeded", [0, -1])
@pytest.mark.parametrize("owned", [("e1", "e2", "e3"), ("e1", "e2"), ("e2", "e3")])
def test_a_platform_that_heeds_one_of_several_environments_is_asked_for_one_at_a_time(
    script: Script, heeded: int, owned: tuple[str, ...]
) -> None:
    def answer(request: Received) -> Reply:
        uuid = request.values("environment")[heeded]
        return page(*([variable(f"v-{uuid}", uuid, "SITE_ID", "2")] if uuid in owned else []))

    script.on("GET", VARIABLES, answer)
    client = connect(script)
    for _ in range(2):
        found = client.environment_variables.list(["e1", "e2", "e3"])
        assert tuple(item.environment for item in found) == owned


def test_environments_without_a_variable_are_not_all_asked_for_by_themselves(script: Script) -> None:
    script.on("GET", VARIABLES, page())
    assert connect(script).environment_variables.list([f"e{number}" for number in range(50)]) == []
    assert [len(request.values("environment")) for request in script.requests] == [50, 1, 1, 1]


def test_one_bad_environment_of_several_is_named_and_does_not_stop_bulk_requests(script: Script) -> None:
    def answer(request: Received) -> Reply:
        bad = "gone" in request.values("environment")
        return Reply(400, {"environment": ["gone is not one of the choices."]}) if bad else variables_of(request)

    script.on("GET", VARIABLES, answer)
    client = connect(script)
    with pytest.raises(ValidationFailed, match="environment: gone is not one of the choices"):
        client.environment_variables.list(["e1", "gone"])
    before = len(script.requests)
    assert len(client.environment_variables.list(["e1", "e2"])) == 2
    assert len(script.requests) == before + 1
