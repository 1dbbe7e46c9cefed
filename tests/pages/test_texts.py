"""Every text is there in both languages, and none is left over."""

import re

import pytest

from piecework.platform.errors import Problem
from tests.pages.catalogues import PARTS, ROOT, catalogue, translated, used

PLACE = re.compile(r"%\((\w+)\)[sd]")
GUIDES = ("administrators", "curators", "finance", "freelancers", "requesters")
BOLD = re.compile(r"\*\*([^*]+)\*\*(?:\s\(([А-ЯЁа-яё][^)]*)\))?")
"""What stands on the screen, as guides write it: in English, and perhaps in Russian."""


def problems(part: str) -> dict[str, str]:
    """The titles of a part's problems, which its pages show."""

    def below(kind: type[Problem]) -> list[type[Problem]]:
        return [kind, *(one for child in kind.__subclasses__() for one in below(child))]

    return {
        kind.title: f"{kind.__module__}.{kind.__name__}"
        for kind in below(Problem)
        if kind.__module__.startswith(f"piecework.{part}.")
    }


@pytest.mark.parametrize("part", PARTS)
def test_every_text_is_there_in_russian(part: str) -> None:
    there = {*translated(part), *translated("platform")}
    wanted = {**used(part), **problems(part)}
    assert {text: place for text, place in wanted.items() if text not in there} == {}


def test_no_text_is_left_over() -> None:
    everywhere = {text for one in PARTS for text in (*used(one), *problems(one))}
    assert [(part, text) for part in PARTS for text in translated(part) if text not in everywhere] == []


@pytest.mark.parametrize("part", PARTS)
def test_translations_have_the_places_of_their_originals(part: str) -> None:
    for message in catalogue(part):
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        wanted = {place for text in ids for place in PLACE.findall(text)}
        assert [text for text in strings if text and not set(PLACE.findall(text)) <= wanted] == []


def test_each_template_belongs_to_one_part() -> None:
    names = [path.name for part in PARTS for path in (ROOT / part / "pages" / "templates").glob("*.html")]
    assert sorted(names) == sorted(set(names))


def test_guides_name_what_stands_on_the_screen() -> None:
    russian: dict[str, set[str]] = {}
    for message in (message for part in PARTS for message in catalogue(part) if isinstance(message.id, str)):
        russian.setdefault(message.id, set()).add(str(message.string))
    for guide in GUIDES:
        text = (
            (ROOT / "docs" / f"{guide}.md")
            .read_text(encoding="utf-8")
            .partition("\n## In the browser\n")[2]
            .partition("\n## ")[0]
        )
        named = BOLD.findall(text)
        assert named
        assert [one for one in named if one[0] not in russian or (one[1] and one[1] not in russian[one[0]])] == [], guide
