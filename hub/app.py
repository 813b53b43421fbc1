"""create_app(): named steps, top to bottom, nothing else."""

from __future__ import annotations

import functools
import hashlib
import importlib
import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar

from flask import Blueprint, Flask, abort, current_app, g, request
from flask_babel import lazy_gettext as _
from flask_wtf import CSRFProtect
from jinja2 import FileSystemBytecodeCache
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import Rule

from hub.content import changes, queries, workflow
from hub.content.pages import PAGE
from hub.content.types import TypeRegistry
from hub.hooks.calls import Hooks
from hub.hooks.here import Hub
from hub.hooks.parts import Choice, Job, Plugin, Setting
from hub.hooks.troubles import Troubles
from hub.people import accounts, sessions
from hub.plugins.host import PluginHost
from hub.plugins.watch import Watch, stamp
from hub.settings import Settings, load_settings
from hub.site import account, admin, desk, guard, health, languages, pages, themes, view
from hub.site.cache import PageCache
from hub.site.subpath import SubPath
from hub.site.watchdog import Watchdog, call_this_process, die_with_parent, plugin_of
from hub.store import db, state
from hub.work import bucket, limits, logs, mail, shared

CORE_PAGES = ("hub", "desk", "site", "security", "account")  # core's own blueprints; no plugin may be named so


class LateRule(Rule):
    """A rule that compiles what builds its addresses at the first address: half of a start went into builders that this
    process may never need."""

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        compiled = super()._compile_builder
        built: list[Callable[..., tuple[str, str]]] = []

        def build(rule: Rule, *args: Any, **values: Any) -> tuple[str, str]:
            if not built:
                built.append(compiled(append_unknown))
            found: tuple[str, str] = built[0](rule, *args, **values)
            return found

        return build


class Compiled(FileSystemBytecodeCache):
    """Compiled templates on disk; what cannot be kept (the disk is full, read-only) is compiled again the next time."""

    def dump_bytecode(self, bucket: Any) -> None:
        with suppress(OSError):
            super().dump_bytecode(bucket)


class HubFlask(Flask):
    """Flask, except that a view that ends everything (`sys.exit`, a cancelled task) is an error of its page like any other."""

    url_rule_class = LateRule

    def dispatch_request(self) -> Any:
        try:
            return super().dispatch_request()
        except (Exception, KeyboardInterrupt):
            raise
        except BaseException as error:
            raise RuntimeError(f"the view of {request.path} raised {type(error).__name__}") from error


def create_app(instance: str | Path | None = None, *, settings: Settings | None = None, strict: bool | None = None) -> Flask:
    """Make the application of one instance.

    strict: raise a plugin's errors instead of isolating them (default: `HUB_STRICT=1`). Raises SettingsError.
    """
    settings = settings or load_settings(instance)
    strict = bool(os.environ.get("HUB_STRICT")) if strict is None else strict
    app = HubFlask("hub", static_folder=None, template_folder=None)
    configure(app, settings)
    db.init_app(app, settings.database_url, settings.database.pool_size)
    catalogues = languages.init_app(app, settings.site.languages, settings.site.timezone, settings.cache)
    here = make_hub(app, settings, catalogues, strict=strict)
    with app.app_context():
        load_plugins(app, here)
        add_core(here)
        state.pin_settings()
        find_templates(app, here)
        accounts.init_app(app, settings)
        CSRFProtect(app)
        add_pages(app, here)
        cache_pages(app, here)
        here.hooks.tell("started", app=app)
    return app


def configure(app: Flask, settings: Settings) -> None:
    hosts = settings.site.hosts or [_host(settings.site.url)]
    app.config.update(
        SECRET_KEY=settings.secret_key,
        TRUSTED_HOSTS=[*hosts, "localhost", "127.0.0.1", "[::1]"],
        MAX_CONTENT_LENGTH=settings.limits.form_bytes,
        MAX_FORM_MEMORY_SIZE=settings.limits.form_bytes,
        MAX_FORM_PARTS=5000,
        JSON_AS_ASCII=False,
        PREFERRED_URL_SCHEME=settings.site.url.split(":")[0],
        APPLICATION_ROOT=settings.site.root or "/",
    )
    app.url_map.strict_slashes = False
    app.url_map.redirect_defaults = False

    @app.before_request
    def no_zero_byte_comes_in() -> None:  # PostgreSQL knows no such text
        if "\0" in request.path and not request.path.startswith("/api/"):  # which says so by itself
            abort(404)
        if request.mimetype.endswith("urlencoded") and any("\0" in text for texts in request.form.listvalues() for text in texts):
            request.form = type(request.form)((name, text.replace("\0", "")) for name, text in request.form.items(multi=True))

    @app.before_request
    def writers_wait_their_turn() -> None:
        g.hub_intent = db.set_write_intent(request.method not in ("GET", "HEAD", "OPTIONS"))
        app.extensions["hub"].plugins.settle(True)
        request.environ.get("hub.rule", [""])[0] = request.url_rule.rule if request.url_rule else "none"

    @app.teardown_request
    def as_before(_error: BaseException | None) -> None:
        db.set_write_intent(g.pop("hub_intent", False))
        app.extensions["hub"].plugins.settle(False)


def _host(url: str) -> str:
    return url.split("://", 1)[1].split("/", 1)[0].rsplit(":", 1)[0]


def make_hub(app: Flask, settings: Settings, catalogues: Any, *, strict: bool) -> Hub:
    plugins = PluginHost(settings.instance, strict=strict)
    here = Hub(
        settings=settings, plugins=plugins, languages=catalogues,
        shared=shared.connect(settings.redis.url), bucket=bucket.connect(settings.media),
        hooks=Hooks(strict=strict, is_on=plugins.is_on, troubles=Troubles(settings.cache / "troubles"), outage=db.outage),
    )  # fmt: skip
    here.types = TypeRegistry(plugins.is_on)
    app.extensions.update(hub=here, before_fork=[])
    return here


def load_plugins(app: Flask, here: Hub) -> None:
    here.types.add(PAGE)
    here.plugins.load_all(app, here.hooks, here.types, here.settings.site.languages, here.settings.vocabulary)
    app.before_request(lambda: _gate(here))
    for name in list(here.plugins.loaded):
        found = here.plugins.found[name]
        part = found.contribution
        try:
            for blueprint in part.blueprints:
                mount(app, blueprint, here.plugins.card(name))
        except Exception as error:
            here.plugins.give_up(app, name, error, here.hooks, here.types)
            continue
        here.jobs.update({f"{name}.{job.name}": job for job in part.jobs})
        here.readers.update({f"{name}.{reader.name}": reader for reader in part.readers})
        here.permissions.update({f"{name}.{p.name}": p for p in part.permissions})
        here.declared_settings.update({f"{name}.{s.name}": s for s in part.settings})
        here.exporters.update({e.name: (name, e) for e in part.exporters})
        here.importers.update({s: (name, i) for i in part.importers for s in i.suffixes})
        if found.folder and (found.folder / "translations").is_dir():
            here.languages.add_plugin(name, found.folder / "translations")


def mount(app: Flask, blueprint: Blueprint, card: Plugin) -> None:
    """Put a plugin's pages where its name belongs. Raises ValueError for a root address that its card does not name."""
    if blueprint.name == card.name:
        app.register_blueprint(blueprint, url_prefix=f"/<lang:lang>/{card.name}")
    elif blueprint.name.endswith("_desk"):
        app.register_blueprint(blueprint, url_prefix=f"/desk/{card.name}")
    else:
        before = {id(rule) for rule in app.url_map.iter_rules()}
        app.register_blueprint(blueprint)
        for rule in (rule for rule in app.url_map.iter_rules() if id(rule) not in before):
            word = rule.rule.removeprefix("/<lang:lang>").split("/")[1].split(".")[0]
            if word not in card.addresses:
                raise ValueError(f"{rule.rule}: its card does not name the address '{word}'")


def _gate(here: Hub) -> Any:
    """A plugin's pages answer while it is on (its blueprint may serve several applications of a process); a page of the
    desk that says nothing of whom it is for is for nobody."""
    name = (request.blueprint or "hub").partition(".")[0]
    if name in CORE_PAGES:
        return None
    plugin = name.removesuffix("_desk").removesuffix("_root")
    if not here.plugins.is_on(plugin if plugin in here.plugins.loaded else name):
        abort(404)
    if name.endswith("_desk") and not guard.is_guarded(current_app.view_functions[str(request.endpoint)]):
        abort(403)
    return None


def add_core(here: Hub) -> None:
    """Core's own jobs and settings, declared like a plugin's."""
    for job in (
        Job("readers", changes.run_readers, every=60), Job("publish_due", workflow.publish_due, every=30),
        Job("mail", mail.deliver_due, every=20), Job("compact", changes.compact, every=86_400),
        Job("limits", limits.forget_old, every=86_400), Job("sessions", sessions.forget_old, every=86_400),
        Job("damage", health.find_damage, every=86_400), Job("again", workflow.again_later), admin.ERASE,
    ):  # fmt: skip
        here.jobs[f"hub.{job.name}"] = job
    here.themes = themes.Themes(here.settings.instance)
    worn, known = here.settings.site.theme, ", ".join(here.themes.all)
    if worn not in here.themes.all:
        here.setting_faults["site.theme"], worn = str(_("“%(value)s” is none of: %(known)s.", value=worn, known=known)), "commons"
    here.declared_settings["hub.theme"] = Setting(
        "theme", "choice", worn, label=_("Theme"),
        choices=tuple(Choice(t.name, t.title) for t in here.themes.all.values() if t.name != themes.ACCESSIBLE),
    )  # fmt: skip
    here.declared_settings["hub.registration"] = Setting(
        "registration", "choice", here.settings.accounts.registration, label=_("Who may make an account"),
        choices=tuple(Choice(value, label) for value, label in accounts.REGISTRATION.items()),
    )  # fmt: skip


def find_templates(app: Flask, here: Hub) -> None:
    folders = {n: here.plugins.found[n].folder for n in here.plugins.loaded if here.plugins.found[n].folder}
    app.jinja_loader = here.themes.loader(folders)
    compiled = here.settings.cache / "templates"
    try:
        compiled.mkdir(parents=True, exist_ok=True)
        app.jinja_env.bytecode_cache = Compiled(str(compiled))
    except OSError:
        app.logger.warning("%s cannot be written; templates are compiled at every start", compiled)


def add_pages(app: Flask, here: Hub) -> None:
    themes.init_app(app, here.themes)
    view.init_app(app)
    pages.init_errors(app)
    app.register_blueprint(desk.make())
    app.register_blueprint(account.make())
    app.register_blueprint(pages.make())
    below = (rule.rule.split("/")[3:4] for rule in app.url_map.iter_rules() if rule.rule.startswith("/<lang:lang>/"))
    here.page_words = frozenset(word for words in below for word in words if word and "<" not in word) | {"new"}


def cache_pages(app: Flask, here: Hub) -> None:
    settings = here.settings
    release = released_code(here)
    app.wsgi_app = PageCache(  # type: ignore[method-assign]
        app.wsgi_app, url=settings.database_url, engine=db.engine(), megabytes=settings.limits.page_cache_mb,
        timezone=settings.site.timezone, session_cookie=app.config["SESSION_COOKIE_NAME"], shared=here.shared,
        fingerprint=lambda: f"{release} {here.plugins.fingerprint()}", known_names=lambda: queries.known_names(here.types.live())
        | {name for plugin in here.plugins.loaded for name in here.plugins.card(plugin).query},
    )  # fmt: skip
    app.wsgi_app = logs.Requests(app.wsgi_app)  # type: ignore[method-assign]
    if settings.server.proxies:
        hops = settings.server.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, hops, hops, hops)  # type: ignore[method-assign]
    if settings.site.root:
        app.wsgi_app = SubPath(app.wsgi_app, settings.site.root)  # type: ignore[method-assign]


def released_code(here: Hub) -> str:
    """A hash of everything a page is made of beside the database: code, templates, catalogues, themes, settings."""
    digest = hashlib.sha256(here.settings.model_dump_json().encode())
    for root in sources(here):
        files = (os.path.join(folder, name) for folder, _, names in os.walk(root) for name in names)
        for path in sorted(p for p in files if p.endswith((".py", ".html", ".po", ".css", ".toml"))):
            told = os.stat(path)
            digest.update(_digest(path, told.st_mtime_ns, told.st_size))
    return digest.hexdigest()[:16]


@functools.cache
def _digest(path: str, _changed: int, _size: int) -> bytes:
    """Of a file's content: read once by a process that makes several applications."""
    return hashlib.sha256(Path(path).read_bytes()).digest()


def sources(here: Hub) -> list[Path]:
    """The folders with what pages are made of: core, plugins, themes, the instance's own."""
    plugins = [found.folder for found in here.plugins.found.values() if found.folder]
    own = [here.settings.instance / part for part in ("templates", "plugins", "themes")]
    return [themes.CORE, *plugins, *(theme.folder for theme in here.themes.all.values()), *own]


class Running:
    """The application of a process, made anew when a plugin is switched on: no socket closes, no request is refused.

    With HUB_RELOAD (`hub serve --reload`) also when code, a template or a catalogue has changed.
    """

    inherited: ClassVar[Running | None] = None  # what `hub serve` has made before it forked this process

    def __init__(self, instance: str | Path | None = None, app: Flask | None = None) -> None:
        self.app = app or create_app(instance)
        self._instance = instance
        self._file = str(self.app.extensions["hub"].settings.instance / "hub.toml")
        self._built_for = self._wanted()
        self._lock = threading.Lock()
        self._watch = Watch(lambda: stamp(sources(self.app.extensions["hub"]))) if os.environ.get("HUB_RELOAD") else None

    def _wanted(self) -> tuple[list[str], float]:
        here = self.app.extensions["hub"]
        return here.plugins.wanted(), os.stat(self._file).st_mtime if os.path.exists(self._file) else 0.0

    def current(self) -> Flask:
        """The application, with every plugin that plugins.txt names at this moment (failed ones are tried once) and
        as hub.toml says."""
        if self._watch and (changed := self._watch.changed()):
            self._read_again(changed)
        wanted = self._wanted()
        if wanted != self._built_for:
            with self._lock:
                if wanted != self._built_for:
                    new = set(wanted[0]) - set(self.app.extensions["hub"].plugins.loaded)
                    if new or wanted[1] != self._built_for[1]:
                        try:
                            self.app = importlib.import_module("hub.app").create_app(self._instance)
                        except Exception:
                            self.app.logger.exception("the application cannot be made anew; the one before goes on")
                    self._built_for = wanted
        return self.app

    def _read_again(self, changed: set[str]) -> None:
        """The application of the code as it is now; where that cannot be, the one before goes on."""
        with self._lock:
            from hub.plugins import watch  # the one of today: it knows the tables that are known now
            before = watch.forget_code(self.app.extensions["hub"].plugins, changed, themes.CORE)
            try:
                self.app = importlib.import_module("hub.app").create_app(self._instance)
                self._built_for = self._wanted()
            except Exception:
                sys.modules.update(before)
                self.app.logger.exception("what has changed does not work yet; the application before goes on")

    def __call__(self, environ: Any, start_response: Any) -> Any:
        return self.current()(environ, start_response)


def wsgi() -> Any:
    """The application for a WSGI server: `granian --interface wsgi --factory hub.app:wsgi`."""
    db.BUSY_SECONDS = min(db.BUSY_SECONDS, 10.0)  # others wait for this process, and its watchdog for nobody
    running = Running.inherited or Running()
    here: Hub = running.current().extensions["hub"]
    logs.configure(here.settings.log.form, here.settings.log.requests)
    if not os.environ.get("HUB_SUPERVISED"):  # whoever else serves has an own way to end what hangs
        return running
    die_with_parent()
    call_this_process("hub-web")

    def blame(files: list[str], what: str) -> None:
        sources = {n: f.folder or Path(str(f.source)) for n, f in here.plugins.found.items() if n in here.plugins.loaded}
        if plugin := plugin_of(files, sources):
            here.hooks.troubles.note(plugin, what)

    return Watchdog(running, here.settings.limits.request_seconds, blame)
