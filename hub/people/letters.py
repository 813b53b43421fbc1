"""Letters about accounts: text and HTML from templates, in the language of who gets them, through the outbox."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from flask import current_app, g, has_request_context, render_template
from flask_babel import force_locale

from hub.hooks.here import hub
from hub.store.db import session
from hub.work import mail


@contextmanager
def speaking_to(language: str) -> Iterator[None]:
    """Inside, texts and templates speak this language ("" or one the site does not have: as it was)."""
    if language not in hub().settings.site.languages:
        yield
        return
    before = g.get("hub_lang")
    g.hub_lang = language
    try:
        with force_locale(language):
            yield
    finally:
        g.pop("hub_lang") if before is None else setattr(g, "hub_lang", before)


def write(to: str, language: str, template: str, subject: Any, **context: Any) -> None:
    """Put a letter into the outbox, as part of the session's transaction.

    template: without its ending; `.txt` and `.html` are rendered. subject: a lazy string is read in that language; user: who is greeted.
    """
    with ExitStack() as stack:
        if not has_request_context():  # a job: templates need addresses all the same
            stack.enter_context(current_app.test_request_context(base_url=hub().settings.site.url))
        stack.enter_context(speaking_to(language))
        texts = [render_template(f"{template}.{shape}", **{"user": None, **context}) for shape in ("txt", "html")]
        mail.send(session(), to, str(subject), *texts)


def address(path: str) -> str:
    """A path of this site as an address for letters."""
    return str(hub().settings.site.absolute(path))
