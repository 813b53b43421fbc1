"""What becomes of a message: taken in, confirmed, passed on, answered, closed. Who calls commits."""

from __future__ import annotations

from hub.api import Content, User, now, session, setting
from hub_contact import guard, letters
from hub_contact.models import Message, Step


class Decided(Exception):
    """Somebody was faster."""


def needs_confirming(message: Message) -> bool:
    """Whether its address has to be confirmed first."""
    wanted = setting("contact.confirm")
    return (
        bool(message.email) and not message.user_id and (wanted == "all" or (wanted == "holders" and message.to_holder))
    )


def take_in(message: Message) -> None:
    """A message has come: it waits for its sender, waits for an editor, or goes on its way."""
    quiet = message.email and needs_confirming(message) and not guard.may_write_to(message.email)
    message.state = "held" if message.doubts or quiet else "confirm" if needs_confirming(message) else "open"
    session().add(message)
    session().flush()
    if message.state == "confirm":
        letters.confirm(message)
    else:
        go_on(message)


def go_on(message: Message) -> None:
    """What is not suspicious reaches whom it is meant for; an editor is told of the rest."""
    content = session().get(Content, message.content_id) if message.content_id else None
    if message.state == "open" and message.to_holder and content is not None and letters.passed_on(message, content):
        passed(message)
        return
    letters.later()


def passed(message: Message, editor: User | None = None) -> None:
    """It is on its way to the keeper: nothing that was private stays here."""
    message.state, message.moved = "passed", now()
    message.text = message.name = message.email = ""
    note(message, "passed", editor)


def note(message: Message, verb: str, editor: User | None = None, text: str = "") -> None:
    """Write down what happened."""
    session().add(Step(message_id=message.id, verb=verb, text=text, user_id=editor.id if editor else None))


def act(message: Message, do: str, editor: User, text: str) -> None:
    """An editor's step: answer, close, open, release or spam. Raises Decided where it is not possible any more, and
    ValueError with a sentence where something is missing."""
    allowed = {
        "answer": ("open", "answered", "closed"), "close": ("open", "answered"), "open": ("closed", "answered", "spam"),
        "release": ("held",), "spam": ("held", "open", "answered", "closed"),
    }  # fmt: skip
    if message.state not in allowed.get(do, ()):
        raise Decided
    if do == "answer":
        letters.answered(message, text)
    message.state = {"answer": "answered", "close": "closed", "open": "open", "release": "open", "spam": "spam"}[do]
    message.moved = now()
    verbs = {"answer": "answered", "close": "closed", "open": "opened", "release": "released", "spam": "spam"}
    note(message, verbs[do], editor, text if do == "answer" else "")
    if do == "release":
        go_on(message)
