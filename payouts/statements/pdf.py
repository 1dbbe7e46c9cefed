"""A statement as PDF: A4, Cyrillic, a table head on every page. The same page gives the same bytes.

The font is DejaVu Sans Condensed (fonts/, with its licence); only the letters that a statement uses are put into its file.
"""

from datetime import UTC
from functools import cache, lru_cache
from importlib.resources import as_file, files

from fontTools.ttLib import TTFont
from fpdf import FPDF, Align, XPos, YPos

from piecework.payouts.statements.content import Content, Line, content
from piecework.payouts.statements.page import StatementPage
from piecework.payouts.statements.words import NO_BREAK, Language

FONT = "DejaVu"
FONTS = {"": "DejaVuSansCondensed.ttf", "B": "DejaVuSansCondensed-Bold.ttf"}
MARGIN = 15.0
BOTTOM = 18.0
WIDTH = 210.0 - 2 * MARGIN
COLUMNS = (24.0, 32.0, 30.0, 16.0, 15.0, 17.0, 16.0, 18.0, 12.0)
"""Widths of the table of assignments, in millimetres; together WIDTH."""
TEXT_COLUMNS = 3
ROW = 4.6
GAP = 2.0
FIGURE = 40.0
PART_FIGURE = 28.0
"""How far the amounts of parts stand from the margin at which their headings' do."""
NOTE_WIDTH = 125.0
PART_WIDTH = 105.0
INDENT = 5.0
INK, SOFT, RULE, ACCENT = (28, 36, 48), (93, 107, 124), (217, 223, 230), (20, 84, 92)
MISSING = "\u25a1"
"""Shown for a character that the font does not have."""
CUT = "…"


def render_pdf(page: StatementPage, language: Language) -> bytes:
    """The document. The time of its making is when the period closed."""
    c = content(page, language)
    sheet = _Sheet(c)
    sheet.set_creation_date(page.closed_at.astimezone(UTC))
    sheet.top()
    sheet.account(c.lines)
    if c.settlements:
        sheet.title_line(c.settlement_title)
        sheet.account(c.settlements)
    sheet.title_line(c.table_title)
    sheet.assignments()
    sheet.chain()
    sheet.foot()
    return bytes(sheet.output())


@cache
def _known() -> frozenset[int]:
    """The characters that both cuts of the font have."""
    found: list[set[int]] = []
    for name in FONTS.values():
        with as_file(files(__package__) / "fonts" / name) as path, TTFont(path, lazy=True) as font:
            found.append(set(font.getBestCmap()))
    return frozenset(set.intersection(*found))


@lru_cache(maxsize=4096)
def _letter(char: str) -> str:
    if char == NO_BREAK:
        return char
    if char.isspace():
        return " "
    if not char.isprintable():
        return ""
    return char if ord(char) in _known() else MISSING


def _shown(text: str) -> str:
    """The text on one line, in characters that the font has."""
    return "".join(map(_letter, text))


class _Sheet(FPDF):
    """The document while it is drawn, from top to bottom."""

    def __init__(self, c: Content) -> None:
        super().__init__(format="A4")
        self._c = c
        self.c_margin = 0
        self.alias_nb_pages("")
        self.set_margins(MARGIN, MARGIN)
        self.set_auto_page_break(auto=True, margin=BOTTOM)
        for style, name in FONTS.items():
            with as_file(files(__package__) / "fonts" / name) as path:
                self.add_font(FONT, style, path)
        self.set_lang(c.language)
        self.set_title(_shown(f"{c.title} · {c.person}"))
        self.set_producer("Piecework")
        self.add_page()

    def _pen(self, size: float, colour: tuple[int, int, int] = INK, style: str = "") -> None:
        self.set_font(FONT, style, size)
        self.set_text_color(*colour)

    def _rule(self, colour: tuple[int, int, int], width: float) -> None:
        self.set_draw_color(*colour)
        self.set_line_width(width)
        self.line(MARGIN, self.get_y(), MARGIN + WIDTH, self.get_y())

    def _right(self, text: str, height: float, inset: float) -> None:
        """A figure at the right of the line that is being written."""
        x, y = self.get_x(), self.get_y()
        self.set_x(MARGIN + WIDTH - FIGURE - inset)
        self.cell(FIGURE, height, _shown(text), align=Align.R)
        self.set_xy(x, y)

    def _paragraph(self, width: float, height: float, text: str) -> None:
        self.multi_cell(width, height, _shown(text), align=Align.L, new_x=XPos.LEFT, new_y=YPos.NEXT)

    def top(self) -> None:
        """Who, when, how taxed; and at the right what it comes to."""
        self._pen(8, ACCENT, "B")
        self._paragraph(WIDTH, 5, self._c.title.upper())
        self._pen(16, style="B")
        self._paragraph(WIDTH - 50, 8, self._c.person)
        self.ln(1.5)
        for label, said in self._c.facts:
            self._pen(8.5, SOFT)
            self.cell(32, 4.8, _shown(label))
            self._pen(8.5)
            self._paragraph(WIDTH - 32 - 55, 4.8, said)
            self.set_x(MARGIN)
        below = self.get_y()
        self.set_y(below - 13)
        self._pen(8.5, SOFT)
        self.cell(WIDTH, 4.5, _shown(self._c.net_label), align=Align.R, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self._pen(20, style="B")
        self.cell(WIDTH, 9, _shown(self._c.net), align=Align.R)
        self.set_xy(MARGIN, below + 3.5)
        self._rule(ACCENT, 0.6)
        self.ln(1)

    def title_line(self, text: str) -> None:
        """A heading, with room below it for what it heads."""
        if self.will_page_break(24):
            self.add_page()
        self.ln(6)
        self._pen(11, style="B")
        self._paragraph(WIDTH, 6, text)
        self.ln(1)

    def account(self, lines: tuple[Line, ...]) -> None:
        """Labels, their amounts at the right, their notes below."""
        for number, line in enumerate(lines):
            self._line(line, is_first=number == 0)

    def _line(self, line: Line, *, is_first: bool) -> None:
        is_part = line.kind == "part"
        height = 5.2 if is_part else 6.4
        if self.will_page_break(height + 4.2 * len(line.notes)):
            self.add_page()
        strong = line.kind in {"total", "net"}
        if strong or (line.kind == "heading" and not is_first):
            self._rule(ACCENT if line.kind == "net" else INK if strong else RULE, 0.4 if strong else 0.2)
        size = {"net": 11.0, "part": 9.0}.get(line.kind, 9.5)
        self._pen(size, SOFT if is_part else INK, "B" if strong else "")
        self._right(line.amount, height, PART_FIGURE if is_part else 0)
        self._pen(size, INK, "" if is_part else "B")
        self.set_x(MARGIN + (INDENT if is_part else 0))
        self._paragraph(PART_WIDTH if is_part else NOTE_WIDTH, height, line.label)
        self._pen(8, SOFT)
        for note in line.notes:
            self._paragraph(NOTE_WIDTH, 4.2, note)
        self.ln(0.8)
        self.set_x(MARGIN)
        if line.kind == "net":
            self._rule(ACCENT, 0.4)

    def assignments(self) -> None:
        """Every assignment, then the sums; on each page under its head."""
        if not self._c.rows:
            self._pen(9)
            self._paragraph(WIDTH, 5, self._c.nothing)
            return
        self._head()
        for row in self._c.rows:
            self._next_row()
            self._cells(row, RULE)
        self._next_row()
        self._pen(7, style="B")
        self._cells(self._c.total, INK)

    def _head(self) -> None:
        self._pen(6.5, SOFT, "B")
        self._cells(self._c.columns, None)
        self._rule(INK, 0.3)
        self._pen(7)

    def _next_row(self) -> None:
        if self.will_page_break(ROW):
            self.add_page()
            self._head()

    def _cells(self, texts: tuple[str, ...], rule: tuple[int, int, int] | None) -> None:
        """A row of the table under a thin line. Words are cut to their column; a figure never is: it is set smaller."""
        if rule is not None:
            self._rule(rule, 0.1)
        size = self.font_size_pt
        for column, (text, width) in enumerate(zip(texts, COLUMNS, strict=True)):
            if column < TEXT_COLUMNS:
                self.cell(width, ROW, self._fitting(_shown(text), width))
                continue
            shown = _shown(text)
            needed = self.get_string_width(shown) + GAP
            if needed > width:
                self.set_font_size(size * width / needed)
            self.cell(width, ROW, shown, align=Align.R)
            self.set_font_size(size)
        self.ln(ROW)

    def _fitting(self, text: str, width: float) -> str:
        """As much of a text as fits; an ellipsis says that it was cut."""
        room = width - GAP
        if self.get_string_width(text) <= room:
            return text
        while text and self.get_string_width(text + CUT) > room:
            text = text[:-1]
        return text.rstrip() + CUT

    def chain(self) -> None:
        """The head of the ledger's chain."""
        if self.will_page_break(14):
            self.add_page()
        self.ln(5)
        self._pen(7, SOFT)
        self._paragraph(WIDTH, 4, f"{self._c.chain_label}:")
        self._paragraph(WIDTH, 4, self._c.chain_head)

    def foot(self) -> None:
        """Under each page: whose statement it is, which page of how many. Drawn last, when their number is known."""
        self.set_auto_page_break(auto=False)
        pages = self.pages_count
        for number in range(1, pages + 1):
            self.page = number
            self.set_xy(MARGIN, -12)
            self._pen(7, SOFT)
            told = self._c.page_of.format(page=number, pages=pages)
            self.cell(WIDTH - FIGURE, 4, self._fitting(_shown(self._c.footer), WIDTH - FIGURE))
            self.cell(FIGURE, 4, _shown(told), align=Align.R)
