"""A number beyond what a database counts to names nothing: whoever asks for it is told so, and nothing broke."""

import pytest

from hub.testing.fixtures import csrf, sign_in

PLUGINS = ("partners", "cases", "calls", "claims", "contact", "duplicates", "editor", "events", "feedback", "labs", "network", "news",
           "search", "share", "suggest", "people", "webapi", "transfer")  # fmt: skip
BEYOND = (2**63, 10**30)


def test_a_number_that_no_row_can_have_is_not_there(either_hub):
    app = either_hub(PLUGINS)
    admin = sign_in(app, "admin")
    rules = [rule for rule in app.url_map.iter_rules() if "int" in {type(c).__name__ for c in rule._converters.values()} or "<int" in rule.rule]
    assert len(rules) > 25
    for rule in rules:
        for number in BEYOND:
            words = {name: number if "Integer" in type(kind).__name__ else "en" if name == "lang" else "x" for name, kind in rule._converters.items()}
            with app.test_request_context():
                _, address = rule.build(words)
            if "GET" in rule.methods:
                answer = admin.get(address)
            else:
                answer = admin.post(address, data={"csrf_token": csrf(admin.get("/desk/transfer/").text)})
            assert answer.status_code == 404, (address, answer.status_code)
            assert "The line ends here" in answer.text or not answer.mimetype.endswith("html")


@pytest.mark.parametrize("number", BEYOND)
def test_nor_one_in_a_form(either_hub, number):
    admin = sign_in(either_hub(PLUGINS), "admin")
    token = csrf(admin.get("/desk/transfer/").text)
    for address, name in (("/desk/people/invite", "withdraw"), ("/desk/contact/answers", "number")):
        answer = admin.post(address, data={"csrf_token": token, name: str(number), "do": "delete"})
        assert answer.status_code in (302, 404), (address, answer.status_code)
