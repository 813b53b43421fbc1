"""The site's tests share the helpers and fixtures of the content's tests, one folder further."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "content"))

from making_fixtures import *  # noqa: F403
