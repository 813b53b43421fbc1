"""Every hook through the public door: a plugin in a file that implements it, and what the site then does."""

import re

import pytest

from hub.api import Check, Hit, NavItem, SearchPage, items
from hub.cli.serving import _warmed as warmed
from hub.content import seeding
from hub.hooks import specs
from hub.people import accounts
from hub.store import db
from hub.testing import sample_document
from hub.testing.fixtures import csrf, sign_in

CARD = "from flask import Blueprint\nfrom hub.api import *\nplugin = Plugin('probe', 'Probe', 'Probes.'{more})\n"
PAGE = "{slot} = Blueprint('{name}', __name__)\n@{slot}.get('{rule}')\n{guard}\ndef {slot}_page({lang}):\n    return '{slot} speaks'\n"


@pytest.fixture
def probe(new_hub):
    """`probe("jobs()", "[Job(…)]", before="…", more="addresses=…")`: an application with a plugin that answers so."""

    def make(signature, answer, *, before="", more="", **options):
        body = CARD.format(more=f", {more}" if more else "") + before + f"@hookimpl\ndef {signature}:\n    return {answer}\n"
        files = {"plugins/probe.py": body, **options.pop("files", {})}
        return new_hub(options.pop("plugins", ["partners", "probe", "-privacy"]), files=files, **options)

    return make


def off(app):
    app.extensions["hub"].plugins.switch_off("probe")


def add(app, kind="partner", **more):
    with app.app_context(), db.writing():
        content = items.create(kind, sample_document(app.extensions["hub"].types.get(kind), **more), status="published")
        items.commit()
        return content.uid


# --- asked once, at start


def test_hook_content_types(probe):
    app = probe("content_types()", "[ContentType('thing', 'things', 'Thing', 'Things')]")
    uid, client = add(app, "thing"), app.test_client()
    assert "Things" in client.get("/en/").text and client.get("/en/things.json").json["total"] == 1
    off(app)
    assert client.get("/en/things/").status_code == 404 and uid not in client.get("/en/search.json?q=sample").text


def test_hook_blueprints(probe):
    """A page in the language, one at the desk behind its guard, one at a root address of the card."""
    before = PAGE.format(slot="own", name="probe", rule="/", guard="", lang="lang")
    before += PAGE.format(slot="desk", name="probe_desk", rule="/", guard="@needs('desk.settings')", lang="")
    before += PAGE.format(slot="root", name="probe_root", rule="/probing.txt", guard="", lang="")
    app = probe("blueprints()", "[own, desk, root]", before=before, more="addresses=('probing',)")
    client = app.test_client()
    assert client.get("/en/probe/").text == "own speaks" and client.get("/probing.txt").text == "root speaks"
    assert client.get("/desk/probe/").status_code == 302 and sign_in(app, "editor").get("/desk/probe/").status_code == 403
    assert sign_in(app, "admin").get("/desk/probe/").text == "desk speaks"
    off(app)
    assert {client.get(path).status_code for path in ("/en/probe/", "/probing.txt", "/desk/probe/")} == {404}


def test_a_root_address_that_the_card_does_not_name(new_hub):
    body = CARD.format(more="") + PAGE.format(slot="root", name="probe_root", rule="/elsewhere", guard="", lang="")
    app = new_hub(["probe"], files={"plugins/probe.py": body + "@hookimpl\ndef blueprints():\n    return [root]\n"}, strict=False)
    assert "does not name the address 'elsewhere'" in app.extensions["hub"].plugins.found["probe"].error


def test_an_unguarded_page_of_the_desk_is_for_nobody(probe):
    before = PAGE.format(slot="desk", name="probe_desk", rule="/", guard="", lang="")
    app = probe("blueprints()", "[desk]", before=before)
    assert app.test_client().get("/desk/probe/").status_code == 403 and sign_in(app, "admin").get("/desk/probe/").status_code == 403


def test_hook_settings(probe):
    app = probe("settings()", "[Setting('days', 'int', 14, label='Days out', minimum=1)]")
    admin = sign_in(app, "admin")
    form = admin.get("/desk/settings").text
    assert "Days out" in form and 'name="probe.days"' in form
    data = {"csrf_token": csrf(form), "hub.theme": "commons", "probe.days": "30"}
    assert admin.post("/desk/settings", data={**data, "probe.days": "0"}).status_code == 422
    assert admin.post("/desk/settings", data=data).status_code == 302
    from hub.api import setting

    with app.app_context():
        assert setting("probe.days") == 30


def test_hook_permissions(probe):
    from hub.api import may

    app = probe("permissions()", "[Permission('lend', 'Lend', role='member'), Permission('close', 'Close', role='admin')]")
    for role, rights in (("member", [True, False]), ("editor", [True, False]), ("admin", [True, True])):
        sign_in(app, role)
        with app.app_context():
            user = accounts.find_user(db.session(), f"{role}@example.org")
            assert [may(user, name) for name in ("probe.lend", "probe.close")] == rights
    with app.app_context():
        assert not may(None, "probe.lend")


def test_hook_jobs(probe, run_jobs):
    before = "def run():\n    (data_dir('probe') / 'ran').write_text('yes')\n"
    app = probe("jobs()", "[Job('count', run, every=60), Job('idle', run)]", before=before)
    from hub.work.jobs import arm_periodic

    with app.app_context():
        arm_periodic()
    run_jobs(app)
    assert (app.extensions["hub"].settings.data / "probe" / "ran").read_text() == "yes"


def test_hook_commands(probe, command):
    before = "import click\n@click.command()\ndef hello():\n    click.echo(f'good day, {len(items.newest(\"partner\"))}')\n"
    app = probe("commands()", "[hello]", before=before, more="commands=('hello',)")
    folder = app.extensions["hub"].settings.instance
    assert command(folder, "probe", "hello").out == command(folder, "hello").out == "good day, 0\n"
    off(app)
    assert command(folder, "hello").status != 0


def test_hook_exporters(probe):
    before = "def write(listing):\n    return '\\n'.join(f'{i.title} of {listing.total}' for i in listing.items)\n"
    before += "def broken(listing):\n    raise RuntimeError('no lines today')\n"
    app = probe("exporters()", "[Exporter('lines', 'As lines', 'text/plain', write), Exporter('later', 'Later', 'text/plain', write, needs='dates')]",
                before=before)  # fmt: skip
    add(app, number=1)
    add(app, number=2)
    add(app, number=3, audience="members")
    client = app.test_client()
    kinds = client.get("/en/partners.json").json["facets"]["kind"]
    one = next(iter(kinds))
    answer = client.get(f"/en/partners.lines?kind={one}")
    assert answer.mimetype == "text/plain" and re.fullmatch(r"Sample forall [12] partner of 1", answer.text)
    assert client.get("/en/partners.lines").text.count("\n") == 1 and "onlyformembers" not in client.get("/partners.lines").text
    assert "onlyformembers" in sign_in(app, "member").get("/en/partners.lines").text
    page = client.get(f"/en/partners/?kind={one}").text
    assert f'.lines?kind={one}">As lines</a>' in page and "Later" not in page and client.get("/en/partners.later").status_code == 404
    assert client.get("/en/partners/sample-forall-1-partner.lines").text == "Sample forall 1 partner of 1"
    assert client.get("/en/search.lines?q=sample").status_code == 200
    off(app)
    assert client.get("/en/partners.lines").status_code == 404 and "As lines" not in client.get("/en/partners/").text


def test_a_failing_exporter_is_an_error_of_its_address_only(new_hub):
    body = CARD.format(more="") + "def write(listing):\n    raise RuntimeError('no lines today')\n"
    body += "@hookimpl\ndef exporters():\n    return [Exporter('lines', 'Lines', 'text/plain', write)]\n"
    app = new_hub(["partners", "probe"], files={"plugins/probe.py": body}, strict=False)
    client = app.test_client()
    assert client.get("/en/partners.lines").status_code == 500 and client.get("/en/partners/").status_code == 200
    assert "no lines today" in app.extensions["hub"].hooks.troubles.of("probe").what


def test_hook_importers(probe, command, tmp_path):
    before = "def read(data):\n    for n, line in enumerate(data.decode().splitlines(), 1):\n"
    before += "        yield n, {'title': line} if line else ValueError('an empty line')\n"
    app = probe("importers()", "[Importer(('lines',), 'Lines', read, maps=('title=title',))]", before=before)
    assert app.extensions["hub"].importers["lines"][0] == "probe"
    (tmp_path / "new.lines").write_text("House by the river\n\nThe old mill\n")
    done = command(app.extensions["hub"].settings.instance, "import", "partners", str(tmp_path / "new.lines"))
    assert "an empty line" in done.out + done.err
    assert {i["title"] for i in app.test_client().get("/en/partners.json").json["items"]} == {"House by the river", "The old mill"}


def test_hook_change_readers(probe, run_jobs):
    before = "def read(changes):\n    with (data_dir('probe') / 'seen').open('a') as file:\n"
    before += "        file.writelines(f'{c.verb} {c.uid}\\n' for c in changes)\n"
    app = probe("change_readers()", "[ChangeReader('diary', read, restart=lambda: (data_dir('probe') / 'again').write_text('x'))]", before=before)
    first, second = add(app), add(app, number=2)
    run_jobs(app)
    seen = app.extensions["hub"].settings.data / "probe" / "seen"
    mine = [f"published {uid}" for uid in (first, second)]
    assert [line for line in seen.read_text().splitlines() if line in mine] == mine
    run_jobs(app)
    assert [line for line in seen.read_text().splitlines() if line in mine] == mine, "what was read is read again"


def test_hook_started(probe):
    app = probe("started(app)", "app.extensions.update(probe=[rule.endpoint for rule in app.url_map.iter_rules()])")
    assert "site.home" in app.extensions["probe"], "it is called before the application is whole"


def test_what_is_loaded_before_processes_are_forked(probe):
    app = probe("started(app)", "app.extensions['before_fork'].append(lambda: app.extensions.update(probe='loaded'))")
    assert "probe" not in app.extensions and warmed(app) is app and app.extensions["probe"] == "loaded"


def test_hook_demo(probe):
    toml = 'external_id = "one"\n[texts.en]\ntitle = "A demo house"\n[data]\nkind = "library"\n'
    listed = "load([{'external_id': 'two', 'texts': {'en': {'title': 'A demo shed'}}, 'data': {'kind': 'library'}}], 'partner')"
    app = probe("demo(load)", f"load(Path(__file__).parent.parent / 'probe-demo', 'partner'), {listed}",
                before="from pathlib import Path\n", files={"probe-demo/one.toml": toml})  # fmt: skip
    with app.app_context(), db.writing():
        first, again = seeding.load_demo(db.session()), seeding.load_demo(db.session())
    assert first.created > 1 and (again.created, again.updated) == (0, 0)
    page = app.test_client().get("/en/partners/?q=demo").text
    assert "A demo house" in page and "A demo shed" in page, "a folder of files, and a list of documents"


# --- asked while the site runs


def test_hook_navigation(hooks, client, as_user):
    hooks.implement(navigation=lambda slot, user: [NavItem(f"line for {slot}{' of ' + user.name if user else ''}", "/en/", 90)])
    assert "line for main" in client.get("/en/").text and "line for footer" in client.get("/en/").text
    assert "line for main of Editor" in as_user("editor").get("/en/").text


def test_hook_blocks(probe):
    files = {"templates/probe/block.html": "<p>{{ where }} of {{ subject }}</p>"}
    answer = "[Block('probe/block.html', {'where': slot, 'subject': subject.title if slot == 'item' else 'everybody'}, order=1)]"
    app = probe("blocks(slot, user, subject)", f"{answer} if slot in ('home', 'item', 'desk') else []", files=files)
    uid, client = add(app), app.test_client()
    assert "home of everybody" in client.get("/en/").text and "desk of everybody" in sign_in(app, "editor").get("/desk/").text
    assert "item of Sample forall 1 partner" in client.get(f"/en/partners/{uid}/", follow_redirects=True).text
    off(app)
    assert "home of everybody" not in client.get("/en/").text


def test_hook_content_security(hooks, client):
    hooks.implement(content_security=lambda: {"img-src": ["https://tile.example.org"]})
    policy = client.get("/en/").headers["Content-Security-Policy"]
    assert re.search(r"img-src [^;]*'self'[^;]* https://tile\.example\.org", policy) and "script-src 'self';" in policy
    hooks.close()
    assert "tile.example.org" not in client.get("/en/?v=2").headers["Content-Security-Policy"]


def test_hook_branding(hooks, client):
    hooks.implement(branding=lambda language: {"name": {"ru": "Наш двор"}.get(language, "Our yard")})
    assert "Our yard" in client.get("/en/").text and "Наш двор" in client.get("/ru/").text
    hooks.close()
    assert "Our yard" not in client.get("/en/?v=2").text


def test_hook_health(hooks, client, as_user):
    hooks.implement(health=lambda: [Check("spades", "warning", "two are broken: mend them", "Tools"), Check("rakes", "ok", label="Rakes")])
    assert {"name": "trial.spades", "state": "warning", "message": "two are broken: mend them"} in client.get("/-/health").json["checks"]
    desk = as_user("admin").get("/desk/health").text
    odd, _, good = desk.partition("In order")
    assert 'Tools <code class="small">trial.spades</code>' in odd and "two are broken" in odd, "what wants a look stands first"
    assert "Rakes" in good and "Database" in good and "core.database" not in desk, "people read names, not keys"


def test_hook_can(hooks, as_user):
    member, editor = as_user("member"), as_user("editor")
    assert member.get("/desk/changes").status_code == 403 and editor.get("/desk/changes").status_code == 200
    answers = {"member@example.org": True, "editor@example.org": False}
    hooks.implement(can=lambda user, permission, subject: answers.get(user.email) if permission == "content.edit" else None)
    assert member.get("/desk/changes").status_code == 200 and editor.get("/desk/changes").status_code == 403


def test_hook_locate(hooks, as_user):
    hooks.implement(locate=lambda text: (55.75, 37.62) if text == "Red Square" else None)
    editor = as_user("editor")
    page = editor.get("/desk/partners/new?form=full&language=en").text
    typed = {"csrf_token": csrf(page), "form": "full", "language": "en", "title.en": "On the square", "p.0.name": "Moscow"}
    look = editor.post("/desk/partners/new", data={**typed, "p.0.point": "Red Square", "do": "look 0"}).text
    assert "On the square" in look and "Red Square" in look, "a plugin's button brings the form back as typed"
    refused = editor.post("/desk/partners/new", data={**typed, "p.0.point": "Blue Square", "do": "publish"})
    assert refused.status_code == 422 and "Blue Square" in refused.text
    editor.post("/desk/partners/new", data={**typed, "f.kind": "library", "p.0.point": "Red Square", "do": "publish"})
    [found] = [i for i in editor.get("/en/partners.json?q=square").json["items"] if i["title"] == "On the square"]
    assert (found["places"][0]["lat"], found["places"][0]["lon"]) == (55.75, 37.62)


def test_hook_search(new_hub):
    app = new_hub(["partners"])
    uid = add(app)
    from hub.testing.tools import HookBench

    with app.app_context():
        number = items.get("partner", uid).id
    HookBench(app).implement(search=lambda query: SearchPage((Hit(number, 1.0),), 1) if query.text == "abracadabra" else None)
    client = app.test_client()
    assert client.get("/en/search.json?q=abracadabra").json["items"][0]["uid"] == uid
    assert client.get("/en/search.json?q=sample").json["total"] == 1, "what one engine cannot answer is asked of the next"


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_an_engine_may_find_a_hundred_thousand(new_hub, database, request):
    """In another order than its own they all go to the database, which takes so many values in no statement."""
    from hub.testing.tools import HookBench

    more = {} if database == "sqlite" else {"database": request.getfixturevalue("postgres_url").new_database()}
    app = new_hub(["partners"], **more)
    uid = add(app)
    with app.app_context():
        first = items.get("partner", uid).id
    hits = tuple(Hit(first + n, 1.0) for n in range(100_000))
    HookBench(app).implement(search=lambda query: SearchPage(hits[: query.limit], len(hits)))
    found = app.test_client().get("/en/partners.json?q=anything&sort=title")
    assert found.status_code == 200 and [i["uid"] for i in found.json["items"]] == [uid] and found.json["total"] == 100_000


def test_hook_illustrate(new_hub):
    from markupsafe import Markup

    from hub.testing.tools import HookBench

    app = new_hub(["partners"])
    uid = add(app)
    HookBench(app).implement(illustrate=lambda item, inline: Markup('<img class="cover" alt="" src="/{}/{}.svg">').format(item.uid, inline))
    client = app.test_client()
    assert f'src="/{uid}/False.svg"' in client.get("/en/partners/").text
    assert f'src="/{uid}/True.svg"' in client.get(f"/en/partners/{uid}/", follow_redirects=True).text


def test_hook_content_changed(new_hub):
    from hub.testing.tools import HookBench

    app, told = new_hub(["partners"]), []
    HookBench(app).implement(content_changed=lambda changes: told.extend((c.verb, c.uid, c.public) for c in changes))
    uid = add(app)
    assert told == [("published", uid, True)]
    with app.app_context(), db.writing():
        items.move(items.get("partner", uid), "trash")
        db.session().rollback()
        assert len(told) == 1, "what was rolled back is told"
        items.move(items.get("partner", uid), "trash")
        items.commit()
    assert told[1] == ("gone", uid, True)


def test_hook_user_exported(hooks, as_user, hub_app):
    """Plain values by plugin, for the person's own copy. (Core has no page for it yet: asked as that page will ask.)"""
    as_user("member")
    hooks.implement(user_exported=lambda user: {"lent tools": ["drill"]} if user.email.startswith("member") else None)
    with hub_app.app_context():
        user = accounts.find_user(db.session(), "member@example.org")
        assert ("trial", {"lent tools": ["drill"]}) in hooks.manager.answers("user_exported", user=user)


def test_hook_user_forgotten(hooks, as_user, hub_app):
    """Called in the session that core commits; what a plugin raises must stop the erasing (strict here, so it is raised)."""
    as_user("member")
    seen = []
    hooks.implement(user_forgotten=lambda session, user: seen.append((session, user.email)))
    with hub_app.app_context():
        session, user = db.session(), accounts.find_user(db.session(), "member@example.org")
        hooks.manager.tell("user_forgotten", session=session, user=user)
        assert seen == [(session, "member@example.org")]


def test_hook_draft_translation(hooks, hub_app):
    """The first plugin that answers is heard; how the translation desk uses it: tests/plugins/test_drafts.py."""
    from hub.api import ask

    with hub_app.app_context():
        assert ask("draft_translation", text="Beds", source="en", target="ru") is None
        hooks.implement(draft_translation=lambda text, source, target: f"{text} {source}>{target}")
        assert ask("draft_translation", text="Beds", source="en", target="ru") == "Beds en>ru"


def test_every_hook_has_its_test():
    hooks = {name for name, spec in vars(specs).items() if hasattr(spec, "hub_spec")}
    tested = {name.removeprefix("test_hook_") for name in globals() if name.startswith("test_hook_")}
    assert hooks == tested
