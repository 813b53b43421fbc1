"""The pytest plugin of the hub, installed with it. Fixtures for tests of core and of plugins:

`new_hub` makes applications, `hub_app` is one · `client`, `as_user` browsers · `session`, `hooks` its inside · `clock` moves
its time · `mailbox` its mails · `run_jobs` its background work · `remote_site` somebody else's server · `no_network` · for
the conformance kit `hub_plugin`, the plugin under test, and `hub_postgres`.

Choose what is on in `hub_app` with the ini option `hub_plugins`, or per test with `new_hub(plugins=[…])`; "." and whatever
has a "/" is the path of a plugin that need not be installed. Everything of hub is imported late, so that the plugin costs
nothing where it is not used.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

PASSWORD = "correct horse battery"
pytest.register_assert_rewrite("hub.testing.conformance")


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("hub")
    group.addoption("--hub-plugin", action="append", metavar="NAME_OR_DIR", help="the plugin under the conformance kit")
    group.addoption(
        "--hub-postgres", metavar="URL", help="an empty PostgreSQL database for the kit; what is in it is lost"
    )
    parser.addini("hub_plugin", "the plugin under the conformance kit: a name, a folder or a file", default="")
    parser.addini(
        "hub_plugins",
        "plugins that are on in hub_app",
        "args",
        default=["covers", "editor", "partners", "cases", "search"],
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run the kit for each plugin named on the command line, in the test module (a list `hub_plugin`) or in the ini."""
    if "hub_plugin" not in metafunc.fixturenames:
        return
    config, ini = metafunc.config, metafunc.config.getini("hub_plugin")
    given = config.getoption("--hub-plugin") or getattr(metafunc.module, "hub_plugin", None)
    if not given:
        given = [str(config.rootpath / ini) if "/" in ini or (config.rootpath / ini).exists() else ini] if ini else [""]
    names = [given] if isinstance(given, str) else [str(name) for name in given]
    ids = [name.rstrip("/").rpartition("/")[2] or "no plugin given" for name in names]
    metafunc.parametrize("hub_plugin", names, indirect=True, scope="session", ids=ids)


@pytest.fixture(scope="session")
def hub_instances(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Any:
    from hub.testing.instances import Instances

    common = None
    if hasattr(pytestconfig, "workerinput"):  # one of several processes of pytest-xdist
        common = tmp_path_factory.getbasetemp().parent / "first-instances"
        common.mkdir(exist_ok=True)
    return Instances(tmp_path_factory.mktemp("hubs"), common)


@pytest.fixture(scope="session")
def hub_plugin(request: pytest.FixtureRequest, hub_instances: Any) -> Iterator[Any]:
    """The plugin under test (`hub.testing.Bench`) in an instance of its own, filled with its demo and sample content."""
    from hub.testing.bench import Bench, Misplaced

    if not request.param:
        pytest.fail(
            "say which plugin is tested: --hub-plugin NAME_OR_DIR, or hub_plugin = … in the ini file", pytrace=False
        )
    try:
        bench = Bench(request.param, hub_instances)
    except Misplaced as error:
        pytest.fail(str(error), pytrace=False)
    yield bench
    bench.close()


@pytest.fixture
def hub_postgres(pytestconfig: pytest.Config) -> str:
    """The address of an empty PostgreSQL database: `--hub-postgres URL`. Skips where none is given."""
    url = pytestconfig.getoption("--hub-postgres")
    if not url:
        pytest.skip("no PostgreSQL database was given: --hub-postgres postgresql+psycopg://…")
    return str(url)


@pytest.fixture
def new_hub(hub_instances: Any, pytestconfig: pytest.Config) -> Iterator[Callable[..., Any]]:
    """A function that makes applications: `new_hub(plugins=…, languages=…, files=…, start=…, strict=…)`."""
    from hub.app import create_app

    made = []

    def make(plugins: Any = None, *, strict: bool = True, **options: Any) -> Any:
        chosen = pytestconfig.getini("hub_plugins") if plugins is None else plugins
        chosen = [str((pytestconfig.rootpath / n).resolve()) if n == "." or "/" in n else n for n in chosen]
        app = create_app(hub_instances.make(chosen, **options), strict=strict)
        app.testing = True
        made.append(app)
        return app

    yield make
    for app in made:
        with app.app_context():
            from hub.store.db import engine

            engine().dispose()


@pytest.fixture
def hub_app(new_hub: Callable[..., Any]) -> Any:
    """An application with a fresh instance and the plugins of the ini option, errors raised (strict)."""
    return new_hub()


@pytest.fixture
def client(hub_app: Any) -> Any:
    """A visitor's browser."""
    return hub_app.test_client()


@pytest.fixture
def as_user(hub_app: Any) -> Callable[..., Any]:
    """`as_user("editor")`: a browser of somebody signed in with that role."""
    return lambda role="editor", app=None: sign_in(app or hub_app, role)


def sign_in(app: Any, role: str = "editor") -> Any:
    """A test client signed in through the real form as a new or known account of that role."""
    from hub.people import accounts
    from hub.store.db import session, writing

    email, password = f"{role}@example.org", PASSWORD
    with app.app_context(), writing():
        if accounts.find_user(session(), email) is None:
            accounts.add_user(session(), email, password, role, role.title())
            session().commit()
    client = app.test_client()
    token = csrf(client.get("/account/login").text)
    answer = client.post("/account/login", data={"email": email, "password": password, "csrf_token": token})
    assert answer.status_code == 302, "the sign-in form refused a good password"
    return client


def csrf(html: str) -> str:
    """The CSRF token in a page."""
    import re

    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', html)
    assert found, "there is no CSRF token in this page"
    return found.group(1)


@pytest.fixture
def session(hub_app: Any) -> Iterator[Any]:
    """A database session that may write; commit what other connections shall see."""
    from hub.store import db

    with hub_app.app_context(), db.writing():
        yield db.session()


@pytest.fixture
def hooks(hub_app: Any) -> Iterator[Any]:
    """The hooks of hub_app: `hooks.answers("blocks", slot="home", user=None, subject=None)`, and
    `hooks.implement(health=lambda: [])` for the length of the test."""
    from hub.testing.tools import HookBench

    bench = HookBench(hub_app)
    yield bench
    bench.close()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The time that `hub.api.now` tells: `clock.move(days=3)`, `clock.stand(moment)`. For code that asks `now`."""
    from hub.store import db
    from hub.testing.tools import Clock

    moved = Clock()
    monkeypatch.setattr(db, "dt", moved.module())
    return moved


@pytest.fixture
def remote_site(request: pytest.FixtureRequest) -> Iterator[Any]:
    """Somebody else's server, on this machine: `remote_site.answer("/feed.xml", text)`, `.url`, `.asked`.

    The test's hub_app may reach it (`[net] allow`); other applications: `remote_site.trusted_by(app)`.
    """
    from hub.testing.remote import RemoteSite

    with RemoteSite() as site:
        if "hub_app" in request.fixturenames:
            site.trusted_by(request.getfixturevalue("hub_app"))
        yield site


@pytest.fixture
def run_jobs(hub_app: Any) -> Callable[..., int]:
    """Run everything that is due (search index included) as the worker would."""
    from hub.work.jobs import run_due

    return lambda app=None: run_due(app or hub_app)


@pytest.fixture
def mailbox(hub_app: Any) -> Callable[[], list[Any]]:
    """The mails in the outbox, oldest first."""
    import sqlalchemy as sa

    from hub.store import db
    from hub.work.mail import Mail

    def read() -> list[Any]:
        with hub_app.app_context():
            return list(db.session().scalars(sa.select(Mail).order_by(Mail.id)))

    return read


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let connections to anything but this machine fail the test."""
    real = socket.socket.connect

    def connect(self: socket.socket, address: Any) -> Any:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not str(address[0]).startswith(
            ("127.", "::1", "localhost")
        ):
            pytest.fail(f"a test tried to reach {address[0]}")
        return real(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)
