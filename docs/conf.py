"""How the documentation is built (`sphinx-build -W docs site`); `docs/reference_pages.py` writes its reference."""

from __future__ import annotations

from validator import __version__

project = "aws-contract"
author = "the aws-contract authors"
copyright = author
version = release = __version__
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["examples"]
html_theme = "furo"
html_title = f"aws-contract {__version__}"
html_baseurl = ""
myst_heading_anchors = 3
myst_enable_extensions = ["colon_fence", "deflist"]
suppress_warnings = ["misc.highlighting_failure"]
