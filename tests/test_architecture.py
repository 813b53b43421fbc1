"""The walls of the house, held on the syntax tree: who may import whom, what stands only in one place, how large things are.

Numbers here are ratchets: they may be lowered at any time; whoever raises one says why in DECISIONS.md.
"""

import ast
import inspect
import re
import sys
from functools import cache
from pathlib import Path

import pytest

import hub.api

ROOT = Path(__file__).resolve().parents[1]
HUB, PLUGINS, THEMES = ROOT / "hub", ROOT / "plugins", ROOT / "themes"

# rooms from the ground up: a room imports only from itself and from those below it
ROOMS = ("settings", "hooks", "store", "work", "people", "content", "plugins", "site", "app", "cli")
DOORS = {"accounts", "api", "forms", "instance", "items", "log", "testing", "__main__"}  # may look into every room; no room looks out of them

FILE_LINES = 400
LONG_FILES: dict[str, int] = {}  # known, to be made shorter: never longer
HUB_LINES = 13_990  # hub/ without testing/ and migrations/
PARTNERS_LINES = 300
API_NAMES = 60


def python_files(root):
    """scaffold/ holds texts with gaps: what is made of them is held against the walls by tests/core/test_scaffold.py."""
    return sorted(path for path in root.rglob("*.py") if not {"__pycache__", "scaffold"} & set(path.parts[len(root.parts) : -1]))


def module_of(path):
    parts = list(path.relative_to(ROOT).with_suffix("").parts)
    parts = parts[1:] if parts[0] == "plugins" else parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {module_of(path): path for path in [*python_files(HUB), *python_files(PLUGINS)] if "/migrations/" not in str(path)}


@cache
def tree(module):
    return ast.parse(FILES[module].read_text(encoding="utf-8"))


def imports(module, *, only_at_load=False):
    """(imported module, line) of a module; `from hub.content import changes` is hub.content.changes.

    only_at_load: leave out what is imported inside functions and for type checkers.
    """
    found = []
    package = module if FILES[module].name == "__init__.py" else module.rpartition(".")[0]

    def visit(node):
        if only_at_load and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            return
        if only_at_load and isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            return
        if isinstance(node, ast.Import):
            found.extend((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                start = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*start, *([base] if base else [])])
            for alias in node.names:
                whole = f"{base}.{alias.name}"
                found.append((whole if whole in FILES else base, node.lineno))
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("import_module", "__import__")):
            found.extend((str(name.value), node.lineno) for name in node.args[:1] if isinstance(name, ast.Constant))
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(tree(module))
    return found


def top(module):
    return module.split(".")[0]


def room(module):
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""


def is_core(module):
    return top(module) == "hub"


def wrong(rule):
    """Every "file:line imports module" for which rule(importer, imported) says that it must not be."""
    return [f"{FILES[m].relative_to(ROOT)}:{line} imports {to}" for m in FILES for to, line in imports(m) if rule(m, to)]


# --- walls


def test_the_check_sees_the_code():
    assert len(FILES) > 50 and ("hub.content.changes", "hub.work.jobs") in {(m, to) for m in FILES for to, _ in imports(m)}
    assert {room(m) for m in FILES if is_core(m)} <= {"", *ROOMS, *DOORS}, "a new room: where does it stand?"
    plugins = {path.name for path in PLUGINS.iterdir() if (path / "__init__.py").is_file()}
    assert plugins == {top(m) for m in FILES if not is_core(m)} >= {"hub_partners", "hub_cases", "hub_search"}


def test_core_knows_no_plugin():
    assert not wrong(lambda m, to: is_core(m) and top(to).startswith("hub_"))


def test_no_plugin_knows_another():
    assert not wrong(lambda m, to: not is_core(m) and top(to).startswith("hub_") and top(to) != top(m))


def test_plugins_come_in_by_the_api():
    assert not wrong(lambda m, to: not is_core(m) and is_core(to) and to != "hub.api")


def test_name_cards_are_nothing_but_name_cards():
    """A plugin's `__init__` is imported to list it, so it imports nothing else and does nothing."""
    for module in FILES:
        if module.startswith("hub_") and "." not in module:
            assert {to for to, _ in imports(module)} <= {"hub.api", "__future__"}, module
            kinds = [type(node).__name__ for node in tree(module).body]
            assert set(kinds) <= {"Expr", "ImportFrom", "Assign"} and kinds.count("Assign") == 1, module


def test_arrows_point_one_way():
    def upward(m, to):
        if not (is_core(m) and is_core(to)) or room(m) in DOORS or not room(to) or not room(m):
            return False
        return room(to) in DOORS or ROOMS.index(room(to)) > ROOMS.index(room(m))

    assert not wrong(upward)


def test_settings_stand_on_their_own():
    assert not [to for to, _ in imports("hub.settings") if is_core(to)]


def test_no_import_circles():
    graph = {m: {to for to, _ in imports(m, only_at_load=True) if to in FILES and to != m} for m in FILES}
    left = dict(graph)
    while left:  # take away what imports nothing that is left
        free = {m for m, needs in left.items() if not needs & left.keys()}
        if not free:
            break
        left = {m: needs for m, needs in left.items() if m not in free}
    assert not left, f"these import each other in a circle: {sorted(left)}"


def test_services_know_no_flask():
    services = [m for m in FILES if m.endswith(".service")]
    assert not [f"{m} imports {to}" for m in services for to, _ in imports(m) if "flask" in top(to).lower() or top(to) == "werkzeug"]


def only_in(libraries, places):
    """Who imports one of the libraries outside of the places (beginnings of paths)."""
    return [line for line in wrong(lambda m, to: any(to == lib or to.startswith(lib + ".") for lib in libraries))
            if not line.startswith(places)]  # fmt: skip


def test_one_file_per_engine():
    assert not only_in({"whoosh"}, tuple(f"plugins/hub_search/{name}.py" for name in ("index", "segments", "bulk")))
    assert not only_in({"feedparser"}, ("plugins/hub_news/",))
    assert not only_in({"httpx", "httpx2", "httpcore", "httpcore2", "requests", "urllib3", "aiohttp"}, ("hub/work/net.py",))


def test_only_the_work_room_opens_connections():
    network = {"socket", "smtplib", "ssl", "ftplib", "imaplib", "poplib", "telnetlib", "http.client", "urllib.request", "xmlrpc.client",
               "socketserver", "http.server"}  # fmt: skip
    # the command looks whether a port is free; the tests' kit plays server and forbids the network
    assert not only_in(network, ("hub/work/", "hub/cli/serving.py", "hub/testing/"))


def test_models_of_plugins_stand_under_their_name():
    for module in FILES:
        for node in ast.walk(tree(module)):
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__tablename__" and not is_core(module):
                assert ast.literal_eval(node.value).startswith(top(module).removeprefix("hub_") + "_"), module


def test_what_is_made_hangs_on_the_app():
    """No application, session, engine or plugin manager in a module: two applications live in one process."""
    makers = {"Flask", "SQLAlchemy", "PluginManager", "create_engine", "sessionmaker", "scoped_session", "Session", "create_app", "Hooks",
              "PluginHost", "Thread", "ThreadPoolExecutor", "Redis"}  # fmt: skip
    found = []
    for module in FILES:
        for node in tree(module).body:
            if isinstance(node, ast.Assign | ast.AnnAssign | ast.Expr) and node.value is not None:
                calls = [n for n in ast.walk(node.value) if isinstance(n, ast.Call)]
                found += [f"{module}:{node.lineno}" for n in calls if ast.unparse(n.func).split(".")[-1] in makers]
    assert not found


# --- sanitised text


def test_no_template_trusts_text():
    doors = re.compile(r"\|\s*safe\b|autoescape\s+false|\bMarkup\b")
    found = []
    for root in (HUB, PLUGINS, THEMES):
        for path in sorted([*root.rglob("templates/**/*.html"), *root.rglob("templates/**/*.xml")]):
            lines = path.read_text(encoding="utf-8").splitlines()
            found += [f"{path.relative_to(ROOT)}:{n}" for n, line in enumerate(lines, 1) if doors.search(line)]
    assert not found


def test_markup_is_made_only_where_text_is_sanitised():
    allowed = ("hub/content/texts.py", "hub/site/", "plugins/hub_covers/hooks.py",  # covers: drawings made of numbers only
                   "plugins/hub_news/reader/cleaning.py")  # fmt: skip  # the sanitiser of feeds itself
    found = []
    for module, path in FILES.items():
        if str(path.relative_to(ROOT)).startswith(allowed):
            continue
        found += [f"{path.relative_to(ROOT)}:{node.lineno}" for node in ast.walk(tree(module))
                  if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in ("Markup", "mark_safe")]  # fmt: skip
    assert not found


# --- sizes


def lines(path):
    return len(path.read_text(encoding="utf-8").splitlines())


def test_files_stay_short():
    long = {str(path.relative_to(ROOT)): lines(path) for path in FILES.values() if lines(path) > FILE_LINES}
    for name, count in sorted(long.items()):
        print(f"{name}: {count} lines")
    grown = {name: count for name, count in long.items() if count > LONG_FILES.get(name, FILE_LINES)}
    assert not grown, f"longer than {FILE_LINES} lines, or than they were: {grown}"


def test_core_stays_small():
    total = sum(lines(path) for module, path in FILES.items() if is_core(module) and room(module) != "testing")
    print(f"hub/: {total} lines of {HUB_LINES}")
    assert total <= HUB_LINES


def test_a_plugin_stays_small():
    assert sum(lines(path) for module, path in FILES.items() if top(module) == "hub_partners") <= PARTNERS_LINES


def test_the_api_is_small_and_documented():
    names = hub.api.__all__
    assert len(names) <= API_NAMES and list(names) == sorted(set(names)) and all(hasattr(hub.api, name) for name in names)
    silent = []
    for name in names:
        thing = getattr(hub.api, name)
        if getattr(thing, "__module__", "").startswith("hub.") and (inspect.isclass(thing) or inspect.isfunction(thing)):
            doc = thing.__dict__.get("__doc__") if inspect.isclass(thing) else thing.__doc__
            if not doc or doc.startswith(f"{name}("):  # what a dataclass writes of itself is no explanation
                silent.append(name)
    assert not silent, f"names of hub.api without a word of explanation: {silent}"
    with_types = inspect.getmembers(hub.api, inspect.isfunction)
    untyped = [name for name, thing in with_types if name in names and thing.__module__.startswith("hub.")
               and inspect.signature(thing).return_annotation is inspect.Signature.empty]  # fmt: skip
    assert not untyped, f"names of hub.api without types: {untyped}"


def test_nothing_else_is_public_by_accident():
    """What hub.api imports for itself is not for plugins: they use names of `__all__` only."""
    found = []
    for module in FILES:
        if is_core(module):
            continue
        for node in ast.walk(tree(module)):
            if isinstance(node, ast.ImportFrom) and node.module == "hub.api":
                found += [f"{module}:{node.lineno} {alias.name}" for alias in node.names if alias.name not in hub.api.__all__]
    assert not found


@pytest.mark.parametrize("name", sorted({top(m) for m in FILES if not is_core(m)}))
def test_each_bundled_plugin_is_installed(name):
    assert f'"plugins/{name}"' in (ROOT / "pyproject.toml").read_text(), "it is in no wheel"
    assert str(PLUGINS) in sys.path or any(str(PLUGINS) in entry for entry in sys.path) or __import__(name)
