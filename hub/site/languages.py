"""Languages of the interface: which one a request speaks, and catalogues of core and plugins merged into one.

`.po` files are the source; they are compiled once into `instance/cache/i18n/`, named by their content.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from copy import copy
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations
from flask import Flask, current_app, g, has_request_context, request
from flask_babel import Babel, Domain, get_locale
from flask_login import current_user
from jinja2 import pass_context
from sqlalchemy.exc import DBAPIError
from werkzeug.routing import BaseConverter

COOKIE = "hub_lang"
HERE = Path(__file__).parent.parent
QUOTED, INNER = re.compile("«([^«»]*(?:«[^«»]*»[^«»]*)+)»"), str.maketrans("«»", "„“")


def nesting(call: Any) -> Any:
    """A call for words, whose answers nest the quotation marks that a title brings into a sentence of ours: «… „…“ …»."""
    def told(*words: Any, **variables: Any) -> Any:
        text = call(*words, **variables)
        return type(text)(QUOTED.sub(lambda found: f"«{found[1].translate(INNER)}»", text)) if text.count("«") > 1 else text
    return told


class Catalogues(Domain):
    """All catalogues of core and plugins as one domain: plugins first, core over them; the site's own words over all.

    own_words: language → {message or (message, number of the plural form): text}, the same object while nothing changes.
    """

    gettext, ngettext = nesting(Domain.gettext), nesting(Domain.ngettext)

    def __init__(self, cache: Path) -> None:
        super().__init__(domain="hub")
        self.cache_folder = cache / "i18n"
        self.sources: list[tuple[str, Path]] = [("hub", HERE / "translations")]
        self.own_words: Callable[[str], Mapping[Any, str]] = lambda language: {}
        self._worded: dict[str, tuple[Any, Any]] = {}

    def add_plugin(self, name: str, folder: Path) -> None:
        """Put a plugin's catalogues under core's."""
        self.sources.insert(-1, (name, folder))
        self.cache.clear()
        self._worded.clear()

    def get_translations(self):
        code = getattr(get_locale(), "language", "en")
        if code not in self.cache:
            merged = Translations()
            for domain, folder in self.sources:
                source = folder / code / "LC_MESSAGES" / f"{domain}.po"
                if source.is_file():
                    catalogue = Translations(io.BytesIO(compiled(source, self.cache_folder)), domain="messages")
                    merged.merge(catalogue)
                    merged.plural = catalogue.plural
            self.cache[code] = merged
        try:
            own = self.own_words(code)
        except DBAPIError:  # a page may have to say that the database is away
            own = {}
        if own and self._worded.get(code, (None,))[0] is not own:
            worded = copy(self.cache[code])
            worded._catalog = worded._catalog | own
            self._worded[code] = (own, worded)
        return self._worded[code][1] if own else self.cache[code]


def compiled(source: Path, cache: Path) -> bytes:
    """The compiled form of a .po file, made when it is not there yet."""
    content = source.read_bytes()
    target = cache / f"{source.stem}-{hashlib.sha256(content).hexdigest()[:16]}.mo"
    return target.read_bytes() if target.is_file() else _keep(read_po(io.BytesIO(content)), target)


def _keep(catalogue: Catalog, target: Path) -> bytes:
    """A catalogue compiled and, where the disk takes it, as a file; whoever reads meanwhile sees all of it or nothing."""
    made = io.BytesIO()
    write_mo(made, catalogue)
    draft = target.with_suffix(f".{os.getpid()}-{id(catalogue)}.new")
    with suppress(OSError):
        target.parent.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(made.getvalue())
        draft.replace(target)
    return made.getvalue()


def init_app(app: Flask, languages: list[str], timezone: str, cache: Path) -> Catalogues:
    """Teach the app its languages; the order of `languages` is the order of preference."""
    # the first word of a page's address: no other word may match, so that `/map/` can be something else
    app.url_map.converters["lang"] = type("LanguageConverter", (BaseConverter,), {"regex": f"(?:{'|'.join(languages)})"})
    babel = Babel()
    babel.init_app(app, default_locale=languages[0], default_timezone=timezone, locale_selector=speaking)
    catalogues = Catalogues(cache)
    babel.domain_instance, words = catalogues, app.jinja_env.globals
    words.update({name: pass_context(nesting(words[name])) for name in ("gettext", "ngettext")})  # which go past the domain
    app.config["SECURITY_I18N_DIRNAME"] = str(_account_catalogues(cache, languages))
    app.extensions["hub_languages"] = tuple(languages)
    return catalogues


def speaking() -> str:
    """The language of this request: of the address, else the account's, the cookie's, the browser's, the site's."""
    if not has_request_context():
        return str(g.get("hub_lang") or _languages()[0])
    if "hub_lang" not in g:
        first = request.path.split("/", 2)[1]
        g.hub_lang = first if first in _languages() else preferred()
    return str(g.hub_lang)


def preferred() -> str:
    """What a person wants where the address says nothing: as they chose, else as the page that sent them, else their browser."""
    known, came = _languages(), request.args.get("next", "").removeprefix(request.script_root).lstrip("/").partition("/")[0]
    chosen = request.args.get("lang") or request.cookies.get(COOKIE)
    if chosen in known:
        return str(chosen)
    if request.cookies.get("hub") or request.cookies.get("__Host-hub"):
        user = current_user
        if user.is_authenticated and user.language in known:
            return str(user.language)
    return came if came in known else request.accept_languages.best_match(known) or known[0]


def _languages() -> tuple[str, ...]:
    return current_app.extensions["hub_languages"]


def _account_catalogues(cache: Path, languages: list[str]) -> Path:
    """Flask-Security's catalogues under plain language codes (it ships ru as ru_RU), our own wording before theirs."""
    shipped = Path(str(getattr(find_spec("flask_security"), "origin", ""))).parent / "translations"
    texts = {code: [path.read_bytes() for path in (
        *(HERE / "translations" / code).glob("LC_MESSAGES/flask_security.po"),
        *sorted(shipped.glob(f"{code}_*/LC_MESSAGES/flask_security.po"))[:1],
    )] for code in languages}  # fmt: skip
    folder = cache / "i18n" / f"account-{hashlib.sha256(repr(texts).encode()).hexdigest()[:16]}"
    for code, sources in texts.items():
        target = folder / code / "LC_MESSAGES" / "flask_security.mo"
        if sources and not target.is_file():
            merged = Catalog()
            for message in (message for source in sources for message in read_po(io.BytesIO(source))):
                if message.id and message.string and message.id not in merged:
                    merged[message.id] = message
            _keep(merged, target)
    return folder
