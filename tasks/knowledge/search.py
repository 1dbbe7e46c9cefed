"""Finding articles: by a question's words, and from the task at hand.

Words are compared by their stems (see article_words() in sql/knowledge.sql), in Russian and in English alike. What a match is worth
is PostgreSQL's ts_rank with the weights of where the word stands: title 1, keywords 0.6, body 0.25, a scenario's steps 0.15.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from piecework.platform import db
from piecework.platform.errors import NotFound

MOST_RANKED = 2_000
"""A question of everyday words may match every article: this many are ranked, so that its cost has a bound."""
MOST_WORDS = 12
"""So many of a task's words are looked for, those that tell most."""
MOST_ALIKE = 1_000
"""The words are taken as long as the articles that they stand in are together no more than this."""
TASK_CHARACTERS = 20_000
"""So much of a task's text is looked at."""
WEIGHTS = "'{0.15,0.25,0.6,1}'::real[]"
QUESTION = "websearch_to_tsquery('pg_catalog.russian', $2)"
# Making a snippet costs more than finding its article, most of all where a text repeats itself: up to 40 ms for so many characters.
SNIPPET = """ts_headline('pg_catalog.russian', left(v.body, 8000), {query},
    'StartSel="", StopSel="", MaxFragments=2, MinWords=10, MaxWords=25, FragmentDelimiter=" … "')"""

BY_WORDS = f"""
SELECT best.id, v.version, v.language, v.title, v.at, {SNIPPET.format(query=QUESTION)} AS snippet
FROM (
    SELECT id, version, ts_rank({WEIGHTS}, search, {QUESTION}, 1) AS rank FROM (
        SELECT a.id, a.version, a.search FROM article a
        WHERE a.project_id = $1 AND a.search @@ {QUESTION} AND ($3::text IS NULL OR EXISTS (
            SELECT FROM article_version v WHERE v.article_id = a.id AND v.version = a.version AND v.language = $3))
        LIMIT {MOST_RANKED}) matching
    ORDER BY rank DESC, id LIMIT $4) best
JOIN article_version v ON v.article_id = best.id AND v.version = best.version ORDER BY best.rank DESC, best.id"""

# What a word tells is the logarithm of how rare it is among the project's articles, and up to 2.2 times that if the task has it often:
# BM25 (Robertson and Zaragoza 2009) with k1 = 1.2. A word of more than half of the articles tells nothing, unless they are only a few.
TELLING = f"""
WITH held AS (
    SELECT a.project_id, left((SELECT string_agg(value, ' ') FROM jsonb_each_text(t.input)), {TASK_CHARACTERS}) AS text
    FROM assignment a JOIN task t ON t.id = a.task_id WHERE a.id = $1 AND a.freelancer_id = $2 AND a.state = 'held'),
words AS (
    SELECT held.project_id, t.lexeme, 2.2 * cardinality(t.positions) / (cardinality(t.positions) + 1.2) AS often
    FROM held CROSS JOIN unnest(to_tsvector('pg_catalog.russian', held.text)) t),
known AS (
    SELECT w.word, w.articles, often * ln(1 + total.articles::float8 / w.articles) AS weight
    FROM words JOIN article_word w ON w.project_id = words.project_id AND w.word = words.lexeme AND w.articles > 0
    CROSS JOIN (SELECT count(*) AS articles FROM article JOIN held USING (project_id) WHERE archived_at IS NULL) total
    WHERE w.articles * 2 <= total.articles OR total.articles < 4),
telling AS (
    SELECT word, weight, row_number() OVER best AS place, sum(articles) OVER best AS alike FROM known
    WINDOW best AS (ORDER BY weight DESC, word ROWS UNBOUNDED PRECEDING))
SELECT held.project_id, coalesce(array_agg(t.word ORDER BY place) FILTER (WHERE t.word IS NOT NULL), '{{}}') AS words,
       coalesce(array_agg(t.weight ORDER BY place) FILTER (WHERE t.word IS NOT NULL), '{{}}') AS weights
FROM held LEFT JOIN telling t ON t.place <= {MOST_WORDS} AND (t.place = 1 OR t.alike <= {MOST_ALIKE}) GROUP BY held.project_id"""

AT_HAND = f"""
SELECT best.id, v.version, v.language, v.title, v.at, {SNIPPET.format(query="$2::text::tsquery")} AS snippet
FROM (
    SELECT id, version, (SELECT sum(w.weight * ts_rank({WEIGHTS}, search, w.quoted::tsquery))
                         FROM unnest($3::text[], $4::float8[]) AS w (quoted, weight)) AS score
    FROM (SELECT a.id, a.version, a.search FROM article a WHERE a.project_id = $1 AND a.search @@ $2::text::tsquery
          LIMIT {MOST_RANKED}) matching
    ORDER BY score DESC, id LIMIT $5) best
JOIN article_version v ON v.article_id = best.id AND v.version = best.version ORDER BY best.score DESC, best.id"""


async def by_words(project_id: UUID, question: str, language: str | None, limit: int) -> Sequence[Any]:
    """The articles of a project that fit a question best, each with a snippet in plain text (words of its body, never markup of ours).

    The question is read like a web search's: all words, "a phrase", or, -not. Words that say nothing (and, to, не) find nothing.
    """
    return await db.rows(BY_WORDS, project_id, question, language, limit)


async def at_hand(freelancer_id: UUID, assignment_id: UUID, limit: int) -> Sequence[Any]:
    """The articles that share the most telling words with what the holder of an assignment sees of its task.

    Nothing but that text and the project's articles is looked at, so a control task costs and tells the same as any other.

    Raises:
        NotFound: this person holds no such assignment.
    """
    found = await db.row(TELLING, assignment_id, freelancer_id)
    if found is None:
        raise NotFound
    words = [_quoted(word) for word in found["words"]]
    if not words:
        return []
    return await db.rows(AT_HAND, found["project_id"], " | ".join(words), words, list(found["weights"]), limit)


def _quoted(word: str) -> str:
    """A stem as PostgreSQL's tsquery reads it."""
    return "'" + word.replace("\\", "\\\\").replace("'", "''") + "'"
