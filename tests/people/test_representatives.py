"""Who speaks for an organisation edits its page and what it owns, and nothing else; editors publish."""

import re

import pytest
from humans import post
from test_accounts import partner_of

from hub.content import changes, document, workflow
from hub.content.model import Content
from hub.hooks.here import hub
from hub.people import accounts, permissions
from hub.store import db
from hub.testing.fixtures import sign_in


def make_case(site, title, owner="", status="published"):
    def make(s):
        texts = {"en": {"title": title, "summary": "Words.", "body": "", "fields": {}}}
        content = workflow.create(s, hub().types.get("case"), {**document.empty(), "texts": texts, "owner": owner}, status=status)
        changes.commit(s)
        return content.uid

    return site.do(make)


@pytest.fixture
def town(people):
    """A site with two organisations, a case of each; the member represents the first."""
    people.own, people.other = partner_of(people, "Own house"), partner_of(people, "Other house")
    people.mine, people.theirs = make_case(people, "Our case", people.own[1]), make_case(people, "Their case", people.other[1])
    people.editor, people.rep = sign_in(people.app, "editor"), sign_in(people.app, "member")
    form = f"/desk/partners/{people.own[1]}/"
    answer = post(people.editor, f"/desk/people/representatives/{people.own[1]}", form, email="member@example.org")
    assert answer.status_code == 302 and "member@example.org" in people.editor.get(form).text
    return people


def test_a_representative_edits_what_is_theirs(town):
    allowed = (f"/desk/partners/{town.own[1]}/", f"/desk/cases/{town.mine}/")
    refused = (f"/desk/partners/{town.other[1]}/", f"/desk/cases/{town.theirs}/")
    for path in allowed:
        assert [town.rep.get(path + part).status_code for part in ("", "preview")] == [200] * 2, path
    for path in refused:
        assert [town.rep.get(path + part).status_code for part in ("", "preview")] == [403] * 2, path
    assert town.rep.post(refused[1], data={"csrf_token": "x"}).status_code in (400, 403)
    listed = town.rep.get("/desk/cases/").text
    assert "Our case" in listed and "Their case" not in listed
    assert "Own house" in town.rep.get("/account/").text


def test_what_they_change_waits_for_an_editor(town):
    path = f"/desk/cases/{town.mine}/"
    page = town.rep.get(path + "?language=en&form=full").text
    assert 'value="publish"' not in page
    base = re.search(r'name="base" value="([^"]*)"', page).group(1)
    fields = {"base": base, "language": "en", "form": "full", "title.en": "Our better case", "summary.en": "W.", "do": "publish"}
    assert post(town.rep, path, path + "?language=en&form=full", **fields).status_code == 302
    assert "Our better case" not in town.browser().get("/en/cases/").text
    assert "Our better case" in town.editor.get(path + "?language=en").text
    assert post(town.rep, path + "publish", path).status_code == 403 and post(town.rep, path + "trash", path).status_code == 403
    post(town.editor, path + "publish", path)
    assert "Our better case" in town.browser().get("/en/cases/").text
    with town.app.app_context():
        content = db.session().get(Content, 1) and db.session().query(Content).filter_by(uid=town.mine).one()
        assert content.owner_id == town.own[0], "the owner stays"


def test_what_they_make_belongs_to_the_organisation(town):
    new = "/desk/cases/new?language=en"
    fields = {"language": "en", "form": "quick", "title.en": "A new one", "do": "submit"}
    uid = post(town.rep, new, new, **fields).location.split("/")[-2]
    with town.app.app_context():
        assert db.session().query(Content).filter_by(uid=uid).one().owner_id == town.own[0]


def test_dismissed_they_edit_no_longer(town):
    form = f"/desk/partners/{town.own[1]}/"
    number = re.search(r'name="dismiss" value="(\d+)"', town.editor.get(form).text).group(1)
    post(town.editor, f"/desk/people/representatives/{town.own[1]}", form, dismiss=number)
    assert town.rep.get(form).status_code == 403 and town.rep.get(f"/desk/cases/{town.mine}/").status_code == 403


def test_who_has_no_account_is_invited_for_it(town):
    form = f"/desk/partners/{town.own[1]}/"
    post(town.editor, f"/desk/people/representatives/{town.own[1]}", form, email="new@example.org")
    assert "new@example.org" in town.editor.get(form).text
    guest = town.browser()
    post(guest, town.link("new@"), name="New", password="")
    assert guest.get(form).status_code == 200
    assert town.rep.post(f"/desk/people/representatives/{town.own[1]}", data={"email": "x@example.org"}).status_code in (400, 403)


def test_an_editor_says_whose_an_entry_is(town):
    path = f"/desk/cases/{town.theirs}/"
    assert town.rep.get(path).status_code == 403
    post(town.editor, f"/desk/people/owner/{town.theirs}", path, partner=town.own[1])
    assert town.rep.get(path).status_code == 200
    post(town.editor, f"/desk/people/owner/{town.theirs}", path, partner="")
    assert town.rep.get(path).status_code == 403


def test_one_rule_for_lists_and_for_one(town):
    """`may_edit` is the condition of lists asked of one item, for everybody and everything there is."""
    for status in ("draft", "review", "archived", "trash"):
        town.do(lambda s, status=status: None)
        make_case(town, f"{status} of theirs", town.own[1], "draft")
        town.do(lambda s, status=status: s.query(Content).order_by(Content.id.desc()).first().__setattr__("status", status))
    with town.app.app_context():
        s = db.session()
        contents = s.query(Content).all()
        for email in ("member@example.org", "editor@example.org"):
            user = accounts.find_user(s, email)
            listed = set(s.scalars(db.sa.select(Content.id).where(permissions.editable(user, Content))))
            assert listed == {c.id for c in contents if permissions.may_edit(user, c)}
            assert (len(listed) == len(contents)) == (email == "editor@example.org")
        assert not any(permissions.may_edit(None, c) for c in contents)


def test_a_list_counts_what_it_shows(town):
    make_case(town, "A draft of somebody else's", status="draft")
    counts = lambda browser: re.findall(r">([\w ]+) <b>(\d+)</b></a>", browser.get("/desk/cases/").text)[:3]  # noqa: E731
    assert counts(town.rep) == [("draft", "0"), ("in review", "0"), ("published", "1")]
    assert counts(town.editor) == [("draft", "1"), ("in review", "0"), ("published", "2")]
    index = r'<a href="/desk/cases/">Practices</a><span>(\d+)</span>'
    assert [re.search(index, who.get("/desk/").text).group(1) for who in (town.rep, town.editor)] == ["1", "2"]


def test_no_list_offers_a_form_that_is_refused(town):
    for path, allowed in (("cases", True), ("pages", False)):
        assert (f'href="/desk/{path}/new"' in town.rep.get(f"/desk/{path}/").text) is allowed
        assert (town.rep.get(f"/desk/{path}/new").status_code == 200) is allowed
        assert f'href="/desk/{path}/new"' in town.editor.get(f"/desk/{path}/").text
