"""Readers: the same calls recorded in every format come to the same exchanges, and mistakes in them are found."""

from __future__ import annotations

import gzip
import json
import re
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from validator.batch import Tally
from validator.exchange import Exchange
from validator.recordings import detect, naming, yamls
from validator.recordings.detect import FORMATS, Given, Opened
from validator.recordings.files import find
from validator.recordings.limits import DEFAULT
from validator.recordings.placeholders import is_placeholder
from validator.results import Unchecked
from validator.routing import Candidate
from validator.shards import check_all, cut

FIXTURES = Path(__file__).parent.parent / "fixtures" / "recordings"
TALK = ["CreateDatasetImportJob", "ListDatasetImportJobs", "DescribeDatasetImportJob", *["ListDatasetImportJobs"] * 2]


def read(path: Path | str, given: Given = detect.NOTHING) -> tuple[list[str], list[Any], list[str]]:
    """The formats below a path, everything read, and what was said of files that cannot be used."""
    problems: list[str] = []
    formats, items = [], []
    for source in find([str(path)], lambda error: problems.append(str(error)), Counter()):
        for opened in detect.open_source(source, given, lambda error: problems.append(str(error))):
            if isinstance(opened, Opened):
                formats.append(opened.format.name)
                items += list(opened.items)
            else:
                items.append(opened)
    return formats, items, problems


def check(path: Path | str, given: Given = detect.NOTHING, **options: Any) -> Tally:
    tally = Tally()
    return check_all(cut([str(path)], given, tally=tally, **options), tally)


def messages(tally: Tally) -> list[str]:
    return sorted(finding.message for finding in tally.findings.values())


@pytest.mark.parametrize(
    ("file", "format"),
    [
        ("vcr/import_jobs.yaml", "vcr"),
        ("vcr/import_jobs.json", "vcr"),
        ("har/import_jobs.har", "har"),
        ("nock/import_jobs.json", "nock"),
        ("ruby_vcr/import_jobs.yml", "ruby_vcr"),
        ("ruby_vcr/import_jobs.json", "ruby_vcr"),
    ],
)
def test_http_recordings_hold_the_whole_talk(file: str, format: str) -> None:
    formats, items, problems = read(FIXTURES / file)
    assert (formats, problems) == ([format], [])
    assert [item.operation for item in items] == TALK
    assert [item.status for item in items] == [200, 200, 200, 400, 400]
    created, listed, described, token, too_many = items
    arn = created.response["datasetImportJobArn"]
    assert listed.request == {"maxResults": 5}
    assert arn in [job["datasetImportJobArn"] for job in listed.response["datasetImportJobs"]]
    assert described.response["datasetImportJob"]["jobName"] == created.request["jobName"]
    assert isinstance(described.response["datasetImportJob"]["creationDateTime"], (int, float))
    assert (token.error.code, too_many.error.code) == ("InvalidNextTokenException", "ValidationException")
    assert messages(check(FIXTURES / file)) == ["maxResults is 101; the contract allows 1 to 100"]


@pytest.mark.parametrize("place", ["placebo/import_jobs", "placebo/import_jobs.zip"])
def test_pills_hold_answers(place: str) -> None:
    formats, items, problems = read(FIXTURES / place)
    assert (set(formats), problems) == ({"placebo"}, [])
    assert Counter(item.operation for item in items) == Counter(TALK)
    assert Counter(item.error.code for item in items if item.error) == {
        "InvalidNextTokenException": 1,
        "ValidationException": 1,
    }
    assert all(item.request is None for item in items)
    assert check(FIXTURES / place).checked == 5
    assert not check(FIXTURES / place).findings


def test_cli_output_is_told_by_name_by_sidecar_and_by_options(tmp_path: Path) -> None:
    formats, items, problems = read(FIXTURES / "cli_output")
    assert (formats, problems) == (["cli_output"] * 2, [])
    assert {item.operation for item in items} == {"ListDatasetImportJobs"}
    assert "NextToken" not in items[0].response
    shutil.copy(FIXTURES / "cli_output" / "jobs.json", tmp_path / "jobs.json")
    assert read(tmp_path / "jobs.json")[2] == [
        f"{tmp_path / 'jobs.json'}: not recognised as a recording; looked for {detect.looked_for()}"
    ]
    given = Given("cli_output", "personalize", "ListDatasetImportJobs")
    assert len(read(tmp_path / "jobs.json", given)[1]) == 1


def test_own_lines_plain_and_packed() -> None:
    plain, packed = (read(FIXTURES / "jsonl" / f"import_jobs.jsonl{suffix}") for suffix in ("", ".gz"))
    assert plain[0] == packed[0] == ["jsonl"]
    assert [item.to_json() for item in plain[1]] == [item.to_json() for item in packed[1]]
    assert [item.location.line for item in plain[1]] == [1, 2, 3]
    assert plain[1][0].source == "tests/test_jobs.py:12"


def test_times_as_text_are_taken_where_the_contract_has_times(tmp_path: Path) -> None:
    for text, found in (("2026-01-05T10:00:00Z", 0), ("2026-01-05T10:00:00+00:00", 0), ("yesterday", 1)):
        job = {"jobName": "a", "creationDateTime": text}
        line = {
            "service": "personalize",
            "operation": "ListDatasetImportJobs",
            "response": {"datasetImportJobs": [job]},
        }
        (tmp_path / "a.jsonl").write_text(json.dumps(line))
        assert len(check(tmp_path).findings) == found


def test_examples_snapshots_and_trails() -> None:
    assert messages(check(FIXTURES / "examples")) == [
        r'datasetImportJobs[1].jobName is "-wrong-"; the contract wants it to match ^[a-zA-Z0-9][a-zA-Z0-9\-_]*'
    ]
    snapshot = check(FIXTURES / "snapshot")
    assert messages(snapshot) == ["QueueUrls[1] is an integer (7); the contract wants a string"]
    assert (snapshot.checked, dict(snapshot.reasons)) == (
        3,
        {
            "a value that the test picked out, not a whole response": 1,
            "an error under a name that says no operation": 1,
        },
    )
    trail = check(FIXTURES / "cloudtrail")
    # botocore 1.44 has an upper bound as well.
    assert [re.sub("1 to [0-9]+$", "at least 1", message) for message in messages(trail)] == [
        "Timeout is 0; the contract allows at least 1",
        'importMode is "full"; the contract allows FULL, INCREMENTAL; did you mean FULL?',
    ]
    assert (trail.checked, dict(trail.reasons)) == (4, {"an AwsConsoleSignIn, not a call of an API": 1})


def test_a_trail_is_brought_into_the_api_s_own_names() -> None:
    items = read(FIXTURES / "cloudtrail")[1]
    assert items[1].request == {
        "InstanceType": "t3.micro",
        "UserData": "<sensitiveDataRemoved>",
        "Monitoring": {"Enabled": False},
    }
    assert items[1].response["Instances"][0]["InstanceId"] == "i-0123456789abcdef0"
    assert items[2].operation == "UpdateFunctionConfiguration"
    assert (items[3].error.code, items[3].response) == ("ResourceNotFoundException", None)
    assert items[0].region == "us-east-1"


def pill(folder: Path, name: str, data: Any, status: int = 200) -> Path:
    path = folder / name
    path.write_text(json.dumps({"status_code": status, "data": {**data, "ResponseMetadata": {}}}))
    return path


# A pill's name and data, and what it is taken for.
PILLS = [
    ("monitoring.DescribeAlarms_1.json", {"MetricAlarms": []}, "cloudwatch"),
    ("states.ListStateMachines_1.json", {"stateMachines": []}, "stepfunctions"),
    ("email.ListIdentities_1.json", {"Identities": ["a@example.com"]}, "ses"),
    ("email.ListEmailIdentities_1.json", {"EmailIdentities": [{"VerificationStatus": "SUCCESS"}]}, "sesv2"),
    ("elasticloadbalancing.DescribeLoadBalancers_1.json", {"LoadBalancerDescriptions": []}, "elb"),
    ("elasticloadbalancing.DescribeLoadBalancers_1.json", {"LoadBalancers": []}, "elbv2"),
    ("elasticmapreduce.ListClusters_12.json", {"Clusters": []}, "emr"),
    ("api.ecr.DescribeRepositories_1.json", {"repositories": []}, "ecr"),
]


@pytest.mark.parametrize(("name", "data", "service"), PILLS)
def test_pill_names_are_endpoint_prefixes(name: str, data: Any, service: str, tmp_path: Path) -> None:
    items = read(pill(tmp_path, name, data))[1]
    assert [item.service for item in items] == [service]


def test_what_stays_ambiguous_is_not_guessed(tmp_path: Path) -> None:
    path = pill(tmp_path, "rds.DescribeDBClusterParameters_1.json", {"Parameters": []})
    (item,) = read(path)[1]
    assert isinstance(item, Unchecked)
    assert "docdb" in item.reason
    assert "rds" in item.reason
    assert read(path, Given(service="rds"))[1][0].service == "rds"


def test_a_wrong_pill_is_found_for_every_kind_of_mistake(tmp_path: Path) -> None:
    jobs = [{"jobName": "a" * 64, "status": 7, "new": 1}]
    pill(tmp_path, "personalize.ListDatasetImportJobs_1.json", {"datasetImportJobs": jobs})
    found = check(tmp_path)
    assert sorted((str(each.severity), each.violations[0].keyword) for each in found.findings.values()) == [
        ("error", "type"),
        ("info", "additionalProperties"),
        ("warning", "maxLength"),
    ]


def test_policies_that_boto3_decoded_and_text_are_both_taken(tmp_path: Path) -> None:
    role = {"Path": "/", "RoleName": "r", "RoleId": "AROA1234567890123456", "Arn": "arn:aws:iam::123456789012:role/r"}
    time = {
        "__class__": "datetime",
        "year": 2026,
        "month": 1,
        "day": 5,
        "hour": 10,
        "minute": 0,
        "second": 0,
        "microsecond": 0,
    }
    for number, policy in enumerate(({"Version": "2012-10-17"}, '{"Version": "2012-10-17"}')):
        data = {"Role": {**role, "CreateDate": time, "AssumeRolePolicyDocument": policy}}
        pill(tmp_path, f"iam.GetRole_{number}.json", data)
    tally = check(tmp_path)
    assert (tally.checked, messages(tally)) == (2, [])


def test_boto3_s_own_additions_are_not_the_service_s(tmp_path: Path) -> None:
    body = {"__class__": "StreamingBody", "__module__": "botocore.response", "body": "YQ=="}
    pill(tmp_path, "s3.GetObject_1.json", {"Body": body, "ExpiresString": "0", "ContentLength": 1})
    tally = check(tmp_path)
    assert (tally.checked, messages(tally)) == (1, [])


@pytest.mark.parametrize(
    "value",
    [
        "<resource:1>",
        "arn:aws:sqs:<region>:1:<name:2>",
        "REDACTED",
        "**REDACTED**",
        "AKIAIOSFODNN7EXAMPLE",
        "xxxxxxxxxxxx",
        "HIDDEN_DUE_TO_SECURITY_REASONS",
        "dummy",
        "fake-token",
        "${Token}",
    ],
)
def test_placeholders(value: str) -> None:
    assert is_placeholder(value)


@pytest.mark.parametrize("value", ["ACTIVE", "a<b", "my-job", "2 * 3", "", 5, None, "full", "mocking bird song"])
def test_no_placeholders(value: Any) -> None:
    assert not is_placeholder(value)


def test_a_folder_of_anything(tmp_path: Path) -> None:
    shutil.copytree(FIXTURES, tmp_path / "all")
    (tmp_path / "all" / "package.json").write_text('{"name": "x"}')
    (tmp_path / "all" / "notes.md").write_text("x")
    (tmp_path / "all" / "node_modules").mkdir()
    (tmp_path / "all" / "node_modules" / "bad.json").write_text("{")
    tally = check(tmp_path / "all")
    assert not tally.problems
    assert tally.formats.keys() - {"not recognised"} == FORMATS.keys()
    assert tally.formats["not recognised"] == 1
    assert tally.skipped == {".cmd": 1, ".md": 1}
    assert tally.exchanges + 1 == tally.checked + tally.unchecked_count


def test_a_call_to_something_else_and_an_unknown_operation_are_named(tmp_path: Path) -> None:
    def entry(url: str, headers: Any = ()) -> Any:
        named = [{"name": name, "value": value} for name, value in dict(headers).items()]
        return {"request": {"method": "POST", "url": url, "headers": named}, "response": {"status": 200}}

    target = {"X-Amz-Target": "AmazonPersonalize.ListUnicorns"}
    urls = [
        entry("https://example.com/a"),
        entry("https://personalize.us-east-1.amazonaws.com/", target),
        entry("https://lambda.us-east-1.amazonaws.com/2099-01-01/unicorns"),
        entry("http://169.254.169.254/latest"),
    ]
    (tmp_path / "a.har").write_text(json.dumps({"log": {"entries": urls}}))
    reasons = [item.reason for item in read(tmp_path)[1]]
    assert reasons == [
        "not a call to AWS: example.com",
        "no service has an operation AmazonPersonalize.ListUnicorns",
        "no operation has the path POST /2099-01-01/unicorns at lambda.us-east-1.amazonaws.com",
        "a call for credentials to 169.254.169.254, not to an AWS API",
    ]


def test_lines_of_a_cassette(tmp_path: Path) -> None:
    items = read(FIXTURES / "vcr" / "import_jobs.yaml")[1]
    text = (FIXTURES / "vcr" / "import_jobs.yaml").read_text().splitlines()
    assert [text[item.location.line - 1] for item in items] == ["- request:"] * 5


def test_old_python_2_and_ruby_tags_are_text() -> None:
    text = "a: !!python/unicode 'x'\nb: !binary |\n  eA==\nc: !!binary eA==\nd: 2026-01-05\ne: !!str 5\n"
    assert yamls.parse_yaml(text, "a", DEFAULT) == {"a": "x", "b": b"x", "c": b"x", "d": "2026-01-05", "e": "5"}


@pytest.mark.parametrize(
    "text",
    [
        "a: 1\nb: 1.5\nc: true\nd: no\ne: ~\nf:\ng: 0x1f\nh: 'yes'\ni: .inf\nj: 012\nk: null\nl: Off\nm: 1_000\n",
        "- &a {x: 1}\n- *a\n- {<<: *a, y: 2}\n",
        "3",
        "a: [1, 2, {b: c}]\n",
        '- >\n  fold\n  ed\n- |\n  keep\n  ed\n- "\\t"\n',
        "",
    ],
)
def test_plain_yaml_is_what_the_safe_loader_reads(text: str) -> None:
    assert yamls.parse_yaml(text, "a", DEFAULT) == yaml.safe_load(text)


@pytest.mark.parametrize(
    ("stem", "found"),
    [
        ("personalize.list-dataset-import-jobs", ("personalize", "ListDatasetImportJobs")),
        ("aws_iam_list-users_2", ("iam", "ListUsers")),
        ("cognito-idp-list-user-pools", ("cognito-idp", "ListUserPools")),
        ("s3api list-buckets", ("s3", "ListBuckets")),
        ("lambda.ListFunctions", ("lambda", "ListFunctions")),
        ("package", None),
        ("tsconfig.build", None),
        ("personalize", None),
    ],
)
def test_file_names(stem: str, found: Any) -> None:
    assert naming.from_file_name(stem) == (found and Candidate(*found))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("aws personalize list-dataset-import-jobs --max-results 5", ("personalize", "ListDatasetImportJobs")),
        ("AWS_PROFILE=x aws --region eu-west-1 --debug iam list-users", ("iam", "ListUsers")),
        ("$ aws stepfunctions list-state-machines", ("stepfunctions", "ListStateMachines")),
        ("aws s3 ls", None),
        ("echo hello", None),
        ("", None),
    ],
)
def test_command_lines(text: str, found: Any) -> None:
    assert naming.from_command_line(text) == (found and Candidate(*found))


def test_gzipped_cassette(tmp_path: Path) -> None:
    (tmp_path / "a.yaml.gz").write_bytes(gzip.compress((FIXTURES / "vcr" / "import_jobs.yaml").read_bytes()))
    formats, items, problems = read(tmp_path)
    assert (formats, len(items), problems) == (["vcr"], 5, [])
    assert all(isinstance(item, Exchange) for item in items)
