"""The API: what is open to the world, who may invoke what, and how much of it."""

from __future__ import annotations

import json
import re

from tests.template.reading import default_of, properties, resources, text

ROUTES = {
    entry["Properties"]["RouteKey"]: entry["Properties"] for entry in resources("AWS::ApiGatewayV2::Route").values()
}


def _function_of(route: str) -> str:
    integration = text(ROUTES[route]["Target"]).removeprefix("integrations/")[2:-1]
    return text(properties(integration)["IntegrationUri"])[2:-5]


def test_hooks_and_links_are_open_and_everything_else_asks_for_a_key() -> None:
    assert {route: entry["AuthorizationType"] for route, entry in ROUTES.items()} == {
        "POST /hooks/{source}": "NONE",
        "GET /hooks/meta": "NONE",
        "POST /hooks/meta": "NONE",
        "GET /links/{page}/{token}": "NONE",
        "POST /links/{page}/{token}": "NONE",
        "ANY /v1/{proxy+}": "CUSTOM",
    }
    assert text(ROUTES["ANY /v1/{proxy+}"]["AuthorizerId"]) == "${KeyAuthorizer}"


def test_each_route_leads_to_its_function() -> None:
    assert {route: _function_of(route) for route in ROUTES} == {
        "POST /hooks/{source}": "ReceiveWebhook",
        "GET /hooks/meta": "ReceiveMeta",
        "POST /hooks/meta": "ReceiveMeta",
        "GET /links/{page}/{token}": "ServeLinks",
        "POST /links/{page}/{token}": "ServeLinks",
        "ANY /v1/{proxy+}": "Manage",
    }
    for name in resources("AWS::ApiGatewayV2::Integration"):
        assert properties(name)["PayloadFormatVersion"] == "2.0"
        assert properties(name)["IntegrationType"] == "AWS_PROXY"


def test_the_authorizer_refuses_requests_without_a_key_and_forgets_keys_soon() -> None:
    found = properties("KeyAuthorizer")
    assert found["AuthorizerType"] == "REQUEST"
    assert found["IdentitySource"] == ["$request.header.Authorization"]
    assert found["AuthorizerPayloadFormatVersion"] == "2.0"
    assert found["EnableSimpleResponses"] is True
    assert 0 < found["AuthorizerResultTtlInSeconds"] <= 60
    assert "functions/${Authorize.Arn}/invocations" in text(found["AuthorizerUri"])


def test_the_api_may_invoke_each_function_for_its_routes_alone() -> None:
    allowed = {}
    for entry in resources("AWS::Lambda::Permission").values():
        found = entry["Properties"]
        assert found["Action"] == "lambda:InvokeFunction"
        assert found["Principal"] == "apigateway.amazonaws.com"
        arn, _, path = text(found["SourceArn"]).partition("${Api}")
        assert arn == "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:"
        allowed[text(found["FunctionName"])[2:-1].removesuffix(".Arn")] = path
    assert allowed == {
        "ReceiveWebhook": "/*/POST/hooks/*",
        "ReceiveMeta": "/*/*/hooks/meta",
        "ServeLinks": "/*/*/links/*",
        "Manage": "/*/*/v1/*",
        "Authorize": "/authorizers/${KeyAuthorizer}",
    }


def test_no_permission_holds_a_brace_of_a_route() -> None:
    """`{source}` is a place in a route, and no request's path holds it."""
    arns = [text(entry["Properties"]["SourceArn"]) for entry in resources("AWS::Lambda::Permission").values()]
    assert arns
    assert not [arn for arn in arns if "{" in re.sub(r"\$\{[\w:]+\}", "", arn)]


def test_the_stage_is_throttled_and_logs_each_request() -> None:
    stage = properties("ApiStage")
    limits = stage["DefaultRouteSettings"]
    assert limits == {"ThrottlingRateLimit": {"Ref": "ApiRateLimit"}, "ThrottlingBurstLimit": {"Ref": "ApiBurstLimit"}}
    assert 0 < default_of(limits["ThrottlingRateLimit"]) <= default_of(limits["ThrottlingBurstLimit"]) <= 1_000
    assert text(stage["AccessLogSettings"]["DestinationArn"]) == "${ApiLogs.Arn}"


def test_access_logs_are_json_and_hold_no_query_and_no_header() -> None:
    wanted = json.loads(properties("ApiStage")["AccessLogSettings"]["Format"])
    assert {"requestId", "route", "status", "ip"} <= wanted.keys()
    assert not [value for value in wanted.values() if "query" in value.lower() or "header" in value.lower()]


def test_an_answer_comes_before_the_api_gives_up() -> None:
    limits = {"ReceiveWebhook": 30, "ReceiveMeta": 30, "ServeLinks": 30, "Manage": 30, "Authorize": 10.1}
    assert not [function for function, limit in limits.items() if properties(function)["Timeout"] >= limit]
