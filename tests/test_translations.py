"""The catalogues are complete and sound, and no English is left on a page in Russian."""

from __future__ import annotations

import importlib.util
import io
import re
import sys
import tomllib
from functools import cache
from gettext import GNUTranslations
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from babel.messages.catalog import Catalog

from hub.site.languages import _account_catalogues, compiled
from hub.store import db
from hub.testing.fixtures import csrf, sign_in
from hub.work.mail import Mail

ROOT = Path(__file__).resolve().parents[1]
SLUGS = {
    t["slug"] for t in tomllib.loads((ROOT / "hub/content/seeds/topics.toml").read_text(encoding="utf-8"))["topics"]
}
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")
SAME_FORMS = {"%(num)s more"}  # plural entries whose forms are alike on purpose
NAMES = frozenset(
    "api atom vcard csv xlsx jsonl geojson json rss feed markdown jpeg png webp gif avif cc iopd https example org caps lock "
    "people privacy signin editor hub toml test cases partners covers search upgrade commons meadow".split()
)  # what stays Latin in a Russian sentence, and what the test site itself is called


def _tool() -> Any:
    spec = importlib.util.spec_from_file_location("hub_messages", ROOT / "tools" / "messages.py")
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


messages = _tool()
WANTED = {domain.name: (domain, found) for domain, found in messages.wanted()}
CATALOGUES = [
    pytest.param(name, language, path, id=f"{name}-{language}")
    for name, (domain, found) in WANTED.items() if len(found)
    for language, path in domain.files().items()
]  # fmt: skip


def strings(message: Any) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string)


@pytest.mark.parametrize(("name", "language", "path"), CATALOGUES)
def test_nothing_missing_unused_or_fuzzy(name, language, path):
    assert not list(messages.faults(WANTED[name][1], messages.read(path))), "run tools/messages.py and translate"


@pytest.mark.parametrize(("name", "language", "path"), CATALOGUES)
def test_file_is_as_the_tool_writes_it(name, language, path):
    found, before = WANTED[name][1], messages.read(path)
    assert path.read_bytes() == messages.written(messages.updated(found, before, language), language)


def formats_alike(message: Any) -> None:
    plain = message.id if isinstance(message.id, str) else message.id[1]
    names = set(PLACEHOLDER.findall(plain))
    for text in strings(message):
        assert set(PLACEHOLDER.findall(text)) == names, text
        assert text.count("%") == len(PLACEHOLDER.findall(text)), f"a bare % breaks the page: {text}"


@pytest.mark.parametrize(("name", "language", "path"), CATALOGUES)
def test_placeholders_agree(name, language, path):
    for message in messages.read(path):
        if message.id:
            formats_alike(message)


@pytest.mark.parametrize(("name", "language", "path"), CATALOGUES)
def test_plural_forms(name, language, path):
    catalogue = messages.read(path)
    assert catalogue.plural_forms == Catalog(locale=language).plural_forms
    for message in catalogue:
        if message.pluralizable:
            forms = strings(message)
            assert len(forms) == catalogue.num_plurals and all(forms), message.id
            assert len(set(forms)) == (1 if message.id[0] in SAME_FORMS else len(forms)), message.id


@pytest.mark.parametrize(("name", "language", "path"), CATALOGUES)
def test_compiles(name, language, path, tmp_path):
    with io.BytesIO(compiled(path, tmp_path)) as file:
        ready = GNUTranslations(file)
    for message in messages.read(path):
        if message.pluralizable:
            assert {ready.ngettext(*message.id, n) for n in range(120)} == set(strings(message))
        elif message.id:
            assert ready.gettext(message.id) == message.string


def test_one_string_has_one_translation():
    """All catalogues are merged into one, so two plugins cannot mean different things by one string."""
    said: dict[tuple[str, Any], str] = {}
    for param in CATALOGUES:
        _, language, path = param.values
        for message in messages.read(path):
            if message.id:
                assert said.setdefault((language, message.id), message.string) == message.string


def test_account_messages(tmp_path):
    ours = messages.read(ROOT / "hub/translations/ru/LC_MESSAGES/flask_security.po")
    folder = _account_catalogues(tmp_path, ["ru", "en"])
    assert folder == _account_catalogues(tmp_path, ["ru", "en"])
    with (folder / "ru/LC_MESSAGES/flask_security.mo").open("rb") as file:
        ready = GNUTranslations(file)
    for message in ours:
        if message.id:
            formats_alike(message)
            assert ready.gettext(message.id) == message.string
    assert ready.gettext("Code has been sent.") == "Код отправлен.", "what we do not word ourselves comes from the package"


# -- pages ---------------------------------------------------------------------------------------------------------------


class Visible(HTMLParser):
    """What a reader sees or hears of a page: texts and speaking attributes, without parts marked as another language."""

    VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())

    def __init__(self, html: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.open: list[tuple[str, bool]] = []
        self.feed(html)

    @property
    def hidden(self) -> bool:
        return any(hidden for _, hidden in self.open)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        hidden = tag in ("script", "style", "svg", "textarea", "code") or given.get("lang", "ru") != "ru"
        if not hidden and not self.hidden:
            self.texts += [given[name] for name in ("aria-label", "placeholder", "title", "alt") if given.get(name)]
        if tag not in self.VOID:
            self.open.append((tag, hidden))

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if data.strip() and not self.hidden:
            self.texts.append(" ".join(data.split()))


@cache
def english(*names: str) -> re.Pattern[str]:
    """Any English string of these domains with more than three letters, as it would stand in a text."""
    known = set()
    for name in names:
        for message in WANTED[name][1]:
            for text in (message.id,) if isinstance(message.id, str) else message.id:
                words = [re.escape(part) for part in re.split(r"%\(\w+\)[sd]", text)]
                if len(re.findall(r"[A-Za-z]", "".join(words))) > 3 and text.casefold() not in NAMES:
                    known.add(".+?".join(words))
    return re.compile(rf"(?<!\w)(?:{'|'.join(sorted(known, key=len, reverse=True))})(?!\w)", re.I)


PRACTICE = {
    "title.ru": "Грядки у поликлиники", "summary.ru": "Овощи для всех.", "body.ru": "Рассказ.", "f.start": "06.2017",
    "f.end": "продолжается", "f.themes": ["health", "environment"], "f.candidacy": "new", "f.area": "district",
    "f.experience_types": ["citizen-initiative"], "f.aims": ["community-empowerment"], "f.languages": "ru, en",
    "f.figures.0.value": "5", "f.figures.0.unit": "beds", "f.figures.0.more": "true", "t.objective.ru": "Накормить.",
    "p.0.name": "Казань", "p.0.country": "RU", "p.0.point": "55.79, 49.11", "topics": ["gardening"],
    "example": "1", "licence": "CC BY 4.0",
}  # fmt: skip
PARTNER = {"title.ru": "Дом у реки", "f.kind": "library", "f.website": "https://example.org", "p.0.name": "Казань"}
PUBLIC = (
    "/ru/", "/ru/cases/", "/ru/cases/?themes=health", "/ru/cases/?themes=housing", "/ru/partners/", "/ru/search/",
    "/ru/search/?q=грядки", "/ru/search/?q=неттакогослова", "/ru/search/?q=грядки&literal=1", "/ru/topics/",
    "/ru/topics/gardening/", "/ru/topics/waste/", "/ru/pages/about/", "/ru/no-such-page/", "/ru/?theme=contrast",
    "/account/login", "/account/reset", "/account/register", "/account/confirm",
)  # fmt: skip
DESK = (
    "/desk/", "/desk/cases/", "/desk/cases/?status=draft", "/desk/cases/new?form=full", "/desk/cases/new?form=quick",
    "/desk/partners/new", "/desk/plugins", "/desk/settings", "/desk/topics", "/desk/changes", "/desk/health",
    "/account/change", "/desk/transfer/",
)  # fmt: skip


@pytest.fixture
def site(new_hub, run_jobs):
    """A site in Russian first, open for registration, with one practice and one partner."""
    app = new_hub(languages=("ru", "en"), start=True, toml='[accounts]\nregistration = "open"')
    admin = sign_in(app, "admin")
    links = []
    for path, fields in (("partners", PARTNER), ("cases", PRACTICE)):
        token = csrf(admin.get(f"/desk/{path}/new?language=ru").text)
        answer = admin.post(f"/desk/{path}/new", data={
            "csrf_token": token, "language": "ru", "form": "full", "do": "publish", **fields})  # fmt: skip
        assert answer.status_code == 302, Visible(answer.text).texts
        links.append(answer.location.partition("?")[0])
    run_jobs(app)
    return app, admin, links


def left_over(app: Any, html: str) -> list[str]:
    """English of core and of the plugins that are on. Topics' slugs and name cards of other plugins are not ours."""
    on = ("hub", *app.extensions["hub"].plugins.loaded)
    foreign = {m.id for name in WANTED if name not in on for m in WANTED[name][1] if isinstance(m.id, str)} | SLUGS
    names = r"^\w+ \d+\.\d+\.\d+$|: (" + "|".join(map(re.escape, sorted(foreign | set(WANTED)))) + ")$"  # "look 0.1.0", "Включить: Look", "Нужны плагины: events"
    texts = [re.sub(rf"https?://\S+|{names}", "", text) for text in Visible(html).texts if text not in foreign]
    return [f"{found.group()!r} in {text!r}" for text in texts if (found := english(*on).search(text))]


def test_no_english_on_public_pages(site):
    app, _, links = site
    visitor = app.test_client()
    visitor.set_cookie("hub_lang", "ru")
    item = f"/ru/cases/{links[1].rstrip('/').rpartition('/')[2]}/"
    for path in (*PUBLIC, item):
        page = visitor.get(path, follow_redirects=True)
        assert 'lang="ru"' in page.text, path
        assert not left_over(app, page.text), path
        latin = {w for t in Visible(page.text).texts for w in re.findall(r"[a-z]{4,}", t.casefold())} - NAMES
        assert not latin, path


def test_no_english_at_the_desk(site):
    app, admin, links = site
    admin.set_cookie("hub_lang", "ru")
    for path in (*DESK, *links, *(link + part for link in links for part in ("preview",))):
        page = admin.get(path)
        assert page.status_code == 200 and 'lang="ru"' in page.text, path
        assert not left_over(app, page.text), path


def test_faults_are_told_in_russian(site):
    app, admin, _ = site
    admin.set_cookie("hub_lang", "ru")
    wrong = {"f.start": "вчера", "f.contact_email": "почта", "p.0.point": "55.79", "title.ru": ""}
    wrong |= {"f.figures.0.value": "много", "f.links_out.0.label": "сайт", "r.holder": "Никто"}
    page = admin.post("/desk/cases/new", data={
        "csrf_token": csrf(admin.get("/desk/cases/new").text), "language": "ru", "form": "full", **PRACTICE, **wrong,
    })  # fmt: skip
    assert page.status_code == 422 and "Похоже, пропущен знак @" in page.text
    assert not left_over(app, page.text)
    visitor = app.test_client()
    visitor.set_cookie("hub_lang", "ru")
    for path, fields in (
        ("login", {"email": "nobody@example.org", "password": "wrong wrong wrong"}),
        ("register", {"email": "a", "password": "short", "password_confirm": "other"}),
        ("reset", {"email": "nobody@example.org"}), ("confirm", {"email": "nobody@example.org"}),
    ):  # fmt: skip
        form = visitor.get(f"/account/{path}")
        page = visitor.post(f"/account/{path}", data={"csrf_token": csrf(form.text), **fields}, follow_redirects=True)
        said = [t for t in Visible(page.text).texts if re.search(r"[a-z]{4,}", t, re.I) and "@" not in t]
        assert not [t for t in said if not set(re.findall(r"[a-z]{4,}", t.casefold())) <= NAMES], path


@pytest.mark.parametrize("language", ["ru", "en"])
def test_letters(new_hub, language):
    """Every letter about an account names the site, in the reader's language, as text and as HTML."""
    app = new_hub(languages=("ru", "en"), toml='[accounts]\nregistration = "open"')
    visitor = app.test_client()
    visitor.set_cookie("hub_lang", language)

    def send(path: str, **fields: str) -> tuple[str, str]:
        """Fill in a form of the account; the words of the letter that follows, and its first link."""
        token = csrf(visitor.get(path).text)
        answer = visitor.post(path, data={"csrf_token": token, **fields})
        assert answer.status_code in (200, 302), answer.text
        with app.app_context():
            mail = db.session().scalars(sa.select(Mail).order_by(Mail.id.desc())).first()
        for text in (mail.text, mail.html):
            assert "Test hub" in text and "{{" not in text and "&#" not in text
        for text in (mail.subject, mail.text, mail.html):
            assert bool(re.search("[а-яё]{3}", text, re.I)) == (language == "ru"), text
        if language == "ru":
            assert not left_over(app, f"<p>{mail.subject}</p>{mail.html}")
        links = re.findall(r"http://localhost(/\S+)", mail.text)
        assert all(link in mail.html for link in links)
        return mail.text, links[0] if links else ""

    anna, first, second = "anna@example.org", "horse battery correct", "battery correct horse"
    send("/account/register", email=anna, password=first, password_confirm=first)
    text, link = send("/account/confirm", email=anna)
    assert {"ru": "2 дня", "en": "2 days"}[language] in text
    assert visitor.post(link, data={"csrf_token": csrf(visitor.get(link).text)}).status_code == 302
    visitor = app.test_client()
    visitor.set_cookie("hub_lang", language)
    text, link = send("/account/register", email=anna, password=first, password_confirm=first)
    assert link == "/account/login" and "/account/reset/" in text
    _, link = send("/account/reset", email=anna)
    send(link, password=second, password_confirm=second)
    visitor.get("/account/login")
    token = csrf(visitor.get("/account/login").text)
    visitor.post("/account/login", data={"csrf_token": token, "email": anna, "password": second})
    text, link = send("/account/change", password=second, new_password=first, new_password_confirm=first)
    assert link == "/account/reset"
    with app.app_context():
        subjects = list(db.session().scalars(sa.select(Mail.subject).order_by(Mail.id)))
    assert (
        len(subjects) == 6 and len(set(subjects)) == 5
    )  # both letters about an account that is there carry one subject


def test_quotation_marks_nest_where_a_title_stands_in_a_sentence(new_hub):
    from making import make

    from hub.api import gettext

    app = new_hub(["partners", "cases", "contact", "people"])
    uid = make(app, title={"ru": "«Город для жизни»: вторая лаборатория"}, owner="")
    page = app.test_client().get(f"/ru/contact/item/{uid}/").text
    assert "«„Город для жизни“: вторая лаборатория»" in page and "««" not in page
    with app.test_request_context("/ru/"):
        assert gettext("There is no topic “%(slug)s”.", slug="Клуб «Ромашка»") == "Темы «Клуб „Ромашка“» нет."
        assert gettext("There is no topic “%(slug)s”.", slug="Сад") == "Темы «Сад» нет."
