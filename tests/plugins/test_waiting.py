"""What waits for the person at the desk, over all plugins, the oldest first."""

from suggesting import words

from hub.store import db
from hub.testing.fixtures import csrf, sign_in


def test_one_list_by_age(new_hub, clock):
    from hub.api import items

    app = new_hub(plugins=["editor", "partners", "cases", "contact", "freshness"], toml="[plugin.contact]\nseconds = 0\n")
    editor, visitor = sign_in(app, "editor"), app.test_client()
    assert "Waits for you" not in editor.get("/desk/").text
    page = visitor.get("/en/contact/").text
    stamp = page.split('name="shown_at" value="')[1].split('"')[0]
    visitor.post("/en/contact/", data={"csrf_token": csrf(page), "shown_at": stamp, "text": "Hello"})
    clock.move(days=2)
    with app.app_context(), db.writing():
        text = {"title": "A case", "summary": "", "body": "", "fields": {}}
        items.move(items.create("case", {"texts": {"en": text}}), "submit")
        items.commit()
    editor = sign_in(app, "editor")
    desk = words(editor.get("/desk/").text)
    assert "Waits for you 1 Messages 2 days 1 In review: Practices today" in desk
    assert "Waits for you" not in sign_in(app, "member").get("/desk/").text
