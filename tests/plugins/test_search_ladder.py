"""The ladder: what is tried when nothing has the words as they were typed, and that it is told."""

from __future__ import annotations

import pytest
from hub_search import spelling
from test_search_engine import CONCEPTS, Library, document, library  # noqa: F401


@pytest.fixture
def shelf(library) -> Library:  # noqa: F811
    return library(
        document(1, "Озеленение дворов Казани", "Жители сажают деревья и кусты у домов.", "ru"),
        document(2, "Библиотека семян", "Инициатива жителей: обмен семенами в библиотеке.", "ru"),
        document(3, "Community garden in Bristol", "Neighbours share a wi-fi and a greenhouse."),
        document(4, "Школа реставраторов", "Привет из Калуги. Экоцентр открыт, люди идут.", "ru"),
        document(5, "Дом культуры", "Семья и дети", "ru"),
        document(6, "Тайный клуб Инициаторов", "мирославский", "ru", level=2),
    )


def changes(shelf: Library, text: str, **more: object) -> tuple[list[int], set[tuple[str, str]]]:
    page = shelf.ask(text, "ru", **more)
    return sorted(hit.content_id for hit in page.hits), {(how, now) for how, _, now in page.changed}


@pytest.mark.parametrize(
    "text, found, how, now",
    [
        ("библеотека", 2, "typo", "библиотека"), ("бибилотекой", 2, "typo", "библиотека"), ("озелинение", 1, "typo", "озеленение"),
        ("озилинение", 1, "typo", "озеленение"), ("gardne", 3, "typo", "garden"), ("grenhouse", 3, "typo", "greenhouse"),
        ("ghbdtn", 4, "layout", "привет"), ("k.lb", 4, "layout", "люди"), ("пфквут", 3, "layout", "garden"),
        ("«ghbdtn»", 4, "layout", "привет"), ("iniciativa", 2, "translit", "инициатива"),
        ("initsiativy", 2, "translit", "инициатива"), ("ozelenenie", 1, "translit", "озеленение"),
        ("biblioteka", 2, "translit", "библиотека"), ("biblioteki", 2, "translit", "библиотека"),
        ("kazan", 1, "translit", "казань"), ("škola", 4, "translit", "школа"), ("shkola", 4, "translit", "школа"),
        ("sem'ya", 5, "translit", "семья"), ("гарден", 3, "translit", "garden"), ("бристол", 3, "translit", "bristol"),
        ("эко-центр", 4, "typo", "экоцентр"), ("реставр", 4, "prefix", "реставратор"),
    ],
)  # fmt: skip
def test_a_word_that_nothing_has_is_mended_and_told(shelf, text: str, found: int, how: str, now: str) -> None:
    assert changes(shelf, text) == ([found], {(how, now)})
    assert shelf.ask(text, "ru", literal=True).total == 0


def test_what_is_written_apart_is_found_in_one(shelf) -> None:
    assert shelf.found("wifi") == [3] == shelf.found("wi-fi") and shelf.ask("wifi").changed == ()


def test_only_the_unknown_words_of_a_query_are_mended(shelf) -> None:
    assert changes(shelf, "библеотека семян") == ([2], {("typo", "библиотека")})
    assert changes(shelf, "jptktytybt дворов") == ([1], {("layout", "озеленение")})
    assert changes(shelf, "jpkytytybt") == ([], set())  # two mistakes at once are too many
    assert changes(shelf, "деревья v kazani") == ([1], {("translit", "в"), ("translit", "казань")})
    assert changes(shelf, "библеотека калуги") == ([], set())  # each is known, but not together


def test_nothing_is_changed_where_the_words_are_found_or_nothing_helps(shelf) -> None:
    for text in ("библиотека", "garden", "библиотек семена", "дети"):
        assert shelf.ask(text).total and shelf.ask(text).changed == ()
    for text in ("дам", "цйц", "кот", "qqqqqqqq", "12345", "!!!"):
        assert changes(shelf, text) == ([], set())


def test_slips_are_letters_not_bytes_and_short_words_get_none() -> None:
    assert [spelling.allowed(word) for word in ("сад", "сады", "картина", "картинка", "номер8")] == [0, 1, 1, 2, 0]
    assert spelling.distance("сдад", "сад", 2) == 1 == spelling.distance("аллея", "алеля", 2)
    assert spelling.distance("озеленение", "озилинение", 2) == 2 and spelling.distance("кот", "скотч", 1) == 2


def test_a_quoted_phrase_is_a_phrase(library) -> None:  # noqa: F811
    shelf = library(
        document(1, "Сад у дома", "Большой городской сад и парк", "ru"), document(2, "Дом у сада", "парк и сад городской", "ru"),
        document(3, "A walk", "to be or not to be"), document(4, "Be or", "not to be, to"),
    )  # fmt: skip
    assert sorted(shelf.found("городской сад")) == [1, 2] and shelf.found('"городской сад"') == [1]
    assert shelf.found("«Сад у дома»") == [1] and shelf.found("“to be or not to be”") == [3]
    assert shelf.found('"сад и парк" большой') == [1] and shelf.found('"дома большой"') == []
    page = shelf.ask('"городского сада"')
    assert [h.content_id for h in page.hits] == [1] and page.changed == (("forms", "городского сада", ""),)
    assert shelf.ask('"городского сада"', literal=True).total == 0
    assert sorted(shelf.found('"городской сад')) == [1, 2]  # not closed: no phrase
    assert shelf.found('"сад" "парк"', literal=True) == [1, 2] or sorted(shelf.found('"сад" "парк"')) == [1, 2]


def test_a_phrase_is_not_widened_by_other_names(library) -> None:  # noqa: F811
    shelf = library(document(1, "Community garden"), document(2, "Озеленение", lang="ru"))
    assert sorted(shelf.found("community garden", concepts=CONCEPTS)) == [1, 2]
    assert shelf.found('"community garden"', concepts=CONCEPTS) == [1]


def test_concepts_widen_the_mended_word_too(library) -> None:  # noqa: F811
    shelf = library(document(1, "Озеленение", lang="ru"), document(2, "A community garden"))
    page = shelf.ask("озелинение", concepts=CONCEPTS)
    assert {h.content_id for h in page.hits} == {1, 2} and page.changed and page.expanded


def test_the_ladder_tells_nothing_of_hidden_items(shelf) -> None:
    for text in ("miroslavskij", "мираславский", "мирос", "vbhjckfdcrbq"):
        page = shelf.ask(text, "ru")
        assert (page.total, page.changed, page.instead) == (0, (), ())
        assert shelf.ask(text, "ru", level=2).total == 1, text


def test_counts_of_a_mended_query_are_what_a_click_gives(library) -> None:  # noqa: F811
    shelf = library(*(document(n, "библиотека", lang="ru", facets={"year": (str(2020 + n % 3),)}) for n in range(9)))
    page = shelf.ask("библеотека")
    assert page.facets["year"] == {"2020": 3, "2021": 3, "2022": 3}
    clicked = shelf.ask("библеотека", filters={"year": ("2021",)})
    assert clicked.total == 3 and clicked.changed == page.changed and clicked.facets["year"] == page.facets["year"]


def test_another_spelling_is_offered_where_it_finds_much_more(library) -> None:  # noqa: F811
    shelf = library(
        document(1, "Компания по уборке", lang="ru"), *(document(n, "Кампания", lang="ru") for n in range(2, 20))
    )
    page = shelf.ask("компания", "ru")
    assert page.total == 1 and page.changed == () and page.instead == ("кампания",)
    assert shelf.ask("кампания", "ru").instead == () == shelf.ask("компания", "ru", literal=True).instead


def test_where_words_do_not_stand_together_fewer_are_offered(shelf) -> None:
    assert set(shelf.ask("озеленение калуги", "ru").instead) == {"озеленение", "калуги"}


def test_words_of_a_phrase_are_offered_without_its_marks(shelf) -> None:
    assert set(shelf.ask("«озеленение калуги»", "ru").instead) == {"озеленение", "калуги"}
    assert shelf.ask('"дворов озеленение жители"', "ru").instead[0] == "дворов озеленение жители"  # the same words, apart


def test_what_is_mended_must_still_say_something(library) -> None:  # noqa: F811
    shelf = library(document(1, "Дом и сад в деревне", "Сад с яблонями и я", "ru"))
    for text in ("d", "c++", "bbb", "zzz"):  # «в», «с++», «иии» and «яяя» on the other keyboard
        assert changes(shelf, text) == ([], set()) and shelf.ask(text, "ru").instead == ()
    assert changes(shelf, "ljv d lthtdyt") == ([1], {("layout", "дом"), ("layout", "в"), ("layout", "деревне")})
    assert set(shelf.ask("дом в калуге", "ru").instead) == {"дом в", "дом"}  # never «в» alone


def test_a_sentence_finds_what_has_most_of_it(shelf) -> None:
    page = shelf.ask("где можно обменять семена овощей в библиотеке вместе с жителями района инициатива", "ru")
    assert [hit.content_id for hit in page.hits] == [2] and page.changed[0][0] == "some"
    assert shelf.ask("жители сажают семена", "ru").total == 0  # a few words are a condition
