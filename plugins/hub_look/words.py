"""The site's own words: any string of the interface worded otherwise, per language, with the plural forms of that language.

Kept as the setting `look.words`: {language: {message: [text of each form]}}. What is stored has been checked here, because
templates take the interface's strings for safe: no markup, no quotation marks, no placeholder that is not in the original.
"""

import io
import re
from typing import Any

import sqlalchemy as sa
from babel.messages.pofile import read_po
from flask import abort, current_app, flash, g, redirect, request, url_for
from flask_babel import force_locale, get_domain

from hub.api import fold, gettext, instance, items, needs, ngettext, render_page
from hub_look import shapes

LONGEST, SHOWN = 300, 40
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")
_kept: dict[str, Any] = {"now": (None, {})}  # the setting as it was read last, and what was made of it


def told(language):
    """What the catalogues ask: the site's own words in a language, read once per request or job."""
    if "look_words" not in g:
        g.look_words = {}  # whatever is translated while they are read
        g.look_words = _read()
    return g.look_words.get(language, {})


def _read():
    """The setting, beside the transaction in the middle of which whoever translates a word may be."""
    try:
        raw = instance.stored_settings().get("look.words")
    except sa.exc.SQLAlchemyError:  # a new instance has no tables yet
        return {}
    before, words = _kept["now"]
    if raw != before:
        fit = shapes.fits(raw, shapes.SHAPES["words"])
        words = {code: _catalogue(texts) for code, texts in (raw or {}).items()} if fit else {}
        _kept["now"] = (raw, words)
    return words


def _catalogue(texts):
    found: dict[Any, str] = {}
    for message, forms in texts.items():
        found |= {message: forms[0]} if len(forms) == 1 else {(message, n): text for n, text in enumerate(forms)}
    return found


@needs("desk.settings")
def page():
    """The words of the kinds, those that hold what was searched for, and those that were changed already."""
    stored = shapes.stored("words")
    messages, faults = {message[0]: message for message in _interface() if _offered(message)}, {}
    if request.method == "POST":
        faults, changed = _take(messages, stored)
        if not faults:
            instance.store_setting("look.words", stored)
            items.commit()
            flash(ngettext("%(num)s word is changed.", "%(num)s words are changed.", changed), "ok")
            return redirect(url_for("look_desk.words", q=request.args.get("q") or None))
    asked = request.args.get("q", "").strip()
    found = [message for message in messages.values() if asked and _holds(message, asked)] if len(asked) > 1 else []
    changed = [
        messages[name] for name in dict.fromkeys(n for texts in stored.values() for n in texts) if name in messages
    ]
    examples = {code: [", ".join(map(str, some)) for some in _numbers(code)] for code in items.site()["languages"]}
    kinds = [(ctype, [messages[name] for name in _labels(ctype) if name in messages]) for ctype in items.types()]
    return render_page(
        "look/words.html", cache=False, code=422 if faults else 200, faults=faults, q=asked, typed=request.form, total=len(found),
        kinds=[(ctype, _lines(several, stored)) for ctype, several in kinds], found=_lines(found[:SHOWN], stored),
        changed=_lines(changed, stored), examples=examples,
    )  # fmt: skip


def _interface():
    """Every message of the interface in English, core's first: (text,) or (singular, plural)."""
    for domain, folder in reversed(current_app.extensions["hub"].languages.sources):
        for source in sorted(folder.glob(f"*/LC_MESSAGES/{domain}.po"))[:1]:
            for message in read_po(io.BytesIO(source.read_bytes())):
                if message.id and not message.context:
                    yield message.id if isinstance(message.id, tuple) else (message.id,)


def _offered(message):
    """Strings with markup stay as they are."""
    return not any(sign in text for text in message for sign in '<>&"\n')


def _labels(ctype):
    """The messages behind the words for a kind: one, many, "add"."""
    return [label._args[0] for label in (ctype.label, ctype.plural, ctype.add_label) if getattr(label, "_args", ())]


def _holds(message, asked):
    wanted, texts = fold(asked), list(message)
    for code in items.site()["languages"]:
        texts += _forms(message, code)
    return any(wanted in fold(text) for text in texts)


def _numbers(code):
    """Some numbers for each plural form of a language, in the order of its catalogue: [[1, 21, 31], [2, 3, 4], [5, 6, 7]]."""
    found: dict[int, list[int]] = {}
    for number in range(1, 100):
        found.setdefault(_catalogue_of(code).plural(number), []).append(number)
    return [found[form][:3] for form in sorted(found)]


def _catalogue_of(code):
    with force_locale(code):
        return get_domain().get_translations()


def _forms(message, code):
    """A message as it reads now, in every form of a language, placeholders left in."""
    catalogue = _catalogue_of(code)
    if len(message) == 1:
        return [catalogue.ugettext(message[0])]
    return [catalogue.ungettext(*message, numbers[0]) for numbers in _numbers(code)]


def _lines(messages, stored):
    """Messages as the page shows them."""
    languages = items.site()["languages"]
    return [{
        "name": message[0], "forms": {code: _forms(message, code) for code in languages},
        "own": any(message[0] in stored.get(code, {}) for code in languages),
    } for message in messages]  # fmt: skip


def _take(messages, stored):
    """Put what was typed into `stored`; answers faults by the control's name, and how many words changed."""
    faults, changed = {}, 0
    for name in request.form.getlist("message"):
        if name not in messages:
            abort(400)
        for code in items.site()["languages"]:
            before = _forms(messages[name], code)
            typed = [_tidy(request.form.get(f"{name}.{code}.{n}", text)) for n, text in enumerate(before)]
            if typed == before:
                continue
            texts = stored.setdefault(code, {})
            if not any(typed):
                changed += texts.pop(name, None) is not None
                continue
            for n, text in enumerate(typed):
                if fault := _fault(messages[name], text):
                    faults[f"{name}.{code}.{n}"] = fault
            texts[name] = typed
            changed += 1
    return faults, changed


def _tidy(text):
    return re.sub(r"\s+", " ", text).strip().replace("'", "’")


def _fault(message, text):
    """What is wrong with a text, or nothing."""
    if not text:
        return gettext("Write every form, or leave all of them empty to have the original back.")
    if len(text) > LONGEST:
        return gettext("At most %(limit)s characters, please.", limit=LONGEST)
    if re.search(r'[<>&"]', text):
        return gettext("No < > & and no straight quotation marks; write “ ” or « ».")
    own, allowed = PLACEHOLDER.findall(text), set(PLACEHOLDER.findall(" ".join(message)))
    lost = allowed - set(own) if len(message) == 1 else set()
    if not set(own) <= allowed or "%" in PLACEHOLDER.sub("", text) or lost:
        return gettext("Keep the placeholders: %(parts)s", parts=" ".join(sorted(allowed)) or "—")
    return ""
