"""Text on its way into a bank's file."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from piecework.payouts.formats.plain import in_cp1251, one_line
from tests.payouts.formats.batches import words


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Иван\r\nСумма=1.00", "Иван Сумма=1.00"),
        (" Иван\t\x00\u2028 Петров ", "Иван Петров"),
        ("и\u0306о", "йо"),
        ("Ива\u00adнов\u202e", "Иванов"),
        ("\u2003", ""),
    ],
)
def test_a_line_is_one_line(text: str, line: str) -> None:
    assert one_line(text) == line


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Ёж № 5 «Рога и копыта» — «’”", "Ёж № 5 «Рога и копыта» — «’”"),
        ("José Núñez", "Jose Nunez"),
        ("Ма\u0301рия", "Мария"),
        ("Қайрат Өмірұлы", "Кайрат Омiрулы".replace("i", "і")),
        ("Łukasz Groß", "Lukasz Gross"),
        ("５₽", "5руб."),
    ],
)
def test_what_cp1251_lacks_is_written_as_banks_do(text: str, written: str) -> None:
    assert in_cp1251(text) == written


@pytest.mark.parametrize("text", ["李小龙", "გიორგი", "😀", "¨", "\u0301", "Ἀθῆναι ☃"])
def test_what_cannot_be_written_is_named(text: str) -> None:
    with pytest.raises(ValueError) as refusal:
        in_cp1251(text)
    assert str(refusal.value) in text


@given(words | st.text())
@example("0 \u0301 0")
def test_whatever_comes_out_fits_and_stays(text: str) -> None:
    try:
        written = in_cp1251(text)
    except ValueError:
        return
    assert written.encode("cp1251").decode("cp1251") == written
    assert in_cp1251(written) == written
    assert len(written.splitlines()) <= 1
