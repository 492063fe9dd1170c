"""Makes fixtures/recordings anew: the emulator recorded through vcrpy, placebo, the AWS CLI and our own writers.

Run by hand, with vcrpy and placebo installed: python tests/record_recordings.py
"""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import os
import shutil
import subprocess
import sys
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError

from validator.emulator import Emulator

HERE = Path(__file__).parent.parent / "fixtures" / "recordings"
DATASET = "arn:aws:personalize:us-east-1:123456789012:dataset/shop/INTERACTIONS"
ROLE = "arn:aws:iam::123456789012:role/PersonalizeRole"
HOST = "personalize.us-east-1.amazonaws.com"


class Seen:
    """What a server saw: method, path, headers, body, status, headers, body of each call."""

    def __init__(self, emulator: Emulator) -> None:
        self.calls: list[tuple[Any, ...]] = []
        seen = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                status, headers, answer = emulator.handle("POST", self.path, dict(self.headers), body)
                packed = gzip.compress(answer, mtime=0) if "gzip" in self.headers.get("accept-encoding", "") else answer
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                if packed is not answer:
                    self.send_header("Content-Encoding", "gzip")
                self.send_header("Content-Length", str(len(packed)))
                self.end_headers()
                self.wfile.write(packed)
                seen.calls.append((self.path, dict(self.headers), body, status, dict(headers), answer))

            def log_message(self, *arguments: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"


def client(url: str, session: Any = None) -> Any:
    return (session or boto3.Session()).client(
        "personalize",
        region_name="us-east-1",
        endpoint_url=url,
        aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
        aws_secret_access_key="none",
    )


def furnish(emulator: Emulator) -> None:
    """The schema, dataset group and dataset that the recorded calls need."""
    made = emulator.client("personalize")
    schema = made.create_schema(
        name="interactions", schema=json.dumps({"type": "record", "name": "Interactions", "fields": []})
    )
    group = made.create_dataset_group(name="shop")["datasetGroupArn"]
    for _ in range(5):
        made.describe_dataset_group(datasetGroupArn=group)
    made.create_dataset(
        name="interactions", schemaArn=schema["schemaArn"], datasetGroupArn=group, datasetType="INTERACTIONS"
    )
    for _ in range(5):
        made.describe_dataset(datasetArn=DATASET)


def talk(made: Any, name: str) -> None:
    """A create, a list, a describe, an accepted oddity and two errors."""
    created = made.create_dataset_import_job(
        jobName=name, datasetArn=DATASET, dataSource={"dataLocation": "s3://shop/interactions.csv"}, roleArn=ROLE
    )
    made.list_dataset_import_jobs(maxResults=5)
    made.describe_dataset_import_job(datasetImportJobArn=created["datasetImportJobArn"])
    for wrong in ({"nextToken": "no such token"}, {"maxResults": 101}):
        with contextlib.suppress(ClientError):
            made.list_dataset_import_jobs(**wrong)


def public(text: str, url: str) -> str:
    return text.replace(url, f"https://{HOST}").replace(url.partition("//")[2], HOST)


def plain(request: Any) -> Any:
    """The request with what tells the machine it was made on left out, and no bytes that JSON cannot hold."""
    kept = ("content-type", "x-amz-target", "x-amz-date")
    request.headers = {
        name: value.decode() if isinstance(value, bytes) else value
        for name, value in request.headers.items()
        if name.lower() in kept
    }
    return request


def record_vcr(seen: Seen) -> None:
    import vcr

    for serializer, suffix in (("yaml", "yaml"), ("json", "json")):
        path = HERE / "vcr" / f"import_jobs.{suffix}"
        recorder = vcr.VCR(
            serializer=serializer,
            filter_headers=["authorization"],
            record_mode="all",
            decode_compressed_response=suffix == "json",
            before_record_request=plain,
        )
        with recorder.use_cassette(str(path)):
            talk(client(seen.url), f"recorded-as-{suffix}")
        path.write_text(public(path.read_text(), seen.url))


def record_placebo(seen: Seen) -> None:
    import placebo

    folder = HERE / "placebo" / "import_jobs"
    folder.mkdir(parents=True)
    session = boto3.Session(aws_access_key_id="AKIAIOSFODNN7EXAMPLE", aws_secret_access_key="none")
    pill = placebo.attach(session, data_path=str(folder))
    pill.record()
    with contextlib.redirect_stdout(io.StringIO()):
        talk(client(seen.url, session), "recorded-as-pills")
    pill.stop()
    with zipfile.ZipFile(HERE / "placebo" / "import_jobs.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.iterdir()):
            archive.writestr(zipfile.ZipInfo(f"import_jobs/{file.name}", (2026, 1, 5, 10, 0, 0)), file.read_text())


def record_cli(seen: Seen) -> None:
    folder = HERE / "cli_output"
    folder.mkdir()
    words = ["aws", "personalize", "list-dataset-import-jobs", "--max-items", "1"]
    environment = {
        **os.environ,
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "none",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_PAGER": "",
    }
    made = subprocess.run(
        [*words, "--endpoint-url", seen.url], env=environment, check=True, capture_output=True, text=True
    )
    (folder / "personalize.list-dataset-import-jobs.json").write_text(made.stdout)
    (folder / "jobs.json").write_text(made.stdout)
    (folder / "jobs.json.cmd").write_text(" ".join(words) + "\n")


def convert(seen: Seen) -> None:
    """The same calls as a browser, Ruby's VCR and nock would have kept them."""
    seen.calls.clear()
    talk(client(seen.url), "recorded-by-hand")
    entries, definitions, interactions = [], [], []
    for index, (path, headers, body, status, answer_headers, answer) in enumerate(seen.calls):
        dropped = ("authorization", "user-agent", "accept-encoding", "amz-sdk-invocation-id", "amz-sdk-request")
        sent = {name: public(value, seen.url) for name, value in headers.items() if name.lower() not in dropped}
        entries.append(
            {
                "startedDateTime": f"2026-01-05T10:00:0{index}.250Z",
                "time": 12.5,
                "cache": {},
                "timings": {},
                "request": {
                    "method": "POST",
                    "url": f"https://{HOST}{path}",
                    "httpVersion": "HTTP/1.1",
                    "cookies": [],
                    "queryString": [],
                    "headers": [{"name": name, "value": value} for name, value in sent.items()],
                    "headersSize": -1,
                    "bodySize": len(body),
                    "postData": {"mimeType": headers["Content-Type"], "text": body.decode()},
                },
                "response": {
                    "status": status,
                    "statusText": "",
                    "httpVersion": "HTTP/1.1",
                    "cookies": [],
                    "redirectURL": "",
                    "headers": [{"name": name, "value": value} for name, value in answer_headers.items()],
                    "headersSize": -1,
                    "bodySize": len(answer),
                    "content": {"size": len(answer), "mimeType": "application/x-amz-json-1.1", "text": answer.decode()},
                },
            }
        )
        packed = index == 1
        definitions.append(
            {
                "scope": f"https://{HOST}:443",
                "method": "POST",
                "path": path,
                "body": json.loads(body),
                "status": status,
                "response": [gzip.compress(answer, mtime=0).hex()] if packed else json.loads(answer),
                "rawHeaders": [
                    word
                    for pair in ({**answer_headers, "content-encoding": "gzip"} if packed else answer_headers).items()
                    for word in pair
                ],
                "reqheaders": {name: value for name, value in sent.items() if name.lower().startswith("x-amz-target")},
                "responseIsBinary": False,
            }
        )
        interactions.append(
            {
                "request": {
                    "method": "post",
                    "uri": f"https://{HOST}{path}",
                    "body": {"encoding": "UTF-8", "string": body.decode()},
                    "headers": {name: [value] for name, value in sent.items()},
                },
                "response": {
                    "status": {"code": status, "message": ""},
                    "body": {"encoding": "UTF-8", "string": answer.decode()},
                    "headers": {name: [value] for name, value in answer_headers.items()},
                },
                "recorded_at": f"Mon, 05 Jan 2026 10:00:0{index} GMT",
            }
        )
    log = {"version": "1.2", "creator": {"name": "by hand", "version": "1"}, "entries": entries}
    write("har/import_jobs.har", json.dumps({"log": log}, indent=2))
    write("nock/import_jobs.json", json.dumps(definitions, indent=2))
    write(
        "ruby_vcr/import_jobs.json",
        json.dumps({"http_interactions": interactions, "recorded_with": "VCR 6.2.0"}, indent=2),
    )
    import yaml

    text = yaml.safe_dump({"http_interactions": interactions, "recorded_with": "VCR 6.2.0"}, sort_keys=False)
    write("ruby_vcr/import_jobs.yml", "---\n" + text)


def record_lines(emulator: Emulator) -> None:
    from validator.exchange import ErrorReply, Exchange

    lines = []
    made = emulator.client("personalize")
    for request in ({"maxResults": 2}, {"nextToken": "no such token"}, {"maxResults": 101}):
        try:
            response = made.list_dataset_import_jobs(**request)
            response.pop("ResponseMetadata")
            parts: dict[str, Any] = {"response": response, "status": 200}
        except ClientError as error:
            said = error.response["Error"]
            parts = {"error": ErrorReply(said["Code"], said["Message"]), "status": 400}
        exchange = Exchange("personalize", "ListDatasetImportJobs", request, source="tests/test_jobs.py:12", **parts)
        lines.append(json.dumps(exchange.to_json(), default=lambda moment: moment.isoformat()))
    write("jsonl/import_jobs.jsonl", "\n".join(lines) + "\n")
    (HERE / "jsonl" / "import_jobs.jsonl.gz").write_bytes(gzip.compress(("\n".join(lines) + "\n").encode(), mtime=0))


def write(name: str, text: str) -> None:
    path = HERE / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def main() -> None:
    for folder in ("vcr", "placebo", "cli_output", "har", "nock", "ruby_vcr", "jsonl"):
        shutil.rmtree(HERE / folder, ignore_errors=True)
    (HERE / "vcr").mkdir(parents=True)
    with Emulator(seed=7, accounts={"AKIAIOSFODNN7EXAMPLE": "123456789012"}) as emulator:
        furnish(emulator)
        seen = Seen(emulator)
        record_vcr(seen)
        record_placebo(seen)
        record_cli(seen)
        convert(seen)
        record_lines(emulator)
        seen.server.shutdown()


if __name__ == "__main__":
    sys.exit(main())
