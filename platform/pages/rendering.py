"""Templates: one environment per language, everything escaped, nothing undefined let through."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from piecework.platform.pages import texts
from piecework.platform.pages.assets import Static
from piecework.platform.pages.view import Pages
from piecework.platform.said import Said, Words, is_ours, packed, told

HIDDEN = {ord(character): f"[U+{ord(character):04X}]" for character in "\u061c\u200b\u200e\u200f\u2060\ufeff"}
HIDDEN |= {code: f"[U+{code:04X}]" for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))}
"""Characters that cannot be seen and change how their neighbours read: shown by their numbers."""


def plain(text: object) -> str:
    """Text of unknown origin as it really is: marks of direction and characters of no width are made visible. Markup stays markup."""
    visible = str(text).translate(HIDDEN)
    return Markup(visible) if isinstance(text, Markup) else visible  # noqa: S704 - it was markup, and nothing but marks was replaced


@dataclass(frozen=True, slots=True)
class _Plainly:
    """A reader's way to write moments and sums, without markup: for within texts."""

    form: texts.Format

    def moment(self, value: datetime, /) -> str:
        return escape(self.form.moment(value)).striptags()

    def day(self, value: date, /) -> str:
        return escape(self.form.day(value)).striptags()

    def money(self, value: str, currency: str, /) -> str:
        return self.form.money(value, currency)


class Renderer:
    """Makes pages of all parts in all languages."""

    def __init__(self, parts: Sequence[Pages]) -> None:
        self.static = Static([part.folder / "static" for part in parts])
        self._of: dict[str, Pages] = {path.name: part for part in parts for path in (part.folder / "templates").glob("*.html")}
        self._parts = parts
        self._environments: dict[tuple[Path, str], Environment] = {}

    def _environment(self, own: Pages, code: str) -> Environment:
        """For the templates of one part: where two parts say a thing differently, its own texts and words win."""
        parts = [*(part for part in self._parts if part is not own), own]
        words: dict[str, dict[str, str]] = {}
        for part in parts:
            for kind, by_code in part.words.items():
                words.setdefault(kind, {}).update(by_code)
        loader = ChoiceLoader([FileSystemLoader(part.folder / "templates") for part in reversed(parts)])
        translations = texts.catalogue([part.folder / "locale" for part in parts], code)
        environment = Environment(
            loader=loader,
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n"],
        )
        environment.install_gettext_translations(translations, newstyle=True)  # type: ignore[attr-defined]
        environment.globals["static"] = self.static.url
        environment.globals["languages"] = texts.LANGUAGES
        environment.globals["locale"] = code

        def word(value: str, kind: str) -> str:
            """A code in words; a code without words is shown as it is."""
            text = words[kind].get(value)
            return value.replace("_", " ") if text is None else translations.ugettext(text)

        @pass_context
        def wrong(context: Context, error: Mapping[str, Any]) -> str | Markup:
            """What is wrong with a field: as it was said of this one, else in the words for the common faults, else in the shape's own."""
            text, message = words["wrong"].get(error["code"]), error["message"]
            if isinstance(message, Said):
                return plain(say(context, message))
            if text is not None:
                return translations.ugettext(text)
            return Markup('<span lang="en">{}</span>').format(plain(message))

        @pass_context
        def said_in(context: Context, kept: Sequence[Any]) -> str:
            """What was kept as `piecework.platform.said`, in the reader's language and by their clocks."""
            return told(kept, code, translations.ugettext, _Plainly(context["format"]))

        @pass_context
        def say(context: Context, text: Words) -> str:
            """The same of what is said now; words that somebody wrote stay as they are."""
            return said_in(context, packed(text))

        def written(words: str) -> str | Markup:
            """What somebody wrote, as it is; a reason that is ours in the reader's language."""
            return (
                translations.ugettext(words) if is_ours(words) else Markup('<span translate="no">{}</span>').format(plain(words))
            )

        environment.filters["written"] = written
        environment.filters["said"] = said_in
        environment.filters["say"] = say
        environment.filters["word"] = word
        environment.filters["wrong"] = wrong
        environment.filters["plain"] = plain
        environment.filters["translated"] = lambda text: translations.ugettext(text) if text else ""  # "" is the catalogue's head
        environment.filters |= {name: _of_reader(name) for name in texts.FILTERS}
        return environment

    def render(self, code: str, template: str, context: Mapping[str, Any]) -> str:
        """A page in a language; `context` has the reader's `format`."""
        return self._for(template, code).get_template(template).render(context)

    def translate(self, code: str, text: str, template: str) -> str:
        """A marked text in a language, as the part of a template says it."""
        return str(self._for(template, code).filters["translated"](text)) if text else ""

    def _for(self, template: str, code: str) -> Environment:
        own = self._of[template]
        known = self._environments.get((own.folder, code))
        if known is None:  # made when first needed: catalogues take a while to read, and most processes show few pages
            known = self._environments[own.folder, code] = self._environment(own, code)
        return known


def _of_reader(name: str) -> Any:
    @pass_context
    def shown(context: Context, *arguments: Any, **named: Any) -> Any:
        return getattr(context["format"], name)(*arguments, **named)

    return shown
