"""The codes of tasks in words. A subject's own words stand in its own module; `WORDS` puts them together."""

from collections.abc import Mapping

from piecework.tasks.pages.load_words import LOAD
from piecework.tasks.pages.me_words import ME
from piecework.tasks.pages.requester_words import REQUESTER
from piecework.tasks.pages.staff_words import STAFF
from piecework.tasks.pages.work_words import WORK

WORDS: dict[str, Mapping[str, str]] = {}
for own in (WORK, ME, REQUESTER, STAFF, LOAD):
    for kind, by_code in own.items():
        WORDS[kind] = {**WORDS.get(kind, {}), **by_code}
