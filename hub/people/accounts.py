"""Accounts: Flask-Security's models under our table names, its mails through our outbox."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import secrets
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import flask
import sqlalchemy as sa
from flask import Flask, abort, current_app, g, has_request_context, request, url_for
from flask_babel import format_timedelta, gettext
from flask_babel import lazy_gettext as _
from flask_login import current_user
from flask_security import FSQLALiteUserDatastore, MailUtil, Security, hash_password, naive_utcnow
from flask_security import login_user as _login_user
from flask_security.models import sqla_v2 as fs
from flask_security.signals import change_email_confirmed
from flask_security.totp import Totp
from flask_security.webauthn_util import WebauthnUtil
from sqlalchemy.orm import Mapped, Session, mapped_column
from webauthn.helpers.structs import AuthenticatorSelectionCriteria, ResidentKeyRequirement, UserVerificationRequirement
from werkzeug.exceptions import TooManyRequests

from hub.people import letters, sessions
from hub.store import state
from hub.store.db import Base, session
from hub.work import limits

fs.FsModels.set_db_info(
    base_model=Base, user_table_name="hub_user", role_table_name="hub_role",
    webauthn_table_name="hub_webauthn", refresh_table_name="hub_refresh",
)  # fmt: skip

ROLES = ("member", "editor", "admin")  # each may do all that the ones before it may
FORMER = "former-member@hub.invalid"  # whose account stands for everybody who was erased
REGISTRATION = {"open": _("open to everybody"), "invitation": _("by invitation"), "closed": _("nobody")}
SLOW = ("register", "forgot_password", "send_confirmation")  # forms that would tell by their time who has an account
SLOWEST = 0.8  # seconds that these take, whoever asks: more than the longest way needs while others work, too
PER_ACCOUNT, PER_ADDRESS, WINDOW = 10, 30, 600
PER_DAY, DIGITS = 100, ("code", "token_validation")  # six digits are guessed in the end by whoever has time without end
LETTERS = {  # template of Flask-Security's letter → its subject, and what its link is good for
    "welcome": (_("Your account"), "CONFIRM_EMAIL"), "welcome_existing": (_("Your account"), ""),
    "confirmation_instructions": (_("Confirm your address"), "CONFIRM_EMAIL"),
    "reset_instructions": (_("A new password"), "RESET_PASSWORD"),
    "reset_notice": (_("Your password was reset"), ""), "change_notice": (_("Your password was changed"), ""),
    "change_email_instructions": (_("Confirm your new address"), "CHANGE_EMAIL"),
}  # fmt: skip


class Role(Base, fs.FsRoleMixin):
    __tablename__ = "hub_role"


class User(Base, fs.FsUserMixin):
    """An account: e-mail, password and second factors by Flask-Security, a name, a language, roles."""

    __tablename__ = "hub_user"
    __table_args__ = {"sqlite_autoincrement": True}  # a number is never given twice: signed links carry it
    name: Mapped[str] = mapped_column(sa.String(120), default="")
    language: Mapped[str] = mapped_column(sa.String(3), default="")
    seen: Mapped[dt.date | None] = mapped_column()  # the day of the last sign-in, no nearer
    totp_counter: Mapped[int | None] = mapped_column(sa.BigInteger)

    @property
    def level(self) -> int:
        """0 visitor, 1 member, 2 editor, 3 admin."""
        names = {role.name for role in self.roles}
        return max((n for n, role in enumerate(ROLES, 1) if role in names), default=1)

    @property
    def shown_name(self) -> str:
        return gettext("former member") if self.email == FORMER else self.name or self.email.partition("@")[0]

    @property
    def role(self) -> str:
        return ROLES[self.level - 1]


class WebAuthn(Base, fs.FsWebAuthnMixin):
    __tablename__ = "hub_webauthn"


class FsRefreshTracker(Base, fs.FsRefreshTrackerMixin):
    __tablename__ = "hub_refresh"


class OutboxMailUtil(MailUtil):
    """Flask-Security's letters, written into the outbox, in the language of whom they are for."""

    def send_mail(self, template: str, subject: str, recipient: Any, sender: Any, body: Any, html: Any, **kwargs: Any) -> None:
        address = str(recipient[1] if isinstance(recipient, tuple) else recipient)
        ours, life = LETTERS[template.rpartition("/")[2]]
        language = getattr(kwargs.get("user"), "language", "")
        if life:
            with letters.speaking_to(language):
                kwargs["within"] = format_timedelta(current_app.config[f"SECURITY_{life}_WITHIN"], threshold=2)
        letters.write(address, language, template, ours, **kwargs)
        session().commit()


class OnceTotp(Totp):
    """Codes of an authenticator app; each is good for one sign-in."""

    def get_last_counter(self, user: Any) -> int | None:
        return user.totp_counter

    def set_last_counter(self, user: Any, tmatch: Any) -> None:
        user.totp_counter = tmatch.counter

    def generate_totp_secret(self) -> str:
        """A new key; the same again after a wrong code, because the phone holds it by then."""
        return str(("code" in request.form and flask.session.get("tf_totp_secret")) or super().generate_totp_secret())

    def generate_qrcode(self, username: str, totp: str) -> str:
        return self.get_totp_uri(username, totp)  # our template draws it


class Passkeys(WebauthnUtil):
    """Passkeys of any make, kept by the device, unlocked by its owner: both factors in one."""

    def authenticator_selection(self, user: Any, usage: str) -> AuthenticatorSelectionCriteria:
        return AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        )

    def user_verification(self, user: Any, usage: list[str]) -> UserVerificationRequirement:
        return UserVerificationRequirement.REQUIRED


def init_app(app: Flask, settings: Any) -> None:
    """Configure sign-in at `/account/…`: password, code by mail, passkey; second factor; generic answers, argon2."""
    https, local = settings.site.url.startswith("https://"), settings.site.local
    name = settings.text(settings.site.name, settings.default_language)
    key = base64.urlsafe_b64encode(hashlib.sha256(f"second factor {settings.secret_key}".encode()).digest())
    app.config.update({f"SECURITY_{word}": value for word, value in {
        "URL_PREFIX": "/account", "PASSWORD_SALT": settings.secret_key, "PASSWORD_HASH": "argon2", "PASSWORD_LENGTH_MIN": 10,
        "REGISTERABLE": True, "CONFIRMABLE": True, "RECOVERABLE": True, "CHANGEABLE": True, "CHANGE_EMAIL": True,
        "RETURN_GENERIC_RESPONSES": True, "USE_REGISTER_V2": True, "EMAIL_VALIDATOR_ARGS": {"check_deliverability": False},
        "EMAIL_SENDER": settings.mail.sender, "PASSWORD_REQUIRED": True,
        "TWO_FACTOR": True, "TWO_FACTOR_ENABLED_METHODS": ["authenticator"], "TWO_FACTOR_RESCUE_EMAIL": False,
        "TWO_FACTOR_AUTHENTICATOR_VALIDITY": 60, "TWO_FACTOR_POST_SETUP_VIEW": local("/account/"),
        "TOTP_SECRETS": {"1": key.decode()}, "TOTP_ISSUER": name.replace(":", " "),
        "MULTI_FACTOR_RECOVERY_CODES": True, "MULTI_FACTOR_RECOVERY_CODES_N": 8, "MULTI_FACTOR_RECOVERY_CODES_KEYS": [key],
        "WEBAUTHN": True, "WAN_RP_NAME": name, "WAN_ALLOW_USER_HINTS": False, "WAN_POST_REGISTER_VIEW": local("/account/"),
        "WAN_SIGNIN_WITHIN": dt.timedelta(minutes=5), "WAN_NAME_ALLOWED_CHARS": None, "INPUT_NORMALIZE_FORM": None,
        "POST_LOGIN_VIEW": local("/desk/"), "POST_LOGOUT_VIEW": local("/"), "POST_REGISTER_VIEW": local("/account/login"),
        "POST_CONFIRM_VIEW": local("/account/login"), "POST_CHANGE_EMAIL_VIEW": local("/account/"), "POST_CHANGE_VIEW": local("/account/"),
        "UNAUTHORIZED_VIEW": None, "FLASH_MESSAGES": True, "CSRF_COOKIE_NAME": None, "LOGOUT_METHODS": ["POST"],
        "CACHE_CONTROL": {"private": None, "no-store": None},  # its default writes "no-store=True"
        "DEFAULT_REMEMBER_ME": False, "API_ENABLED_METHODS": ["session"],
    }.items()})  # fmt: skip
    app.config.update(
        WTF_CSRF_CHECK_DEFAULT=True, WTF_CSRF_TIME_LIMIT=None, SESSION_COOKIE_SECURE=https, SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_NAME=("__Secure-hub" if settings.site.root else "__Host-hub") if https else "hub", SESSION_COOKIE_SAMESITE="Lax",
    )  # fmt: skip
    store = FSQLALiteUserDatastore(app.extensions["sqlalchemy"], User, Role, WebAuthn, FsRefreshTracker)
    sessions.init_app(app)
    app.before_request(slow_down)  # before the account is read: what it writes must not wait for this request itself
    app.after_request(even_out)
    change_email_confirmed.connect(_tell_old_address, app)
    Security(app, store, mail_util_cls=OutboxMailUtil, totp_cls=OnceTotp, webauthn_util_cls=Passkeys)


def registration() -> str:
    """Who may make an account: open, invitation or closed."""
    return str(state.setting(session(), "hub.registration"))


def slow_down() -> None:
    """So many tries in ten minutes per address and per account: guessing passwords or asking for mails gets 429."""
    g.began = time.monotonic()
    endpoint = request.endpoint or ""
    if request.method == "POST" and request.path.startswith("/account/"):
        _count(endpoint)
    looking = request.method != "POST" and "tf_state" not in flask.session
    if looking and endpoint == "security.two_factor_token_validation":  # the library would sign out whoever does
        abort(404)
    if endpoint == "security.two_factor_rescue" or (endpoint == "security.register" and registration() != "open"):
        abort(404)  # letters of a rescue go to nobody here; recovery codes and administrators help


def _count(endpoint: str) -> None:
    named = {request.form.get("email"), flask.session.get("tf_user_id"), flask.session.get("code_email")} - {None, ""}
    crowd = PER_ADDRESS if endpoint.rpartition(".")[2] in (*SLOW, "code") else 3 * PER_ADDRESS  # a school has one address; letters are dear
    bounds = ((PER_ACCOUNT, WINDOW), (PER_DAY, 86_400))[: 1 + endpoint.endswith(DIGITS)]
    who = {(request.remote_addr or "?", crowd, WINDOW), *((_spelt(str(name)), *bound) for name in named for bound in bounds)}
    if any(waits := [limits.hit(f"account {endpoint}", *one) for one in who]):
        raise TooManyRequests(retry_after=max(waits))


def _spelt(name: str) -> str:
    with suppress(ValueError):  # the same mail domain can be written with other letters
        name = checked_address(name)
    return name.lower()


def even_out(response: flask.Response) -> flask.Response:
    """Whether there is such an account is not to be told by how long the answer takes."""
    if request.method == "POST" and (request.endpoint or "").rpartition(".")[2] in (*SLOW, "code"):
        session().rollback()  # nobody shall wait for this request's lock meanwhile
        time.sleep(max(0.0, SLOWEST - (time.monotonic() - g.began)))
    if request.endpoint == "security.wan_delete" and response.location and current_user.is_authenticated:
        response.location = url_for("account.home")
    return response


def _tell_old_address(app: Flask, user: Any, old_email: str, **more: Any) -> None:
    subject = _("The address of your account was changed")
    letters.write(old_email, user.language, "security/email/address_notice", subject, user=user, new=user.email)


def ensure_roles(db: Session) -> None:
    """Make the built-in roles where they are missing."""
    present = set(db.scalars(sa.select(Role.name)))
    db.add_all(Role(name=name) for name in ROLES if name not in present)
    db.flush()


def add_user(db: Session, email: str, password: str | None, role: str = "member", name: str = "") -> User:
    """Make an account that may sign in at once. Raises ValueError for a taken address, bad role or short password."""
    store = current_app.extensions["security"].datastore
    if find_user(db, email := checked_address(email)):
        raise ValueError(f"there is already an account with the address {email}")
    ensure_roles(db)
    user = store.create_user(email=email, password=_hashed(password), name=name, confirmed_at=naive_utcnow())
    set_role(db, user, role)
    return user


def setup_token(folder: Path, given: str = "") -> str:
    """The one-time word that opens the first steps of a site without an administrator; empty once there is one.

    It is made where it is missing. given: answer it only where this is the word.
    """
    path = folder / "setup-token"
    if session().scalar(sa.select(User.id).where(User.roles.any(Role.name == "admin")).limit(1)):
        with suppress(OSError):  # it is not there, or its disk can only be read
            path.unlink()
        return ""
    if not given and not path.exists():
        with suppress(OSError):  # a disk that can only be read: later
            path.touch(0o600)
            path.write_text(secrets.token_urlsafe(24))
    known = path.read_text().strip() if path.exists() else ""
    return known if not given or hmac.compare_digest(given.encode(), known.encode()) else ""


def set_role(db: Session, user: User, role: str) -> None:
    """Give a user exactly this role. Raises ValueError for an unknown one."""
    if role not in ROLES:
        raise ValueError(f"unknown role '{role}'; the roles are {', '.join(ROLES)}")
    user.roles = list(db.scalars(sa.select(Role).where(Role.name == role)))
    db.flush()


def set_password(db: Session, user: User, password: str) -> None:
    """Set a password and end all sessions of the user."""
    user.password = _hashed(password)
    sessions.end_all(user)


def prove_address(user: User) -> None:
    """Whoever acts has shown that the address is theirs: what nobody had confirmed loses its password, which may be a stranger's."""
    if user.confirmed_at is None:
        user.confirmed_at, user.password = naive_utcnow(), None
        sessions.end_all(user)


def set_active(user: User, active: bool) -> None:
    """Let an account sign in, or not and be out at once."""
    user.active = active
    if not active:
        sessions.end_all(user)


def reset_factors(user: User) -> None:
    """Take the second factor, its codes and the passkeys away, since the device is lost; its owner, who may not have asked, is told."""
    store = current_app.extensions["security"].datastore
    store.tf_reset(user)
    store.mf_set_recovery_codes(user, [])
    sessions.end_all(user)
    for key in list(user.webauthn):  # last: the person cannot be saved together with a key that is gone
        store.delete_webauthn(key)
    letters.write(user.email, user.language, "security/email/factors_notice", _("Your second factor was taken away"), user=user)


def sign_in(user: User, via: str) -> Any:
    """Sign in a person whose first factor was checked; answers the redirect to their second factor, else None.

    Raises PermissionError for a disabled account.
    """
    if not user.active:
        raise PermissionError("the account is disabled")
    answer = current_app.extensions["security"].two_factor_plugins.tf_enter(user, False, via, next_loc=request.args.get("next"))
    if answer is None:
        _login_user(user, authn_via=[via])
    return answer


def checked_address(email: str) -> str:
    """An e-mail address in its normal form. Raises ValueError for what is none."""
    try:
        return str(current_app.extensions["security"]._mail_util.validate(email))
    except ValueError as error:
        raise ValueError(f"'{email}' is not an e-mail address ({error})") from None


def find_user(db: Session, email: str) -> User | None:
    """The account with this address (case ignored), or None."""
    return db.scalar(sa.select(User).where(sa.func.lower(User.email) == email.lower()))


def _hashed(password: str | None) -> str | None:
    if password is None:
        return None
    if len(password) < 10:
        raise ValueError("a password needs at least 10 characters")
    return str(hash_password(password))


def current() -> User | None:
    """The signed-in user of this request, or None."""
    return current_user._get_current_object() if has_request_context() and current_user.is_authenticated else None


def signed_in() -> User:
    """The signed-in user; 401 where there is none (pages behind a guard only)."""
    return current() or abort(401)
