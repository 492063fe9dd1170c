"""Services by the names on the wire, held against botocore's own loader and signers."""

from __future__ import annotations

import importlib.util

import botocore.loaders
import botocore.session
import pytest

from validator import services, sources
from validator.errors import EnvironmentFailedError, MalformedContractError, UnknownNameError, UnusableInputError

LOADER = botocore.loaders.Loader()
# Of every kind of protocol, and with names that differ: signing name, prefix and target.
SAMPLE = ("personalize", "forecast", "sqs", "s3", "stepfunctions", "ses", "sesv2", "iot-data", "logs", "ec2", "lambda")


def test_the_services_are_botocore_s() -> None:
    assert set(services.known()) == set(LOADER.list_available_services("service-2"))


@pytest.mark.parametrize("name", SAMPLE)
def test_a_service_is_as_botocore_reads_it(name: str) -> None:
    metadata = LOADER.load_service_model(name, "service-2")["metadata"]
    found = services.known()[name]
    assert found.api_version == metadata["apiVersion"] == LOADER.determine_latest_version(name, "service-2")
    assert found.protocol == metadata["protocol"]
    assert list(found.protocols) == metadata.get("protocols", [metadata["protocol"]])
    assert found.endpoint_prefix == metadata["endpointPrefix"]
    assert found.signing_name == metadata.get("signingName", metadata["endpointPrefix"])
    assert found.target_prefix == metadata.get("targetPrefix")
    assert found.service_id == metadata["serviceId"]
    assert name in services.by_signing_name(found.signing_name.upper())
    assert name in services.by_endpoint_prefix(found.endpoint_prefix.upper())
    assert found.target_prefix is None or name in services.by_target(found.target_prefix.lower())


def test_what_is_on_no_wire_names_no_service() -> None:
    assert (
        services.by_target("AmazonMood")
        == services.by_signing_name("mood")
        == services.by_endpoint_prefix("mood")
        == ()
    )
    assert services.by_target("") == ()
    assert services.by_label("mood") is None


def test_hosts_that_models_do_not_spell() -> None:
    assert services.by_endpoint_prefix("queue") == ("sqs",)
    assert services.by_endpoint_prefix("s3-control") == ("s3control",)


@pytest.mark.parametrize(
    ("label", "name"),
    [("Personalize", "personalize"), ("Step Functions", "stepfunctions"), ("sfn", "stepfunctions"), ("s3api", "s3"),
     ("deploy", "codedeploy"), ("configservice", "config"), ("iot_data", "iot-data"), ("SFN", "stepfunctions")],
)  # fmt: skip
def test_the_names_that_people_use(label: str, name: str) -> None:
    assert services.by_label(label) == services.require(label) == name


def test_every_service_is_found_by_its_own_name_and_id() -> None:
    for name, service in services.known().items():
        assert services.require(name) == name
        found = services.by_label(service.service_id)
        assert found is not None
        assert services.known()[found].service_id == service.service_id


def test_a_prefix_of_one_service_is_its_name() -> None:
    assert services.by_label("monitoring") is None
    assert services.require("monitoring") == "cloudwatch"


def test_a_prefix_of_several_services_is_no_name() -> None:
    shared = next(
        prefix
        for service in services.known().values()
        if len(services.by_endpoint_prefix(prefix := service.endpoint_prefix)) > 1
        and prefix not in services.known()
        and services.by_label(prefix) is None
    )
    with pytest.raises(UnknownNameError, match=f"no service named '{shared}'"):
        services.require(shared)


# Where models lie ----------------------------------------------------------------------------------------------------


@pytest.fixture
def package(tmp_path):
    """A folder laid out as an installed botocore, with one service of two versions."""
    for version in ("2018-01-01", "2020-06-01"):
        folder = tmp_path / "botocore" / "data" / "mood" / version
        folder.mkdir(parents=True)
        text = (
            '{"version": "2.0", "metadata": {"apiVersion": "%s", "protocol": "json"}, "operations": {}, "shapes": {}}'
        )
        (folder / "service-2.json").write_text(text % version)
    (tmp_path / "botocore" / "__init__.py").write_text("x = 1\n__version__ = '9.8.7'\n")
    return tmp_path


@pytest.mark.parametrize("inner", ["", "botocore", "botocore/data"])
def test_models_are_found_in_a_folder_of_botocore(package, inner: str) -> None:
    folder = sources.open_models(package / inner)
    assert (folder.services, folder.version) == (("mood",), "9.8.7")
    assert folder.api_versions("mood") == ("2018-01-01", "2020-06-01")
    assert folder.load("mood").api_version == "2020-06-01"
    assert folder.load("mood", "2018-01-01").model["metadata"]["apiVersion"] == "2018-01-01"
    assert folder.load("mood").paginators == {}
    assert folder.examples("mood") == {}


def test_extras_are_merged_member_by_member(package) -> None:
    folder = package / "botocore" / "data" / "mood" / "2020-06-01"
    (folder / "service-2.sdk-extras.json").write_text('{"merge": {"metadata": {"protocol": "cbor", "new": {"a": 1}}}}')
    (folder / "paginators-1.sdk-extras.json").write_text('{"merge": {"pagination": {"ListMoods": {}}}}')
    found = sources.open_models(package).load("mood")
    assert found.model["metadata"] == {"apiVersion": "2020-06-01", "protocol": "cbor", "new": {"a": 1}}
    assert found.model["operations"] == {}
    assert found.paginators == {"pagination": {"ListMoods": {}}}


def test_an_earlier_folder_hides_a_service_of_a_later_one(package, tmp_path_factory) -> None:
    own = tmp_path_factory.mktemp("own")
    folder = own / "mood" / "2031-01-01"
    folder.mkdir(parents=True)
    (folder / "service-2.json").write_text("{}")
    both = sources.ModelFolder([own / "none", own, package / "botocore" / "data"], None)
    assert both.api_versions("mood") == ("2031-01-01",)
    before = both.stamp("mood")
    (folder / "service-2.json").write_text("{ }")
    assert both.stamp("mood") != before


def test_an_earlier_folder_without_a_model_hides_nothing(package, tmp_path_factory) -> None:
    own = tmp_path_factory.mktemp("own")
    (own / "mood" / "2020-06-01").mkdir(parents=True)
    (own / "mood" / "2020-06-01" / "examples-1.json").write_text("{}")
    both = sources.ModelFolder([own, package / "botocore" / "data"], None)
    assert both.load("mood").model["metadata"]["apiVersion"] == "2020-06-01"


def test_without_botocore_there_are_no_models(monkeypatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(EnvironmentFailedError, match="botocore is not installed; install it with: pip install"):
        sources.installed.__wrapped__()


@pytest.mark.parametrize("name", ["moods", "../mood", "", "mood/2018-01-01"])
def test_no_other_name_is_a_service(package, name: str) -> None:
    with pytest.raises(UnknownNameError):
        sources.open_models(package).api_versions(name)
    with pytest.raises(UnknownNameError, match="did you mean 2018-01-01"):
        sources.open_models(package).path("mood", "2018-01-02")


@pytest.mark.parametrize(
    ("content", "kind", "said"),
    [
        (b"{", MalformedContractError, "not JSON: "),
        (b"[" * 200_000, MalformedContractError, "nested too deeply"),
        (b"\xff\xfe\xff", MalformedContractError, "not JSON: "),
        (b'"' + b"x" * 2000 + b'"', UnusableInputError, "larger than any model"),
        (None, UnusableInputError, "cannot be read: "),
    ],
)
def test_what_is_no_model_is_one_line(content, kind, said: str, tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    if content is not None and len(content) < 10_000:
        monkeypatch.setattr(sources, "_LARGEST", 1000)
    path = tmp_path / "service-2.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(kind) as caught:
        sources.read_json(path)
    assert str(caught.value).startswith(f"{path}: {said}")
    assert "\n" not in str(caught.value)


def test_a_broken_archive_is_one_line(tmp_path) -> None:
    path = tmp_path / "service-2.json.gz"
    path.write_bytes(b"\x1f\x8b\x08\x00 not gzip")
    with pytest.raises(UnusableInputError, match=r"cannot be read|not JSON"):
        sources.read_json(path)


def test_a_folder_without_models_says_what_to_pass(tmp_path) -> None:
    with pytest.raises(UnusableInputError, match="no botocore models there; pass a botocore folder"):
        sources.open_models(tmp_path)


def test_services_are_read_from_the_heads_of_models_or_else_from_all_of_them(package, monkeypatch) -> None:
    data = package / "botocore" / "data"
    metadata = '"metadata": {"apiVersion": "2020-01-01", "protocol": "json", "endpointPrefix": "p", "signingName": "s"}'
    for name, text in (
        ("late", '{"documentation": "' + "x" * 20_000 + '", ' + metadata + "}"),
        ("plain", "{" + metadata + "}"),
        ("broken", "{"),
        ("without", "{}"),
        ("odd", '{"metadata": 5}'),
    ):
        (data / name / "2020-01-01").mkdir(parents=True)
        (data / name / "2020-01-01" / "service-2.json").write_text(text)
    folder = sources.open_models(package)
    monkeypatch.setattr(sources, "installed", lambda: folder)
    found = {service.name: service for service in services._read()}
    assert set(found) == {"late", "plain", "mood"}
    assert (found["late"].endpoint_prefix, found["late"].signing_name) == ("p", "s")
    assert (found["mood"].endpoint_prefix, found["mood"].signing_name, found["mood"].protocols) == (
        "mood",
        "mood",
        ("json",),
    )
