"""Clicks that lead to another page: a click alone comes back before that page is there, now and then."""

from __future__ import annotations

from typing import Any


def press(where: Any, selector: str = "") -> None:
    """Click on a locator, or on what a page has at `selector`, and be where that leads."""
    page = where if selector else where.page
    with page.expect_navigation():
        where.click(selector) if selector else where.click()
