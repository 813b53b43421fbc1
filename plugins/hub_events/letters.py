"""Letters to the registered, in their language, through the outbox: confirm, placed, offered, reminders, changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from flask import current_app
from flask_babel import force_locale

from hub.api import Content, gettext, items, send_mail, session
from hub_events import links, times
from hub_events.models import HOLDING, Registration, Session

Part = str | tuple[str, str]


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Inside, texts speak this language, also in a job."""
    with ExitStack() as stack:
        stack.enter_context(force_locale(language))
        yield


def title_of(content: Content, language: str) -> str:
    """An event's title in a language, else in one that it has."""
    texts = {text.lang: text.title for text in content.texts}
    return texts.get(language) or next(iter(texts.values()), "")


def write(entry: Registration, subject: str, parts: list[Part]) -> None:
    """Put a letter to a registered person into the outbox. parts: paragraphs, and (what it does, address) for links."""
    if entry.email and not entry.forgotten:
        post(entry.email, entry.lang, subject, parts)


def post(address: str, language: str, subject: str, parts: list[Part]) -> None:
    """Put a letter into the outbox, as text and as HTML."""
    site = items.site()
    text = "\n\n".join(part if isinstance(part, str) else f"{part[0]}:\n{part[1]}" for part in parts)
    template = current_app.jinja_env.get_template("events/letter.html")
    html = template.render(parts=parts, language=language, subject=subject, site=site)
    send_mail(session(), address, subject.replace("\n", " "), f"{text}\n\n{site['name']}\n{site['url']}\n", html)


def is_off(content: Content) -> bool:
    """Whether an event does not take place: cancelled, or put into the trash."""
    return bool(content.data.get("cancelled")) or content.status == "trash"


def _own(entry: Registration, content: Content) -> list[Part]:
    """The link to one's registration, where its page is still there."""
    if content.status == "trash":
        return []
    told = gettext("Your registration: change it or give the place back")
    if is_off(content):
        told = gettext("Your registration")
    elif entry.state == "pending":  # there is no place yet to give back
        told = gettext("Confirm that you come, or say no")
    return [(told, links.place(entry))]


def _about(
    entry: Registration, content: Content, subject: Callable[[str], str], said: Callable[[], list[Part]]
) -> None:
    with speaking(entry.lang):
        title = title_of(content, entry.lang)
        write(entry, subject(title), [title, times.when(content), *said(), *_own(entry, content)])


def confirm(entry: Registration, content: Content) -> None:
    """The link that confirms the address."""
    _about(entry, content, lambda title: gettext("Confirm your registration: %(title)s", title=title), lambda: [
        gettext("Open the link and press the button; then you have a place, or are on the waiting list. "
                "If it was not you, do nothing.")])  # fmt: skip


def placed(entry: Registration, content: Content) -> None:
    """There is a place, or one waits."""
    if entry.state == "waiting":
        _about(entry, content, lambda title: gettext("You are on the waiting list: %(title)s", title=title), lambda: [
            gettext("All places are taken. As soon as one becomes free for you, we write to you.")])  # fmt: skip
        return

    def said() -> list[Part]:
        found: list[Part] = [gettext("You have a place. Your code at the entrance: %(code)s", code=entry.code)]
        return found + join(content)

    _about(entry, content, lambda title: gettext("You are registered: %(title)s", title=title), said)


def join(content: Content) -> list[Part]:
    """The line with the address where one joins, where there is one."""
    address = times.life.room(content)
    return [(gettext("Join here"), address)] if address else []


def offered(entry: Registration, content: Content) -> None:
    def said() -> list[Part]:
        moment = times.moment(entry.offered_until, content)
        return [
            gettext("A place has become free. It is kept for you until %(moment)s; take it by the link.", moment=moment)
        ]

    _about(entry, content, lambda title: gettext("A place for you: %(title)s", title=title), said)


def lapsed(entry: Registration, content: Content) -> None:
    _about(entry, content, lambda title: gettext("The offered place has gone on: %(title)s", title=title), lambda: [
        gettext("Nobody took it in time, so it was offered to the next one in the list. You can register anew.")])  # fmt: skip


def cancelled(entry: Registration, content: Content) -> None:
    _about(entry, content, lambda title: gettext("Your registration is cancelled: %(title)s", title=title), lambda: [
        gettext("You no longer have a place. You can register anew as long as registration is open.")])  # fmt: skip


def seated(entry: Registration, content: Content, part: Session) -> None:
    _about(entry, content, lambda title: gettext("A place in a session: %(title)s", title=title), lambda: [
        gettext("You now have a place here: %(session)s", session=session_title(part, entry.lang))])  # fmt: skip


def session_title(part: Session, language: str) -> str:
    texts: dict[str, dict[str, str]] = part.texts
    return str((texts.get(language) or next(iter(texts.values()), {})).get("title", ""))


def remind(entry: Registration, content: Content) -> None:
    _about(entry, content, lambda title: gettext("Soon: %(title)s", title=title), lambda: [
        gettext("You are registered. Your code at the entrance: %(code)s", code=entry.code), *join(content)])  # fmt: skip


def changed(entry: Registration, content: Content, *, again: bool = False) -> None:
    """The event has another time, or is cancelled. again: takes place after all, though a letter said that it was cancelled."""
    if is_off(content):
        _about(entry, content, lambda title: gettext("Cancelled: %(title)s", title=title), lambda: [
            gettext("The event does not take place.")])  # fmt: skip
    elif again:
        _about(entry, content, lambda title: gettext("It takes place after all: %(title)s", title=title), lambda: [
            gettext("The event was cancelled and now takes place, at the time above. Your registration stays; "
                    "give the place back if you cannot come.")])  # fmt: skip
    else:
        _about(entry, content, lambda title: gettext("Another time: %(title)s", title=title), lambda: [
            gettext("The event has been moved. Your registration stays; give the place back if you cannot come then.")])  # fmt: skip


def moved(entry: Registration, content: Content, part: Session) -> None:
    """A session that one has signed up for has another time or room."""

    def said() -> list[Part]:
        return [_where(part, content, entry.lang), gettext("This session has been moved. Your place in it stays.")]

    _about(entry, content, lambda title: gettext("A session has been moved: %(title)s", title=title), said)


def dropped(entry: Registration, content: Content, part: Session) -> None:
    """A session that one has signed up for, or waits for a place in, was taken out of the programme."""

    def said() -> list[Part]:
        return [_where(part, content, entry.lang), gettext("This session does not take place. Your place at the event itself stays.")]

    _about(entry, content, lambda title: gettext("A session is off: %(title)s", title=title), said)


def _where(part: Session, content: Content, language: str) -> str:
    """A session with its hours and room."""
    hours = times.span(part.starts_at, part.ends_at, times.life.zone_of(content))
    return f"{session_title(part, language)}: {hours}{f' · {part.room}' if part.room else ''}"


def filled(entry: Registration, content: Content, text: str) -> str:
    """What an organiser wrote: `{link}` becomes the address where one joins, `{name}` the person's name. Who only waits is not told the
    address that is for those who have a place."""
    room = times.life.room(content) if entry.state in HOLDING else str(content.data.get("live") or "")
    return text.replace("{link}", room).replace("{name}", entry.name)


def organiser(entry: Registration, content: Content, subject: str, text: str) -> None:
    """What the organiser writes, filled in for its receiver."""
    with speaking(entry.lang):
        write(entry, subject, [*[part for part in filled(entry, content, text).split("\n\n") if part.strip()], *_own(entry, content)])


# -- to speakers --------------------------------------------------------------------------------------------------------


def ask_speaker(address: str, language: str, content: Content, name: str, link: str) -> None:
    """Whether whoever reads this is the speaker that a programme names."""
    with speaking(language):
        title = title_of(content, language)
        parts: list[Part] = [title, times.when(content), gettext(
            "The programme names %(name)s. If this is you, say so by the link: then your sessions stand on the page of your account here. "
            "Your address came from the organisers and is kept nowhere.", name=name), (gettext("Is this you?"), link)]  # fmt: skip
        post(address, language, gettext("You are in the programme: %(title)s", title=title), parts)


def moved_speaker(address: str, language: str, content: Content, part: Session) -> None:
    """A session in which one speaks has another time or room."""
    with speaking(language):
        title = title_of(content, language)
        said = gettext("This session, in which you speak, has been moved.")
        own = (gettext("My sessions"), items.absolute("/account/"))
        parts: list[Part] = [title, _where(part, content, language), said, own]
        post(address, language, gettext("A session has been moved: %(title)s", title=title), parts)


# -- to the organisers of series ------------------------------------------------------------------------------------------


def ask(address: str, language: str, content: Content) -> None:
    """Whether a date of a series takes place; the link shows two buttons."""
    with speaking(language):
        title = title_of(content, language)
        parts: list[Part] = [title, times.when(content), gettext(
            "This date stands in the guide as not yet confirmed. Say whether it takes place; who is registered hears of a cancellation."),
            (gettext("Yes or no"), links.address(language, "date", links.sign("date", content.uid)))]  # fmt: skip
        post(address, language, gettext("Does it take place? %(title)s", title=title), parts)


def paused(address: str, language: str, pattern: Content) -> None:
    """A series has paused."""
    with speaking(language):
        title = title_of(pattern, language)
        desk = items.absolute(f"/desk/events/{pattern.uid}/series/")
        parts: list[Part] = [title, gettext(
            "Three dates in a row have passed without a word whether they took place, so no more dates are announced."),
            (gettext("Go on with the series, or end it"), desk)]  # fmt: skip
        post(address, language, gettext("The series has paused: %(title)s", title=title), parts)
