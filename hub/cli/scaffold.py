"""For people who write plugins: `hub plugin new`, `hub plugin revision`, `hub plugin check`."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import click

from hub.cli import app
from hub.cli.manage import plugin
from hub.content.pages import PAGE
from hub.hooks.parts import Plugin
from hub.plugins.declared import PluginError, check_card
from hub.plugins.host import PluginHost
from hub.plugins.modules import implementation, watched
from hub.settings import SettingsError, load_settings
from hub.store import migrate
from hub.store.db import engine

SCAFFOLD = Path(__file__).parents[1] / "scaffold"
TEXT = (".py", ".html", ".css", ".po", ".toml", ".md", "")
SUMMARIES = {"content": "Places and things that people look after together.", "page": "A diary of how this hub grows."}


@plugin.command("new")
@click.argument("name")
@click.option("--content-type", is_flag=True, help="With a kind of content of its own: lists, pages, forms, search.")
@click.option("--single", is_flag=True, help="One file NAME.py in place of a package.")
@click.option("--to", "folder", metavar="DIR", type=click.Path(path_type=Path), help="Default: INSTANCE/plugins.")
def new(name: str, content_type: bool, single: bool, folder: Path | None) -> None:
    """Write a plugin that runs at once: a tested, translated package in INSTANCE/plugins/hub_NAME."""
    name, shape = name.removeprefix("hub_"), "content" if content_type else "page"
    try:
        instance = load_settings().instance
    except SettingsError:
        if folder is None:
            raise
        instance = None
    taken = _taken(name, instance)
    target = (folder or instance / "plugins") / (f"{name}.py" if single else f"hub_{name}")  # type: ignore[operator]
    if target.exists():
        raise click.ClickException(f"{target} is there already; choose another name, or move it away first")
    words = _words(name, shape, taken)
    if single:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(_filled((SCAFFOLD / "single" / f"{shape}.py").read_text(encoding="utf-8"), words), "utf-8")
    else:
        _write(SCAFFOLD / "common", target, words)
        _write(SCAFFOLD / shape, target, words)
    click.echo(f"{target} is written. Next:")
    here = instance is not None and (folder is None or folder.resolve() == instance / "plugins")
    for line in _next_commands(name, target, instance if here else None, single):
        click.echo(f"  {line}")


def _taken(name: str, instance: Path | None) -> set[str]:
    """Kinds and address words that are in use; refuses a name that cannot be a plugin's."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*[a-z0-9]", name) or "__" in name:
        raise click.ClickException(
            f"'{name}' cannot be a plugin's name: begin with a letter, use three small Latin letters or more, digits and single _"
        )
    try:
        check_card(Plugin(name, name), name)
    except PluginError as error:
        raise click.ClickException(f"{error}; choose another name") from None
    host = PluginHost(instance or Path("/nonexistent"))
    host.discover()
    words = {PAGE.path, PAGE.kind}
    if instance:
        here = app().extensions["hub"]
        words |= {word for t in here.types.all() for word in (t.path, t.kind)} | set(here.settings.site.languages)
    if name in host.found or name in words:
        raise click.ClickException(f"the name '{name}' is taken; `hub plugin list` shows the plugins there are")
    return words


def _words(name: str, shape: str, taken: set[str]) -> dict[str, str]:
    """What stands for the placeholders. The kind is the name in the singular, as far as English is regular."""
    kind = re.sub(r"ies$", "y", name) if name.endswith("ies") else re.sub(r"(?<=[^s])s$", "", name)
    kind = f"{name}_entry" if kind in taken or len(kind) < 2 else kind
    return {
        "PLUGIN_NAME": name, "PLUGIN_DASHED": name.replace("_", "-"), "PLUGIN_KIND": kind,
        "PLUGIN_LABEL": name.replace("_", " ").capitalize(), "PLUGIN_ITEM": kind.replace("_", " ").capitalize(),
        "PLUGIN_SUMMARY": SUMMARIES[shape],
    }  # fmt: skip


def _filled(text: str, words: dict[str, str]) -> str:
    return re.sub("|".join(words), lambda found: words[found[0]], text)


def _write(source: Path, target: Path, words: dict[str, str]) -> None:
    for path in sorted(p for p in source.rglob("*") if p.is_file() and p.suffix in TEXT):
        place = target / _filled(str(path.relative_to(source)), words).replace("gitignore", ".gitignore")
        place.parent.mkdir(parents=True, exist_ok=True)
        text = path.read_text(encoding="utf-8")
        if words["PLUGIN_ITEM"] == words["PLUGIN_LABEL"]:  # a catalogue has each word once
            text = text.replace('\nmsgid "PLUGIN_ITEM"\nmsgstr "PLUGIN_ITEM"\n', "")
        place.write_text(_filled(text, words), "utf-8")


def _next_commands(name: str, target: Path, instance: Path | None, single: bool) -> list[str]:
    path = shlex.quote(str(target))
    if instance is None:
        on = [f"cp -r {path} INSTANCE/plugins/ && hub --instance INSTANCE plugin on {name}"]
    else:
        on = [f"hub --instance {shlex.quote(str(instance))} plugin on {name}"]
    serve = f"hub --instance {shlex.quote(str(instance)) if instance else 'INSTANCE'} serve --reload"
    language = load_settings(instance).default_language if instance else "en"
    test = f"hub plugin check {path}" if single else f"cd {path} && python -m pytest"
    return [*on, f"{serve}    # then open /{language}/{name}/", test]


@plugin.command("revision")
@click.argument("name")
@click.argument("message")
def revision(name: str, message: str) -> None:
    """Write the next migration of a plugin by comparing its models with the database."""
    host = app().extensions["hub"].plugins
    found = host.found.get(name.removeprefix("hub_"))
    if found is None:
        raise click.ClickException(f"no plugin named '{name}' is installed; `hub plugin list` shows what there is")
    with app().app_context():
        host.card(found.name)
        if found.folder is None:
            raise click.ClickException(f"{name} is one file; tables need a package with a folder migrations/")
        with watched(found):
            implementation(found)
        versions = found.folder / "migrations"
        versions.mkdir(exist_ok=True)
        before = set(versions.glob("*.py"))
        number = 1 + max((int(p.name[:4]) for p in before if p.name[:4].isdigit()), default=0)
        migrate.revision(engine(), found.history, message, f"{number:04}")
    for path in set(versions.glob("*.py")) - before:
        click.echo(f"{path} is written. Read it, then: hub upgrade")


@plugin.command("check")
@click.argument("path", type=click.Path(exists=True, path_type=Path))
def check(path: Path) -> None:
    """Hold a plugin (a folder or one file) against the rules: walls, its own tests, the conformance kit."""
    done = subprocess.run([sys.executable, "-m", "hub.testing.check", str(path.resolve())], check=False)
    raise click.exceptions.Exit(done.returncode)
