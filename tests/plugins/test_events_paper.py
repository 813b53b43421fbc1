"""The year of other plugins in the annual report, each number with its list; PDF where WeasyPrint is installed, else no link."""

import datetime as dt
import importlib.util

import pytest
import sqlalchemy as sa
from days import today
from eventing import make, register

from hub.store import db
from hub.testing.fixtures import sign_in

YEAR = today().year
CAN = importlib.util.find_spec("weasyprint") is not None


@pytest.fixture(scope="module")
def app(hub_instances):
    from hub.app import create_app

    app = create_app(hub_instances.make(("partners", "cases", "events", "labs", "feedback", "-privacy")), strict=True)
    app.testing = True
    yield app
    with app.app_context():
        db.engine().dispose()


def publish(app, kind, title, **doc):
    with app.app_context(), db.writing():
        from hub.api import items

        number = items.create(kind, {"texts": {"en": {"title": title, "fields": doc.pop("fields", {})}}, **doc}, status="published").id
        items.commit()
    return number


def test_adoptions_and_commitments_stand_in_the_year_and_lead_to_their_lists(app):
    case, event = publish(app, "case", "Lamps"), make(app, "Lab day", -30, -28)
    lab = publish(app, "lab", "Lab of lamps", links={"event": [event]}, fields={"outcome": "Results."})
    secret = publish(app, "lab", "Unfinished lab", links={"event": [make(app, "Other day", -30, -28)]})
    with app.app_context(), db.writing():
        from hub_cases.models import Adoption
        from hub_labs.models import Promise

        for stage, state, who in (("adopted", "live", "Perm"), ("unfit", "live", "Nowhere"), ("adopted", "waiting", "Unseen")):
            db.session().add(Adoption(content_id=case, stage=stage, state=state, names={"en": who}, lang="en"))
        for number, name, state in ((lab, "House", "done"), (lab, "Town", "promised"), (secret, "Nobody", "done")):
            db.session().add(Promise(content_id=number, name=name, state=state, texts={"en": f"A lamp by {name}"}))
        db.session().commit()
    with app.test_request_context("/en/"):
        from hub.api import gather

        period = dt.date(YEAR, 1, 1), dt.date(YEAR, 12, 31)
        lines = {label: (number, address) for _, rows in gather("figures", period=period) for label, number, address in rows}
    visitor = app.test_client()
    for label, number, shown, hidden in (
        ("Practices taken over elsewhere", 1, "Perm", "Unseen"), ("Commitments given in labs", 2, "A lamp by Town", "Nobody"),
        ("Commitments kept", 1, "A lamp by House", "A lamp by Town"),
    ):  # fmt: skip
        page = visitor.get(lines[label][1]).text
        assert lines[label][0] == number and f"{number} found" in page and shown in page and hidden not in page
    page = sign_in(app, "editor").get(f"/desk/feedback/year?year={YEAR}").text
    assert "Commitments kept" in page and "Nothing was counted of:" in page
    for address in ("/en/cases/tools/adoptions/", "/en/labs/all/commitments/"):
        assert visitor.get(f"{address}?from=soon").status_code == 400 and visitor.get(address).status_code == 200


def attended(app, address="came@example.org", **data):
    from hub_events.models import Registration

    visitor, page = register(app, make(app, "Лекция о лампах", plan={"capacity": 5}, **data), address)
    with app.app_context(), db.writing():
        db.session().execute(sa.update(Registration).values(state="attended"))
        db.session().commit()
    return visitor, page.request.path


def test_a_certificate_and_the_year_are_pdf_only_where_that_can_be_made(app):
    visitor, mine = attended(app)
    editor = sign_in(app, "editor")
    year = f"/desk/feedback/year.pdf?year={YEAR}"
    links = "certificate.pdf" in visitor.get(mine).text, "year.pdf" in editor.get(f"/desk/feedback/year?year={YEAR}").text
    made = [visitor.get(f"{mine}certificate.pdf"), editor.get(year), editor.get(f"{year}&text=ru")]
    assert links == (CAN, CAN)
    assert [answer.status_code for answer in made] == [200 if CAN else 404] * 3
    assert all(answer.data.startswith(b"%PDF") for answer in made) or not CAN
    assert app.test_client().get(f"{mine}certificate.pdf").status_code == 404


@pytest.mark.parametrize(("ends", "said"), [
    ("2030-11-14T18:00", "14 November 2030"), ("2030-11-15T18:00", "14–\u206015 November 2030"),
    ("2030-12-01T12:00", "14 November – 1 December 2030"), ("2031-01-02T02:00", "14 November 2030 – 2 January 2031"),
])  # fmt: skip
def test_a_certificate_names_days_and_no_hours(app, ends, said):
    visitor, mine = attended(app, f"{ends[:10]}@example.org", starts="2030-11-14T10:00", ends=ends)
    assert f"<p>{said}</p>" in visitor.get(f"{mine}certificate/").text
