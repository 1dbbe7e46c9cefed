"""A statement as HTML and as PDF: everything is there, nothing breaks out, a thousand assignments fit, and the bytes stay the same."""

import hashlib
import io
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta, timezone
from html.parser import HTMLParser
from pathlib import Path

import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from piecework.payouts.statements.content import content
from piecework.payouts.statements.html import render_html
from piecework.payouts.statements.page import RuleLine, Settlement, StatementPage, Tax
from piecework.payouts.statements.pdf import render_pdf
from piecework.payouts.statements.words import LANGUAGES, WORDS, Language, amount, money
from tests.payouts.statements.pages import HEAD, page

ROOT = Path(__file__).parents[3]
RENDERERS = pytest.mark.parametrize("render", [render_html, render_pdf], ids=["html", "pdf"])
Render = Callable[[StatementPage, Language], bytes]


def pdf_pages(data: bytes) -> list[str]:
    """The text of each page, with ordinary spaces."""
    return [one.extract_text().replace("\u00a0", " ") for one in pypdf.PdfReader(io.BytesIO(data)).pages]


class Read(HTMLParser):
    """What a browser would see: elements by name, and the text."""

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(data.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.lasttag != "style":
            self.text.append(data)

    def has(self, text: str) -> bool:
        return text in "".join(self.text)


class TestPage:
    @pytest.mark.parametrize(
        "changes",
        [
            {"gross": 1},
            {"net": 1},
            {"tax": Tax(1)},
            {"rounding": 5},
            {"work": 7},
            {"premiums": ()},
            {"assignments": ()},
            {"bonuses": (RuleLine("x", 1, "", 1),)},
        ],
    )
    def test_one_that_does_not_add_up_cannot_be_made(self, changes: dict[str, object]) -> None:
        with pytest.raises(ValueError, match="parts sum to"):
            page(**changes)  # type: ignore[arg-type]


class TestHtml:
    @pytest.mark.parametrize("language", LANGUAGES)
    def test_everything_is_on_it(self, language: Language) -> None:
        made = page()
        read = Read(render_html(made, language))
        shown = content(made, language)
        assert dict(read.elements)["html"] == {"lang": language}
        for text in (
            made.person,
            shown.net,
            *(line.amount for line in shown.lines),
            *(note for line in shown.lines for note in line.notes),
        ):
            assert read.has(text)
        for row in (*shown.rows, shown.total):
            assert all(read.has(cell) for cell in row)
        assert read.has(HEAD)
        assert (
            len([tag for tag, _ in read.elements if tag == "tr"])
            == len(shown.lines) + len(shown.settlements) + len(shown.rows) + 2
        )

    def test_names_are_text_whatever_they_hold(self) -> None:
        evil = "<script>alert(1)</script>\"'><img src=x onerror=y>{{ 7*7 }}"
        made = replace(page(), person=evil, settlements=(Settlement("held", 1, words=evil),))
        read = Read(render_html(made, "ru"))
        assert not {"script", "img", "link", "iframe"} & {tag for tag, _ in read.elements}
        assert read.has(evil)

    def test_it_needs_nothing_from_elsewhere(self) -> None:
        data = render_html(page(), "en").decode()
        assert not [word for word in ("http:", "https:", "url(", "@import", "src=", "href=") if word in data]


class TestPdf:
    @pytest.mark.parametrize("language", LANGUAGES)
    def test_names_and_sums_can_be_read_from_it(self, language: Language) -> None:
        made = page()
        text = "\n".join(pdf_pages(render_pdf(made, language)))
        assert made.person in text
        assert "Нарушение шаблона ответа" in text
        assert "Возвраты маркетплейса" in text
        for value in (made.work, made.gross, -made.tax.amount):
            assert amount(value, language).replace("\u00a0", " ") in text
        assert money(made.net, "RUB", language).replace("\u00a0", " ") in text
        assert HEAD in text

    def test_a_thousand_assignments_break_well(self) -> None:
        made = page(1_000)
        pages = pdf_pages(render_pdf(made, "ru"))
        assert 15 <= len(pages) <= 20
        head = WORDS["ru"]["work_column"]
        for number, text in enumerate(pages, start=1):
            lines = text.splitlines()
            assert f"страница {number} из {len(pages)}" in text
            assert head in text
            entries = [one.entry_id for one in made.assignments if any(str(one.entry_id) in line for line in lines)]
            assert len(entries) <= 60
        everything = "\n".join(pages)
        assert all(everything.count(str(one.entry_id)) == 1 for one in made.assignments)

    def test_a_figure_is_never_cut(self) -> None:
        made = page(1)
        huge = replace(made.assignments[0], price=10**14 + 1, work=10**14 + 1, premiums=0)
        made = page(1, assignments=(huge,), work=huge.work, premiums=(), bonuses=(), deductions=(), rounding=0,
                    gross=huge.work, tax=Tax(0), net=huge.work)  # fmt: skip
        text = "".join(pdf_pages(render_pdf(made, "ru")))
        assert text.count("10 000 000 000,0001") >= 4

    def test_a_letter_that_the_font_lacks_is_shown_as_lacking(self) -> None:
        text = "".join(pdf_pages(render_pdf(replace(page(1), person="李 Пётр\n\u202eა"), "ru")))
        assert "□ Пётр ა" in text

    def test_it_was_made_when_the_period_closed(self) -> None:
        told = pypdf.PdfReader(io.BytesIO(render_pdf(page(1), "ru"))).metadata
        assert told is not None
        assert told.creation_date == page(1).closed_at
        assert told.title == "Расчётный листок · Мария Ёлкина-Константинопольская"

    def test_a_period_without_work_says_so(self) -> None:
        none = page(0, bonuses=(), deductions=(), gross=0, tax=Tax(0), net=0, settlements=())
        assert WORDS["ru"]["nothing"] in "".join(pdf_pages(render_pdf(none, "ru")))
        assert Read(render_html(none, "ru")).has(WORDS["ru"]["nothing"])


class TestBytes:
    @RENDERERS
    def test_the_same_page_gives_the_same_bytes(self, render: Render) -> None:
        other_zone = timezone(timedelta(hours=11))
        told = replace(page(), closed_at=page().closed_at.astimezone(other_zone), since=page().since.astimezone(other_zone))
        assert render(page(), "ru") == render(told, "ru")

    @pytest.mark.parametrize("zone", ["UTC", "Asia/Vladivostok"])
    def test_another_process_in_another_zone_gives_the_same_bytes(self, zone: str) -> None:
        program = (
            "import hashlib; from tests.payouts.statements.pages import page; "
            "from piecework.payouts.statements.html import render_html; from piecework.payouts.statements.pdf import render_pdf; "
            "print(*(hashlib.sha256(render(page(), 'ru')).hexdigest() for render in (render_html, render_pdf)))"
        )
        environment = os.environ | {"TZ": zone, "PYTHONHASHSEED": "random", "PYTHONPATH": str(ROOT), "LC_ALL": "C"}
        done = subprocess.run(
            [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
        )
        assert done.stdout.split() == [hashlib.sha256(render(page(), "ru")).hexdigest() for render in (render_html, render_pdf)]


@settings(max_examples=20, deadline=None)
@given(st.text(max_size=300), st.text(max_size=300))
def test_any_words_can_be_rendered(name: str, words: str) -> None:
    given_words = page(
        2,
        person=name.encode(errors="ignore").decode(),
        settlements=(Settlement("held", 1, words=words.encode(errors="ignore").decode()),),
    )
    assert render_html(given_words, "ru")
    assert render_pdf(given_words, "ru").startswith(b"%PDF")
