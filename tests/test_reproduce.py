"""The lines that do a call by hand stay on the target, run as they stand, and give nothing away."""

from __future__ import annotations

import ast
import contextlib
import datetime
import functools
import io
import json
import os
import re
import shlex
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from faults.table import FAULTS

from validator import expressible, fuzz, reproduce, validate
from validator.emulator import Emulator
from validator.emulator.server import Server
from validator.fuzzing import selection
from validator.fuzzing.stage import Options
from validator.report import Page, terminal
from validator.reproduce import place
from validator.results import Finding, Severity
from validator.transport import HttpTarget

_REQUESTS: list[Any] = [
    {},
    {"maxResults": 1, "nextToken": 'it\'s "quoted" $HOME `x` \n'},
    {"maxResults": True},
    {"nextToken": "\u00e9\u2028\ud800"},
]
# What neither boto3 nor the AWS CLI sends as it is.
_BEYOND: list[Any] = [{"not a name": [1]}, None, True, [1], "text"]
NAMED = {fault.name: fault for fault in FAULTS}
URL = "http://127.0.0.1:4599"
PLACES = ("emulator", "moto", URL)


def lines(
    request: Any, service: str = "personalize", operation: str = "ListSchemas", on: str = "aws", **more: Any
) -> dict[str, str]:
    call = {"service": service, "operation": operation, "request": request, **more}
    return reproduce.lines(validate.load(service), (call,), place(on))


def commands(text: str) -> list[list[str]]:
    """The words of each command, its assignments apart."""
    made = [shlex.split(line) for line in text.splitlines() if not line.startswith("#")]
    return [[word for word in words if not re.match(r"[A-Z_]+=", word)] for words in made]


# What they say -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("request_", _REQUESTS, ids=ascii)
@pytest.mark.parametrize("on", ["aws", *PLACES])
def test_python_is_python(request_: Any, on: str) -> None:
    tree = ast.parse(lines(request_, on=on)["python"])
    (call,) = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "list_schemas"
    ]
    assert {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords} == request_


@pytest.mark.parametrize("request_", _REQUESTS, ids=ascii)
def test_shells_read_what_was_sent(request_: Any) -> None:
    made = lines(request_)
    if True not in request_.values():
        (words,) = commands(made["cli"])
        assert words[:3] == ["aws", "personalize", "list-schemas"]
        assert json.loads(words[words.index("--cli-input-json") + 1]) == request_
    (words,) = commands(made["curl"])
    assert json.loads(words[words.index("-d") + 1]) == request_
    assert "X-Amz-Target: AmazonPersonalize.ListSchemas" in words
    assert words[words.index("--user") + 1] == "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"


@pytest.mark.parametrize("request_", _BEYOND, ids=ascii)
def test_what_a_door_would_refuse_or_change_is_said_in_a_line(request_: Any) -> None:
    made = lines(request_, on="moto")
    assert re.fullmatch(r"# boto3 cannot send ListSchemas .+; use curl", made["python"])
    assert re.fullmatch(r"# the AWS CLI refuses to send ListSchemas: .+; use curl", made["cli"])
    (words,) = commands(made["curl"])
    assert json.loads(words[words.index("-d") + 1]) == request_


@pytest.mark.parametrize(
    ("operation", "request_", "reason"),
    [
        ("CreateSchema", {"name": "a"}, 'Missing required parameter in input: "schema"'),
        ("CreateSchema", {"name": "a", "schema": 1}, "Invalid type for parameter schema"),
        ("ListSchemas", {"maxResults": 1, "unknownMember": "a"}, 'Unknown parameter in input: "unknownMember"'),
        ("ListSchemas", {"maxResults": -1}, "valid min value: 1"),
        ("ListSchemas", {"maxResults": 1_000_000}, None),
        ("CreateSchema", {"name": "", "schema": "a"}, "valid min length: 1"),
    ],
)
def test_the_cli_validates_for_itself(operation: str, request_: Any, reason: str | None) -> None:
    said = lines(request_, operation=operation, on="moto")["cli"]
    assert (reason is None) == said.startswith("# first, in another terminal: moto_server -p 5000\n")
    assert reason is None or (reason in said and said.startswith("# the AWS CLI refuses to send ") and "\n" not in said)


@pytest.mark.parametrize(
    ("service", "operation", "request_", "sends"),
    [
        ("personalize", "CreateDatasetImportJob", {"dataSource": True}, False),
        ("personalize", "CreateSchema", {"tags": [True]}, False),
        ("personalize", "CreateDatasetGroup", {"name": "a", "tags": True}, False),
        ("personalize", "CreateDatasetGroup", {"name": "a", "tags": {}}, False),
        ("personalize", "CreateDatasetGroup", {"name": "a", "tags": "ab"}, False),
        ("personalize", "CreateDatasetGroup", {"name": 1, "tags": []}, True),
        ("kms", "Encrypt", {"KeyId": "a", "Plaintext": "YQ=="}, True),
        ("kms", "Encrypt", {"KeyId": "a", "Plaintext": 1}, False),
        ("ssm", "CreateMaintenanceWindow", {"Name": "a"}, True),
        ("logs", "PutLogEvents", {"logEvents": [{"timestamp": 1, "message": "a"}]}, True),
        ("cloudtrail", "LookupEvents", {"StartTime": 1}, True),
        ("savingsplans", "CreateSavingsPlan", {}, True),
        ("sns", "CreateTopic", {"Name": "a"}, True),
    ],
)
def test_boto3_sends_it_as_it_is_or_not(service: str, operation: str, request_: Any, sends: bool) -> None:
    found = expressible.refusal(validate.load(service).operation(operation), request_, validated=False)
    assert (found is None) == sends, found


def test_a_required_token_that_boto3_fills_in_cannot_be_left_out() -> None:
    operation = validate.load("braket").operation("CancelQuantumTask")
    for validated in (False, True):
        found = expressible.refusal(operation, {"quantumTaskArn": "a"}, validated=validated)
        assert found == "clientToken would be filled in"


def test_curl_only_where_the_protocol_is_json() -> None:
    assert set(lines({"Name": "a"}, "sns", "CreateTopic")) == {"python", "cli"}
    assert "client.create_topic(Name='a')" in lines({"Name": "a"}, "sns", "CreateTopic")["python"]
    assert lines({"Name": 1}, "sns", "CreateTopic")["cli"].endswith("; use aws-contract replay")


@pytest.mark.parametrize("on", PLACES)
def test_only_lines_for_aws_reach_aws(on: str) -> None:
    made = lines({}, on=on, region="eu-west-1", account="123456789012")
    everything = "\n".join(made.values())
    assert "amazonaws.com" not in everything
    assert "$AWS" not in everything
    (words,) = commands(made["cli"])
    endpoint = words[words.index("--endpoint-url") + 1]
    assert endpoint == {"moto": "http://127.0.0.1:5000", "emulator": "http://127.0.0.1:4570"}.get(on, on)
    assert words[words.index("--region") + 1] == "eu-west-1"
    assert commands(made["curl"])[0][1] == endpoint
    inside = {"moto": "with mock_aws():", "emulator": "with Emulator(seed=0) as aws:"}.get(on, f"endpoint_url={on!r}")
    assert inside in made["python"]
    assert "region_name='eu-west-1'" in made["python"]


def test_lines_for_aws_name_region_and_profile_and_no_key() -> None:
    call = {"service": "personalize", "operation": "ListSchemas", "request": {}, "region": "eu-west-1"}
    made = reproduce.lines(validate.load("personalize"), (call,), place("aws", "sandbox"))
    assert "boto3.Session(profile_name='sandbox').client('personalize', region_name='eu-west-1'" in made["python"]
    assert "--region eu-west-1 --profile sandbox" in made["cli"]
    assert "https://personalize.eu-west-1.amazonaws.com --aws-sigv4 aws:amz:eu-west-1:personalize" in made["curl"]
    assert "--profile sandbox" in made["curl"]
    assert not re.search("secret=|ACCESS_KEY_ID=|aws_access_key_id", "".join(made.values()))


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
    shown = reproduce.with_lines(finding, contract, place("moto"))
    assert "secret-" not in json.dumps(shown.to_json())
    assert shown.calls[0]["request"] == {"ResourceArn": "arn", "Tags": [{"Key": "***", "Value": "***"}]}


# What they do --------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def serving(emulator: Any) -> Iterator[str]:
    server = Server(emulator, port=0)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.url
    finally:
        server.stop()
        thread.join(10)


def done(form: str, text: str) -> str:
    """What a line prints, run as it was copied: with no credentials, no region, and no proxy."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    bare["AWS_EC2_METADATA_DISABLED"] = "true"
    if form == "python":
        printed = io.StringIO()
        with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(printed):
            for name in set(os.environ) - set(bare):
                patch.delenv(name)
            exec(compile(text, "copied", "exec"), {"__name__": "copied"})
        return printed.getvalue()
    with tempfile.NamedTemporaryFile("w", suffix=".sh") as script:
        script.write(text + "\n")
        script.flush()
        result = subprocess.run(["/bin/sh", script.name], capture_output=True, text=True, env=bare, timeout=60)
    return result.stdout + result.stderr


def answers(finding: Finding, said: str) -> bool:
    """Whether what was printed is, of each call, the answer that the finding has: a code, or what only it says."""
    wanted = []
    for call in finding.calls:
        if error := call.get("error"):
            wanted.append(error["code"])
        else:
            wanted += [text for text in map(str, call["response"].values()) if re.fullmatch(r"[\w:/.-]{8,}", text)]
    return all(text in said for text in wanted) and ("error" in str(finding.calls) or "Exception" not in said)


@functools.cache
def found_at(fault: str, selector: str, phase: str) -> tuple[str, Finding]:
    """A finding over HTTP, and the URL at which it was found."""
    with serving(NAMED[fault].build()) as url, contextlib.closing(HttpTarget(url)) as target:
        options = Options(phases=(phase,), sequences=1)
        report = fuzz.run(target, selection.operations((selector,)), options)
    return url, next(finding for finding in report.findings if finding.check in NAMED[fault].checks)


_FAULTS = [
    ("accepts-too-large-page", "personalize.ListSchemas", "boundary"),
    ("names-twice", "personalize.*DatasetGroup*", "stateful"),
    ("one-account", "personalize.*Schema*", "stateful"),
    ("wrong-status", "personalize.DescribeSchema", "stateful"),
]


@pytest.mark.parametrize(("fault", "selector", "phase"), _FAULTS)
@pytest.mark.parametrize("form", ["python", "curl"])
def test_a_copied_line_gets_the_answer_of_the_finding(fault: str, selector: str, phase: str, form: str) -> None:
    copy_and_run(fault, selector, phase, form)


def test_a_copied_line_of_the_cli_does_too() -> None:
    # One finding alone: the AWS CLI takes a second a call, and tries five times where the status is 500.
    copy_and_run("names-twice", "personalize.*DatasetGroup*", "stateful", "cli")


def copy_and_run(fault: str, selector: str, phase: str, form: str) -> None:
    program = {"curl": "curl", "cli": "aws"}.get(form)
    if program is not None and shutil.which(program) is None:
        pytest.skip(f"{program} is not installed here")
    url, finding = found_at(fault, selector, phase)
    # From the terminal's report, so that its shape is what is tried.
    shown = terminal.block(finding, Page()).split(f"\n  {form}\n")[1]
    text = re.split(r"\n  \w+\n", shown)[0]
    assert text == finding.reproduce[form]
    assert url in text
    with serving(NAMED[fault].build()) as fresh:
        said = done(form, text.replace(url, fresh))
    assert answers(finding, said), said


@pytest.mark.parametrize("form", ["python", "curl"])
def test_lines_for_the_emulator_run_in_process_and_against_its_server(form: str) -> None:
    if form == "curl" and shutil.which("curl") is None:
        pytest.skip("curl is not installed here")
    group = {"service": "personalize", "operation": "CreateDatasetGroup", "request": {"name": "copied"}}
    arn = "arn:aws:personalize:us-east-1:123456789012:dataset-group/copied"
    calls = (
        {**group, "response": {"datasetGroupArn": arn}, "recorded_at": 1_000_000.0},
        {**group, "error": {"code": "ResourceAlreadyExistsException"}, "recorded_at": 1_000_000.0},
        {**group, "account": "210987654321", "region": "eu-west-1", "response": {}, "recorded_at": 1_000_000.0},
        {**group, "request": {"name": "later"}, "response": {}, "recorded_at": 1_100_000.0},
    )
    asked = {"service": "personalize", "operation": "DescribeDatasetGroup", "response": {}, "recorded_at": 1_100_000.0}
    calls += tuple(
        {**asked, "request": {"datasetGroupArn": arn.replace("copied", name)}} for name in ("copied", "later")
    )
    text = reproduce.lines(validate.load("personalize"), calls, place("emulator"))[form]
    with serving(Emulator(seed=0)) as url:
        said = done(form, text.replace("http://127.0.0.1:4570", url))
    assert said.count(arn) >= 2
    assert "arn:aws:personalize:eu-west-1:210987654321:dataset-group/copied" in said
    assert "ResourceAlreadyExistsException" in said
    born = [float(each) for each in re.findall(r"creationDateTime\D+([\d.]+)[,}]", _epochs(said))]
    assert len(born) == 2
    assert 99_999 < born[1] - born[0] < 100_100


def _epochs(said: str) -> str:
    """Times as seconds, as curl shows them already."""
    times = r"datetime\.datetime\(([\d, ]+), tzinfo=tz\w+\(\)\)"
    return re.sub(times, lambda found: str(_moment(found[1]).timestamp()), said)


def _moment(numbers: str) -> datetime.datetime:
    return datetime.datetime(*map(int, numbers.split(",")), tzinfo=datetime.timezone.utc)


def test_what_an_answer_gave_is_asked_for_by_its_name() -> None:
    contract = validate.load("personalize")
    asked = {"service": "personalize", "operation": "ListSchemas"}
    calls = (
        {**asked, "request": {"maxResults": 1}, "response": {"schemas": [], "nextToken": "token-of-that-day"}},
        {**asked, "request": {"nextToken": "token-of-that-day"}, "response": {"schemas": []}},
    )
    made = reproduce.lines(contract, calls, place("moto"))
    assert "    answer1 = client.list_schemas(maxResults=1)\n" in made["python"]
    assert "client.list_schemas(nextToken=answer1['nextToken'])" in made["python"]
    for form in ("cli", "curl"):
        assert "# \"token-of-that-day\" came with an answer above (at ['nextToken']); put in" in made[form]


def test_a_request_too_long_for_a_word_is_sent_too() -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed here")
    call = {"service": "personalize", "operation": "ListSchemas", "request": {"nextToken": "it's" * 40_000}}
    with serving(Emulator(seed=0)) as url:
        made = reproduce.lines(validate.load("personalize"), (call,), place(url))
        said = done("curl", made["curl"])
    assert "ValidationException" in said
    assert re.fullmatch("# the AWS CLI refuses to send .* too long for a word of a command; use curl", made["cli"])


def test_lines_for_moto_run_in_moto() -> None:
    pytest.importorskip("moto", reason="moto is not installed")
    call = {"service": "personalize", "operation": "CreateSchema", "region": "eu-west-1"}
    calls = (
        {**call, "request": {"schema": "{}"}, "response": {}},
        {**call, "request": {"name": "one", "schema": "{}"}, "account": "210987654321", "response": {}},
    )
    said = done("python", reproduce.lines(validate.load("personalize"), calls, place("moto"))["python"])
    assert "arn:aws:personalize:eu-west-1:123456789012:schema/None" in said
    assert "arn:aws:personalize:eu-west-1:210987654321:schema/one" in said
