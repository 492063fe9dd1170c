"""What holds for every test."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile

# Many tests start the command as a user would. Where byte code may not be written, each start would compile all that
# it loads again: it goes to a folder aside instead.
if os.environ.pop("PYTHONDONTWRITEBYTECODE", None):
    os.environ.setdefault("PYTHONPYCACHEPREFIX", os.path.join(tempfile.gettempdir(), "aws-contract-pycache"))

# Contracts that tests derive are cached aside, not where the user's own are.
os.environ["AWS_CONTRACT_CACHE"] = tempfile.mkdtemp(prefix="aws-contract-cache-")
atexit.register(shutil.rmtree, os.environ["AWS_CONTRACT_CACHE"], ignore_errors=True)
