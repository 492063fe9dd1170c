"""What is drawn, written as HTTP and read back is what was drawn; what was broken is found, and nothing else."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from http_requests import serialized
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import validator
from validator import instances, services, strategies
from validator.exchange import Exchange
from validator.recordings.calls import Call, to_exchange
from validator.recordings.recording import Recording
from validator.validate import load
from validator.wire import parse_response

ORDINARY = settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck), database=None)
REQUESTS = [
    ("personalize", "CreateDatasetImportJob"),
    ("forecast", "CreateDatasetImportJob"),
    ("iam", "CreateRole"),
    ("route53", "ChangeTagsForResource"),
    ("lambda", "CreateFunction"),
    ("ec2", "CreateVpc"),
]
RESPONSES = [("personalize", "ListDatasetImportJobs"), ("dynamodb", "GetItem"), ("apigateway", "GetRestApis")]


def in_xml(request: Any) -> bool:
    """Whether XML has all the characters: some it cannot hold, and botocore writes them nevertheless."""
    return not re.search(r"\\(u00[01]|u007|ud[89a-f]|ufff)", json.dumps(request))


def recorded(service: str, operation: str, request: Any) -> Exchange:
    """The exchange that an HTTP recorder would have made of a request."""
    found = load(service).operation(operation)
    host = f"{services.known()[service].endpoint_prefix}.us-east-1.amazonaws.com"
    method, url, headers, body = serialized(found, instances.to_boto3(found, request), host)
    exchange = to_exchange(Call(method, url, headers, body), Recording("a.har"), Recording("a.har").at(0))
    assert isinstance(exchange, Exchange), exchange
    return exchange


@pytest.mark.parametrize(("service", "operation"), REQUESTS)
def test_requests_are_read_back_and_keep_their_contract(service: str, operation: str) -> None:
    @ORDINARY
    @given(strategies.requests(service, operation).filter(in_xml))
    def property(request: Any) -> None:
        exchange = recorded(service, operation, request)
        assert (exchange.service, exchange.operation) == (service, operation)
        assert not [each for each in validator.batch([exchange]).findings if each.direction == "request"]

    property()


@pytest.mark.parametrize(("service", "operation"), RESPONSES)
def test_responses_are_read_back_and_keep_their_contract(service: str, operation: str) -> None:
    found = load(service).operation(operation)

    @ORDINARY
    @given(strategies.responses(service, operation))
    def property(response: Any) -> None:
        body = json.dumps(instances.to_wire(found, response, "response")).encode()
        read, error = parse_response(found, 200, {}, body)
        assert (read, error) == (response, None)
        assert not validator.batch([Exchange(service, operation, response=read)]).findings

    property()


@ORDINARY
@given(st.data())
def test_what_was_broken_is_found(data: st.DataObject) -> None:
    service, operation = "personalize", "CreateDatasetImportJob"
    broken = data.draw(strategies.invalid_requests(service, operation).filter(lambda drawn: drawn.instance is not None))
    report = validator.batch([Exchange(service, operation, request=broken.instance)])
    assert broken.violation.keyword in {each.keyword for finding in report.findings for each in finding.violations}
