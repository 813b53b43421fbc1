"""The search engine by itself: words, index, queries, damage and speed. No application, only documents and a folder."""

from __future__ import annotations

import gc
import json
import random
import shutil
import signal
import string
import subprocess
import sys
import threading
import time
import unicodedata
from collections.abc import Iterable
from pathlib import Path

import pytest
from hub_search import analysis
from hub_search.embedded import WhooshEngine
from hub_search.index import Folder, locked
from hub_search.segments import Busy, Unreadable

from hub.api import Change, SearchDocument, SearchPage, SearchQuery, now


def document(number: int, title: str = "", body: str = "", lang: str = "en", **more: object) -> SearchDocument:
    """A document with one text; more: names, facets, kind, level, other (further languages → title)."""
    texts = {lang: (title, str(more.pop("summary", "")), body)}
    texts |= {code: (text, "", "") for code, text in dict(more.pop("other", {})).items()}  # type: ignore[call-overload]
    return SearchDocument(number, str(more.pop("kind", "case")), int(more.pop("level", 0)), texts, **more)  # type: ignore


class Library:
    """Documents in memory and an index of them in a folder, as the database and the plugin would hold them."""

    def __init__(self, folder: Path, documents: Iterable[SearchDocument] = ()) -> None:
        self.kept = {d.content_id: d for d in documents}
        self.last = 0
        self.service = WhooshEngine(folder, self.load, lambda: [sorted(self.kept)])
        self.service.restart()
        self.change(*self.kept)

    def load(self, ids: Iterable[int]) -> dict[int, SearchDocument]:
        return {n: self.kept[n] for n in ids if n in self.kept}

    def changes(self, *ids: int) -> list[Change]:
        self.last += len(ids)
        return [
            Change(self.last - len(ids) + n, "case", str(i), i, i not in self.kept, True, "changed", now())
            for n, i in enumerate(ids, 1)
        ]

    def change(self, *ids: int) -> None:
        self.service.read(self.changes(*ids))

    def ask(self, text: str, language: str = "en", **more: object) -> SearchPage:
        page = self.service.answer(SearchQuery(text, language, **more))  # type: ignore[arg-type]
        assert page is not None
        return page

    def found(self, text: str, **more: object) -> list[int]:
        return [hit.content_id for hit in self.ask(text, **more).hits]


@pytest.fixture
def library(tmp_path: Path):
    return lambda *documents: Library(tmp_path / "search", documents)


# -- words --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "forms",
    [
        "озеленения озеленение озеленению Озеленением", "сады сад садов сада садах САДЫ", "инициатив инициатива инициативы",
        "библиотек библиотека библиотекой", "ёлка елки ёлок Ёлка елка", "дети детей детям", "парк парки парков парка",
        "креативчив креативчива креативчивов", "иннополис Иннополисе", "за\u0301мок замок замки", "горо\u00adда город",
        "gardens gardening garden Garden", "libraries library LIBRARY", "café cafe CAFÉ", "2024", "3d 3D", "мой мо\u0438\u0306",
    ],
)  # fmt: skip
def test_forms_of_one_word_share_a_lemma(forms: str) -> None:
    shared = set.intersection(*(set(analysis.lemmas(form)) for form in forms.split()))
    assert shared, {form: analysis.lemmas(form) for form in forms.split()}


@pytest.mark.parametrize("pair", ["сад садик", "библиотека библиотекарь", "garden gate", "дом дома", "река рука"])
def test_different_words_differ(pair: str) -> None:
    one, other = pair.split()
    assert pair == "дом дома" or analysis.lemma(one) != analysis.lemma(other)


def test_words_keep_their_place_in_the_text() -> None:
    text = "Эко-центр «Ёлки», wi-fi и 2 GARDENS; мо\u0438\u0306 са\u0301д"
    found = [(text[start:end], lemma) for start, end, lemma in analysis.words(text)]
    assert found == [
        ("Эко", "эко"), ("центр", "центр"), ("Ёлки", "елка"), ("wi", "wi"), ("fi", "fi"), ("и", "и"), ("2", "2"),
        ("GARDENS", "garden"), ("мо\u0438\u0306", "мой"), ("са\u0301д", "сад"),
    ]  # fmt: skip


def test_ambiguous_forms_have_two_lemmas_chosen_alike_every_time() -> None:
    assert set(analysis.lemmas("банки")) == {"банк", "банка"}
    before = [analysis.lemmas(w) for w in ("парки", "банка", "села", "стали")]
    analysis._cache.clear()
    assert [analysis.lemmas(w) for w in ("парки", "банка", "села", "стали")] == before


def test_the_cache_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analysis, "CACHE_SIZE", 50)
    for n in range(500):
        analysis.lemma(f"x{n}")
    assert len(analysis._cache) <= 51


# -- finding ------------------------------------------------------------------------------------------------------------


def test_one_item_is_one_hit_in_both_languages(library) -> None:
    shelf = library(
        document(
            1, "Озеленение дворов", "Жители посадили сад у библиотеки.", "ru", other={"en": "Greening courtyards"}
        ),
        document(2, "City library", "A reading room."),
    )
    for text in ("озеленения", "САДЫ", "сад", "библиотек двор", "greening", "courtyard озеленения"):
        assert shelf.found(text) == [1], text
    assert shelf.found("libraries") == [2]
    assert shelf.found("libraries greening") == []
    assert shelf.ask("сад").hits[0].why == "text" and shelf.ask("libraries").hits[0].why == "title"


def test_title_weighs_most_and_names_are_found(library) -> None:
    shelf = library(
        document(1, "Harvest", "A meadow, a garden and much else"), document(2, "Garden", "Harvest " * 40),
        document(3, "Orchard", "Apples", names=("Garden City",)),
    )  # fmt: skip
    assert shelf.found("garden") == [2, 3, 1]
    assert [hit.why for hit in shelf.ask("garden").hits] == ["title", "topic", "text"]


def test_readers_language_comes_gently_first_and_ties_newest_first(library) -> None:
    shelf = library(*(document(n, "Kazan", lang="ru" if n == 2 else "en") for n in (1, 2, 3)))
    assert shelf.found("kazan", language="ru") == [2, 3, 1]
    assert shelf.found("kazan", language="en") == [3, 1, 2]


def test_stop_words_do_not_hinder_and_do_not_empty(library) -> None:
    shelf = library(
        document(1, "The garden of the city"), document(2, "Garden", "we who are"), document(3, "О нас", lang="ru")
    )
    assert shelf.found("garden in the city") == [1]
    assert shelf.found("who we are") == [2]
    assert shelf.found("о") == [3]
    assert shelf.ask("и, в!").total == 0


def test_every_word_must_match_and_the_last_may_be_unfinished(library) -> None:
    shelf = library(document(1, "Библиотека семян", lang="ru"), document(2, "Семена", lang="ru"))
    assert shelf.found("библиотека семян") == [1]
    page = shelf.ask("библиот")
    assert [h.content_id for h in page.hits] == [1] and page.changed == (("prefix", "библиот", "библиотека"),)
    assert shelf.ask("библиот", literal=True).total == 0
    assert shelf.ask("би").total == 0


def test_highlighting_finds_the_words_that_were_searched(library) -> None:
    shelf = library(document(1, "Стеклянные банки", lang="ru"))
    page = shelf.ask("банка")
    assert page.total == 1
    assert page.normalise("банки") in page.words and page.normalise("БАНОК") in page.words
    assert page.normalise("стеклянные") not in page.words


# -- facets, levels, pages ----------------------------------------------------------------------------------------------


def mixed(library):
    return library(
        document(
            1, "Garden", facets={"topic": ("food", "green"), "country": ("GB",), "place": ("leeds",), "year": ("2020",)}
        ),
        document(2, "Garden", facets={"topic": ("food",), "country": ("RU",), "place": ("kazan",), "year": ("2021",)}),
        document(3, "Garden", facets={"topic": ("green",), "country": ("RU",), "place": ("perm",)}, kind="partner"),
        document(4, "Garden", facets={"topic": ("food",), "country": ("RU",)}, level=1),
        document(5, "Garden", facets={"topic": ("food",)}, level=2, kind="secret"),
    )


def test_facets_count_what_a_click_gives(library) -> None:
    shelf = mixed(library)
    page = shelf.ask("gardens", kinds=("case", "partner"))
    assert page.total == 3
    assert page.facets["topic"] == {"food": 2, "green": 2} and page.facets["country"] == {"RU": 2, "GB": 1}
    assert page.facets["kind"] == {"case": 2, "partner": 1} and page.facets["lang"] == {"en": 3}
    page = shelf.ask("gardens", kinds=("case", "partner"), filters={"topic": ("food",), "country": ("RU",)})
    assert [hit.content_id for hit in page.hits] == [2]
    assert page.facets["topic"] == {"food": 1, "green": 1}  # counted under country=RU only
    assert page.facets["country"] == {"GB": 1, "RU": 1}  # counted under topic=food only
    assert page.facets["place"] == {"kazan": 1}
    for name, others in (("topic", {"country": ("RU",)}), ("country", {"topic": ("food",)})):
        for value, count in page.facets[name].items():
            clicked = shelf.ask("garden", kinds=("case", "partner"), filters={**others, name: (value,)})
            assert clicked.total == count


def test_values_of_a_name_are_alternatives_and_a_place_may_be_a_country(library) -> None:
    shelf = mixed(library)
    assert sorted(shelf.found("garden", filters={"place": ("leeds", "RU")})) == [1, 2, 3]
    page = shelf.ask("garden", filters={"place": ("leeds",)})
    assert page.total == 1 and page.facets["country"] == {"RU": 2, "GB": 1} and len(page.facets["place"]) == 3
    assert sorted(shelf.found("garden", filters={"year": ("2020", "2021"), "topic": ()})) == [1, 2]
    assert shelf.found("garden", filters={"topic": ("none",)}) == [] == shelf.found("garden", filters={"no": ("x",)})
    assert shelf.ask("garden", kinds=("partner",)).facets["kind"] == {"case": 2, "partner": 1}
    assert shelf.ask("garden", kinds=("partner",), filters={"kind": ("case",)}).total == 0


def test_nobody_sees_or_counts_above_their_level(library) -> None:
    shelf = mixed(library)
    for level, total in ((0, 3), (1, 4), (2, 5)):
        page = shelf.ask("garden", level=level)
        assert page.total == total == sum(page.facets["kind"].values())
    assert "secret" not in shelf.ask("garden", level=1, filters={"kind": ("case",)}).facets["kind"]


def test_unfinished_words_tell_nothing_of_hidden_items(library) -> None:
    shelf = library(document(1, "Мирославский", lang="ru", level=2), document(2, "Миролюбов", lang="ru"))
    page = shelf.ask("миро")
    assert page.total == 1 and len(page.words) == 1 and "мирослав" not in str((page.changed, page.words))
    assert shelf.ask("мирослав").total == 0 and shelf.ask("мирослав").words == ()


def test_pages_are_exact(library) -> None:
    shelf = library(*(document(n, "garden " * (n % 7 + 1)) for n in range(1, 101)))
    everything = shelf.found("garden", limit=100_000)
    assert len(everything) == 100 == shelf.ask("garden", limit=10).total
    pages = [n for offset in range(0, 110, 10) for n in shelf.found("garden", limit=10, offset=offset)]
    assert pages == everything
    assert shelf.found("garden", limit=0) == [] == shelf.found("garden", offset=1000)


# -- other names of a concept -------------------------------------------------------------------------------------------

CONCEPTS = (("озеленение", "gardening", "community garden", "сад"), ("еда", "food"))


def test_a_concept_finds_the_other_language_and_says_so(library) -> None:
    shelf = library(
        document(1, "Озеленение двора", lang="ru"), document(2, "A community with a garden"),
        document(3, "Garden gate"), document(4, "Trees", facets={"topic": ("gardening",)}), document(5, "Food"),
    )  # fmt: skip
    page = shelf.ask("озеленение", concepts=CONCEPTS)
    assert page.hits[0].content_id == 1 and {h.content_id for h in page.hits} == {1, 2, 3, 4} and page.total == 4
    assert page.expanded == {"озеленение": ("gardening", "community garden")}
    assert {"garden", "communiti", "озеленение"} <= set(page.words) and "food" not in page.words
    assert page.hits[0].score > 2 * page.hits[1].score
    assert shelf.found("озеленение", concepts=CONCEPTS, literal=True) == [1]
    assert shelf.found("озеленение двора", concepts=CONCEPTS) == [1]
    assert shelf.found("community озеленение", concepts=CONCEPTS) == [2]


def test_widening_that_adds_nothing_is_not_told(library) -> None:
    shelf = library(document(1, "Озеленение", lang="ru", kind="partner"), document(2, "Food"))
    page = shelf.ask("озеленение", concepts=CONCEPTS)
    assert page.total == 1 and page.expanded == {} and page.words == ("озеленение",)


def test_phrases_and_clicks_agree_when_widened(library) -> None:
    shelf = library(
        document(1, "Community garden", facets={"year": ("2020",)}),
        document(2, "Сад", lang="ru", facets={"year": ("2021",)}),
    )
    widened = (("community garden", "сад"), ("garden", "огород"))
    assert sorted(shelf.found("community garden", concepts=widened)) == [1, 2]
    page = shelf.ask("Community  GARDEN!", concepts=widened, filters={"year": ("2020",)})
    assert page.total == 1 and page.expanded == {} and page.facets["year"] == {"2020": 1, "2021": 1}


# -- any text -----------------------------------------------------------------------------------------------------------


def hostile(count: int) -> list[str]:
    dice = random.Random(5)
    pieces = [
        *"()[]{}\"'*?~^:\\/|&!+-<>=.,;%$#@\0\x01\u202e\u200b\ufeff\ud800é𝔘", "AND", "OR", "NOT", "TO", "(a+)+c", "сад",
        "garden", "title:", "[a TO", "\n", "\t", "''", "е\u0301" * 50, "ß", "İ", "ﬁ", "½", "٣", "漢字", "नमस्ते", "😀", "х" * 300,
    ]  # fmt: skip
    made = ["".join(dice.choices(pieces, k=dice.randint(1, 40))) for _ in range(count - 8)]
    made += ["(" * 5000, "a " * 50_000, "*" * 1000, "\0" * 100, "x" * 1_000_000, "", " ", "а" + "\u0301" * 100_000]
    return made


def test_hostile_queries_are_only_words(library) -> None:
    shelf = library(document(1, "Garden", "сад"), document(2, "漢字", "½"))
    for text in hostile(200):
        started = time.perf_counter()
        page = shelf.ask(text, concepts=((text[:50], text[:80], "сад"),), filters={text[:20]: (text[:20],)})
        shelf.ask(text)
        assert page.total >= 0 and all(page.normalise(word) is not None for word in text.split()[:5])
        assert time.perf_counter() - started < 1
    assert shelf.found('(garden* OR "лес")') == [] and shelf.found("\0garden*(") == [1]


def test_hostile_documents_are_indexed(library) -> None:
    texts = [text.encode("utf-8", "replace").decode() for text in hostile(60)]
    shelf = library(
        *(document(n, t[:300], t[:5000], facets={"topic": (t[:20],)}, names=(t,)) for n, t in enumerate(texts, 1))
    )
    assert shelf.service.status().documents == 60


# -- following changes --------------------------------------------------------------------------------------------------


def test_reading_twice_does_no_harm_and_what_is_gone_goes(library) -> None:
    shelf = library(*(document(n, f"garden number{n}") for n in range(1, 31)))
    again = shelf.changes(*range(1, 31))
    shelf.service.read(again)
    shelf.service.read(again)
    assert shelf.ask("garden").total == 30 and shelf.service.status().position == again[-1].id
    del shelf.kept[7]
    shelf.kept[8] = document(8, "meadow")
    shelf.change(7, 8, 8)
    assert shelf.ask("garden").total == 28 and shelf.found("meadow") == [8] and shelf.ask("number8").total == 0
    for n in range(9, 31):
        del shelf.kept[n]
        shelf.change(n)
    assert shelf.ask("garden").total == 6 and shelf.service.status().segments <= 10
    shelf.service.restart()
    assert shelf.ask("garden").total == 0 and shelf.service.status().position == 0


def test_many_small_updates_keep_few_segments(library) -> None:
    shelf = library()
    for n in range(1, 151):
        shelf.kept[n] = document(n, "garden")
        shelf.change(n)
    assert shelf.ask("garden").total == 150 and shelf.service.status().segments < 24
    shelf.service.tidy()
    assert shelf.ask("garden").total == 150


def test_tidying_mends_what_no_change_told(library) -> None:
    shelf = library(*(document(n, "garden") for n in range(1, 6)))
    shelf.kept[9] = document(9, "garden")  # e.g. a plugin that was off while its items were indexed
    del shelf.kept[1]  # e.g. a restored backup
    assert shelf.service.tidy() == 2
    assert sorted(shelf.found("garden")) == [2, 3, 4, 5, 9] and shelf.service.tidy() == 0


def test_a_second_process_sees_what_the_first_wrote(library, tmp_path: Path) -> None:
    shelf = library(document(1, "garden"))
    other = WhooshEngine(tmp_path / "search", shelf.load, lambda: [sorted(shelf.kept)])
    assert other.answer(SearchQuery("garden", "en")).total == 1
    shelf.kept[2] = document(2, "garden")
    shelf.change(2)
    other.refresh()
    assert other.answer(SearchQuery("garden", "en")).total == 2


def test_writers_wait_for_each_other(library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = library(document(1, "garden"))
    with locked(tmp_path / "search" / "write.lock", 1):
        monkeypatch.setattr("hub_search.embedded.WAIT", 0.1)
        with pytest.raises(Busy):
            shelf.change(1)
        assert shelf.found("garden") == [1]  # readers are not blocked
        monkeypatch.setattr("hub_search.embedded.WAIT", 20.0)
        late = threading.Thread(target=shelf.change, args=(1,))
        late.start()
        time.sleep(0.2)
    late.join(10)
    assert not late.is_alive() and shelf.found("garden") == [1]


# -- rebuilding and damage ----------------------------------------------------------------------------------------------


def test_rebuilding_beside_open_readers_loses_no_change(library, tmp_path: Path) -> None:
    shelf = library(*(document(n, "garden") for n in range(1, 51)))
    held = shelf.service.snapshot()
    old = (tmp_path / "search" / "current").read_text()
    done: list[int] = []

    def meanwhile(count: int) -> None:
        done.append(count)
        assert shelf.ask("garden").total == 50
        del shelf.kept[3]
        shelf.kept[99] = document(99, "garden")
        shelf.kept[5] = document(5, "meadow")
        shelf.change(3, 99, 5)
        with pytest.raises(Busy):
            shelf.service.rebuild()

    before = shelf.last
    assert shelf.service.rebuild(meanwhile) == 50 and done == [50]
    assert shelf.ask("garden").total == 49 and shelf.found("meadow") == [5]
    assert shelf.service.status().position == before + 3
    assert (tmp_path / "search" / "current").read_text() != old and not (tmp_path / "search" / old).exists()
    assert sorted(p.name for p in (tmp_path / "search").iterdir() if p.is_dir()) == [shelf.service._current().name]
    from hub_search.engine import search

    assert search(held, SearchQuery("garden", "en")).total == 50  # whoever still reads the old one can


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # what Whoosh leaves open when it meets a damaged file
@pytest.mark.parametrize("harm", ["pointer", "folder", "toc", "postings", "facts", "truncated", "format", "dictionary"])
def test_a_damaged_index_is_rebuilt_by_itself(library, tmp_path: Path, harm: str) -> None:
    shelf = library(
        *(
            document(n, "garden " + "".join(random.Random(n).choices(string.ascii_lowercase, k=5)))
            for n in range(1, 301)
        )
    )
    root = tmp_path / "search"
    folder = root / (root / "current").read_text()
    files = {path.suffix: path for path in folder.iterdir()}
    if harm == "pointer":
        (root / "current").unlink()
    elif harm == "folder":
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()
    elif harm == "format":
        (root / "current").write_text("0-1")
    elif harm == "dictionary":
        (folder / "about.json").write_text(json.dumps({"position": 300, "analysis": "older"}))
    else:
        path = {"toc": files[".toc"], "postings": files[".pst"], "truncated": files[".trm"]}.get(harm) or next(
            folder.glob("*.facts.col")
        )
        data = path.read_bytes()
        path.write_bytes(data[: len(data) // 2] if harm == "truncated" else bytes(b ^ 0x5A for b in data))
    fresh = WhooshEngine(root, shelf.load, lambda: [sorted(shelf.kept)])
    answer = fresh.answer(SearchQuery("garden", "en", limit=100_000))
    assert (answer is None) == (harm != "dictionary")
    assert bool(fresh.status().problem) == (harm != "dictionary")
    if harm == "postings":  # met while searching, and told to every process
        assert WhooshEngine(root, shelf.load, list).answer(SearchQuery("garden", "en")) is None
    fresh.read(shelf.changes(1))
    assert fresh.answer(SearchQuery("garden", "en")).total == 300 and not fresh.status().problem
    assert fresh.tidy() == 0 and fresh._unusable() is False
    gc.collect()


def test_a_full_disk_is_no_damage(library, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = library(document(1, "garden"))
    monkeypatch.setattr(Folder, "_sync", lambda self: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OSError, match="No space"):
        shelf.change(1)
    monkeypatch.undo()
    assert shelf.found("garden") == [1] and not shelf.service._unusable()


def test_a_restored_instance_has_no_index_yet(library) -> None:
    """A backup leaves the index out, and keeps the file that names its folder."""
    shelf = library(document(1, "garden"))
    root = shelf.service.root
    folder = next(path for path in root.iterdir() if path.is_dir())
    shutil.rmtree(folder)
    fresh = WhooshEngine(root, shelf.load, lambda: [sorted(shelf.kept)])
    assert fresh.status().problem == "there is no index yet" and fresh.answer(SearchQuery("garden", "en")) is None
    fresh.read(shelf.changes(1))
    assert fresh.answer(SearchQuery("garden", "en")).total == 1


def test_an_index_that_never_was_answers_none(tmp_path: Path) -> None:
    service = WhooshEngine(tmp_path / "none", lambda ids: {}, list)
    assert service.answer(SearchQuery("garden", "en")) is None and service.status().problem
    with pytest.raises(Unreadable):
        service.snapshot()
    assert service.tidy() == 0 and service.answer(SearchQuery("garden", "en")).total == 0


WRITER = """
import sys
from pathlib import Path
sys.path[:0] = {path!r}
from test_search_engine import Library, document
shelf = Library(Path({folder!r}), ())
print("ready", flush=True)
for start in range(0, 100_000, 20):
    shelf.kept |= {{n: document(n % 500, "garden item%d" % (n % 500)) for n in range(start, start + 20)}}
    shelf.kept = {{d.content_id: d for d in shelf.kept.values()}}
    shelf.change(*(n % 500 for n in range(start, start + 20)))
    {more}
"""


@pytest.mark.parametrize("seconds, more", [(0.05, ""), (0.33, ""), (0.8, ""), (0.5, "shelf.service.rebuild()")])
def test_a_killed_writer_leaves_an_index_that_opens(tmp_path: Path, seconds: float, more: str) -> None:
    folder = str(tmp_path / "search")
    code = WRITER.format(path=[str(Path(__file__).parent)], folder=folder, more=more)
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
    kept = {n: document(n, f"garden item{n}") for n in range(500)}
    service = WhooshEngine(Path(folder), lambda ids: {n: kept[n] for n in ids if n in kept}, lambda: [sorted(kept)])
    left = service.answer(SearchQuery("garden", "en"))
    assert left is not None and left.total == service.status().documents
    at = service.status().position
    assert at <= left.total or at % 20 == 0  # never ahead of what is there
    changes = [Change(at + n + 1, "case", str(n), n, False, True, "changed", now()) for n in range(500)]
    for _ in range(2):  # at least once
        for start in range(0, 500, 100):
            service.read(changes[start : start + 100])
    assert service.answer(SearchQuery("garden", "en")).total == 500
    assert all(service.answer(SearchQuery(f"item{n}", "en")).total == 1 for n in range(0, 500, 29))
    service.tidy()
    assert (
        len([p for p in Path(folder).iterdir() if p.is_dir()]) == 1 and not (Path(folder) / "rebuild.journal").exists()
    )


# -- order and speed ----------------------------------------------------------------------------------------------------


def test_scores_are_bm25f_as_whoosh_computes_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One field against Whoosh's own scorer: equal scores, so the order is that of stock Whoosh."""
    from hub_search import ranking
    from whoosh import fields, scoring
    from whoosh.filedb.filestore import RamStorage
    from whoosh.query import And, Term

    monkeypatch.setattr(ranking, "TOGETHER", 0)  # what neighbours gain comes on top
    dice = random.Random(3)
    vocabulary = ["apple", "birch", "cedar", "daisy", "elm"]
    # short texts: Whoosh keeps the length of longer ones in one rounded byte, we keep it exactly
    bodies = {n: " ".join(dice.choices(vocabulary, [8, 4, 2, 1, 1], k=dice.randint(1, 8))) for n in range(1, 200)}
    shelf = Library(tmp_path / "search", [document(n, body=body, lang="xx") for n, body in bodies.items()])
    stock = RamStorage().create_index(fields.Schema(n=fields.STORED, body=fields.TEXT(phrase=False)))
    writer = stock.writer()
    for n, body in bodies.items():
        writer.add_document(n=n, body=" ".join(analysis.forms(body)))
    writer.commit()
    with stock.searcher(weighting=scoring.BM25F(B=ranking.LENGTH_MATTERS["body"], K1=ranking.SATURATION)) as searcher:
        for words in (("apple",), ("birch", "cedar"), ("daisy", "elm", "apple")):
            expected = {h["n"]: h.score for h in searcher.search(And([Term("body", w) for w in words]), limit=None)}
            ours = {h.content_id: h.score for h in shelf.ask(" ".join(words), limit=1000).hits}
            assert ours == pytest.approx(expected, rel=1e-3)


def generated(count: int) -> list[SearchDocument]:
    """Bilingual documents of real Russian forms and English-like words, Zipf-distributed, about 150 words each."""
    dice = random.Random(7)
    ru = "сад озеленение город инициатива библиотека житель двор парк практика музей театр школа дерево река улица".split()
    ru += [stem + end for stem in ru for end in ("а", "ы", "ов", "ами", "ный")]
    ru += ["".join(dice.choice("бвгдклмнпрст") + dice.choice("аеиоу") for _ in range(4)) for _ in range(3000)]
    en = [
        "".join(dice.choice("bcdfglmnprst") + dice.choice("aeiou") for _ in range(3)) + "s" * (n % 2)
        for n in range(3000)
    ]
    weights = {id(words): [1 / (n + 5) for n in range(len(words))] for words in (ru, en)}

    def text(words: list[str], length: int) -> str:
        return " ".join(dice.choices(words, weights[id(words)], k=length))

    return [
        SearchDocument(
            n, dice.choice(("case", "partner")), 0 if n % 20 else 1,
            {"ru": (text(ru, 5), text(ru, 15), text(ru, 60)), "en": (text(en, 5), text(en, 15), text(en, 60))},
            facets={"topic": (f"t{n % 40}",), "place": (f"p{n % 300}",), "country": ("RU" if n % 3 else "GB",)},
        )
        for n in range(1, count + 1)
    ]  # fmt: skip


def test_speed_is_sane(library) -> None:
    documents = generated(5000)
    shelf = library()
    shelf.kept = {d.content_id: d for d in documents}
    started = time.perf_counter()
    assert shelf.service.rebuild() == 5000
    assert time.perf_counter() - started < 40
    dice, times = random.Random(1), []
    for _ in range(100):
        texts = dice.choice(documents).texts
        words = dice.choices((texts["ru"][2] + " " + texts["en"][2]).split(), k=dice.randint(1, 3))
        started = time.perf_counter()
        page = shelf.ask(" ".join(words), kinds=("case", "partner"), filters={"country": ("RU", "GB")})
        times.append(time.perf_counter() - started)
        assert page.facets["country"]
    assert sorted(times)[94] < 0.08


def test_words_in_any_unicode_form_are_equal(library) -> None:
    shelf = library(document(1, unicodedata.normalize("NFD", "Йошкар-Ола, ёлка, café"), lang="ru"))
    for text in ("йошкар", "ола", "ЁЛКИ", "елка", "CAFE"):
        assert shelf.found(text) == [1] == shelf.found(unicodedata.normalize("NFD", text)), text
