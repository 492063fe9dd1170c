"""`aws-contract drift`: what changed between two contracts, and for whom it matters."""

from __future__ import annotations

import time

import click

from validator import drift as drifting
from validator.commands.options import Reporting, finish, reporting
from validator.drift import Change
from validator.results import Finding, Report, Severity

_SEVERITIES = {"breaking": Severity.ERROR, "safe": Severity.INFO}


@click.command()
@click.argument("services", nargs=-1, metavar="[SERVICE...]")
@click.option("--old", metavar="PLACE", help="A contract file, a service-2.json, a botocore folder or a wheel.")
@click.option("--new", metavar="PLACE", help="The same, the newer one.")
@reporting
def drift(services: tuple[str, ...], old: str | None, new: str | None, reporting: Reporting) -> int:
    """Name each change from the committed contracts to the installed botocore, or from --old to --new.

    A breaking change is an error, a safe one an info. Overlay entries that the model has overtaken are warnings.
    """
    if (old is None) is not (new is None):
        raise click.UsageError("--old and --new go together")
    started = time.perf_counter()
    named = services or tuple(reporting.settings.get("services", ()))
    if old is not None and new is not None:
        changes = list(drifting.between(old, new, named))
    else:
        changes = list(drifting.against_installed(named))
    findings = [_finding(change) for change in changes]
    effects = {effect: sum(change.effect == effect for change in changes) for effect in ("breaking", "safe")}
    details = {"changes": [change.to_json() for change in changes], "effects": effects}
    return finish(Report("drift", findings, seconds=time.perf_counter() - started, details=details), reporting)


def _finding(change: Change) -> Finding:
    severity = Severity.WARNING if change.kind == "overlay-expired" else _SEVERITIES[change.effect]
    operation = change.places[0].partition(".")[0] if change.places else "*"
    direction = change.direction or "service"
    code = f"{change.kind}:{change.pointer}"
    return Finding("drift", severity, change.service, operation, direction, change.message, code=code)
