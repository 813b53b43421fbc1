"""A language may wait unfinished while the other one is on the site: pages and every other kind."""


from suggesting import Fields, main

from hub.testing.fixtures import sign_in


def save(editor, path, do, **typed):
    page = editor.get(path)
    data = {**Fields(main(page.text)).values, **{name.replace("__", "."): value for name, value in typed.items()}}
    data.pop("unfinished", None) if typed.get("unfinished") is False else None
    return editor.post(path.partition("?")[0], data={**data, "do": do}, follow_redirects=True)


def test_an_unfinished_language_is_not_shown(new_hub):
    app = new_hub(plugins=["partners"])
    editor, visitor = sign_in(app, "editor"), app.test_client()
    refused = save(editor, "/desk/pages/new?language=en&form=full", "publish", title__en="Our way", unfinished="on")
    assert refused.status_code == 422 and "must be finished before" in refused.text
    done = save(editor, "/desk/pages/new?language=en&form=full", "publish", title__en="Our way", body__en="We walk.")
    path = done.request.path
    save(editor, f"{path}?language=ru&form=full", "publish", title__ru="Наш путь", body__ru="Ид…", unfinished="on")
    page = visitor.get("/ru/pages/our-way/", follow_redirects=True).text
    assert "We walk." in page and "Наш путь" not in page
    assert "Наш путь" not in visitor.get("/ru/search/?q=путь").text
    form = editor.get(f"{path}?language=en&form=full").text
    assert "not finished" in form
    save(editor, f"{path}?language=ru&form=full", "publish", body__ru="Идём.", unfinished=False)
    assert "Идём." in visitor.get("/ru/pages/our-way/", follow_redirects=True).text
