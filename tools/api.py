"""Writes docs/API.md from what `hub.api` exports and its docstrings: `tools/api.py [--check]` (part of `make docs`)."""

from __future__ import annotations

import dataclasses
import inspect
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import GenericAlias, ModuleType
from typing import Any

import hub.api
from hub.hooks.parts import FIELD_TYPES

TARGET = Path(__file__).resolve().parents[1] / "docs" / "API.md"
HEAD = f"""# hub.api {".".join(map(str, hub.api.API_VERSION))}

Everything a plugin may import, and nothing else: `from hub.api import Plugin, hookimpl, …`; its tests may also import
`hub.testing`. Additions raise the second number, removals the first. A plugin says in its card (`api=(1, 0)`) what it was
written for. First steps: [plugins.md](plugins.md); the hooks: [HOOKS.md](HOOKS.md).

*This page is made by `make docs` from the docstrings.*
"""


NOTES = {  # what has no docstring of ours
    "API_VERSION": "The (major, minor) of this page.",
    "Json": "The column type of JSON values on both databases, for tables of a plugin.",
    "gettext": "Translate now: `gettext(\"For %(name)s\", name=…)`, in the language of the page.",
    "ngettext": "Translate by number: `ngettext(\"%(num)s book\", \"%(num)s books\", count)`.",
    "lazy_gettext": "Translate when it is shown; for labels in declarations (`from hub.api import lazy_gettext as _`).",
    "hookimpl": "The decorator of every function that implements a hook.",
    "hookspec": "The decorator of the hooks that a plugin publishes for others, in its `specs.py`.",
}


def told(thing: Any) -> str:
    """A docstring as Markdown; none where it is what a dataclass writes of itself."""
    text = inspect.cleandoc((thing.__dict__.get("__doc__") if inspect.isclass(thing) else thing.__doc__) or "")
    return "" if text.startswith(f"{getattr(thing, '__name__', '?')}(") else text


def signature(thing: Any) -> str:
    """How a function is called, types without their modules."""
    try:
        text = str(inspect.signature(thing))
    except (TypeError, ValueError):
        return "(…)"
    text = re.sub(r"'|\b(?:\w+\.)+(?=[A-Z_a-z])", "", text)
    return re.sub(r"<\w+[^>]*>", "…", text)


def constant(module: ModuleType, name: str) -> str:
    """What a constant holds."""
    value = getattr(module, name)
    if isinstance(value, Mapping):
        return ", ".join(f"`{key}`" for key in value)
    return ", ".join(f"`{one}`" for one in value) if isinstance(value, tuple | list | set | frozenset) else f"`{value}`"


def entry(name: str) -> Iterator[str]:
    """The lines of one exported name."""
    thing = getattr(hub.api, name)
    ours = str(getattr(thing, "__module__", "")).startswith("hub.")
    if isinstance(thing, ModuleType):
        yield f"### {name}\n\n{told(thing)}\n"
        for inner in thing.__all__:
            function = getattr(thing, inner)
            if not callable(function) or inner.isupper() or isinstance(function, GenericAlias):
                yield f"- `{name}.{inner}`: {constant(thing, inner)}"
                continue
            yield f"- `{name}.{inner}{signature(function)}`: {' '.join(told(function).split())}"
        yield ""
    elif inspect.isclass(thing):
        yield f"### {name}\n\n{told(thing)}\n"
        if dataclasses.is_dataclass(thing):
            fields = (f"{f.name}{'' if f.default is f.default_factory is dataclasses.MISSING else '='}" for f in dataclasses.fields(thing))
            if name == "Field":
                yield f"Types: {', '.join(f'`{one}`' for one in FIELD_TYPES)}.\n"
            yield f"Fields: {', '.join(f'`{field}`' for field in fields)} (`=`: may be left out).\n"
    elif inspect.isfunction(thing) and ours:
        yield f"### {name}\n\n```python\n{name}{signature(thing)}\n```\n\n{told(thing)}\n"
    else:
        yield f"### {name}\n\n{NOTES[name]}\n"


def page() -> str:
    """The whole page, names in alphabetical order."""
    names = sorted(hub.api.__all__, key=str.lower)
    return "\n".join([HEAD, *(line for name in names for line in entry(name))]).rstrip() + "\n"


def main() -> int:
    text = page()
    if "--check" not in sys.argv:
        TARGET.write_text(text, encoding="utf-8")
        return 0
    if not TARGET.is_file() or TARGET.read_text(encoding="utf-8") != text:
        print("docs/API.md is not what hub.api says: run `make docs`")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
