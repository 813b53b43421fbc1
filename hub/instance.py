"""`hub.api.instance`: the site as a whole: its words, its theme's rules, stored settings, home page,
and the first steps of a new one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from hub.hooks.here import hub
from hub.people import accounts
from hub.plugins.host import PluginError
from hub.plugins.presets import PRESETS, members
from hub.settings import write_site
from hub.site import view
from hub.site.paper import pdf_maker, qr_code
from hub.store import backup as backups
from hub.store import migrate, state
from hub.store.db import engine, outage, session

__all__ = [
    "backup", "cache_dir", "grounds", "menu_lines", "name", "outage", "own_words", "pdf_maker", "presets", "qr_code",
    "sends_mail", "set_up", "setup_token", "static_path", "store_setting", "stored_settings", "themes", "words",
]  # fmt: skip


def words(language: str) -> tuple[str, str]:
    """Name and tagline as hub.toml has them in a language."""
    site = hub().settings.site
    return hub().settings.text(site.name, language), hub().settings.text(site.tagline, language)


def themes() -> list[tuple[str, str]]:
    """(name, title) of the themes that a site may wear."""
    return [(choice.value, str(choice.label)) for choice in hub().declared_settings["hub.theme"].choices]


def grounds() -> str:
    """The rules of the theme that the site wears, as CSS."""
    return str(hub().themes.stylesheet(state.setting(session(), "hub.theme"))[0])


def backup(file: Path) -> None:
    """All of the instance into a file that is not there yet, as `hub backup` does it. Raises BackupError."""
    backups.write(hub().settings, engine(), file)


def sends_mail() -> bool:
    """Whether mails leave this hub: without `[mail] url` in hub.toml they wait in its outbox."""
    return bool(hub().settings.mail.url)


def static_path(owner: str, file: str) -> Path | None:
    """Where a static file lies, such as ("theme-commons", "fonts/vollkorn-latin.woff2")."""
    found: Path | None = hub().themes.path(owner, file)
    return found


def menu_lines(slot: str) -> list[tuple[str, str]]:
    """(key, label) of every line that a menu (main, network, footer) has by itself, for who arranges menus."""
    return [(line.key, str(line.label)) for line in view.menu_lines(slot, None)]


def own_words(told: Callable[[str], Mapping[Any, str]]) -> None:
    """Strings of the interface read as told(language) says, {message or (message, plural form): text}: checked by who tells them,
    and the same object while nothing changes."""
    hub().languages.own_words = told


def cache_dir(name: str) -> Path:
    """A folder for what can be made anew at any time: `instance/cache/<name>/`."""
    folder: Path = hub().settings.cache / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def name() -> str:
    """The site's name as pages in the language of this request show it."""
    return view.site_name()


def store_setting(name: str, value: Any) -> None:
    """Keep a declared setting (checked by the caller) in this transaction. Raises KeyError for one nobody declared."""
    state.set_setting(session(), hub().declared_settings[name] and name, value)


def stored_settings() -> dict[str, Any]:
    """All that the desk has stored, to be read only: as this request found it, and beside its transaction."""
    return state.stored_settings(session())


def presets() -> dict[str, list[str]]:
    """The sets of plugins that a new site may have, by name; the one that is on comes first, as "" where it has no name."""
    host = hub().plugins
    known = {name: members(host, name) for name in (*PRESETS, "all")}
    return {next((name for name in known if set(known[name]) == set(host.wanted())), ""): host.wanted(), **known}


def setup_token(given: str = "") -> str:
    """The one-time word that opens the first steps; see `hub.people.accounts.setup_token`."""
    return accounts.setup_token(hub().settings.data, given)


def set_up(name: str, spoken: list[str], preset: str, theme: str, email: str, password: str) -> None:
    """The first steps: administrator and theme, committed; then hub.toml, the end of the link, the preset's plugins.

    Raises ValueError with a sentence where the account cannot be made.
    """
    accounts.add_user(session(), email, password, "admin")
    store_setting("hub.theme", theme)
    session().commit()
    write_site(hub().settings.instance, name, spoken)
    setup_token()
    host = hub().plugins
    wanted, on = presets()[preset], host.wanted()
    for other in [other for other in reversed(on) if other not in wanted]:
        host.switch_off(other)
    for new in [new for new in wanted if new not in on]:
        with suppress(PluginError, migrate.MigrationError):  # it stays off; the desk's list of plugins says why
            host.switch_on(new, view.migrate_plugin)
