"""A running hub with the demo content and a headless Chromium for it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from commands import run_beside

from hub.testing.server import Server, find_chromium

CHROMIUM = find_chromium()
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip

# What Chromium itself writes of an answer that is an error page, and of a request while a test has unplugged the network.
EXPECTED = re.compile(r"the server responded|net::ERR_INTERNET_DISCONNECTED")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "browser" in str(item.path):
            item.add_marker("browser")
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason="no chromium on this machine"))


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The one hub of all browser tests; what a test changes of it, it changes back, or nobody else looks at."""
    folder = tmp_path_factory.mktemp("site")
    server = Server(folder)
    run_beside(folder, "init", "--preset", "all", "--languages", "en,ru", "--name", "Hub", "--url", server.url)
    run_beside(folder, "demo", "--logins")
    with server:
        yield server


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as engine:
        browser = engine.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visit(site: Server, chromium: Any) -> Iterator[Any]:
    """`visit(width=360, scripts=False, …)` → a page; console errors and requests to other hosts fail the test."""
    contexts, faults = [], []

    def make(width: int = 1280, height: int = 900, scripts: bool = True, scheme: str = "light", **options: Any) -> Any:
        context = chromium.new_context(
            base_url=site.url, viewport={"width": width, "height": height}, java_script_enabled=scripts,
            color_scheme=scheme, **{"service_workers": "block", **options},
        )  # fmt: skip
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on(
            "console",
            lambda m: faults.append(m.text) if m.type == "error" and not EXPECTED.search(m.text) else None,
        )
        page.on(
            "request",
            lambda r: faults.append(f"request to {r.url}") if not r.url.startswith((site.url, "data:")) else None,
        )
        return page

    yield make
    for context in contexts:
        context.close()
    assert not faults, faults


@pytest.fixture
def in_theme(site: Server) -> Iterator[Any]:
    """`in_theme("meadow")`: the site wears that theme until the test ends (contrast is the visitor's own choice)."""
    def wear(name: str) -> None:
        if name != "contrast":
            run_beside(site.instance, "theme", "use", name)

    yield wear
    run_beside(site.instance, "theme", "use", "commons")


@pytest.fixture
def logins(site: Server) -> dict[str, tuple[str, str]]:
    """Role → (e-mail, password) of the demo accounts."""
    lines = (site.instance / "data" / "demo-logins.txt").read_text().split("\n")
    return {role: (email, password) for role, email, password in (line.split() for line in lines if line)}


_kept: dict[tuple[str, str], list[Any]] = {}  # who has signed in already: only so many may try in ten minutes


@pytest.fixture
def signed_in(visit: Any, logins: dict[str, tuple[str, str]]) -> Any:
    """`signed_in("editor", width=360)` → a page of somebody who went through the sign-in form, now or in an earlier test."""

    def make(role: str, **options: Any) -> Any:
        page = visit(**options)
        page.context.add_cookies(_kept.get(logins[role], []))
        page.goto("/desk/")
        if "/account/login" in page.url:
            page.fill("#email", logins[role][0])
            page.fill("#password", logins[role][1])
            page.click("main button[type=submit]")
            page.wait_for_url("**/desk/")
            _kept[logins[role]] = [c for c in page.context.cookies() if c["name"] == "hub"]
        return page

    return make
