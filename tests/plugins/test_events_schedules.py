"""Schedules of conferences in and out, and what Debian's calendar programs make of our calendars."""

import datetime as dt
import json
import shutil
import subprocess
from xml.etree import ElementTree as ET

import pytest
from commands import run_here
from eventing import mails, make, register

from hub.store import db
from hub.testing.fixtures import csrf, sign_in

PENTABARF = """<?xml version="1.0" encoding="UTF-8"?>
<schedule><conference><title>Дни дворов</title><acronym>yards</acronym><start>2031-05-10</start><end>2031-05-11</end>
<day_change>04:00:00</day_change></conference>
<day index="1" date="2031-05-10"><room name="Сад"><event id="7"><start>10:00</start><duration>00:45</duration>
<title>Как сажать</title><subtitle>и не бояться</subtitle><type>talk</type><language>ru</language><track>Зелень</track>
<persons><person id="1">Анна</person><person id="2">Борис</person></persons></event>
<event id="8"><start>00:30</start><duration>1:00</duration><title>Night walk</title><language>en</language><persons/></event></room></day>
</schedule>"""
PRETALX = {"schedule": {"version": "1", "conference": {"title": "Yards", "start": "2031-05-10", "end": "2031-05-10",
    "time_zone_name": "Europe/Berlin", "days": [{"index": 1, "date": "2031-05-10", "rooms": {"Hall": [
        {"guid": "9f1b6f30-1111-4222-8333-944444444444", "id": 1, "date": "2031-05-10T10:00:00+02:00", "duration": "00:30",
         "title": "Benches", "language": "en", "type": "Workshop", "persons": [{"public_name": "Vera"}]}]}}]}}}  # fmt: skip


@pytest.fixture(scope="module")
def app(hub_instances):
    from hub.app import create_app

    app = create_app(hub_instances.make(("partners", "events", "-privacy")), strict=True)
    app.testing = True
    yield app
    with app.app_context():
        db.engine().dispose()


def rows(app, data, zone="Europe/Moscow"):
    from zoneinfo import ZoneInfo

    from hub_events import schedules

    with app.test_request_context("/en/"):
        return schedules.read(data if isinstance(data, bytes) else data.encode(), ZoneInfo(zone)).rows


def test_pentabarf_and_pretalx_become_rows(app):
    first, night = rows(app, PENTABARF)
    assert first["title.ru"] == "Как сажать. и не бояться" and first["speakers"] == "Анна, Борис"
    assert (first["day"], first["from"], first["until"], first["room"], first["kind"]) == ("2031-05-10", "10:00", "10:45", "Сад", "lecture")
    assert (night["day"], night["from"], night["until"]) == ("2031-05-11", "00:30", "01:30")  # after the change of day
    [bench] = rows(app, json.dumps(PRETALX))
    assert (bench["day"], bench["from"], bench["until"]) == ("2031-05-10", "11:00", "11:30")  # Berlin, seen from Moscow
    assert bench["guid"].startswith("9f1b") and bench["speakers"] == "Vera"


BOMB = '<!DOCTYPE s [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><schedule><conference><title>&b;</title></conference></schedule>'


@pytest.mark.parametrize("data", ["<schedule>", "<html/>", "{}", "[1]", '{"schedule": {"conference": {"days": [{"rooms": []}]}}}',
                                  "<schedule/>", BOMB, PENTABARF.replace("00:45", "72:00"), PENTABARF.replace("10:00", "noon"),
                                  '{"a":' * 100_000, json.dumps(PRETALX).replace("2031-05-10T10", "soon")])  # fmt: skip
def test_what_is_no_schedule_is_refused_with_a_reason(app, data):
    with pytest.raises(ValueError, match=r"\w"):
        rows(app, data)


def test_at_the_desk_a_schedule_read_anew_keeps_sign_ups(app):
    uid = make(app, "Yards", plan={"capacity": 9}, zone="Europe/Berlin")
    editor = sign_in(app, "editor")

    def send(do, **more):
        page = editor.get(f"/desk/events/{uid}/programme/")
        return editor.post(f"/desk/events/{uid}/programme/", data={"csrf_token": csrf(page.text), "do": do, **more})

    def table(page):
        import re

        return {n: v for n, v in re.findall(r'name="(\d+/[^"]+)"[^>]*? value="([^"]*)"', page) if "signup" not in n}

    typed = table(send("paste", pasted=json.dumps(PRETALX)).text)
    send("save", **{**typed, "1/title.ru": "Скамейки", "1/capacity": "5"})
    with app.app_context():
        from hub.api import ask, items

        [part] = ask("programme", content=items.get("event", uid))
    register(app, uid, session=str(part["id"]))
    moved = json.dumps(PRETALX).replace("T10:00", "T12:00")
    typed = table(send("paste", **table(editor.get(f"/desk/events/{uid}/programme/").text), pasted=moved).text)
    send("save", **typed)
    with app.app_context():
        [after] = ask("programme", content=items.get("event", uid))
    assert after["id"] == part["id"] and after["left"] == 4 and after["titles"]["ru"] == "Скамейки"
    assert after["starts_at"] == dt.datetime(2031, 5, 10, 10, tzinfo=dt.UTC)
    assert any("has been moved" in mail.subject for mail in mails(app))
    assert send("paste", pasted="<schedule>").status_code == 422


def test_what_is_written_as_frab_reads_back(app, tmp_path):
    instance = app.extensions["hub"].settings.instance
    file = tmp_path / "schedule.xml"
    file.write_text(PENTABARF)
    done = run_here(instance, "events", "schedule", str(file))
    assert done.status == 0, done.err
    uid = done.out.partition(":")[0]
    assert run_here(instance, "events", "schedule", str(file), "--event", uid).status == 0
    with app.app_context(), db.writing():
        from hub.api import items

        items.move(items.get("event", uid), "publish")
        items.commit()
    body = app.test_client().get(f"/en/events/{uid}.schedule.xml", follow_redirects=True).data
    root = ET.fromstring(body)
    assert root.findtext("conference/title") == "Дни дворов" and len(root.findall("day")) == 2
    assert [event.findtext("title") for event in root.iter("event")] == ["Как сажать. и не бояться", "Night walk"]
    zone = root.findtext("conference/time_zone_name")
    keep = ("day", "from", "until", "room", "kind", "speakers", "track")
    assert [{n: row[n] for n in keep} for row in rows(app, body, zone)] == [
        {n: row[n] for n in keep} for row in rows(app, PENTABARF, zone)]  # fmt: skip
    listed = ET.fromstring(app.test_client().get("/en/events.schedule.xml?from=2031-05-01&until=2031-06-01").data)
    assert len(list(listed.iter("event"))) >= 2
    file.write_text("<schedule/>")
    assert "nothing was saved" in run_here(instance, "events", "schedule", str(file)).err


def program(name):
    found = shutil.which(name)
    return found or pytest.skip(f"{name} is not installed here (tools/servers.sh)")


def test_khal_and_vdirsyncer_read_our_calendars(app, remote_site, tmp_path):
    """vdirsyncer fetches the calendar that khal then lists; times, zones, Cyrillic and a cancellation come through."""
    khal, vdirsyncer = program("khal"), program("vdirsyncer")
    make(app, "Лекция, про; фонари", 0, 0, starts="2032-07-03T18:30", ends="2032-07-03T20:00", zone="Asia/Vladivostok")
    make(app, "Called off", 0, 0, starts="2032-07-04T10:00", ends="2032-07-04T11:00", cancelled=True)
    ours = app.test_client().get("/ru/events.ics?from=2032-07-01&until=2032-07-31")
    remote_site.answer("/events.ics", ours.data, mimetype=ours.content_type)
    (tmp_path / "vdirsyncer.conf").write_text(f"""[general]
status_path = "{tmp_path}/status"
[pair events]
a = "here"
b = "hub"
collections = null
[storage here]
type = "filesystem"
path = "{tmp_path}/events"
fileext = ".ics"
[storage hub]
type = "http"
url = "{remote_site.url}/events.ics"
""")
    (tmp_path / "khal.conf").write_text(f"""[calendars]
[[events]]
path = {tmp_path}/events
readonly = True
[locale]
local_timezone = Europe/Moscow
default_timezone = Europe/Moscow
timeformat = %H:%M
dateformat = %Y-%m-%d
longdateformat = %Y-%m-%d
datetimeformat = %Y-%m-%d %H:%M
longdatetimeformat = %Y-%m-%d %H:%M
[sqlite]
path = {tmp_path}/khal.db
""")

    def run(*words):
        done = subprocess.run(words, capture_output=True, text=True, timeout=60, cwd=tmp_path, input="y\ny\n",
                              env={"LC_ALL": "C.UTF-8", "HOME": str(tmp_path), "PATH": "/usr/bin:/bin"})  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    run(vdirsyncer, "-c", "vdirsyncer.conf", "discover")
    run(vdirsyncer, "-c", "vdirsyncer.conf", "sync")
    listed = run(khal, "-c", "khal.conf", "list", "2032-07-01", "31d", "--format", "{start-time} {title} {status}")
    assert "11:30 Лекция, про; фонари по-русски" in listed, listed  # 18:30 in Vladivostok
    assert "Called off по-русски" in listed and "CANCELLED" in listed.upper()
