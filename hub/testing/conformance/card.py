"""What a plugin says of itself, where its names stand, and whom it imports."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

from hub.testing.bench import Bench

__all__ = [
    "test_card_imports_nothing_heavy",
    "test_it_comes_in_by_the_api",
    "test_it_says_what_it_is",
    "test_names_stand_under_the_plugin",
]
FORBIDDEN = frozenset(
    "requests httpx httpx2 urllib3 aiohttp smtplib ftplib imaplib poplib telnetlib".split()
)  # hub.api.fetch, send_mail
LOOK = """
import json, sys
from pathlib import Path
import hub.api
from hub.plugins.host import PluginHost
host = PluginHost(Path(sys.argv[1]))
host.discover()
before = set(sys.modules)
host.card(sys.argv[2])
print(json.dumps(sorted(set(sys.modules) - before)))
"""


def test_it_says_what_it_is(hub_plugin: Bench) -> None:
    """Label and summary in each language of the interface, a docstring, a README, a version, no setting without a label."""
    from flask_babel import LazyString, force_locale

    from hub.testing import catalogues

    card = hub_plugin.app().extensions["hub"].plugins.card(hub_plugin.name)
    assert re.fullmatch(r"\d+(\.\d+)+([a-z].*)?", card.version), (
        f"the card's version {card.version!r} is none such as 0.1.0"
    )
    assert str(card.label).strip(), "the card has no label"
    assert str(card.summary).strip(), "the card has no summary: one sentence for the administrator"
    assert ast.get_docstring(ast.parse(hub_plugin.files[0].read_text(encoding="utf-8"))), (
        "the plugin's module has no docstring"
    )
    with hub_plugin.here() as here:
        nameless = [
            n for n, s in here.declared_settings.items() if n.startswith(f"{hub_plugin.name}.") and not str(s.label)
        ]
        nameless += [n for n, p in here.permissions.items() if n.startswith(f"{hub_plugin.name}.") and not str(p.label)]
    assert not nameless, f"settings or permissions without a label: {nameless}"
    if hub_plugin.package is None:
        return  # one file: no README and no catalogues of its own
    places = (
        hub_plugin.package,
        hub_plugin.source or hub_plugin.package,
        (hub_plugin.source or hub_plugin.package).parent,
    )
    assert any((place / "README.md").is_file() for place in places), "there is no README.md"
    catalogue = hub_plugin.package / "translations" / "ru" / "LC_MESSAGES" / f"{hub_plugin.name}.po"
    written = {message.id for message in catalogues.read(catalogue) if message.string}  # some words are alike in both
    for text in (card.label, card.summary):
        assert isinstance(text, LazyString), (
            f"{str(text)!r} is not translated: write it as _(…) with hub.api.lazy_gettext as _"
        )
        with hub_plugin.here(), force_locale("ru"):
            told = str(text) != text._args[0] or text._args[0] in written
        assert told, f"{text._args[0]!r} has no Russian translation"


def test_card_imports_nothing_heavy(hub_plugin: Bench) -> None:
    """Listing plugins imports their cards, so a package's `__init__` imports nothing but hub.api."""
    command = [sys.executable, "-c", LOOK, str(hub_plugin.folder), hub_plugin.name]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    module = hub_plugin.found.module.__name__
    loaded = [m for m in json.loads(done.stdout) if m != module]
    if hub_plugin.package is None:
        loaded = [m for m in loaded if m.partition(".")[0] not in sys.stdlib_module_names]
    assert not loaded, f"its card imports {', '.join(loaded[:8])}; import that in hooks.py or later"


def test_names_stand_under_the_plugin(hub_plugin: Bench) -> None:
    """Tables and their indexes, blueprints, templates, static files, settings, permissions, jobs and the catalogue."""
    name, wrong = hub_plugin.name, []
    for table in hub_plugin.tables():
        wrong += [f"index {index.name}" for index in table.indexes if name not in str(index.name)]
    from hub.store.db import Base

    module = hub_plugin.found.module.__name__
    for mapper in Base.registry.mappers:
        table_name = str(getattr(mapper.class_, "__tablename__", ""))
        if (mapper.class_.__module__ + ".").startswith(module + ".") and not table_name.startswith(f"{name}_"):
            wrong.append(f"table {table_name}")
    part = hub_plugin.found.contribution
    for declared in (*part.settings, *part.permissions, *part.jobs, *part.readers):
        if not re.fullmatch(r"[a-z][a-z0-9_]*", declared.name):
            wrong.append(
                f"{type(declared).__name__} {declared.name!r}: lower-case letters, digits and _, it is known as {name}.…"
            )
    wrong += [f"blueprint {b.name}" for b in part.blueprints if b.name not in (name, f"{name}_desk", f"{name}_root")]
    if hub_plugin.package is not None:
        catalogues = hub_plugin.package.glob("translations/*/LC_MESSAGES/*")
        wrong += [f"catalogue {path.name}" for path in catalogues if path.name != f"{name}.po"]
        wrong += _foreign_references(hub_plugin.package, name)
    assert not wrong, f"not under the name {name}: {'; '.join(wrong)}"


def _foreign_references(package: Path, name: str) -> list[str]:
    """Templates and static files of other plugins that its templates name."""
    found = []
    core = Path(__file__).parents[2] / "templates"
    for path in sorted(package.glob("templates/**/*.html")):
        text = path.read_text(encoding="utf-8")
        for target in re.findall(r"\{%-?\s*(?:extends|include|import|from)\s+[\"']([^\"']+)", text):
            if not target.startswith(f"{name}/") and not (core / target.removeprefix("original:")).is_file():
                found.append(f"{path.name} uses the template {target}")
        for owner in re.findall(r"static_url\([\"']([^\"']+)", text):
            if owner not in (name, "hub", "instance"):
                found.append(f"{path.name} uses a static file of {owner}")
    return found


def test_it_comes_in_by_the_api(hub_plugin: Bench) -> None:
    """Of the hub only what `hub.api` names, of other plugins only those it requires, no network of its own."""
    import hub.api

    module, wrong = hub_plugin.found.module.__name__, []
    needed = {f"hub_{n}" for n in hub_plugin.plugins}
    for path in hub_plugin.files:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for target, names in _imports(node):
                top = target.partition(".")[0]
                where = f"{path.name}:{getattr(node, 'lineno', 0)}"
                if top == "hub" and target != "hub.api":
                    wrong.append(f"{where} imports {target} instead of hub.api")
                elif target == "hub.api":
                    wrong += [
                        f"{where} takes {n}, which hub.api does not offer"
                        for n in names
                        if n not in (*hub.api.__all__, "*")
                    ]
                elif top.startswith("hub_") and top != module and top not in needed:
                    wrong.append(f"{where} imports {top}, which its card does not require")
                elif top in FORBIDDEN or target in ("urllib.request", "http.client"):
                    wrong.append(f"{where} imports {target}; use hub.api.fetch or send_mail, which are guarded")
    assert not wrong, "\n".join(wrong)


def _imports(node: ast.AST) -> list[tuple[str, list[str]]]:
    if isinstance(node, ast.Import):
        return [(alias.name, []) for alias in node.names]
    if isinstance(node, ast.ImportFrom) and not node.level and node.module:
        names = [alias.name for alias in node.names]
        return [
            (node.module if node.module != "hub" or names != ["api"] else "hub.api", names if names != ["api"] else [])
        ]
    return []
