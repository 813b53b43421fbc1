"""Choosing another entry by its title: what is offered while somebody types, what may be read, what the answer means."""

import pytest
from making import make, step

from hub.testing.fixtures import csrf, sign_in

pytest.importorskip("hub_news")
HOUSE, CORNER = "House of Culture", "The Corner House"


@pytest.fixture
def app(new_hub):
    return new_hub(["partners", "cases", "news"])


def offered(client, words, language="en", path="partners"):
    answer = client.get(f"/{language}/{path}/titles", query_string={"q": words})
    assert answer.status_code == 200 and answer.mimetype == "application/json"
    return answer.json


def test_parts_of_words_of_any_language_find_titles(app):
    make(app, "partner", {"en": CORNER, "ru": "Угловой дом «Ёлка»"})
    make(app, "partner", HOUSE)
    make(app, "partner", "100% Garden_s")
    visitor = app.test_client()
    assert offered(visitor, "hou") == [HOUSE, CORNER]  # those that begin so come first
    assert offered(visitor, "house cor") == [CORNER]
    assert offered(visitor, "елк") == offered(visitor, "УГЛОВ", "ru") == ["Угловой дом «Ёлка»"]
    assert offered(visitor, "0% g") == offered(visitor, "n_s") == ["100% Garden_s"] and offered(visitor, "e_c") == []
    assert offered(visitor, "", "ru") == ["100% Garden_s", HOUSE, "Угловой дом «Ёлка»"]  # each once, in the page's language
    assert offered(visitor, "zzz") == [] and visitor.get("/en/nothing/titles").status_code == 404


def test_nobody_is_offered_what_they_may_not_read(app):
    make(app, "partner", "Drafted house", status="draft")
    make(app, "partner", "Members' house", audience="members")
    step(app, make(app, "partner", "House in the trash"), "trash")
    make(app, "partner", "Open house", texts={"ru": {"title": "Недописанный дом", "status": "draft"}})
    assert offered(app.test_client(), "house") == ["Open house"] and offered(app.test_client(), "дом") == []
    assert offered(sign_in(app, "member"), "house") == ["Members' house", "Open house"]
    assert "Members&#39; house" in sign_in(app, "editor").get("/desk/cases/new").text


def test_a_form_carries_three_hundred_and_asks_for_more(app):
    for number in range(305):
        make(app, "partner", f"Partner {number:03}")
    page = sign_in(app, "editor").get("/desk/cases/new?language=en").text
    assert 'data-more="/en/partners/titles"' in page and page.count('<option value="Partner ') == 300
    assert 'value="Partner 304"' not in page and offered(app.test_client(), "ner 304") == ["Partner 304"]
    assert len(offered(app.test_client(), "partner")) == 20


def test_a_source_of_news_gets_its_partner_by_name(app, remote_site):
    remote_site.trusted_by(app)
    remote_site.answer("/feed", "<rss version='2.0'><channel><title>News</title></channel></rss>")
    uid, editor = make(app, "partner", {"en": CORNER, "ru": "Угловой дом"}), sign_in(app, "editor")
    page = editor.get(f"/desk/news/sources?partner={uid}").text
    assert f'value="{CORNER}"' in page
    sent = {"csrf_token": csrf(page), "url": remote_site.url + "/feed", "partner": "No such house"}
    page = editor.post("/desk/news/sources", data=sent)
    assert page.status_code == 400 and "There is nothing called “No such house” here." in page.text
    assert remote_site.url + "/feed" in page.text and 'value="No such house"' in page.text and not remote_site.asked
    answer = editor.post("/desk/news/sources", data={**sent, "partner": "угловой дом"})
    assert answer.status_code == 302
    assert f'value="{CORNER}"' in editor.get(answer.location).text

    again = {"csrf_token": sent["csrf_token"], "do": "save", "full_text": "1", "partner": "Corner shop"}
    page = editor.post(answer.location, data=again)
    assert page.status_code == 400 and 'value="Corner shop"' in page.text and "There is nothing called" in page.text
    assert 'name="full_text" value="1" checked' in page.text, "what else was typed is still there"
    stored = editor.get(answer.location).text
    assert f'value="{CORNER}"' in stored and 'name="full_text" value="1" checked' not in stored
    assert editor.post(answer.location, data={**again, "partner": ""}).status_code == 302
    assert f'value="{CORNER}" list="partners"' not in editor.get(answer.location).text


def test_of_two_partners_with_one_name_the_one_that_stood_there_is_meant(app, remote_site):
    remote_site.trusted_by(app)
    remote_site.answer("/feed", "<rss version='2.0'><channel><title>News</title></channel></rss>")
    first, editor = make(app, "partner", CORNER), sign_in(app, "editor")
    form = {"csrf_token": csrf(editor.get("/desk/news/sources").text), "url": remote_site.url + "/feed", "partner": CORNER}
    where = editor.post("/desk/news/sources", data=form).location
    second = make(app, "partner", CORNER)
    save = {"csrf_token": form["csrf_token"], "do": "save"}
    assert editor.post(where, data={**save, "partner": CORNER}).status_code == 302
    assert editor.post(where, data={**save, "partner": f"/desk/partners/{second}/?language=en"}).status_code == 302
    assert editor.post(where, data={**save, "partner": first}).status_code == 302
    page = editor.post("/desk/news/sources", data={**form, "url": remote_site.url + "/other"})
    assert page.status_code == 400 and "There are several called" in page.text
