"""Outgoing mail through an outbox: written with the data it belongs to, delivered by a job, retried, never lost."""

from __future__ import annotations

import datetime as dt
import logging
import re
import smtplib
import ssl
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from typing import Any
from urllib.parse import unquote, urlsplit

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from hub.hooks.here import hub
from hub.store.db import Base, Json, Utc, engine, now, writing

log = logging.getLogger("hub.mail")
MAX_ATTEMPTS, NOBODYS = 12, -1
_LINE_ENDS = re.compile(r"[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]")
_ADDRESS = re.compile(r"[^\s@<>()\[\]\\,;:\"]+@[^\s@<>()\[\]\\,;:\"]+")


class Mail(Base):
    __tablename__ = "hub_mail"
    __table_args__ = {"info": {"tries": MAX_ATTEMPTS}}  # for who shows what was given up
    id: Mapped[int] = mapped_column(primary_key=True)
    to: Mapped[str] = mapped_column(sa.String(320))
    subject: Mapped[str] = mapped_column(sa.String(300))
    text: Mapped[str] = mapped_column(sa.Text)
    html: Mapped[str] = mapped_column(sa.Text, default="")
    headers: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    message_id: Mapped[str] = mapped_column(sa.String(120), unique=True)
    created: Mapped[dt.datetime] = mapped_column(Utc, default=now)
    next_try: Mapped[dt.datetime] = mapped_column(Utc, default=now)
    attempts: Mapped[int] = mapped_column(default=0)
    sent: Mapped[dt.datetime | None] = mapped_column(Utc, index=True)
    error: Mapped[str] = mapped_column(sa.Text, default="")


def send(session: Session, to: str, subject: str, text: str, html: str = "", *, reply_to: str = "", unsubscribe: str = "") -> None:
    """Put a mail into the outbox as part of the session's transaction.

    reply_to: the address that answers go to. unsubscribe: an address whose GET shows and whose POST ends such mails.
    Raises ValueError where an address is not one address, or something would break out of its header.
    """
    if _LINE_ENDS.search(to + subject + reply_to + unsubscribe):
        raise ValueError("a mail's addresses and subject must be one line")
    for address in [to, *filter(None, [reply_to])]:
        if not _ADDRESS.fullmatch(address):
            raise ValueError(f"'{address}' is not one mail address")
    headers = {"Reply-To": reply_to} if reply_to else {}
    if unsubscribe:  # RFC 2369 and 8058
        headers |= {"List-Unsubscribe": f"<{unsubscribe}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    parts = {"to": to, "subject": subject[:300], "text": text, "html": html, "headers": headers}
    session.add(Mail(**parts, message_id=make_msgid(domain="hub")))


def try_out(to: str, subject: str, text: str) -> None:
    """Deliver one mail at once, past the outbox. Raises ValueError where no server is set, else what went wrong."""
    settings = hub().settings.mail
    if not settings.url:
        raise ValueError("no mail server is set: write [mail] url into hub.toml")
    mail = Mail(to=to, subject=subject, text=text, headers={}, message_id=make_msgid(domain="hub"))
    _deliver(mail, settings.url, settings.sender)


def deliver_due() -> int:
    """Send what is due; answers how many went out. A mail that fails waits longer each time.

    No transaction is open while a mail server is talked to; a crash in the middle waits for the next try.
    """
    settings = hub().settings.mail
    waiting = sa.and_(Mail.sent.is_(None), Mail.next_try <= now(), Mail.attempts < MAX_ATTEMPTS)
    with engine().connect() as connection:
        due = connection.execute(sa.select(Mail.id, Mail.attempts).where(waiting).limit(100)).all()
    sent = 0
    for number, attempts in due if settings.url else ():
        later = now() + dt.timedelta(minutes=min(720, 2 ** (attempts + 1)))
        mail = _update(sa.and_(Mail.id == number, waiting), attempts=attempts + 1, next_try=later)
        if mail is None:  # another worker has it
            continue
        try:
            _deliver(mail, settings.url, settings.sender)
        except Exception as error:  # whatever is wrong with this one, the others go out
            code, said = _answer(error)
            if said != mail.error:
                log.warning("mail %s could not be sent: %s", number, said)
            if code == NOBODYS:
                _update(Mail.id == number, error=said, attempts=attempts)  # no mail is given up for that
                break
            _update(Mail.id == number, error=said, attempts=MAX_ATTEMPTS if code >= 500 else attempts + 1)
        else:
            _update(Mail.id == number, sent=now(), error="")
            sent += 1
    return sent


def _answer(error: Exception) -> tuple[int, str]:
    """The code with which a server refused one mail (500 and more: for good) and its words; NOBODYS where it would refuse any."""
    answer = (getattr(error, "smtp_code", 0), getattr(error, "smtp_error", b""))
    code, words = next(iter(getattr(error, "recipients", {}).values()), answer)
    if not code:  # not there, or gone in the middle of it; else what cannot be said to this server or be made of this mail
        away = isinstance(error, OSError) and "SMTPUTF8" not in str(error)
        return NOBODYS if away else 0, str(error) or type(error).__name__
    said = f"{code} {words.decode(errors='replace') if isinstance(words, bytes) else words}"
    own = (isinstance(error, smtplib.SMTPRecipientsRefused | smtplib.SMTPDataError) and code != 421) or code == 552  # too large
    policy = "5.7." in said or "relay" in said.lower()  # of the sender or the server's settings, which people mend
    return NOBODYS if not own else 0 if policy else code, said


def _update(which: sa.ColumnElement[bool], **values: Any) -> Any:
    with writing(), engine().begin() as connection:
        return connection.execute(sa.update(Mail).where(which).values(**values).returning(*Mail.__table__.c)).first()


def _deliver(mail: Any, url: str, sender: str) -> None:
    message = EmailMessage()
    message["From"] = sender
    message["To"] = Address(addr_spec=mail.to)
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(now())
    message["Message-ID"] = mail.message_id
    message["Auto-Submitted"] = "auto-generated"
    for name, value in (mail.headers or {}).items():
        message[name] = value
    message.set_content(mail.text)
    if mail.html:
        message.add_alternative(mail.html, subtype="html")
    where = urlsplit(url)
    host, port = where.hostname or "localhost", where.port
    if where.scheme == "smtps":
        client: smtplib.SMTP = smtplib.SMTP_SSL(host, port or 465, timeout=20, context=ssl.create_default_context())
    else:
        client = smtplib.SMTP(host, port or 25, timeout=20)
    with client:
        client.ehlo_or_helo_if_needed()  # before it, no server seems to offer encryption
        if where.scheme == "smtp" and client.has_extn("starttls"):
            client.starttls(context=ssl.create_default_context())  # reads all root certificates
        if where.username:
            client.login(unquote(where.username), unquote(where.password or ""))
        client.send_message(message)
