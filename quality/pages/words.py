"""Quality's codes in words. A subject's own words stand in its own module; `WORDS` puts them together."""

from collections.abc import Mapping

from piecework.quality.pages.admitting_words import ADMITTING
from piecework.quality.pages.curator_words import CURATOR
from piecework.quality.pages.publishing_words import PUBLISHING
from piecework.quality.pages.way_words import WAY

WORDS: dict[str, Mapping[str, str]] = {}
for own in (CURATOR, ADMITTING, WAY, PUBLISHING):
    for kind, by_code in own.items():
        WORDS[kind] = {**WORDS.get(kind, {}), **by_code}
