"""The report of a probe: what of the platform's answers may be seen by others, and what they answer."""

from typing import Any

import pytest

from tools.probe.questions import answers
from tools.probe.raw import RawAnswer
from tools.probe.schema import summary
from tools.probe.stand_ins import LeakError, StandIns

UUID = "bagztldeadfdhlilnmpzx3twly"
OTHER = "6f1c1c9e-7d0a-4b59-9a5c-0d9d0f2f3a11"

SCHEMA = {
    "openapi": "3.0.3",
    "paths": {
        "/apps/v3/environment-variables/": {
            "get": {
                "parameters": [{"in": "query", "name": "environment"}, {"in": "header", "name": "X"}],
                "responses": {"200": {"content": {"a": {"schema": {"$ref": "#/components/schemas/Variable"}}}}},
            },
            "post": {"responses": {"201": {}, "400": {}}},
        },
        "/apps/v3/applications/{uuid}/": {
            "get": {"responses": {"200": {"schema": {"$ref": "#/components/schemas/Application"}}}}
        },
        "/billing/v3/invoices/": {"get": {"responses": {"200": {"$ref": "#/components/schemas/Invoice"}}}},
    },
    "components": {
        "schemas": {
            "Variable": {"properties": {"name": {"type": "string", "maxLength": 255}}},
            "Application": {
                "properties": {
                    "mirror_of": {"type": "string", "format": "uuid", "nullable": True},
                    "region": {"$ref": "#/components/schemas/Region"},
                }
            },
            "Region": {"properties": {"uuid": {"type": "string", "readOnly": True}}},
            "Invoice": {"properties": {"amount": {"type": "number"}}},
        }
    },
}


def answer(body: Any, status: int = 200, **headers: str) -> RawAnswer:
    return RawAnswer("/apps/v3/x/", (), status, headers, body)


def page(*results: dict[str, Any], following: str | None = None) -> RawAnswer:
    return answer({"count": len(results), "next": following, "previous": None, "results": list(results)})


def test_the_same_thing_gets_the_same_stand_in_everywhere() -> None:
    stand_ins = StandIns()

    shown = stand_ins.body({"uuid": UUID, "slug": "acme-de", "application": {"uuid": OTHER, "name": "acme-de"}})

    assert shown == {
        "uuid": "<uuid 1>",
        "slug": "<slug 1>",
        "application": {"uuid": "<uuid 2>", "name": "<slug 1>"},
    }
    assert stand_ins.path(f"/apps/v3/applications/{UUID}/") == "/apps/v3/applications/<uuid 1>/"


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ({"email": "me@example.com"}, {"email": "<email 1>"}),
        ({"started_at": "2026-01-01T12:00:00.1Z", "success": True, "percent": 40}, None),
        ({"slug": "test", "status": "done", "branch": "customer-x"}, {"branch": "<text>"}),
        ({"status": "failed: customer x"}, {"status": "<text>"}),
        ({"name": "SITE_ID", "value": "2"}, {"name": "SITE_ID", "value": "<shown>"}),
        ({"name": "CUSTOMER_KEY", "value": None}, {"name": "<variable 1>", "value": None}),
        ({"environment_variables": {"STAGE": "x", "KEY_OF_X": None}}, None),
        ({"environment_variables": ["STAGE", "KEY_OF_X", "low"]}, None),
        (
            {"ssh_endpoint": {"host": "h.example.com", "port": 22}},
            {"ssh_endpoint": {"host": "<text>", "port": "<number>"}},
        ),
        ({"next": "https://api.example.com/?page=2&slug=acme"}, {"next": "<address with page, slug>"}),
        ({"Customer X": 1}, {"<key 1>": "<number>"}),
    ],
)
def test_only_the_shape_is_left(body: dict[str, Any], shown: dict[str, Any] | None) -> None:
    redacted = StandIns().body(body)

    for part in ("customer", "Customer", "example.com", "_X", "low"):
        assert part not in str(redacted)
    assert shown is None or shown.items() <= redacted.items()


def test_a_long_list_is_cut_and_says_so() -> None:
    assert StandIns().body([{"count": number} for number in range(5)])[2:] == ["<3 more>"]


def test_messages_of_errors_stay_readable_without_what_they_quote() -> None:
    stand_ins = StandIns(["t0ken-of-mine"])
    stand_ins.body({"slug": "acme"})
    said = f"acme: {UUID} of me@example.com with t0ken-of-mine is not acme-de's. Not T0KEN-OF-MI…, dDBrZW4tb2YtbWluZQ=="

    assert stand_ins.body({"detail": said}, error=True) == {
        "detail": "<slug 1>: <uuid> of <email> with <secret> is not acme-de's. Not <secret>…, <secret>"
    }


@pytest.mark.parametrize(
    "left", ["t0ken-of-mine", "t0ken-o\nf-mine", "dDBrZW4tb2YtbWluZQ==", UUID, "v4lue-of-a-variable", "acme-de"]
)
def test_a_report_with_something_of_the_account_in_it_is_withheld(left: str) -> None:
    stand_ins = StandIns(["t0ken-of-mine"])
    stand_ins.body({"uuid": UUID, "slug": "acme-de", "value": "v4lue-of-a-variable"})

    assert stand_ins.certify("nothing") == "nothing"
    with pytest.raises(LeakError) as caught:
        stand_ins.certify(f"... {left} ...")
    assert left not in str(caught.value)


def test_of_a_schema_only_what_matters_here_is_kept() -> None:
    found = summary(SCHEMA)

    assert found["operations"]["GET /apps/v3/environment-variables/"] == {
        "filters": ["environment"],
        "statuses": ["200"],
        "schemas": ["Variable"],
    }
    assert found["operations"]["POST /apps/v3/environment-variables/"]["statuses"] == ["201", "400"]
    assert found["fields"]["Variable"] == {"name": "string, maxLength 255"}
    assert found["mirror_fields"] == ["Application.mirror_of"]
    assert sorted(found["fields"]) == ["Application", "Region", "Variable"]
    assert summary("<html>") == summary({}) == {}


def test_a_field_that_tells_a_mirror_from_an_original_is_found() -> None:
    seen = {
        "schema": answer(SCHEMA),
        "original": answer({"uuid": UUID, "repository": {"uuid": "r"}, "slug": "acme"}),
        "mirror": answer({"uuid": OTHER, "repository": None, "slug": "acme-de", "made_from": {"uuid": UUID}}),
    }

    found = answers(seen, StandIns())

    assert found["fields that tell a mirror from an original"] == (
        "made_from names the other, only one has made_from, repository is of another kind; in the schema:"
        " Application.mirror_of"
    )
    assert found["is a schema served"] == "yes, 3 operations that matter here"


@pytest.mark.parametrize(
    ("value", "said"),
    [({}, "absent"), ({"value": None}, "null"), ({"value": ""}, "empty"), ({"value": "x"}, "shown")],
)
def test_the_form_of_a_sensitive_value_is_reported(value: dict[str, Any], said: str) -> None:
    seen = {"schema": answer(None, 404), "mirror variables": page({"name": "A", "is_sensitive": True, **value})}

    assert answers(seen, StandIns())["variables: the value of a sensitive one"] == said


def test_pages_order_and_headers_are_reported() -> None:
    seen = {
        "schema": answer(None, 404),
        "default page": page({"uuid": "a"}, {"uuid": "b"}, following="https://x/?page=2"),
        "large page": answer({"detail": "no"}, 400),
        "original deployments": page({"started_at": "2026-01-02"}, {"started_at": "2026-01-01"}),
        "page 999": answer({"detail": "Invalid page."}, 404, **{"x-ratelimit-limit": "100", "x-request-id": "1"}),
    }

    found = answers(seen, StandIns())

    assert found["page size if not asked for"] == "2 results, more follow"
    assert found["page size if 100000 is asked for"] == "400"
    assert found["deployments: are they listed newest first"] == "yes"
    assert found["a page that does not exist"] == "404 {'detail': 'Invalid page.'}"
    assert found["headers about rates"] == "x-ratelimit-limit"
    assert found["headers with a request's id"] == "x-request-id"
    assert found["frozen variables: are sensitive ones shown"].startswith("not asked")
