"""Sites with people."""

import pytest
from humans import Site


@pytest.fixture
def people(new_hub):
    return Site(new_hub(["partners", "cases", "people"], start=True))


@pytest.fixture
def open_site(new_hub):
    return Site(new_hub(["people"], toml='[accounts]\nregistration = "open"'))
