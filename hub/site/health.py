"""Health: core's own checks and those of plugins, for `/-/health`, the desk and `hub doctor`."""

from __future__ import annotations

import datetime as dt
import shutil
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext
from sqlalchemy.orm import Session

from hub.hooks.here import hub
from hub.hooks.parts import Check
from hub.plugins.modules import one_line
from hub.store import migrate, outages
from hub.store.db import engine, now, writing
from hub.work.jobs import JobRow
from hub.work.mail import MAX_ATTEMPTS, Mail

DAMAGE = "-database"  # a trouble of no plugin


def checks() -> list[Check]:
    """Every check, core's first. Names of core's begin with "core."; only these make the site unhealthy."""
    found = [_database(), _disk()]
    if found[0].state != "failed":
        found += [_writing(), *_damage(), *_migrations(), _jobs(), _mail()]
    if hub().shared and not hub().shared.answers():
        todo = "limits are counted in the database and pages kept per process until it is back"
        found.append(Check("redis", "warning", f"it does not answer ({hub().shared.error}); {todo}"))
    if hub().bucket and (error := hub().bucket.answers()):
        todo = "pictures that this host has shown already are there, others and uploads wait until it is back"
        found.append(Check("media", "warning", f"the store of pictures does not answer ({error}); {todo}"))
    elif hub().settings.cluster.hosts > 1 and not hub().bucket:
        found.append(Check("media", "warning", "with several hosts, pictures need a store of all: [media] bucket"))
    told = hub().hooks.gather("health") if found[0].state != "failed" else []  # each would wait for it in turn
    found += [check for plugin in hub().plugins.status() for check in _plugin(plugin)]
    for name, text in sorted(hub().setting_faults.items()):  # what is used all the same, or concerns nobody now, is no failure
        grave = name not in hub().pinned and hub().plugins.is_on(name.partition(".")[0])
        found.append(Check(f"setting.{name}", "failed" if grave else "warning", text))
    found += [Check(f"{name}.{check.name}", check.state, check.message, check.label) for name, check in told if isinstance(check, Check)]
    return found


def _plugin(found: Any) -> list[Check]:
    """What is wrong with one plugin: what, since when, and what to do."""
    name, notes = f"plugin.{found.name}", []
    if found.state in ("failed", "waiting"):
        notes.append(Check(name, "warning", found.error or "switched on; a running `hub serve` takes it up in seconds"))
    elif found.error:
        notes.append(Check(name, "warning", found.error))
    if found.contribution:
        notes += [Check(name, "warning", advice) for advice in found.contribution.advice]
    trouble = hub().hooks.troubles.of(found.name) if found.state == "on" else None
    if trouble is not None:
        since, until = (f"{moment:%Y-%m-%d %H:%M} UTC" for moment in (trouble.since_at, trouble.until_at))
        rest = f"; it rests until {until}" if trouble.resting else ""
        todo = f"update it, or switch it off: hub plugin off {found.name} (where it is mended, hub plugin on {found.name} forgets this)"
        notes.append(Check(name, "warning", f"{trouble.what}; {trouble.count} × since {since}{rest}; {todo}"))
    return notes


def _database() -> Check:
    try:
        with engine().connect() as connection:
            connection.execute(sa.text("SELECT 1 FROM hub_state"))
    except sa.exc.SQLAlchemyError as error:
        reason = str(getattr(error, "orig", error)).splitlines()[0]
        todo = outages.TODO.get(outages.of(error), "was `hub upgrade` run?")
        return Check("core.database", "failed", f"{todo} ({reason})")
    return Check("core.database", "ok")


def find_damage() -> None:
    """Read all of an SQLite file and note whether it is whole (a daily job): before the last good backup is thrown away."""
    try:
        with writing(False), engine().connect() as connection:
            said = str(connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()) if engine().dialect.name == "sqlite" else "ok"
    except sa.exc.DatabaseError as error:
        said = str(error.orig) if outages.of(error) == "damaged" else "ok"
    if said == "ok":
        hub().hooks.troubles.forget(DAMAGE)
    else:
        hub().hooks.troubles.note(DAMAGE, one_line(Exception(said)))


def _damage() -> list[Check]:
    met = hub().hooks.troubles.of(DAMAGE)
    since = f" ({met.what}, since {met.since_at:%Y-%m-%d %H:%M} UTC)" if met else ""
    return [Check("core.damage", "failed", outages.TODO["damaged"] + since)] if met else []


def _writing() -> Check:
    """One who waits a second for another's write is no failure yet; whoever cannot write at all is."""
    word = outages.of_writing(engine())
    return Check("core.writing", "warning" if word == "locked" else "failed" if word else "ok", outages.TODO.get(word, ""))


def _disk() -> Check:
    free = shutil.disk_usage(hub().settings.instance).free
    text = gettext("Free on the disk of the instance: %(num)s MB", num=free // 1_000_000) if free < 1_000_000_000 else ""
    return Check("core.disk", "failed" if free < 100_000_000 else "warning" if text else "ok", text)


def _migrations() -> list[Check]:
    behind, unreadable = ["hub"] if migrate.pending(engine(), migrate.CORE) else [], []
    for name in hub().plugins.loaded:
        history = hub().plugins.found[name].history
        try:
            behind += [name] if history and migrate.pending(engine(), history) else []
        except Exception as error:  # its files are Python, written by others
            unreadable.append(Check(f"plugin.{name}", "warning", f"its migrations cannot be read: {one_line(error)}"))
    if behind:
        text = f"run `hub upgrade`: {', '.join(behind)} has newer tables"
        return [Check("core.migrations", "failed", text), *unreadable]
    return [Check("core.migrations", "ok"), *unreadable]


def _jobs() -> Check:
    with Session(engine()) as db:
        overdue = db.scalar(
            sa.select(sa.func.count()).select_from(JobRow)
            .where(JobRow.state == "ready", JobRow.run_at < now() - dt.timedelta(minutes=10))
        )  # fmt: skip
        dead = db.scalar(sa.select(sa.func.count()).select_from(JobRow).where(JobRow.state == "dead"))
    if overdue:
        return Check("jobs", "warning", gettext("Jobs overdue: %(num)s. Is a worker running (`hub serve` or `hub worker`)?", num=overdue))
    if dead:
        return Check("jobs", "warning", gettext("Jobs that gave up: %(num)s, see `hub jobs list --dead`", num=dead))
    return Check("jobs", "ok")


def _mail() -> Check:
    with Session(engine()) as db:
        counted = sa.select(sa.func.count(), sa.func.max(Mail.error)).where(Mail.sent.is_(None), Mail.attempts < MAX_ATTEMPTS)
        waiting, said = db.execute(counted).one()
    if waiting and not hub().settings.mail.url:
        return Check("mail", "warning", gettext("Mails that wait: %(num)s. Set [mail] url in hub.toml", num=waiting))
    if said:
        todo = gettext("Mails that wait: %(num)s (%(said)s); `hub doctor --mail ADDRESS` tries now", num=waiting, said=said[:200])
        return Check("mail", "warning", todo)
    return Check("mail", "ok")
