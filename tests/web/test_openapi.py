"""The API keeps the promises of its own description, whatever it is asked."""

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from broadsheet.web.app import create_app

PATHS = (
    "/api/daily_papers",
    "/api/marks",
    "/api/comments",
    "/api/shelves",
    "/api/shelves/{number}",
    "/api/follows",
    "/api/trending",
    "/api/papers/search",
    "/api/papers/{key}",
    "/api/search",
    "/api/similar",
    "/api/editions/{span}",
    "/api/methods",
    "/api/methods/{name}",
    "/api/topics",
    "/api/topics/{number}",
    "/api/tags",
    "/api/tags/{name}",
    "/api/for-you",
    "/api/for-you/model",
    "/api/lab",
    "/api/claims",
    "/api/curate",
    "/api/curate/readers",
)
CHANGING = (
    "/api/marks/{kind}",
    "/api/tags/{name}/papers",
    "/api/comments/{number}",
    "/api/shelves/{number}/papers",
    "/api/submit",
    "/api/for-you/papers/{kind}",
    "/api/for-you/wishes/{kind}",
    "/api/for-you/library",
    "/api/reports",
    "/api/curate/reports",
    "/api/curate/claims",
    "/api/curate/comments/{number}",
    "/api/curate/discussions",
    "/api/curate/readers/{name}",
)
CHECKS = [
    not_a_server_error,
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
]


@pytest.fixture(scope="module")
def schema(house):
    return schemathesis.openapi.from_asgi("/openapi.json", create_app(house))


@pytest.mark.parametrize("path", PATHS)
def test_the_api_keeps_its_promises(schema, path):
    modes = [schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE]
    if not list(schema[path]["GET"].iter_parameters()):
        modes.pop()  # where nothing can be asked, nothing can be asked wrongly
    for mode in modes:

        @settings(max_examples=30, suppress_health_check=list(HealthCheck))
        @given(case=schema[path]["GET"].as_strategy(generation_mode=mode))
        def check(case):
            case.call_and_validate(checks=CHECKS)

        check()


def test_every_route_of_the_api_is_described_with_its_answer(client):
    description = client.get("/openapi.json").json()
    assert set(description["paths"]) == {*PATHS, *CHANGING}
    operations = [
        (f"{method} {path}", operation)
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
    ]
    for path, operation in operations:
        assert operation["description"], path
        (good,) = [status for status in operation["responses"] if status.startswith("2")]
        if good != "204":
            assert operation["responses"][good]["content"]["application/json"]["schema"], path
        for status in ("404", "422"):
            answer = operation["responses"][status]["content"]["application/json"]["schema"]
            assert answer == {"$ref": "#/components/schemas/Error"}


def test_no_third_party_page_describes_it(client):
    assert client.get("/docs").status_code == 404
    assert client.get("/redoc").status_code == 404
    assert "/api/daily_papers" in client.get("/docs/api").text
