"""The first walk: pages answer, an editor publishes, the item is everywhere, taken back it is nowhere."""

from hub.testing.fixtures import csrf, sign_in


def test_pages_answer(hub_app, client):
    for path in ("/en/", "/ru/", "/en/cases/", "/ru/partners/", "/-/health", "/en/search/?q=x", "/en/topics/"):
        assert client.get(path).status_code == 200, path


def test_publish_by_form(hub_app, client, run_jobs):
    editor = sign_in(hub_app, "editor")
    form = editor.get("/desk/cases/new?language=en").text
    answer = editor.post("/desk/cases/new", data={
        "csrf_token": csrf(form), "language": "en", "form": "full", "do": "publish", "title.en": "Beds by the clinic",
        "summary.en": "Vegetables for everyone.", "f.start": "2017-06", "f.themes": ["health"], "p.0.name": "Kazan",
        "p.0.country": "RU", "p.0.point": "55.79, 49.11",
    })  # fmt: skip
    assert answer.status_code == 302, answer.text
    assert "Beds by the clinic" in client.get("/en/cases/").text
    page = client.get("/en/cases/beds-by-the-clinic/")
    assert page.status_code == 200 and "June 2017" in page.text
    assert client.get("/en/cases.json").json["items"][0]["fields"]["themes"] == ["health"]
