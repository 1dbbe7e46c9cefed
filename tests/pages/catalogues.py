"""The texts of templates and code, as gettext's tools find them, and the Russian catalogues beside them."""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
PARTS = ("platform", "tasks", "quality", "payouts")
KEYWORDS = {"N_": None, "Said": None, "_": None, "gettext": None, "ngettext": (1, 2)}
METHODS = [("**/templates/**.html", "jinja2.ext:babel_extract"), ("**.py", "python")]
OPTIONS = {"**/templates/**.html": {"trimmed": "true", "silent": "false"}}

Message = str | tuple[str, str]


@cache
def used(part: str) -> Mapping[Message, str]:
    """Every text of a part: the text (or singular and plural) -> the first place that has it."""
    found: dict[Message, str] = {}
    rows = extract_from_dir(ROOT / part, METHODS, OPTIONS, keywords=KEYWORDS)
    for name, line, message, _comments, _context in rows:
        key = message if isinstance(message, str) else (message[0], message[1])
        found.setdefault(key, f"{part}/{name}:{line}")
    return found


@cache
def catalogue(part: str) -> Catalog:
    """A part's Russian texts."""
    path = ROOT / part / "pages" / "locale" / "ru.po"
    if not path.exists():
        return Catalog("ru")
    with path.open("rb") as file:
        return read_po(file, locale="ru", abort_invalid=True)


def translated(part: str) -> Iterator[Message]:
    """The texts that a part's catalogue has in Russian, whole."""
    for message in catalogue(part):
        if message.id and message.string and all(message.string if isinstance(message.string, tuple) else [message.string]):
            yield message.id if isinstance(message.id, str) else (message.id[0], message.id[1])
