"""The bench of the conformance kit: one plugin, what it requires, and content of its kinds in a throw-away instance."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

ROLES = ("visitor", "member", "editor", "admin")
AUDIENCES = ("public", "members", "editors")


class Misplaced(Exception):
    """There is no plugin where `--hub-plugin` points to; the message says what was looked for."""


def find_plugin(wanted: str) -> tuple[str, Path | None]:
    """(short name, file or package folder; None for an installed plugin) of `--hub-plugin`: a name, a plugin's file, its
    package folder, or a project with one of these in it (also below `src/`). Raises Misplaced."""
    path = Path(wanted)
    if not path.exists():
        if "/" in wanted or path.suffix:
            raise Misplaced(f"there is nothing at {path}")
        return wanted.removeprefix("hub_"), None
    if path.is_file():
        return path.stem.removeprefix("hub_"), path.resolve()
    if (path / "__init__.py").is_file():
        return path.resolve().name.removeprefix("hub_"), path.resolve()
    packages = [
        p.parent for base in (path, path / "src", path / "plugins") for p in sorted(base.glob("hub_*/__init__.py"))
    ]
    files = [p for p in sorted(path.glob("*.py")) if "Plugin(" in p.read_text(encoding="utf-8", errors="replace")]
    found = packages or [p for p in files if not p.name.startswith(("test_", "conftest"))]
    if len(found) != 1:
        raise Misplaced(f"{path} holds {len(found) or 'no'} plugins; point to a folder hub_NAME or a file NAME.py")
    return found[0].stem.removeprefix("hub_"), found[0].resolve()


def _missing() -> Any:
    """What an unknown name in a template is: false where it is asked for, an error where it is shown."""
    from jinja2 import Undefined

    shown = dict.fromkeys(("__str__", "__iter__", "__len__"), Undefined._fail_with_undefined_error)
    return type("Missing", (Undefined,), {**shown, "__slots__": ()})


class Bench:
    """A plugin under test. Its instance is filled once; what a check changes is put back after it (`scratch`).

    name: the plugin's. plugins: what it requires, then itself. uids: audience → kind → uid of a sample item.
    """

    def __init__(self, wanted: str, instances: Any) -> None:
        self.name, self.source = find_plugin(wanted)
        self._instances = instances
        self._app: Any = None
        self.uids: dict[str, dict[str, str]] = {}
        self.cookies: dict[str, str] = {}
        self.walks: dict[str, Any] = {}  # what `conformance.walking` saw
        self.folder: Path = self._empty()
        self.plugins = [n for n in (*self._standard(), *self._required(self.name, [])) if n != self.name]
        self.plugins = [*dict.fromkeys(self.plugins), self.name]
        self._write_list(self.plugins)
        self._fill()
        self._kept = self.folder.with_name(self.folder.name + "-kept")
        shutil.copytree(self.folder, self._kept, ignore=shutil.ignore_patterns("plugins", "cache"))

    # -- where it is ------------------------------------------------------------------------------------------------

    def _empty(self) -> Path:
        """An instance with the plugin's code in its `plugins/`, nothing switched on."""
        folder: Path = self._instances.make((), start=True)
        if self.source is not None and not self._is_installed():
            target = folder / "plugins" / self.source.name
            ignored = shutil.ignore_patterns("__pycache__", ".venv", ".git", "tests")
            shutil.copytree(self.source, target, ignore=ignored) if self.source.is_dir() else shutil.copy(
                self.source, target
            )
            beside = self.source.parent / "templates"
            if self.source.is_file() and beside.is_dir():  # a single file's templates are the instance's
                shutil.copytree(beside, folder / "templates", dirs_exist_ok=True)
        return folder

    def _is_installed(self) -> bool:
        """Whether the plugin at `source` is what this Python has installed under its name."""
        from hub.plugins.host import PluginHost

        host = PluginHost(Path("/nonexistent"))
        host.discover()
        found = host.found.get(self.name)
        if found is None or not isinstance(found.source, EntryPoint):
            return False
        spec = importlib.util.find_spec(found.source.module)
        origin = Path(spec.origin).resolve() if spec and spec.origin else None
        if origin is not None and self.source in (origin, origin.parent):
            return True
        raise Misplaced(
            f"another plugin '{self.name}' is installed from {origin}: uninstall that or give this one another name"
        )

    def _standard(self) -> list[str]:
        """What every hub has on; the plugin stands beside it."""
        from hub.plugins.host import STANDARD, PluginHost

        host = PluginHost(self.folder)
        host.discover()
        return [name for name in STANDARD if name in host.found]

    def _required(self, name: str, seen: list[str]) -> list[str]:
        from hub.plugins.host import PluginHost

        host = PluginHost(self.folder)
        host.discover()
        if name not in host.found:
            raise Misplaced(f"no plugin named '{name}' is installed")
        found: list[str] = []
        for needed in host.card(name).requires:
            if needed not in seen:
                found += [n for n in (*self._required(needed, [*seen, name]), needed) if n not in found]
        return found

    def _write_list(self, names: list[str]) -> None:
        from hub.plugins.host import write_list

        write_list(self.folder / "plugins.txt", names)

    # -- filling ----------------------------------------------------------------------------------------------------

    def _fill(self) -> None:
        from hub.content import changes, seeding
        from hub.people import accounts
        from hub.store import migrate
        from hub.store.db import engine, session, writing
        from hub.testing.fixtures import PASSWORD, sign_in

        app = self.app()
        with app.app_context(), writing():
            host = app.extensions["hub"].plugins
            if self.name not in host.loaded:
                raise Misplaced(f"the plugin {self.name} cannot be used: {host.found[self.name].error}")
            for name in self.plugins:
                if host.found[name].history:
                    migrate.upgrade(engine(), host.found[name].history)
            accounts.ensure_roles(session())
            for role in ROLES[1:]:
                accounts.add_user(session(), f"{role}@example.org", PASSWORD, role, role.title())
            session().commit()
            seeding.load_demo(session())
            self._add_samples()
            changes.run_readers()
        for role in ROLES[1:]:
            self.cookies[role] = sign_in(app, role).get_cookie("hub").value
        self.close()

    def _add_samples(self) -> None:
        from hub.content import topics
        from hub.hooks.here import hub
        from hub.items import commit, create
        from hub.store.db import session
        from hub.testing.samples import sample_document

        topic = sorted(topics.concepts(session()))[:1]
        for number, audience in enumerate(AUDIENCES, 1):
            made: dict[str, str] = {}
            for ctype in sorted(hub().types.live(), key=lambda t: len(t.relations)):
                links = {r.name: [made[r.to]] for r in ctype.relations if r.to in made}
                links |= {
                    r.name: [self.uids["public"][r.to]] for r in ctype.relations if r.to in self.uids.get("public", {})
                }
                doc = sample_document(ctype, number=number, audience=audience, topics=topic, links=links)
                made[ctype.kind] = create(ctype.kind, doc, status="published").uid
            self.uids[audience] = made
        commit()

    # -- using ------------------------------------------------------------------------------------------------------

    def app(self, *, fresh: bool = False) -> Any:
        """The application (strict: a plugin's errors are raised, an unknown variable that a template shows is an error)."""
        from hub.app import create_app

        if fresh:
            self.close()
        if self._app is None:
            self._app = create_app(self.folder, strict=True)
            self._app.testing = True
            self._app.jinja_env.undefined = _missing()
        return self._app

    def client(self, role: str = "visitor") -> Any:
        """A browser of a visitor, or of somebody signed in as member, editor or admin."""
        client = self.app().test_client()
        if role in self.cookies:
            client.set_cookie("hub", self.cookies[role])
        return client

    @contextmanager
    def here(self, *, write: bool = False) -> Iterator[Any]:
        """An application context; answers `hub.hooks.here.hub()`."""
        from hub.hooks.here import hub
        from hub.store.db import writing

        with self.app().app_context(), writing(write):
            yield hub()

    @contextmanager
    def scratch(self) -> Iterator[Any]:
        """The application for a check that writes; afterwards everything is as it was."""
        try:
            yield self.app()
        finally:
            self.restore()

    def restore(self) -> None:
        self.close()
        for path in self.folder.iterdir():
            if path.name not in ("plugins", "cache"):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        shutil.copytree(self._kept, self.folder, dirs_exist_ok=True)

    def switch(self, on: bool) -> None:
        """Switch the plugin off or on as its line in plugins.txt does."""
        self._write_list(self.plugins if on else self.plugins[:-1])

    def close(self) -> None:
        if self._app is not None:
            with self._app.app_context():
                from hub.store.db import engine

                engine().dispose()
            self._app = None

    # -- what it is -------------------------------------------------------------------------------------------------

    @property
    def found(self) -> Any:
        """What the plugin host knows of it."""
        return self.app().extensions["hub"].plugins.found[self.name]

    @property
    def package(self) -> Path | None:
        """The package's folder; None for a plugin in one file."""
        folder: Path | None = self.found.folder
        return folder

    @cached_property
    def files(self) -> list[Path]:
        """Its Python files, migrations and tests left out."""
        folder = self.package
        if folder is None:
            return [Path(self.found.module.__file__)]
        left_out = {"migrations", "tests", "__pycache__"}
        return [path for path in sorted(folder.rglob("*.py")) if not left_out & {*path.relative_to(folder).parts}]

    @property
    def types(self) -> list[Any]:
        """The content types it declares."""
        return [t for t in self.app().extensions["hub"].types.all() if t.plugin == self.name]

    def walked_types(self) -> list[Any]:
        """The types whose lists and items are looked at: its own; for a plugin without any, those that are there."""
        return self.types or self.app().extensions["hub"].types.live()

    def tables(self) -> list[Any]:
        """Its tables, those that others point to first."""
        from hub.store.db import Base

        self.app()
        return [t for t in Base.metadata.sorted_tables if t.name.startswith(f"{self.name}_")]

    def rules(self, choose: Callable[[Any], bool] = lambda rule: True) -> list[Any]:
        """The rules of its blueprints."""
        own = (self.name, f"{self.name}_desk", f"{self.name}_root")
        return [r for r in self.app().url_map.iter_rules() if r.endpoint.partition(".")[0] in own and choose(r)]
