"""Themes and templates: who may override what, and static files with addresses that change with their content.

Templates are looked up in this order: `instance/templates`, the active theme, core, plugins (under their name only, so
that a plugin cannot take another's or core's template). `original:cases/item.html` is the un-overridden one.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from flask import Flask, Response, abort, g, request, send_file, url_for
from jinja2 import BaseLoader, ChoiceLoader, FileSystemLoader, FunctionLoader, PrefixLoader
from werkzeug.utils import safe_join

from hub.hooks.here import hub
from hub.store.db import session
from hub.store.state import setting

CORE = Path(__file__).parent.parent
COOKIE = "hub_theme"
ACCESSIBLE = "contrast"
STYLES = ("base", "frame", "entries", "lines", "item", "controls", "data", "desk", "print")  # core's rules, in order


@dataclass(frozen=True)
class Theme:
    """A folder with theme.toml, tokens.css, and perhaps templates/ and static/. No Python."""

    name: str
    folder: Path
    title: str


class Themes:
    """The installed themes and the loaders made of them."""

    def __init__(self, instance: Path) -> None:
        self.instance = instance
        self.all: dict[str, Theme] = {}
        for root in (_bundled(), instance / "themes"):
            for folder in sorted(root.iterdir()) if root.is_dir() else []:
                if (folder / "tokens.css").is_file():
                    about = folder / "theme.toml"
                    title = tomllib.loads(about.read_text()).get("title", folder.name) if about.is_file() else folder.name
                    self.all[folder.name] = Theme(folder.name, folder, title)
        self._hashes: dict[str, tuple[float, str]] = {}
        self._sheets: dict[str, tuple[float, str, str]] = {}

    def active(self) -> Theme:
        """The theme of this request: the accessible one where the visitor chose it, else the site's."""
        chosen = request.cookies.get(COOKIE, "") if request else ""
        if chosen == ACCESSIBLE and chosen in self.all:
            return self.all[chosen]
        if "hub_theme" not in g:
            g.hub_theme = setting(session(), "hub.theme")
        return self.all.get(g.hub_theme) or self.all["commons"]

    def loader(self, plugins: dict[str, Path]) -> BaseLoader:
        core = FileSystemLoader(CORE / "templates")
        own = PrefixLoader({name: FileSystemLoader(folder / "templates") for name, folder in plugins.items()})
        original = ChoiceLoader([core, own])
        return ChoiceLoader([
            FileSystemLoader(self.instance / "templates"),
            FunctionLoader(self._from_theme),
            original,
            PrefixLoader({"original": original}, delimiter=":"),
        ])  # fmt: skip

    def _from_theme(self, name: str):
        try:
            path = safe_join(str(self.active().folder / "templates"), name)
        except RuntimeError:  # outside a request
            return None
        if path is None or not Path(path).is_file():
            return None
        return Path(path).read_text(encoding="utf-8"), path, lambda: False

    def stylesheet(self, name: str) -> tuple[str, str]:
        """All CSS of a theme as one file and its hash: base tokens, core's rules, then the theme's own tokens."""
        parts = [_bundled() / "commons" / "tokens.css", *(CORE / "static" / "css" / f"{part}.css" for part in STYLES)]
        if name != "commons":
            parts.append(self.all[name].folder / "tokens.css")
        stamp = max(part.stat().st_mtime for part in parts)
        known = self._sheets.get(name)
        if known is None or known[0] != stamp:
            text = "\n".join(part.read_text(encoding="utf-8") for part in parts)
            text = re.sub(r"/\*.*?\*/\s*", "", text, flags=re.S)  # comments are for us, not for phones
            text = re.sub(r"url\((fonts/[\w.-]+)\)", lambda found: self._lasting(name, found[1]), text)
            known = (stamp, text, hashlib.sha256(text.encode()).hexdigest()[:12])
            self._sheets[name] = known
        return known[1:]

    def _lasting(self, name: str, file: str) -> str:
        """A font's address in the stylesheet, with its hash: browsers ask for it once."""
        path = self.path(f"theme-{name}", file)
        return f"url({file}?v={self.version(path)})" if path else f"url({file})"

    def path(self, owner: str, file: str) -> Path | None:
        """Where a static file lies. owner: hub, instance, a plugin's or `theme-<name>`."""
        roots: list[Path] = []
        if owner == "hub":
            roots = [CORE / "static"]
        elif owner == "instance":
            roots = [self.instance / "static"]
        elif owner.startswith("theme-") and owner[6:] in self.all:
            roots = [self.all[owner[6:]].folder / "static", _bundled() / "commons" / "static"]
        elif owner in hub().plugins.loaded:
            folder = hub().plugins.found[owner].folder
            roots = [folder / "static"] if folder else []
        for root in roots:
            found = safe_join(str(root), file)
            if found and "\0" not in found and Path(found).is_file():
                return Path(found)
        return None

    def version(self, path: Path) -> str:
        """A short hash of a file's content, kept while its time stays the same."""
        stamp = path.stat().st_mtime
        known = self._hashes.get(str(path))
        if known is None or known[0] != stamp:
            known = (stamp, hashlib.sha256(path.read_bytes()).hexdigest()[:12])
            self._hashes[str(path)] = known
        return known[1]


def _bundled() -> Path:
    installed = CORE / "_themes"
    return installed if installed.is_dir() else CORE.parent / "themes"


def init_app(app: Flask, themes: Themes) -> None:
    app.add_url_rule("/static/<owner>/<path:file>", "static_file", static_file)
    app.jinja_env.globals["static_url"] = static_url


def static_url(owner: str, file: str) -> str:
    """The address of a static file, with its content's hash so that browsers may keep it for ever."""
    themes: Themes = hub().themes
    if file == "style.css" and owner.startswith("theme-"):
        version = themes.stylesheet(owner[6:])[1]
    else:
        path = themes.path(owner, file)
        version = themes.version(path) if path else "0"
    return url_for("static_file", owner=owner, file=file, v=version)


def static_file(owner: str, file: str) -> Response:
    themes: Themes = hub().themes
    if file == "style.css" and owner.startswith("theme-") and owner[6:] in themes.all:
        response = Response(themes.stylesheet(owner[6:])[0], mimetype="text/css")
    else:
        path = themes.path(owner, file)
        if path is None:
            abort(404)
        response = send_file(path, conditional=True, etag=themes.version(path))
        if path.suffix == ".mjs":
            response.mimetype = "text/javascript"
    kept = "v" in request.args
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if kept else "no-cache"
    if re.search(r"\.(woff2|svg|png|webp)$", file):
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
