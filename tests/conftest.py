"""What holds for every test."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile

from hypothesis import HealthCheck, settings

# A loaded machine is not a failure: examples have no deadline, and slow drawing is measured in benchmarks. In CI the
# same examples run every time.
settings.register_profile(
    "tests", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=bool(os.environ.get("CI"))
)
settings.load_profile("tests")

# Many tests start the command as a user would. Where byte code may not be written, each start would compile all that
# it loads again: it goes to a folder aside instead.
if os.environ.pop("PYTHONDONTWRITEBYTECODE", None):
    os.environ.setdefault("PYTHONPYCACHEPREFIX", os.path.join(tempfile.gettempdir(), "aws-contract-pycache"))

# Contracts that tests derive are cached aside, not where the user's own are.
os.environ["AWS_CONTRACT_CACHE"] = tempfile.mkdtemp(prefix="aws-contract-cache-")
atexit.register(shutil.rmtree, os.environ["AWS_CONTRACT_CACHE"], ignore_errors=True)
