"""What a person sees of a violation: block by block, and for every keyword something to go by."""

from __future__ import annotations

import json
import random

import pytest
from drawing import draw

from validator import diagnose
from validator.results import Finding, Severity
from validator.validate import iter_violations, load


def blocks(name, instance, direction="request"):
    service, _, operation = name.partition(".")
    violations = tuple(iter_violations(load(service).operation(operation), instance, direction))
    finding = Finding("request_conformance", Severity.ERROR, service, operation, direction, "", violations)
    return [diagnose.block(violation, finding) for violation in violations]


def test_the_block_of_a_maximum():
    version = load("personalize").info["botocore"]
    (block,) = blocks("personalize.ListDatasetImportJobs", {"maxResults": 101})
    assert block.split("\n") == [
        "error[maximum] personalize.ListDatasetImportJobs request /maxResults",
        "  got   101",
        f"  want  1 to 100                       model MaxResults, botocore {version}",
        "  note  boto3 sends this: it checks no maximum",
        "  AWS   1 validation error detected: Value '101' at 'maxResults' failed to satisfy constraint: "
        "Member must have value less than or equal to 100",
        '  help  ask for at most 100, and page with get_paginator("list_dataset_import_jobs")',
    ]


JOB = {"jobName": "j", "datasetArn": "arn:aws:personalize:us-east-1:123456789012:dataset/x",
       "dataSource": {}, "roleArn": "arn:aws:iam::123456789012:role/R"}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"jobName": "-bad name!"}, ['help  no text that matches has " ", "!" in it', "boto3 sends this"]),
        ({"datasetArn": "shop"}, ["help  pass the resource's ARN, not its name"]),
        (
            {"importMode": "full"},
            ["help  did you mean FULL?", "Member must satisfy enum value set: [FULL, INCREMENTAL]"],
        ),
        ({"importMode": True}, ["AWS   TRUE_VALUE can not be converted to a String", "boto3 stops this too"]),
        ({"publishAttributionMetricsToS3": None}, ["got   null", "help  leave the member out: None is no value"]),
        ({"jobname": "x"}, ["AWS   ignores a member it does not know", "help  did you mean jobName?"]),
        ({"tags": [{"tagKey": "k", "tagValue": "v"}] * 201}, ["got   [201 items]", "want  at most 200 items"]),
        ({"tags": {"k": "v"}}, ["got   {1 member}", "AWS   Start of structure or map found where not expected."]),
        ({"jobName": "x" * 100}, ["want  1 to 63 characters", "help  cut it to 63", "it checks no maximum length"]),
        ({"jobName": ""}, ["boto3 stops this too", "help  fill it"]),
    ],
)
def test_what_a_block_says(change, expected):
    text = "\n".join(blocks("personalize.CreateDatasetImportJob", JOB | change))
    for part in expected:
        assert part in text, text


def test_missing_members_and_booleans():
    text = "\n".join(blocks("personalize.CreateDatasetImportJob", {}))
    assert "got   nothing" in text
    assert "Value null at 'datasetArn' failed to satisfy constraint: Member must not be null" in text
    (block,) = blocks("personalize.ListDatasetImportJobs", {"maxResults": True})
    assert "boto3 sends this: it takes a boolean for a number" in block


def test_documented_facts_name_their_evidence_and_what_the_model_has():
    (block,) = blocks("personalize.ListDatasetImportJobs", {"nextToken": "t" * 1400})
    assert "at most 1300" in block
    assert "documented " in block
    assert "https://docs.aws.amazon.com/personalize/" in block
    assert "1500" in block


def test_blobs():
    (block,) = blocks("kinesis.PutRecord", {"StreamName": "s", "PartitionKey": "k", "Data": "no base64!"})
    assert "error[format]" in block
    assert "*** (never shown)" in block or "no base64!" in block


@pytest.mark.parametrize(
    ("name", "instance", "expected"),
    [
        (
            "personalize.ListDatasetImportJobs",
            {"maxResults": float("nan")},
            ["boto3 sends this: it takes what is no JSON for a number"],
        ),
        (
            "kms.Encrypt",
            {"KeyId": "k", "Plaintext": ""},
            ["want  1 to 4096 bytes", "boto3 sends this: it counts no bytes"],
        ),
        (
            "sqs.CreateQueue",
            {"QueueName": "q", "Attributes": {"Nope": "1"}},
            ["/Attributes/Nope", "boto3 sends this: it checks no enum"],
        ),
    ],
)
def test_what_boto3_lets_through(name, instance, expected):
    (block,) = blocks(name, instance)
    for part in expected:
        assert part in block, block


def test_secrets_are_not_shown():
    instance = {"UserPoolId": "a_b", "Username": "u", "Password": "hunter2 "}
    (block,) = blocks("cognito-idp.AdminSetUserPassword", instance)
    assert "hunter2" not in block
    assert "*** (never shown)" in block


def test_news_in_a_response_is_no_error_and_has_no_answer_of_aws():
    (block,) = blocks("personalize.ListDatasetImportJobs", {"datasetImportJobs": [{"novelty": 1}]}, "response")
    assert block.startswith("info[additionalProperties] personalize.ListDatasetImportJobs response")
    assert "AWS" not in block
    assert "help  the API has grown since this contract" in block


def test_every_keyword_has_its_rows_whatever_is_drawn():
    rng, seen = random.Random(9), set()
    for service in ("personalize", "dynamodb", "lambda", "kms", "sqs", "bedrock-runtime", "ec2", "s3"):
        contract = load(service)
        for _ in range(30):
            operation = contract.operation(rng.choice(contract.operations))
            direction = rng.choice(("request", "response"))
            if (shape := operation.shape(direction)) is None:
                continue
            for violation in iter_violations(operation, draw(rng, contract, shape, oddness=0.2), direction):
                finding = Finding("x", Severity.ERROR, service, operation.name, direction, "", (violation,))
                labels = [label for label, text in diagnose.rows(violation, finding) if text]
                assert labels[:2] == ["got", "want"], violation
                assert direction != "request" or "note" in labels
                json.dumps(labels)
                seen.add(violation.keyword)
    assert seen >= {"type", "required", "enum", "pattern", "minLength", "maxLength", "additionalProperties"}


def test_a_finding_of_an_unknown_service_still_has_its_rows():
    (violation,) = iter_violations(load("personalize").operation("ListDatasetImportJobs"), {"maxResults": 101})
    finding = Finding("x", Severity.ERROR, "unheard-of", "Do", "request", "", (violation,))
    assert dict(diagnose.rows(violation, finding))["want"].startswith("at most 100")


def test_characters_no_match_has():
    assert diagnose.strangers("a b!a", "[a-z]+") == (" ", "!")
    assert diagnose.strangers("abc", "[a-z]{1,2}") == ()
    assert diagnose.strangers("a", "(") == ()
    # What a look alone names is nothing that a match has.
    assert diagnose.strangers("ax", "(?!x)[a-z&&[^x]]+") == ("x",)
