"""The practice library: the whole form, one fact more, side by side, submitting, handouts, Participedia, large lists."""

import csv
import importlib.util
import io
import json
import re
import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from making import at_most, folder_of, run_hub
from suggesting import Fields, main, words

from hub.store import db
from hub.testing.fixtures import sign_in

NINE = ["title.en", "summary.en", "p", "topics", "f.start", "f.end", "f.experience_types", "t.objective.en", "r.holder"]


@pytest.fixture(scope="module")
def app(hub_instances):
    from hub.app import create_app

    app = create_app(hub_instances.make(["partners", "cases", "transfer"]), strict=True)
    app.testing = True
    return app


def make(app, title, **more):
    from hub.api import items

    with app.app_context(), db.writing():
        text = {"title": title, **more.pop("text", {})}
        texts = {"en": text, **({"ru": more.pop("ru")} if "ru" in more else {})}
        uid = items.create("case", {"texts": texts, **more}, status="published").uid
        items.commit()
        return uid


def document(app, uid):
    from hub.api import items

    with app.app_context():
        return items.working_copy(items.get("case", uid))[0]


# -- the form -----------------------------------------------------------------------------------------------------------


def test_the_form_asks_what_the_award_asks(app):
    """Field by field as the award form has it: both parts, every list of choices with all its values."""
    from hub_cases import profiles

    from hub.api import content_type

    with app.app_context():
        ctype = content_type("case")
        asked = {q.field: q for q in profiles.bundled("iopd").questions}
        sizes = {name: len(q.options) for name, q in asked.items() if q.options}
        assert sizes == {"candidacy": 2, "experience_types": 10, "aims": 8, "area": 3, "themes": 19}
        for name, question in asked.items():
            declared = ctype.field(name)
            assert declared or name in ("title", "body", "place", "country"), name
            if question.options:
                assert [c.value for c in declared.choices] == list(question.options), name
        assert [n for n in asked if ctype.field(n) and ctype.field(n).type == "longtext"] == [
            "objective", "achievement", "extent", "innovation", "transferability", "feasibility", "coordination", "coresponsibility", "evaluation"]  # fmt: skip
        assert {ctype.field(n).type for n in ("start", "end")} == {"partialdate"}


def test_quick_entry_has_nine_fields(app):
    from hub.api import content_type, forms

    with app.test_request_context("/en/"):
        sections = forms.build(content_type("case"), forms.empty(), "en", 0, quick=True)
        assert sorted(c.name for s in sections for c in s.controls) == sorted(NINE)


@pytest.mark.parametrize("page", ["fact/before", "figures/"])
def test_pages_about_a_practice_name_it_in_the_language_of_the_desk(app, page):
    uid, editor = make(app, "Ramps", ru={"title": "Пандусы"}), sign_in(app, "editor")
    assert "<h1 class=\"h2\">Пандусы" in editor.get(f"/desk/cases/{uid}/{page}?lang=ru", follow_redirects=True).text
    assert "<h1 class=\"h2\">Ramps" in editor.get(f"/desk/cases/{uid}/{page}?lang=en", follow_redirects=True).text


def test_one_fact_more_and_nobody_knows(app):
    uid, editor = make(app, "Half told", data={"start": "2020"}), sign_in(app, "editor")
    page = words(editor.get(f"/en/cases/{uid}/", follow_redirects=True).text)
    percent = int(re.search(r"(\d+)\W% of the form is known", page)[1])
    assert "Add one fact" in page and "Add one fact" not in words(app.test_client().get(f"/en/cases/{uid}/", follow_redirects=True).text)
    form = editor.get(f"/desk/cases/{uid}/fact/summary")
    assert [n for n in Fields(main(form.text)).values if "." in n] == ["summary.en"], "one question by itself"
    saved = editor.post(form.request.path, data={**Fields(main(form.text)).values, "summary.en": "Now in short.", "do": "save"}, follow_redirects=True)
    grown = int(re.search(r"Saved: (\d+)\W%", words(saved.text))[1])
    assert grown > percent and document(app, uid)["texts"]["en"]["summary"] == "Now in short."
    assert document(app, uid)["data"] == {"start": "2020"}, "the rest of the form stays as it was"
    form = editor.get(f"/desk/cases/{uid}/fact/figures")
    wrong = editor.post(form.request.path, data={**Fields(main(form.text)).values, "f.figures.0.unit": "trees", "f.figures.0.value": "many", "do": "save"})
    assert wrong.status_code == 422 and "A number is expected" in words(wrong.text) and 'value="many"' in wrong.text
    editor.post(form.request.path, data={**Fields(main(form.text)).values, "f.figures.0.unit": "trees", "f.figures.0.value": "7", "do": "save"})
    form = editor.get(f"/desk/cases/{uid}/fact/evaluation")
    editor.post(form.request.path, data={**Fields(main(form.text)).values, "do": "unknown"})
    doc = document(app, uid)
    assert doc["data"]["figures"] == [{"unit": "trees", "value": 7}] and doc["data"]["unknown"] == ["evaluation"]
    shown = words(editor.get(f"/en/cases/{uid}/", follow_redirects=True).text)
    assert "Nobody knows Evaluation and accountability" in shown
    page = editor.get(f"/desk/cases/{uid}/")
    assert "Evaluation and accountability" not in re.search(r"questions are open.*?</ul>", page.text, re.S)[0], "unknown is not empty"
    old = editor.get(f"/desk/cases/{uid}/fact/before")
    first = {**Fields(main(old.text)).values, "t.before.en": "Mine", "do": "save"}
    editor.post(old.request.path, data={**first, "t.before.en": "Theirs"})
    clash = editor.post(old.request.path, data=first)
    assert clash.status_code == 409 and "Mine" in clash.text
    assert sign_in(app, "member").get(f"/desk/cases/{uid}/fact/before").status_code == 403
    assert editor.get(f"/desk/cases/{uid}/fact/contact_email").status_code == 404


# -- side by side -------------------------------------------------------------------------------------------------------


def test_compare_two_to_four(app):
    first = make(app, "Alpha", text={"fields": {"objective": "To begin."}}, data={"area": "district", "figures": [{"unit": "trees", "value": 12000, "year": "2023"}]})
    second, hidden = make(app, "Beta", data={"area": "neighbourhood"}), make(app, "Hidden", audience="editors")
    visitor = app.test_client()
    page = words(visitor.get(f"/en/cases/tools/compare/?c={first}&c={second}&c={hidden}&c=nonsense").text)
    assert "Alpha" in page and "Beta" in page and "Hidden" not in page
    assert "Territorial area District Neighbourhood" in page and "12,000 (2023)" in page and "Main objective To begin. —" in page
    few = visitor.get(f"/en/cases/tools/compare/?c={first}")
    assert "Choose two to four" in words(few.text) and f'value="{first}" checked' in few.text
    assert "form=\"side\"" in visitor.get("/en/cases/").text


def test_figures_over_the_years_and_others_like_it(app):
    from hub.api import items

    with app.app_context(), db.writing():
        items.put_topic({"slug": "gardening", "en": {"name": "Gardening", "synonyms": []}})
        items.commit()
    figures = [{"unit": "visits", "value": v, "year": y} for y, v in (("2022", 300), ("2021", 100), ("2023", 900))]
    near = {"themes": ["housing"], "area": "district"}
    uid = make(app, "Roofs with bees", topics=["gardening"], data={"figures": [*figures, {"unit": "trees", "value": 1}], **near})
    make(app, "Far away", topics=["gardening"], data={"themes": ["security"]})
    make(app, "Bees on every roof", topics=["gardening"], data=near)
    for n in range(4):
        make(app, f"Gardening {n}", topics=["gardening"], data={"themes": ["legal"]})
    page = app.test_client().get(f"/en/cases/{uid}/", follow_redirects=True).text
    chart = page.split("series-h")[2].split("</section>")[0]
    assert re.findall(r"<th[^>]*>(\d+)</th>", chart) == ["2021", "2022", "2023"] and chart.count("<rect") == 3 and "Trees" not in chart
    titles = re.findall(r'<h3[^>]*><a href="[^"]*">([^<]+)</a>', page.split('id="rel"')[1])
    assert titles[0] == "Bees on every roof" and len(titles) == 3


# -- submitting ---------------------------------------------------------------------------------------------------------


def test_how_ready_it_is_for_a_form_and_the_form_as_files(app):
    import docx

    long = {"body": "word " * 301, "fields": {"objective": "Goal here.", "before": "Bad. " * 51}}
    uid = make(app, "Ready", text=long, ru={"title": "Готово", "fields": {"objective": "Цель здесь."}}, data={"start": "2020", "aims": ["equality"]},
               places=[{"names": {"en": "Riga", "ru": "Рига"}, "country": "LV"}])  # fmt: skip
    editor = sign_in(app, "editor")
    overview = words(editor.get(f"/desk/cases/{uid}/forms/").text)
    for form in ("IOPD award", "Participedia", "UN-Habitat", "URBACT", "A contest of projects"):
        assert form in overview
    page = words(editor.get(f"/desk/cases/{uid}/forms/un-habitat").text)
    assert "too long 301 of at most 300 words" in page and "too long 51 of at most 50 words" in page and "2 of at most 100 words" in page
    assert "Формулировка" not in page and "Цели и стратегия" in page and "asked there only" in page
    assert "Must be answered there and is open here: Organisation" in page
    text = editor.get(f"/desk/cases/{uid}/forms/un-habitat.md?language=ru")
    assert "## Страна\n\nЛатвия" in text.text and "## Цели и стратегия\n\nЦель здесь." in text.text
    document_ = docx.Document(io.BytesIO(editor.get(f"/desk/cases/{uid}/forms/iopd.docx?language=en").data))
    said = [p.text for p in document_.paragraphs]
    assert "Title of the experience: Ready" in said and any(line.startswith("☒ To achieve higher levels of equality") for line in said)
    assert "☐ Community empowerment" in said
    has_paper = importlib.util.find_spec("weasyprint") is not None
    paper = editor.get(f"/desk/cases/{uid}/forms/iopd.pdf?language=ru")
    assert (">PDF<" in editor.get(f"/desk/cases/{uid}/forms/iopd").text) == has_paper, "offered only where it can be made"
    assert (paper.status_code, paper.data[:5]) == ((200, b"%PDF-") if has_paper else (404, paper.data[:5]))
    assert editor.get(f"/desk/cases/{uid}/forms/iopd.csv").status_code == 404
    assert editor.get(f"/desk/cases/{uid}/forms/nothing").status_code == 404
    assert sign_in(app, "member").get(f"/desk/cases/{uid}/forms/iopd").status_code == 403


def test_whoever_keeps_a_practice_presents_it_where_nobody_else_is_named(app):
    """In every language, and once, also where a form asks for both."""
    from hub.api import items

    editor = sign_in(app, "editor")
    texts = {"en": {"title": "Lower Quay Library"}, "ru": {"title": "Библиотека на Нижней набережной"}}
    with app.app_context(), db.writing():
        holder = items.create("partner", {"texts": texts}, status="published").uid
        items.commit()
    uid = make(app, "Kept", text={"fields": {"institution": "Lower Quay Library"}}, ru={"title": "Ведут"}, links={"holder": [holder]})
    sheet = lambda form, language: editor.get(f"/desk/cases/{uid}/forms/{form}.md?language={language}").text  # noqa: E731
    assert "Библиотека на Нижней набережной" in sheet("iopd", "ru") and "Библиотека на Нижней набережной" in sheet("un-habitat", "ru")
    assert sheet("iopd", "en").count("Lower Quay Library") == sheet("un-habitat", "en").count("Lower Quay Library") == 1


def test_an_instance_adds_forms_of_its_own(app):
    from hub_cases import profiles

    from hub.api import data_dir

    with app.app_context():
        folder = data_dir("cases") / "profiles"
        folder.mkdir(exist_ok=True)
        (folder / "ours.yaml").write_text("label: {en: Our prize}\nquestions:\n  - {field: title, ask: {en: What}, words: 3}\n")
        (folder / "broken.yaml").write_text("label: [")
        assert "ours" in profiles.every() and "broken" not in profiles.every()
        [wrong] = profiles.troubles()
        assert "broken.yaml" in wrong
        for file in folder.iterdir():
            file.unlink()


# -- handouts -----------------------------------------------------------------------------------------------------------


def test_a_handout_hides_the_outcome_until_its_time(app):
    import time_machine

    fields = {"objective": "To find a use for the roof.", "extent": "It blooms and nobody complains."}
    uid, editor = make(app, "The roof", text={"summary": "It bloomed.", "fields": fields}), sign_in(app, "editor")
    form = editor.get(f"/desk/cases/{uid}/handouts/")
    typed = {**Fields(main(form.text)).values, "title": "Lab of May", "questions": "What would you plant?\nWho waters it?", "do": "make"}
    assert editor.post(form.request.path, data={**typed, "opens": "soon"}).status_code == 422
    made = editor.post(form.request.path, data={**typed, "opens": "2031-05-02T12:00"}, follow_redirects=True)
    link = re.search(r"/en/cases/handout/[0-9a-f-]+/", made.text)[0]
    visitor = app.test_client()
    with time_machine.travel("2031-05-02T08:00:00Z", tick=False):
        page = visitor.get(link).text
    early, paper = words(page), f"{link}code.svg"
    assert re.search(rf'data-address="http[^"]*{link}"', page) and f'src="{paper}"' in page, "a sheet says where it goes on"
    assert visitor.get(paper).mimetype == "image/svg+xml"
    with time_machine.travel("2031-05-02T12:30:00Z", tick=False):
        page = visitor.get(link).text
    late = words(page)
    assert paper not in page
    assert "To find a use for the roof." in early and "What would you plant?" in early and "Lab of May" in early
    assert "It blooms" not in early and "It bloomed" not in early and "2 May 2031" in early
    assert "It blooms and nobody complains." in late and "It bloomed." in late
    ru = visitor.get(link.replace("/en/", "/ru/")).text
    assert '<h1 lang="en">' in ru
    bare = editor.post(form.request.path, data={**typed, "questions": "", "title": "No questions", "opens": "2031-05-03T12:00"}, follow_redirects=True)
    asked = [visitor.get(path).text for path in set(re.findall(r"/en/cases/handout/[0-9a-f-]+/", bare.text))]
    assert sorted('class="ask"' in page for page in asked) == [False, True], "no heading over nothing"
    gone = {**typed, "do": "remove", "number": re.search(r'name="number" value="(\d+)"', made.text)[1]}
    asked = editor.post(form.request.path, data=gone, follow_redirects=True)
    assert "Nothing was deleted" in asked.text and visitor.get(link).status_code == 200, "one click deletes nothing that is on paper"
    editor.post(form.request.path, data={**gone, "sure": "on"})
    assert visitor.get(link).status_code == visitor.get(paper).status_code == 404


# -- Participedia -------------------------------------------------------------------------------------------------------

CASES = [
    {"id": 4711, "title": "Budget by the river", "description": "Neighbours decide.", "body": "<p>All of it.</p>", "country": "Brazil",
     "city": "Porto Alegre", "latitude": "-30.03", "longitude": "-51.22", "general_issues": ["economics", {"key": "planning"}, "arms"],
     "start_date": "1989-01-01T00:00:00.000Z", "ongoing": True, "method_types": ["public"], "scope_of_influence": "city/town",
     "number_of_participants": 500, "links": [{"url": "https://example.org/budget"}], "approaches": ["coproduction_form"], "published": True},
    {"id": 4712, "title": "", "country": "Chile"},
]  # fmt: skip


def test_participedia_comes_in_and_goes_out(app, tmp_path):
    file = tmp_path / "cases.json"
    file.write_text(json.dumps(CASES), encoding="utf-8")
    status, out, err = run_hub(folder_of(app), "cases", "import-participedia", str(file))
    assert status == 0 and "1 drafts made, 0 here already, 1 with a problem" in err and "row 2:" in err
    uid = out.split()[0]
    doc = document(app, uid)
    assert doc["status"] == "draft" and doc["external_id"] == "4711" and doc["texts"]["en"]["summary"] == "Neighbours decide."
    assert doc["data"] == {
        "start": "1989-01-01", "end": "ongoing", "themes": ["urban-management", "economy"], "area": "all", "experience_types": ["participatory-budgeting"],
        "figures": [{"unit": "participants", "value": 500}], "links_out": [{"url": "https://example.org/budget"}],
        "remarks": "general_issues: arms\napproaches: coproduction_form",
    }  # fmt: skip
    assert doc["places"] == [{"lat": -30.03, "lon": -51.22, "names": {"en": "Porto Alegre"}, "address": "", "country": "BR"}]
    assert "0 drafts made, 1 here already" in run_hub(folder_of(app), "cases", "import-participedia", str(file))[2]
    editor = sign_in(app, "editor")
    [row] = csv.DictReader(io.StringIO(editor.get(f"/desk/cases/{uid}/forms/participedia.csv").text))
    assert (row["general_issues"], row["method_types"], row["scope_of_influence"]) == ("planning|economics", "public", "city/town")
    assert (row["ongoing"], row["start_date"], row["id"], row["number_of_participants"]) == ("yes", "1989-01-01", "4711", "500")
    other = tmp_path / "cases.csv"
    other.write_text("id,title,general_issues,country\n9,From a table,\"Law Enforcement, Criminal Justice & Corrections, Health\",Norway\n", encoding="utf-8")
    uid = run_hub(folder_of(app), "cases", "import-participedia", str(other))[1].split()[0]
    assert document(app, uid)["data"]["themes"] == ["health", "security"]
    for bad in ("{", "[1, 2]", '"x"'):
        file.write_text(bad)
        assert run_hub(folder_of(app), "cases", "import-participedia", str(file))[0] == 1


def test_the_crosswalk_fits_the_form(app):
    from hub_cases import participedia

    from hub.api import content_type

    with app.app_context():
        for ours, part in participedia.crosswalk()["choices"].items():
            values = {choice.value for choice in content_type("case").field(ours).choices}
            assert {entry["ours"] for entry in part["keys"].values()} | set(part["back"]) <= values, ours


# -- real data and large lists ------------------------------------------------------------------------------------------


@pytest.mark.long
@pytest.mark.parametrize(("kind", "name", "options"), [
    ("cases", "cases/undp-accelerator-labs/practices.jsonl", ["--map", "id=external_id", "--map", "fields=body", "--map", "thematic_areas=topics",
                                                             "--map", "countries.0=place", "--map", "latlng.0.0=lat", "--map", "latlng.0.1=lon", "--map", "year=start"]),
    ("partners", "orgs/england-libraries/libraries.csv", ["--map", "name=title", "--map", "id=external_id", "--map", "lat=lat", "--map", "lng=lon",
                                                         "--map", "url=website", "--set", "kind=library"]),
])  # fmt: skip
def test_real_files_go_out_and_in_again(new_hub, real_data, tmp_path, kind, name, options):
    """Export of an instance, import into an empty one, export again: equal."""

    def exported(app, file):
        assert run_hub(folder_of(app), "export", kind, str(file))[0] == 0
        return sorted(json.dumps(json.loads(line), sort_keys=True) for line in file.read_text(encoding="utf-8").splitlines())

    first, second = new_hub(start=True), new_hub(start=True)
    assert run_hub(folder_of(first), "import", kind, str(real_data(name)), "--lang", "en", *options)[0] == 0
    out = exported(first, tmp_path / "first.jsonl")
    assert run_hub(folder_of(first), "export", "all", str(tmp_path / "all.jsonl"))[0] == 0
    assert run_hub(folder_of(second), "import", "all", str(tmp_path / "all.jsonl"))[0] == 0
    assert len(out) > 800 and exported(second, tmp_path / "second.jsonl") == out


def library(new_hub, parts, each=500):
    """A library and a directory with everything that lists show: topics, places, holders, parents. Answers (app, its statements)."""
    from hub.api import items

    app = new_hub(["partners", "cases", "transfer"], start=True)
    values = [c.value for c in __import__("hub_cases.practice", fromlist=["THEMES"]).THEMES]

    def doc(kind, n):
        case, to = kind == "case", f"test:partner-{n % 40}"
        return {
            "origin": "test", "external_id": f"{kind}-{n}", "topics": ["culture" if n % 2 else "gardening"],
            "links": {"holder": [to]} if case else {"parent": [to]} if n > 40 else {},
            "texts": {"en": {"title": f"{kind} {n}", "fields": {}}}, "data": {"themes": [values[n % 19]]} if case else {"kind": "library"},
            "places": [{"lat": 50 + n % 400 / 50, "lon": 30 + n % 300 / 30, "names": {"en": f"Town {n % 50}"}, "country": ("RU", "KZ")[n % 2]}],
        }  # fmt: skip

    with app.app_context():
        for kind in ("partner", "case"):
            for part in range(parts):
                fresh = [items.prepare(kind, doc(kind, n)) for n in range(part * each, (part + 1) * each)]
                with db.writing():
                    items.create_many(fresh)
                    items.commit()
    statements = []
    with app.app_context():
        sa.event.listen(db.engine(), "before_cursor_execute", lambda *a: statements.append(a[2]))
    return app, statements


LISTS = ("/en/cases/?themes=culture&sort=title", "/en/partners/?sort=title", "/en/cases/?themes=education&place=RU", "/en/partners/?place=town-7")


def handful(app, statements):
    """The pages of these lists, the first of them by a process that has read nothing yet: the statements are one digit."""
    for path in LISTS:
        statements.clear()
        page = app.test_client().get(path)
        asked = [s for s in statements if s.lstrip().upper().startswith(("SELECT", "WITH"))]
        assert page.status_code == 200 and len(asked) <= 9, "\n".join([path, *asked])
        yield path, page.text


def test_a_list_with_conditions_is_one_digit_of_queries(new_hub):
    app, statements = library(new_hub, 1, 120)
    pages = dict(handful(app, statements))
    assert re.search(r"Partner \d+<b>", pages[LISTS[0]]) and "Town 7" in pages[LISTS[3]] and "120 found" in pages[LISTS[1]]


@pytest.mark.long
def test_lists_of_20_000_stay_quick(new_hub):
    app, statements = library(new_hub, 40)
    begun, totals = time.monotonic(), {LISTS[0]: 1053, LISTS[1]: 20_000}
    for path, page in handful(app, statements):
        assert time.monotonic() - begun < 3, path
        shown = int(re.search(r"<strong>([\d,]+) found", page)[1].replace(",", ""))
        assert shown == totals.get(path, shown) > 0
        begun = time.monotonic()


def test_the_demo_has_twelve_practices_and_adoptions_in_both_languages():
    import tomllib

    folder = Path(__file__).resolve().parents[2] / "plugins" / "hub_cases" / "demo"
    assert len(list((folder / "case").glob("*.toml"))) >= 12
    told = tomllib.loads((folder / "adoptions.toml").read_text(encoding="utf-8"))["adoption"]
    assert len(told) >= 6 and all(set(entry["texts"]) == set(entry["names"]) == {"en", "ru"} for entry in told)
    with at_most(1):
        assert {entry["stage"] for entry in told} == {"adopted", "adapting", "unfit"}
