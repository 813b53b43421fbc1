"""Claims through the public door: a mail at the domain, a word on the site, an editor; standing shown, rights given."""

import re

import pytest
import sqlalchemy as sa
from suggesting import LIBRARY, Fields, main

from hub.content.model import Content
from hub.store import db
from hub.testing.fixtures import sign_in
from hub.work.jobs import run_due
from hub.work.mail import Mail

PLUGINS = ["partners", "claims", "people", "suggest"]


@pytest.fixture
def app(new_hub):
    return new_hub(plugins=PLUGINS, languages=["en", "ru"])


def publish(app, title="The Green Library", website="https://www.library.example.org/about", **data):
    from hub.api import items

    text = {"title": title, "summary": "Books.", "body": "Beds.", "fields": {}}
    doc = {**LIBRARY, "texts": {"en": text, "ru": {**text, "title": f"{title}, по-русски"}}}
    with app.app_context(), db.writing():
        content = items.create("partner", {**doc, "data": {"kind": "library", "website": website, **data}}, status="published")
        items.commit()
        return content.uid


def content(app, uid):
    with app.app_context():
        return db.session().scalar(sa.select(Content).where(Content.uid == uid))


def mails(app, to):
    with app.app_context():
        return db.session().scalars(sa.select(Mail).where(Mail.to == to).order_by(Mail.id)).all()


def fill(client, path, **typed):
    data = {**Fields(main(client.get(path).text)).values, **typed}
    return client.post(path, data=data, follow_redirects=True)


def claim(client, uid, lang="en", **typed):
    return fill(client, f"/{lang}/claims/{uid}/", **typed)


def open_link(app, client, to):
    path = re.search(r"https?://[^/]+(/\w\w/claims/c/\S+)", mails(app, to)[-1].text)[1]
    return path, client.get(path)


def shown(app, uid, lang="en"):
    return app.test_client().get(f"/{lang}/partners/{uid}/", follow_redirects=True).text


def test_a_mail_at_the_organisations_domain_makes_its_reader_the_representative(app):
    uid, visitor = publish(app), app.test_client()
    page = shown(app, uid)
    assert "Put here by the network" in page and f"/en/claims/{uid}/" in page
    assert "library.example.org proves it at once" in visitor.get(f"/en/claims/{uid}/").text
    answer = claim(visitor, uid, email="Anna@Library.Example.org", name="Anna")
    assert "A link is on its way" in answer.text
    [letter] = mails(app, "Anna@library.example.org")
    assert letter.html and "The Green Library" in letter.text
    path, looked = open_link(app, visitor, "Anna@library.example.org")
    assert looked.headers["Referrer-Policy"] == "no-referrer" and "with your yes it is done" in looked.text
    assert "standing" not in content(app, uid).data, "looking changes nothing"
    done = fill(visitor, path)
    assert "You speak for this organisation now" in done.text
    assert content(app, uid).data["standing"] == "verified"
    assert "looks after this entry itself" in shown(app, uid) and "сама ведёт" in shown(app, uid, "ru")
    again = visitor.get(path)
    assert again.status_code == 404, "a link works once"
    onward = re.search(r'href="(/en/claims/mine/\d+/)"', again.text)[1]
    assert "You speak for this organisation now" in visitor.get(onward).text, "and whoever opens it once more is led to what came of it"
    assert app.test_client().get(onward).status_code == 302, "nobody else"
    edit = f"/desk/partners/{uid}"
    saved = fill(visitor, edit, **{"summary.en": "Books, and beds to sow.", "f.standing": "", "do": "submit"})
    assert saved.status_code == 200 and "Books, and beds to sow." in visitor.get(edit).text
    assert [i["uid"] for i in visitor.get("/en/partners.json?standing=verified").get_json()["items"]] == [uid]
    assert visitor.get("/en/partners.json?standing=claimed").get_json()["total"] == 0
    assert sign_in(app, "member").get(edit).status_code in (403, 404), "others may not"


def test_the_mark_survives_drafts_and_is_given_by_no_form(app):
    uid, editor = publish(app), sign_in(app, "editor")
    edit = f"/desk/partners/{uid}"
    fill(editor, edit, **{"summary.en": "Begun before.", "f.standing": "verified", "do": "save"})
    assert "standing" not in content(app, uid).data, "a form does not give it"
    page = editor.get(edit).text
    assert "I know them: mark as verified" in page
    editor.post(f"/desk/claims/standing/{uid}", data={**Fields(main(page)).values, "do": "verify"})
    fill(editor, edit, do="publish")
    after = content(app, uid)
    assert after.data["standing"] == "verified" and "Begun before." in shown(app, uid)
    editor.post(f"/desk/claims/standing/{uid}", data={**Fields(main(editor.get(edit).text)).values, "do": "unverify"})
    assert "standing" not in content(app, uid).data and "Put here by the network" in shown(app, uid)


def test_what_proves_nothing_goes_to_an_editor(app):
    uid, visitor, editor = publish(app), app.test_client(), sign_in(app, "editor")
    wrong = claim(visitor, uid, email="boris@gmail.com", name="Boris <b>")
    assert wrong.status_code == 422 and "Choose how you want to prove it" in wrong.text and "Boris &lt;b&gt;" in wrong.text
    assert "can see that it is yours" in claim(visitor, uid, email="boris@gmail.com", way="editor").text
    claim(visitor, uid, email="boris@gmail.com", way="editor", name="Boris", note="I sit at the desk, call me: 555-0100")
    path, _ = open_link(app, visitor, "boris@gmail.com")
    assert "being checked" in fill(visitor, path).text
    own = visitor.get("/account/").text
    assert re.search(r"My claims</h2>.*The Green Library</a> <span class=\"st warn\">being checked<", own, re.S), "the letter is not the only way back"
    assert content(app, uid).data["standing"] == "claimed" and "that is being checked" in shown(app, uid)
    run_due(app)
    assert mails(app, "editor@example.org")[-1].subject == "A claim to an organisation waits"
    queue = editor.get("/desk/claims/")
    assert "I sit at the desk" in queue.text
    number = re.search(r'action="/desk/claims/(\d+)"', queue.text)[1]
    assert visitor.post(f"/desk/claims/{number}", data={"do": "verify"}).status_code in (400, 403), "not by oneself"
    editor.post(f"/desk/claims/{number}", data={**Fields(main(queue.text)).values, "do": "refuse", "reason": "Nobody knows you there."})
    assert mails(app, "boris@gmail.com")[-1].text.count("Nobody knows you there.") == 1
    assert mails(app, "boris@gmail.com")[-1].text.startswith("Hello, Boris."), "greeted is who reads, not who pressed the button"
    assert "standing" not in content(app, uid).data
    assert visitor.get(f"/desk/partners/{uid}").status_code in (403, 404)
    claim(visitor, uid, email="boris@gmail.com", way="editor", note="Ask Anna")
    fill(visitor, open_link(app, visitor, "boris@gmail.com")[0])
    queue = editor.get("/desk/claims/").text
    number = re.search(r'action="/desk/claims/(\d+)"', queue)[1]
    editor.post(f"/desk/claims/{number}", data={**Fields(main(queue)).values, "do": "verify"})
    assert visitor.get(f"/desk/partners/{uid}").status_code == 200


def test_a_word_on_the_site_proves_it(app, remote_site):
    remote_site.trusted_by(app)
    page = "<html><head><title>Us</title>{}</head><body>{}</body></html>"
    remote_site.answer("/", page.format("", ""))
    uid, visitor = publish(app, website=remote_site.url + "/"), app.test_client()
    claim(visitor, uid, email="clara@gmail.com", way="site")
    done = fill(visitor, open_link(app, visitor, "clara@gmail.com")[0])
    word = re.search(r'content=&#34;([\w-]+)&#34;|content="([\w-]{20,})"', main(done.text).replace("&quot;", '"'))
    word = word[1] or word[2]
    run_due(app)
    mine = re.search(r"/en/claims/mine/\d+/", done.request.path)[0]
    assert "did not find it yet" in visitor.get(mine).text
    remote_site.answer("/", page.format("", f'<p>A comment: <meta name="hub-claim" content="{word}"></p>'))
    fill(visitor, mine, do="look")
    run_due(app)
    assert content(app, uid).data["standing"] == "claimed", "what visitors write on a page proves nothing"
    remote_site.answer("/", page.format(f'<meta name="hub-claim" content="{word}">', ""))
    fill(visitor, mine, do="look")
    run_due(app)
    assert content(app, uid).data["standing"] == "verified" and "You speak for this organisation now" in visitor.get(mine).text
    assert visitor.get(f"/desk/partners/{uid}").status_code == 200


@pytest.mark.parametrize(("website", "email", "proves"), [
    ("https://museum.example", "a@museum.example", True), ("https://www.museum.example/ru/", "a@Museum.Example", True),
    ("https://museum.example", "a@press.museum.example", True), ("https://museum.example", "a@notmuseum.example", False),
    ("https://museum.city.example", "a@city.example", False), ("https://vk.com/museum", "a@vk.com", False),
    ("https://mail.ru", "a@mail.ru", False), ("https://музей.рф", "a@" + "музей.рф".encode("idna").decode(), True), ("", "a@museum.example", False),
    ("https://museum.example", "a@museum.example.org", False), ("https://com", "a@com", False),
    ("https://m.vk.com/museum", "a@m.vk.com", False),
])  # fmt: skip
def test_which_address_proves_something(website, email, proves):
    from hub_claims import proof

    assert proof.by_mail(website, email) is proves
    assert not (proof.can_carry(website) and "vk.com" in website)


def test_a_blocked_account_confirms_nothing(app):
    uid, visitor = publish(app), app.test_client()
    with app.app_context(), db.writing():
        from hub.api import accounts

        blocked = accounts.add_user(db.session(), "out@library.example.org", "correct horse battery")
        accounts.set_active(blocked, False)
        db.session().commit()
    claim(visitor, uid, email="out@library.example.org", name="Out")
    _path, looked = open_link(app, visitor, "out@library.example.org")
    assert looked.status_code == 404 and "standing" not in content(app, uid).data


def test_colleagues_hear_of_each_other_and_forms_are_counted(app):
    uid = publish(app)
    for name in ("anna", "boris"):
        visitor = app.test_client()
        claim(visitor, uid, email=f"{name}@library.example.org")
        fill(visitor, open_link(app, visitor, f"{name}@library.example.org")[0])
    last = mails(app, "anna@library.example.org")[-1]
    assert "boris@library.example.org" in last.text and "One more person" in last.subject
    visitor, codes = app.test_client(), []
    for n in range(10):
        codes.append(claim(visitor, uid, email=f"x{n}@library.example.org").status_code)
    assert codes[0] == 200 and codes[-1] == 429
    assert app.test_client().get("/en/claims/no-such-uid/").status_code == 404


def test_a_claim_that_makes_an_account_agrees_to_the_processing(new_hub, run_jobs):
    app = new_hub(plugins=[*PLUGINS, "privacy"], languages=["en", "ru"])
    run_jobs(app)
    uid, visitor = publish(app), app.test_client()
    claim(visitor, uid, email="anna@library.example.org", name="Anna")
    path, looked = open_link(app, visitor, "anna@library.example.org")
    assert 'name="processing"' in looked.text
    assert visitor.post(path, data=Fields(main(looked.text)).values).location == path
    assert visitor.get("/account/").status_code == 302, "no account without the consent"
    visitor.post(path, data={**Fields(main(looked.text)).values, "processing": "yes"})
    assert re.search(r'name="processing" value="yes" checked', visitor.get("/account/").text)
