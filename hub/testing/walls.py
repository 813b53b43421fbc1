"""The walls a plugin keeps, held on the syntax tree of its files: nothing of it is imported or run.

for fault in faults(Path("hub_tools")):
    print(fault)          # hooks.py:12: imports hub.store.db; a plugin imports only hub.api
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

APP_MAKERS = {"Flask", "create_app", "create_engine", "sessionmaker", "scoped_session", "Session", "PluginManager", "Thread",
              "ThreadPoolExecutor", "ProcessPoolExecutor"}  # fmt: skip
NETWORK = {"socket", "smtplib", "ftplib", "imaplib", "poplib", "http.client", "urllib.request", "xmlrpc.client", "requests",
           "httpx", "httpx2", "urllib3", "aiohttp"}  # fmt: skip
SKIPPED = {"__pycache__", "dist", "build", ".venv", "node_modules"}


@dataclass(frozen=True)
class Fault:
    """A rule that is not kept: the file (as seen from the plugin), the line, and what to do."""

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text}"


def plugin_name(path: Path) -> str:
    """The short name of the plugin in a folder `hub_NAME` (or `NAME`) or a file `NAME.py`."""
    return path.stem.removeprefix("hub_")


def faults(path: Path) -> list[Fault]:
    """Every wall that the plugin in this folder or file does not keep."""
    return list(_Walls(path).all())


class _Walls:
    def __init__(self, path: Path) -> None:
        self.path, self.single = path, path.is_file()
        self.root = path.parent if self.single else path
        self.name = plugin_name(path)

    def all(self) -> Iterator[Fault]:
        if not self.single and not (self.path / "__init__.py").is_file():
            yield Fault(".", 0, "there is no __init__.py: a plugin's folder has its name card in it")
            return
        if not self.single and not (self.path / "hooks.py").is_file():
            yield Fault("hooks.py", 0, "is missing: a package says there what it gives to the hub")
        for file in [self.path] if self.single else self._files(".py"):
            yield from self._python(file)
        if not self.single:
            for file in self._files(".html"):
                yield from self._template(file)

    def _files(self, suffix: str) -> list[Path]:
        found = (p for p in self.root.rglob(f"*{suffix}") if not SKIPPED & set(p.relative_to(self.root).parts))
        return sorted(p for p in found if not any(part.startswith(".") for part in p.relative_to(self.root).parts))

    def _python(self, file: Path) -> Iterator[Fault]:
        where = str(file.relative_to(self.root))
        try:
            tree = ast.parse(file.read_text(encoding="utf-8"), where)
        except (SyntaxError, ValueError) as error:
            yield Fault(where, getattr(error, "lineno", 0) or 0, f"is not Python: {error}")
            return
        tests = where.startswith("tests/") or file.name == "conftest.py"
        for node, module, names in _imports(tree):
            yield from (Fault(where, node.lineno, text) for text in self._import(module, names, tests))
        if tests:
            return
        if self.single or where == "__init__.py":
            yield from self._card(where, tree)
        for node in ast.walk(tree):
            yield from (Fault(where, getattr(node, "lineno", 0), text) for text in self._node(node))
        for node in tree.body:
            if isinstance(node, ast.Assign | ast.AnnAssign | ast.Expr) and node.value is not None:
                made = {_last(call.func) for call in ast.walk(node.value) if isinstance(call, ast.Call)} & APP_MAKERS
                for maker in sorted(made):
                    yield Fault(where, node.lineno, f"makes a {maker} in a module: two hubs live in one process; hang it on "
                                "the app in the hook `started`")  # fmt: skip

    def _import(self, module: str, names: list[str], tests: bool) -> Iterator[str]:
        import hub.api

        top = module.split(".")[0]
        if top == "hub" and module != "hub.api" and not (tests and (module + ".").startswith("hub.testing.")):
            if not (module == "hub" and set(names) <= {"api", *(["testing"] if tests else [])}):
                yield f"imports {module}; a plugin imports only hub.api" + (
                    " (its tests also hub.testing)" if tests else ""
                )
        elif module == "hub.api":
            for name in names:
                if name not in hub.api.__all__ and name != "*":
                    yield f"imports {name} from hub.api, which has no such name"
        elif top.startswith("hub_") and top != f"hub_{self.name}":
            yield f"imports {top}: plugins do not know each other; talk through content and hooks"
        elif not tests and (module in NETWORK or top in NETWORK):
            yield f"imports {module}; use hub.api.fetch (guarded and polite) and hub.api.send_mail"

    def _card(self, where: str, tree: ast.Module) -> Iterator[Fault]:
        cards = [n for n in tree.body if isinstance(n, ast.Assign | ast.AnnAssign) and isinstance(n.value, ast.Call)
                 and _last(n.value.func) == "Plugin"]  # fmt: skip
        if len(cards) != 1:
            yield Fault(where, 1, f"has {len(cards)} name cards; it must have one `plugin = Plugin(…)`")
        for card in cards:
            call: Any = card.value
            given = [a.value for a in call.args[:1]] + [k.value.value for k in call.keywords if k.arg == "name"]
            if given[:1] != [self.name]:
                yield Fault(where, card.lineno, f"the card says {given[:1]}, but it lies in {self.path.name}")
        if self.single:
            return
        for node in tree.body:
            docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            imports = isinstance(node, ast.ImportFrom) and node.module in ("hub.api", "__future__") and not node.level
            if not (docstring or imports or node in cards):
                yield Fault(
                    where, node.lineno, "a card imports nothing but hub.api and does nothing: move this to hooks.py"
                )

    def _node(self, node: ast.AST) -> Iterator[str]:
        if isinstance(node, ast.Assign) and _last(node.targets[0]) == "__tablename__":
            table = node.value.value if isinstance(node.value, ast.Constant) else None
            if not str(table).startswith(f"{self.name}_"):
                yield f"the table {table!r} must be named {self.name}_…"
        if not isinstance(node, ast.Call) or not node.args:
            return
        first = node.args[0].value if isinstance(node.args[0], ast.Constant) else None
        maker = _last(node.func)
        if maker == "Blueprint" and first not in (self.name, f"{self.name}_desk", f"{self.name}_root"):
            yield f"the blueprint {first!r} must be named {self.name}, {self.name}_desk or {self.name}_root"
        if maker in ("create_table", "Table") and isinstance(first, str) and not first.startswith(f"{self.name}_"):
            yield f"the table {first!r} must be named {self.name}_…"
        if maker == "Block" and isinstance(first, str) and not first.startswith(f"{self.name}/"):
            yield f"the template {first!r} must stand under {self.name}/"

    def _template(self, file: Path) -> Iterator[Fault]:
        where = str(file.relative_to(self.root))
        elsewhere = "in the page, where the policy forbids it: put it into static/"
        rules = (
            (r"\|\s*safe\b|autoescape\s+false", "trusts text (|safe): use the filter `markdown` for written text"),
            (r"<script(?![^>]*\bsrc=)(?![^>]*application/ld\+json)", f"has a script {elsewhere}"),
            (r"<style\b|\sstyle=[\"']", f"has a style {elsewhere}"),
            (r"\son[a-z]+=[\"']", f"has a handler {elsewhere}"),
        )
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            for pattern, text in rules:
                if re.search(pattern, line):
                    yield Fault(where, number, text)


def _imports(tree: ast.Module) -> Iterator[tuple[Any, str, list[str]]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name, []) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node, node.module or "", [alias.name for alias in node.names]
        elif isinstance(node, ast.Call) and _last(node.func) in ("import_module", "__import__"):
            yield from ((node, str(a.value), []) for a in node.args[:1] if isinstance(a, ast.Constant))


def _last(node: ast.AST) -> str:
    return ast.unparse(node).split(".")[-1]
