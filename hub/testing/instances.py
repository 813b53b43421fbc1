"""Instances for tests: made once per combination of plugins, then copied, because migrating takes longer than copying."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

BUNDLED = ("covers", "editor", "partners", "cases", "search")


def hash_quickly() -> None:
    """Passwords of tests are no secrets: their hashes cost a millisecond and not a third of a second per sign-in."""
    from flask_security import core

    quick = {"argon2__time_cost": 1, "argon2__memory_cost": 8, "argon2__parallelism": 1}
    core._default_config["PASSWORD_HASH_PASSLIB_OPTIONS"] = quick
    core._default_config |= {"HASHING_SCHEMES": ["hex_md5"], "DEPRECATED_HASHING_SCHEMES": []}  # of what links are signed with


class Instances:
    """Makes instance folders below `root`; the first of each kind is migrated, later ones are copies of it.

    common: a folder for these first ones, where several processes share them.
    """

    def __init__(self, root: Path, common: Path | None = None) -> None:
        hash_quickly()
        self.root, self.common = root, common or root
        self.count = 0

    def make(
        self, plugins: Iterable[str] = BUNDLED, *, languages: Iterable[str] = ("en", "ru"), start: bool = False,
        toml: str = "", files: dict[str, str] | None = None, database: str = "",
    ) -> Path:  # fmt: skip
        """A migrated instance folder. plugins: beside every hub's equipment, `-name` takes one of that away; the path of a
        plugin's folder or file is linked into the instance; toml: further lines of hub.toml; files: path in the instance →
        content."""
        files = files or {}
        key = (tuple(plugins), tuple(languages), start, toml, json.dumps(files, sort_keys=True))
        if database:
            return self._fresh(*key[:4], files, database)
        first = self.common / hashlib.sha256(repr(key).encode()).hexdigest()[:24]
        if not first.exists():
            made = self._fresh(*key[:4], files, "")
            with suppress(OSError):  # another process was sooner
                made.rename(first)
        self.count += 1
        copy = self.root / f"instance-{self.count}"
        shutil.copytree(first, copy, symlinks=True)
        return copy

    def _fresh(
        self,
        plugins: tuple[str, ...],
        languages: tuple[str, ...],
        start: bool,
        toml: str,
        files: dict[str, str],
        database: str,
    ) -> Path:
        from hub.app import create_app
        from hub.content.seeding import start_content
        from hub.people import accounts
        from hub.plugins.host import STANDARD, write_list
        from hub.settings import write_secret_key
        from hub.store import migrate
        from hub.store.db import engine, session, writing

        self.count += 1
        folder = self.root / f"template-{self.count}"
        for part in ("data", "cache", "plugins"):
            (folder / part).mkdir(parents=True)
        for part in ("templates", "i18n"):  # compiled once for all instances: each file is known by its source
            compiled = self.common / f"compiled-{part}"
            compiled.mkdir(exist_ok=True)
            (folder / "cache" / part).symlink_to(compiled)
        write_secret_key(folder)
        spoken = ", ".join(f'"{code}"' for code in languages)
        where = f'[database]\nurl = "{database}"\n' if database else ""
        (folder / "hub.toml").write_text(f'[site]\nname = "Test hub"\nlanguages = [{spoken}]\n{where}{toml}\n')
        for linked in [Path(name) for name in plugins if "/" in name]:
            (folder / "plugins" / linked.name).symlink_to(linked)
        plugins = tuple(Path(name).stem if "/" in name else name for name in plugins)
        chosen = [name for name in (*STANDARD, *plugins) if name[0] != "-" and f"-{name}" not in plugins]
        if plugins and not database and set(STANDARD) <= set(chosen):  # the tables of every hub are made once
            shutil.copy(self.make(()) / "data" / "hub.db", folder / "data" / "hub.db")
        write_list(folder / "plugins.txt", chosen)
        for name, content in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        app = create_app(folder)
        with app.app_context(), writing():
            migrate.upgrade(engine(), migrate.CORE)
            host = app.extensions["hub"].plugins
            for name in host.loaded:
                if host.found[name].history:
                    migrate.upgrade(engine(), host.found[name].history)
            accounts.ensure_roles(session())
            session().commit()
            if start:
                start_content(session())
            engine().dispose()
        return folder
