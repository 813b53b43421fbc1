"""Writes docs/HOOKS.md from the hook specifications and their users: `tools/hooks.py [--check]` (part of `make docs`)."""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
from pathlib import Path

from hub.hooks import calls, specs

ROOT = Path(__file__).resolve().parents[1]
AT_START = {"content_types", "blueprints", "settings", "permissions", "jobs", "exporters", "importers", "change_readers", "started"}
TARGET = ROOT / "docs" / "HOOKS.md"
HEAD = """# Hooks

A hook is a function in your plugin's `hooks.py` that wears `@hookimpl` (`from hub.api import hookimpl`). Leave out arguments
that you do not need. Plural noun: give a list. Verb: a question, and the first answer that is not `None` wins. Past participle:
something happened. A failing, slow or wrong answer is left out, noted at `/desk/plugins` and in `hub doctor`; after five failures
or three overruns of its time in ten minutes the plugin rests for ten minutes. `HUB_TRACE_HOOKS=1` prints every call with its time.

A plugin publishes hooks of its own in a file `specs.py` (`from hub.api import hookspec`) and calls them with `hub.api.ask` or
`hub.api.gather`; others implement them with `@hookimpl(optionalhook=True)`, so that they also work where that plugin is off.

*This page is made by `make docs` from `hub/hooks/specs.py`.*
"""


def users() -> dict[str, list[str]]:
    """Hook → the bundled plugins that implement it."""
    found: dict[str, list[str]] = {}
    for path in sorted(ROOT.glob("plugins/hub_*/hooks.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and any(ast.unparse(d).startswith("hookimpl") for d in node.decorator_list):
                found.setdefault(node.name, []).append(path.parent.name)
    return found


def page() -> str:
    """The whole page."""
    parts, used = [HEAD], users()
    for name, spec in vars(specs).items():
        if not hasattr(spec, "hub_spec"):
            continue
        text, _, example = inspect.cleandoc(spec.__doc__ or "").partition("Example:")
        budget = calls.BUDGETS.get(name, calls.USUAL_BUDGET)
        arguments = ", ".join(inspect.signature(spec).parameters)
        code = example.strip().strip("`")
        code, _, note = code.partition("` ") if "` " in code else (code, "", "")
        body = f"{name}({arguments})"
        parts.append(f"## {body}\n\n{text.strip()}\n")
        parts.append(f"```python\n@hookimpl\ndef {body}:\n{textwrap.indent(code, '    ')}\n```\n")
        if note:
            parts.append(note.lstrip("— ").strip().capitalize() + "\n")
        told = ", ".join(f"[{user}](../plugins/{user}/hooks.py)" for user in used.get(name, [])) or "no bundled plugin yet"
        when = "Asked once, at start." if name in AT_START else f"Time: {budget:g} s."
        parts.append(f"{when} Used by {told}.\n")
    return "\n".join(parts)


def main() -> int:
    text = page()
    if "--check" not in sys.argv:
        TARGET.write_text(text, encoding="utf-8")
        return 0
    if not TARGET.is_file() or TARGET.read_text(encoding="utf-8") != text:
        print("docs/HOOKS.md is not what the hooks say: run `make docs`")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
