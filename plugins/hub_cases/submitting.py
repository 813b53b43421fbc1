"""Write once, submit anywhere: how ready a practice is for a form or contest, and the filled form as a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Response, abort, request
from flask.typing import ResponseReturnValue
from flask_babel import force_locale, get_locale

from hub.api import Item, gettext, instance, items, render_page
from hub_cases import pages, paper, participedia, profiles
from hub_cases.document import as_docx
from hub_cases.practice import PRACTICE
from hub_cases.profiles import Profile, Question, in_language

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@dataclass(frozen=True)
class Answer:
    """One question with what a practice answers in one language. boxes: (ticked, words) of its choices."""

    question: Question
    text: str
    boxes: tuple[tuple[bool, str], ...] = ()

    @property
    def words(self) -> int:
        return len(self.text.split())

    @property
    def answered(self) -> bool:
        return bool(self.text) or any(ticked for ticked, _ in self.boxes)

    @property
    def is_long(self) -> bool:
        """Whether the answer stands below its question, where it is written and where there is room for one."""
        return not self.boxes and (self.question.is_long or "\n" in self.text or len(self.text) > 120)

    @property
    def lines(self) -> int:
        """How many lines are ruled on paper where nothing is answered."""
        return (4 if not self.question.field or 0 < self.question.words <= 60 else 7) if self.is_long else 1

    @property
    def state(self) -> str:
        """ok, missing, long, or outside: the form asks what a practice has no field for."""
        if not self.question.field:
            return "outside"
        if not self.answered:
            return "missing"
        limit, most = self.question.words, self.question.characters
        return "long" if (limit and self.words > limit) or (most and len(self.text) > most) else "ok"


@dataclass(frozen=True)
class Sheet:
    """A form in one language, filled from a practice or (item is None) empty."""

    profile: Profile
    item: Item | None
    language: str
    answers: tuple[Answer, ...]

    @property
    def title(self) -> str:
        """What is told: a practice, or the form alone."""
        return self.item.title if self.item else in_language(self.profile.label, self.language)

    @property
    def asked(self) -> int:
        return sum(bool(a.question.field) for a in self.answers)

    @property
    def ready(self) -> int:
        return sum(a.state == "ok" for a in self.answers)

    @property
    def percent(self) -> int:
        return 100 * self.ready // (self.asked or 1)

    @property
    def missing(self) -> list[Answer]:
        """Questions that must be answered and are not."""
        return [a for a in self.answers if a.question.required and a.state == "missing"]


def fill(profile: Profile, item: Item, language: str) -> Sheet:
    """A practice's answers to a form."""
    with force_locale(language):
        return Sheet(profile, item, language, tuple(_answer(question, item, language) for question in profile.questions))


def blank(profile: Profile, language: str) -> Sheet:
    """A form with no answers, to be filled in by hand or in a word processor."""

    def box(question: Question, value: str) -> tuple[bool, str]:
        words = in_language(question.options[value], language)
        return False, f"{words}: {'_' * 30}" if value == "other" and question.other else words

    return Sheet(profile, None, language, tuple(Answer(q, "", tuple(box(q, value) for value in q.options)) for q in profile.questions))


def sheets(profile: Profile, number: int) -> list[Sheet]:
    """The form in every language that the practice has, finished or not."""
    found = []
    for language in items.site()["languages"]:
        shown = items.load([number], language, 2, links=True, drafts=True)
        if shown and shown[0].lang == language:
            found.append(fill(profile, shown[0], language))
    return found


def _answer(question: Question, item: Item, language: str) -> Answer:
    if question.options:
        stored = item.value(question.field) or []
        chosen = set(stored if isinstance(stored, list) else [stored])
        boxes = []
        for value, words in question.options.items():
            said = in_language(words, language)
            if value == "other" and value in chosen and question.other and item.value(question.other):
                said = f"{said.rstrip(':')}: {item.value(question.other)}"
            boxes.append((value in chosen, said))
        return Answer(question, "", tuple(boxes))
    texts = [_text(name, item, language) for name in question.field.split("+") if name]
    return Answer(question, "\n\n".join(dict.fromkeys(filter(None, texts))))


def _text(name: str, item: Item, language: str) -> str:
    match name:
        case "title" | "summary" | "body":
            return str(getattr(item, name))
        case "place":
            return item.place.name(language) if item.place else ""
        case "country":
            locale = get_locale()
            code = item.place.country if item.place else ""
            return str(locale.territories.get(code, code)) if locale else code
        case "topics":
            return ", ".join(topic.name(language) for topic in item.topics)
        case "languages_of_text":
            return ", ".join(item.languages)
        case "institution":  # where none is written, whoever keeps the practice presents it
            return item.text(name) or _text("holder", item, language)
    if PRACTICE.relation(name):
        return ", ".join(end.title for end in item.links.get(name, []))
    declared = PRACTICE.field(name)
    if declared is not None and declared.type == "rows":
        lines = [" ".join(str(v) for v in row.values() if v is not True) for row in item.value(name) or []]
        return "\n".join(lines) if name == "links_out" else item.text(name)
    return item.text(name)


# -- files ----------------------------------------------------------------------------------------------------------------


def as_markdown(sheet: Sheet) -> str:
    """The filled form as Markdown."""
    parts = [f"# {in_language(sheet.profile.label, sheet.language)}"]
    for answer in sheet.answers:
        parts.append(f"## {in_language(answer.question.ask, sheet.language)}")
        if answer.boxes:
            parts.append("\n".join(f"- [{'x' if ticked else ' '}] {words}" for ticked, words in answer.boxes))
        elif answer.text:
            parts.append(answer.text)
    return "\n\n".join(parts) + "\n"


# -- pages ----------------------------------------------------------------------------------------------------------------


def profile_list(uid: str) -> ResponseReturnValue:
    """Where a practice could be submitted, and how ready it is in each language."""
    content = pages.editable(uid)
    rows = [(profile, sheets(profile, content.id)) for profile in profiles.every().values()]
    return render_page("cases/profiles.html", cache=False, content=content, rows=rows, said=in_language, title=_title(content.id))


def _title(number: int) -> str:
    shown = items.load([number], items.speaking(), 2, drafts=True)
    return shown[0].title if shown else gettext("(no title)")


def page(uid: str, profile: str) -> ResponseReturnValue:
    """One form, question by question, with the words of each answer in every language."""
    content, known = pages.editable(uid), profiles.every().get(profile)
    if known is None:
        abort(404)
    found = sheets(known, content.id)
    return render_page("cases/submit.html", cache=False, content=content, profile=known, sheets=found, said=in_language,
                       title=_title(content.id), table=profile == participedia.ORIGIN, pdf=instance.pdf_maker() is not None)  # fmt: skip


def file(uid: str, profile: str, shape: str) -> ResponseReturnValue:
    """The filled form as a file, in the language asked for."""
    sheet = _asked(uid, profile)
    if (shape == "csv" and profile != participedia.ORIGIN) or (shape == "pdf" and instance.pdf_maker() is None):
        abort(404)
    table = lambda s: participedia.as_csv(s.item, s.language)  # noqa: E731
    made: dict[str, Any] = {"docx": as_docx, "pdf": paper.as_pdf, "md": as_markdown, "csv": table}
    return _sent(made[shape](sheet), shape, f"{sheet.item.slug if sheet.item else uid}-{profile}-{sheet.language}")


def _asked(uid: str, profile: str) -> Sheet:
    """The form filled from a practice, in the language asked for or else the first that the practice has."""
    content, known = pages.editable(uid), profiles.every().get(profile)
    found = sheets(known, content.id) if known else []
    return next((s for s in found if s.language == request.args.get("language")), found[0] if found else None) or abort(404)


def _sent(body: bytes | str, shape: str, name: str) -> Response:
    kinds = {"docx": DOCX, "pdf": "application/pdf", "md": "text/markdown; charset=utf-8", "csv": "text/csv; charset=utf-8"}
    response = Response(body, content_type=kinds[shape])
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.{shape}"'
    return response


def printed(uid: str, profile: str) -> ResponseReturnValue:
    """The filled form alone, as it is printed."""
    return render_page("cases/form.html", cache=False, sheet=_asked(uid, profile), said=in_language)


# -- the empty form, for everybody ----------------------------------------------------------------------------------------


def form(lang: str, profile: str) -> ResponseReturnValue:
    """A form with room to write, for a meeting where practices are collected by hand."""
    known = profiles.every().get(profile) or abort(404)
    return render_page("cases/form.html", sheet=blank(known, lang), said=in_language)


def form_file(lang: str, profile: str) -> ResponseReturnValue:
    """The empty form as a document; what comes back filled in is read by the desk."""
    known = profiles.every().get(profile) or abort(404)
    return _sent(as_docx(blank(known, lang)), "docx", f"{profile}-{lang}")
