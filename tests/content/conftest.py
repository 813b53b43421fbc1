"""Fixtures of the content room; they stand in `making_fixtures.py`, because the site's tests use them too."""

from making_fixtures import *  # noqa: F403
