"""Settings of one instance: `hub.toml`, then `HUB_*` environment variables, checked and typed.

`HUB_SITE__NAME=Hub` stands for `[site] name = "Hub"`; lists and tables in the environment are JSON.
"""

from __future__ import annotations

import difflib
import importlib.util
import ipaddress
import json
import os
import re
import secrets
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.localedata import exists
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

# environment variables that steer the process and are no settings
PROCESS_VARIABLES = {
    "HUB_INSTANCE", "HUB_STRICT", "HUB_DEBUG", "HUB_TRACE_HOOKS", "HUB_SECRET_KEY", "HUB_JOB_LEASE", "HUB_RELOAD", "HUB_SUPERVISED",
}  # fmt: skip
OWN_WORDS = ("-", "account", "api", "desk", "media", "static")  # a hub's first words that no sub-path may have
LANGUAGE_NAMES = {"en": "English", "ru": "Русский"}


class SettingsError(Exception):
    """The instance cannot be used as it is; the message says what to change and where."""


def _like(pattern: str, wanted: str = "", package: str = "", extra: str = "") -> AfterValidator:
    """A check of a text that may be empty: how it looks, and whether the package that it needs is installed."""

    def check(value: str) -> str:
        if value and not re.fullmatch(pattern, value):
            raise ValueError(f"must be like {wanted}")
        if value and package and not importlib.util.find_spec(package):
            raise ValueError(f'needs the package {package}: pip install "hub-commons[{extra}]"')
        return value

    return AfterValidator(check)


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Site(Part):
    name: str | dict[str, str] = "Hub"
    tagline: str | dict[str, str] = ""
    url: str = "http://localhost:8000"
    languages: list[str] = Field(default=["en", "ru"], min_length=1)
    theme: str = "commons"
    timezone: str = "Europe/Moscow"
    hosts: list[str] = []

    @field_validator("url")
    @classmethod
    def _address(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("must start with http:// or https://")
        if re.search(r"[?#\s]", value):
            raise ValueError("must be an address without ?, # and spaces")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _below(self) -> Self:
        """An address must tell whether it stands below the hub's own path already."""
        if self.root and not re.fullmatch(r"(/[\w.~-]+)+", self.root, re.ASCII):
            raise ValueError(f"url: the path {self.root} must be plain words between slashes, such as /hub")
        if self.root and self.root.split("/")[1] in (*self.languages, *OWN_WORDS):
            raise ValueError(f"url: the path {self.root} begins with a word of the hub's own addresses; choose another")
        return self

    @property
    def root(self) -> str:
        """The path that the hub stands below on its host, "/hub"; "" where it has the host for itself."""
        return urlsplit(self.url).path

    def local(self, path: str) -> str:
        """A path of this hub as its pages link to it: below `root`, also where it stands there already."""
        below = not self.root or path == self.root or path.startswith((self.root + "/", self.root + "?"))
        return path if below or not path.startswith("/") else self.root + path

    def absolute(self, path: str) -> str:
        """The full address of a path of this hub, whether or not it stands below `root` already."""
        return path if "://" in path.split("?")[0] else self.url.removesuffix(self.root) + self.local(path)

    @field_validator("languages")
    @classmethod
    def _codes(cls, value: list[str]) -> list[str]:
        for code in value:
            if not (2 <= len(code) <= 3 and code.isascii() and code.islower() and exists(code)):  # else no date can be written in it
                raise ValueError(f"'{code}' is not a language code such as en, ru, tt, or one whose dates nobody here can write")
        return list(dict.fromkeys(value))

    @field_validator("timezone")
    @classmethod
    def _zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError("is no time zone such as Europe/Moscow") from None
        return value


class Database(Part):
    # empty = SQLite in the instance folder
    url: Annotated[str, _like(r"(postgresql|sqlite)(\+\w+)?://.*", "postgresql://user:password@host/hub")] = ""
    pool_size: int = Field(default=5, ge=1, le=100)


class Server(Part):
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    workers: int = Field(default=2, ge=1, le=64)
    proxies: int = Field(default=0, ge=0, le=5)
    metrics: list[str] = []  # networks that may read /-/metrics beside this machine

    @field_validator("metrics")
    @classmethod
    def _networks(cls, value: list[str]) -> list[str]:
        for net in value:
            ipaddress.ip_network(net, strict=False)
        return value


class Log(Part):
    form: Literal["text", "json"] = "text"
    requests: bool = False  # tell each request: method, rule, status, milliseconds; never who


class Mail(Part):
    url: Annotated[str, _like(  # empty = kept in the outbox and logged
        r"smtps?://([^\s/?#]*@)?(\[[\da-f:.]+\]|[^\s/?#@:\[\]]+)(:\d{1,5})?/?",
        "smtp://user:password@host:587 or smtps://…; in the password write / ? # % as %2F %3F %23 %25",
    )] = ""  # fmt: skip
    sender: str = "hub@localhost"


class Net(Part):
    allow: list[str] = []


class Accounts(Part):
    registration: Literal["open", "invitation", "closed"] = "invitation"


class Redis(Part):
    # empty = limits in the database, pages in each process
    url: Annotated[str, _like(r"(rediss?|unix)://.*", "redis://host:6379/0, rediss://… or unix://…", "redis", "redis")] = ""


class Media(Part):
    bucket: Annotated[str, _like(r".*", "", "boto3", "s3")] = ""  # of an S3-compatible store; empty = pictures lie in data/media
    endpoint: str = ""  # https://s3.example.org; empty = Amazon's
    region: str = "us-east-1"
    prefix: str = ""  # in front of each name, "hub/"
    key: str = ""
    secret: str = Field(default="", repr=False)


class Cluster(Part):
    hosts: int = Field(default=1, ge=1)


class Limits(Part):
    form_bytes: int = Field(default=20_000_000, ge=100_000)
    page_cache_mb: int = Field(default=64, ge=0)
    request_seconds: float = Field(default=30, gt=0, le=3600)  # longer, and `hub serve` replaces the web process


class Settings(Part):
    """Everything an operator can write into `hub.toml`; sections are tables of that file."""

    site: Site = Site()
    database: Database = Database()
    server: Server = Server()
    log: Log = Log()
    mail: Mail = Mail()
    net: Net = Net()
    accounts: Accounts = Accounts()
    redis: Redis = Redis()
    media: Media = Media()
    cluster: Cluster = Cluster()
    limits: Limits = Limits()
    plugin: dict[str, dict[str, Any]] = {}
    vocabulary: dict[str, dict[str, dict[str, str]]] = {}
    instance: Path = Field(default=Path("instance"), exclude=True)
    secret_key: str = Field(default="", exclude=True, repr=False)

    @property
    def database_url(self) -> str:
        return self.database.url or f"sqlite:///{self.data / 'hub.db'}"

    @property
    def data(self) -> Path:
        return self.instance / "data"

    @property
    def cache(self) -> Path:
        return self.instance / "cache"

    @property
    def default_language(self) -> str:
        return self.site.languages[0]

    def text(self, value: str | dict[str, str], language: str) -> str:
        """A setting that may differ per language, in one language (first language where it is missing)."""
        return value if isinstance(value, str) else value.get(language) or next(iter(value.values()), "")


def instance_path(given: str | Path | None = None) -> Path:
    """The instance folder: the argument, else `HUB_INSTANCE`, else `./instance`; absolute."""
    return Path(given or os.environ.get("HUB_INSTANCE") or "instance").resolve()


def load_settings(instance: str | Path | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """Read and check the settings of an instance folder.

    Raises SettingsError with one line per fault, naming the setting, the file or variable and what to do.
    """
    folder = instance_path(instance)
    environ = os.environ if environ is None else environ
    if not (folder / "hub.toml").is_file():
        raise SettingsError(f"there is no instance at {folder} (no hub.toml). Make one with: hub --instance {folder} init")
    values = _read_toml(folder / "hub.toml")
    _merge_environment(values, environ)
    for reserved in ("instance", "secret_key"):
        if reserved in values:
            raise SettingsError(f"hub.toml: '{reserved}' is not a setting; remove it")
    try:
        settings = Settings(**values, instance=folder, secret_key=_secret_key(folder, environ))
    except ValidationError as error:
        raise SettingsError("\n".join(_explain(fault, environ) for fault in error.errors())) from None
    if settings.cluster.hosts > 1 and settings.database_url.startswith("sqlite"):
        raise SettingsError(
            'cluster.hosts is more than 1, and SQLite serves one host only: set [database] url = "postgresql://…" in hub.toml'
        )
    return settings


def write_site(folder: Path, name: str, languages: list[str]) -> None:
    """Put another name and other languages into the [site] of hub.toml; every other line stays as it is."""
    path = folder / "hub.toml"
    head, mark, rest = path.read_text(encoding="utf-8").partition("[site]\n")
    own, bracket, others = rest.partition("\n[")
    kept = [line for line in own.splitlines() if not re.match(r"(name|languages)\s*=", line)]
    lines = [f"name = {json.dumps(name, ensure_ascii=False)}", f"languages = {json.dumps(languages)}", *kept]
    draft = path.with_suffix(".toml.new")
    draft.write_text(head + (mark or "\n[site]\n") + "\n".join(lines) + bracket + others, encoding="utf-8")
    draft.replace(path)


def write_secret_key(folder: Path) -> None:
    """Make the secret that signs sessions and links, readable by the owner only; keeps an existing one."""
    path = folder / "data" / "secret_key"
    if path.is_file() and not path.stat().st_size:
        path.unlink()
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))


def _secret_key(folder: Path, environ: Mapping[str, str]) -> str:
    if environ.get("HUB_SECRET_KEY"):
        return environ["HUB_SECRET_KEY"]
    path = folder / "data" / "secret_key"
    try:
        secret = path.read_text().strip()
    except OSError:
        secret = ""
    if not secret:
        raise SettingsError(
            f"the secret of this instance is missing, empty or unreadable ({path}). Run `hub init` here again, or set HUB_SECRET_KEY"
        )
    return secret


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}: {error}") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{path} is not UTF-8; save it as UTF-8") from None


def _merge_environment(values: dict[str, Any], environ: Mapping[str, str]) -> None:
    for name, text in environ.items():
        if not name.startswith("HUB_") or name in PROCESS_VARIABLES:
            continue
        *sections, key = [part.lower() for part in name[4:].split("__")]
        if not sections:
            raise SettingsError(f"unknown environment variable {name}; settings look like HUB_SITE__NAME")
        here = values
        for section in sections:
            here = here.setdefault(section, {})
            if not isinstance(here, dict):
                raise SettingsError(f"{name}: '{section}' is one value in hub.toml and has no parts")
        try:
            value = json.loads(text)
        except ValueError:
            value = text
        if value is None or (sections[0] != "plugin" and not isinstance(value, list | dict)):
            value = text  # the setting's own type says whether 2030 is a number
        here[key] = value


def _explain(fault: Any, environ: Mapping[str, str]) -> str:
    where = ".".join(str(part) for part in fault["loc"])
    wanted = "HUB_" + where.replace(".", "__").upper() + "__"
    given = (n for n in environ if n.startswith("HUB_") and (wanted.startswith(f"{n}__") or n.startswith(wanted)))
    source = next(given, "hub.toml")
    if fault["type"] == "extra_forbidden":
        near = nearest(where, _known(Settings))
        return f"{source}: unknown setting {where}" + (f"; did you mean {near}?" if near else "")
    listed = json.dumps(str(fault["input"]).replace(",", " ").split(), ensure_ascii=False)
    message = f"write a list: {listed}" if fault["type"] == "list_type" else str(fault["msg"]).removeprefix("Value error, ")
    secret = "@" in str(fault["input"])  # it may hold a password, and this is read in logs
    return f"{source}: {where}: {message}" + ("" if secret else f" (it is {fault['input']!r})")


def nearest(word: str, known: Iterable[str]) -> str:
    """The known name that a word seems to mean, "" where none is like it."""
    return next(iter(difflib.get_close_matches(word, list(known), 1)), "")


def _known(model: type[BaseModel], prefix: str = "") -> list[str]:
    names = []
    for name, field in model.model_fields.items():
        if field.exclude:
            continue
        names.append(prefix + name)
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            names += _known(field.annotation, f"{prefix}{name}.")
    return names
