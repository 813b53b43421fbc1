"""The modules of plugins: found by name, imported so that a broken one leaves nothing behind."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType

import sqlalchemy as sa

from hub.hooks.parts import Plugin
from hub.plugins.declared import Contribution, PluginError
from hub.store.db import Base
from hub.store.migrate import History


@dataclass
class Found:
    """A plugin somebody installed. state: off, on, failed or waiting (on in the file, not loaded yet)."""

    name: str
    source: EntryPoint | Path
    card: Plugin | None = None
    module: ModuleType | None = None
    folder: Path | None = None
    state: str = "off"
    error: str = ""
    contribution: Contribution | None = None

    @property
    def history(self) -> History | None:
        versions = self.folder / "migrations" if self.folder else None
        return None if versions is None or not versions.is_dir() else History(self.name, versions, f"{self.name}_")


def implementation(found: Found) -> ModuleType:
    """The module with the hooks: `hooks.py` of a package, the file itself of a single-file plugin."""
    if found.module is None:
        found.module = load(found)
    if found.folder is None:
        return found.module
    name = found.module.__name__
    if (found.folder / "models.py").is_file():
        importlib.import_module(f"{name}.models")
    return importlib.import_module(f"{name}.hooks")


def load(found: Found) -> ModuleType:
    if isinstance(found.source, EntryPoint):
        return importlib.import_module(found.source.value)
    path, name, present = found.source, _module_name(found), _present(found)
    if present is not None:
        return present
    _forget(name)
    file = path if path.is_file() else path / "__init__.py"
    spec = importlib.util.spec_from_file_location(name, file, submodule_search_locations=None if path.is_file() else [str(path)])
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


@contextmanager
def watched(found: Found) -> Iterator[None]:
    """Import a plugin: its models rightly named and complete, or all of it taken back, so that a mended file is a mended plugin."""
    name, tables = _module_name(found), set(Base.metadata.tables)
    known = _present(found) is not None
    try:
        yield
        _check_tables(found.name, set(Base.metadata.tables) - tables)
        sa.orm.configure_mappers()  # one that cannot be would fail every query of everybody
    except BaseException as error:
        if not known:
            _forget(name, set(Base.metadata.tables) - tables)
            found.module = found.card = None
        if isinstance(error, Exception | KeyboardInterrupt):
            raise
        raise PluginError(one_line(error)) from error  # SystemExit, and whatever else a plugin may think of


def forget(found: Found) -> None:
    """Take a plugin's modules, classes and tables out of this process."""
    _forget(_module_name(found))


def _forget(name: str, tables: Iterable[str] = ()) -> None:
    """Take a module with its submodules, mapped classes and tables out of this process."""
    for module in [m for m in sys.modules if _within(m, name)]:
        del sys.modules[module]
    gone, prefix = set(tables), name.removeprefix("hub_") + "_"
    for manager in [m for m in Base.registry._managers if _within(m.class_.__module__, name)]:
        table = str(getattr(manager.class_, "__tablename__", ""))
        gone |= {table} if table.startswith(prefix) else set()
        Base.registry._dispose_manager_and_mapper(manager)  # SQLAlchemy has no public way to take one class back
        Base.registry._managers.pop(manager, None)
    for table in gone & set(Base.metadata.tables):
        Base.metadata.remove(Base.metadata.tables[table])


def _within(module: str, name: str) -> bool:
    return module == name or module.startswith(name + ".")


def _present(found: Found) -> ModuleType | None:
    """The plugin's module where this process has imported it from this very place."""
    module = sys.modules.get(_module_name(found))
    if module is None or isinstance(found.source, EntryPoint):
        return module
    file = found.source if found.source.is_file() else found.source / "__init__.py"
    return module if getattr(module, "__file__", None) == str(file) else None


def _module_name(found: Found) -> str:
    if isinstance(found.source, EntryPoint):
        return found.source.module
    return f"hub_{found.source.stem.removeprefix('hub_')}"


def _check_tables(name: str, tables: set[str]) -> None:
    for table in sorted(tables):
        if not table.startswith(f"{name}_"):
            raise PluginError(f"its table '{table}' must be named '{name}_…'")
        for constraint in Base.metadata.tables[table].foreign_keys:
            target = constraint.target_fullname
            if target not in ("content.id", "hub_user.id") and not target.startswith(f"{name}_"):
                raise PluginError(f"table '{table}' may point to content.id, hub_user.id or own tables, not {target}")


def where(source: EntryPoint | Path) -> str:
    return source.value if isinstance(source, EntryPoint) else str(source)


def one_line(error: BaseException) -> str:
    if isinstance(error, PluginError):
        return str(error)
    frames = [(f.filename, f.lineno) for f in traceback.extract_tb(error.__traceback__) if not f.filename.startswith("<frozen")]
    frames += [(error.filename, error.lineno)] if isinstance(error, SyntaxError) and error.filename else []
    place = f" ({Path(frames[-1][0]).name}, line {frames[-1][1]})" if frames else ""
    return traceback.format_exception_only(error)[-1].strip() + place  # also where the error's own text fails


def tables_of(name: str) -> list[sa.Table]:
    """The tables that stand under a plugin's name."""
    return [t for n, t in Base.metadata.tables.items() if n.startswith(f"{name}_")]
