"""The lines that do a call by hand can be run as they stand, and give nothing away."""

from __future__ import annotations

import ast
import json
import shlex
from typing import Any

import pytest

from validator import reproduce, validate
from validator.results import Finding, Severity

_REQUESTS: list[Any] = [
    {},
    {"maxResults": 0, "nextToken": 'it\'s "quoted" $HOME `x` \n'},
    {"nextToken": None, "maxResults": True},
    {"not a name": [1, {"a": "\u00e9\u2028"}]},
    True,
    [1],
    "text",
    None,
]


def lines(request: Any, service: str = "personalize", operation: str = "ListSchemas", **more: Any) -> dict[str, str]:
    call = {"service": service, "operation": operation, "request": request, **more}
    return reproduce.lines(validate.load(service), (call,))


@pytest.mark.parametrize("request_", _REQUESTS, ids=repr)
def test_python_is_python(request_: Any) -> None:
    tree = ast.parse(lines(request_)["python"])
    calls = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "list_schemas"
    ]
    if isinstance(request_, dict):
        (call,) = calls
        if call.keywords and call.keywords[0].arg is None:
            assert ast.literal_eval(call.keywords[0].value) == request_
        else:
            assert {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords} == request_
    else:
        assert not calls


@pytest.mark.parametrize("request_", _REQUESTS, ids=repr)
def test_shells_read_what_was_sent(request_: Any) -> None:
    made = lines(request_)
    if isinstance(request_, dict):
        words = shlex.split(made["cli"])
        assert words[:3] == ["aws", "personalize", "list-schemas"]
        assert json.loads(words[words.index("--cli-input-json") + 1]) == request_
    words = shlex.split(made["curl"])
    assert json.loads(words[words.index("-d") + 1]) == request_
    assert "X-Amz-Target: AmazonPersonalize.ListSchemas" in words
    assert words[words.index("--user") + 1] == "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"


def test_curl_only_where_the_protocol_is_json() -> None:
    assert set(lines({"Name": "a"}, "sns", "CreateTopic")) == {"python", "cli"}
    assert "client.create_topic(Name='a')" in lines({"Name": "a"}, "sns", "CreateTopic")["python"]


def test_the_endpoint_is_named() -> None:
    call = {"service": "personalize", "operation": "ListSchemas", "request": {}}
    made = reproduce.lines(validate.load("personalize"), (call,), "http://127.0.0.1:4570")
    assert all("http://127.0.0.1:4570" in text for text in made.values())


def test_calls_of_several_accounts_say_whose_they_are() -> None:
    calls = tuple(
        {"service": "personalize", "operation": "ListSchemas", "request": {}, "account": number, "region": "r"}
        for number in "12"
    )
    text = reproduce.lines(validate.load("personalize"), calls)["python"]
    assert text.count("# as account") == 2


def test_sensitive_members_are_hidden() -> None:
    contract = validate.load("forecast")
    tags = [{"Key": "secret-key", "Value": "secret-value"}]
    call = {
        "service": "forecast",
        "operation": "TagResource",
        "request": {"ResourceArn": "arn", "Tags": tags},
        "response": {},
    }
    finding = Finding("tags_agree", Severity.ERROR, "forecast", "TagResource", "request", "x", calls=(call,))
    shown = reproduce.with_lines(finding, contract)
    assert "secret" not in json.dumps(shown.to_json())
    assert shown.calls[0]["request"] == {"ResourceArn": "arn", "Tags": [{"Key": "***", "Value": "***"}]}
