"""What must always hold of instructions and articles."""

from piecework.platform.invariants import Invariant

INVARIANTS = (
    Invariant(
        "tasks.must_read_is_everywhere",
        "Every queue of a project asks for the newest instruction of it that must be read.",
        """SELECT q.step_id, q.must_read, coalesce(max(i.version), 0) AS newest FROM queue q
           LEFT JOIN instruction i ON i.project_id = q.project_id AND i.must_read
           GROUP BY q.step_id HAVING q.must_read <> coalesce(max(i.version), 0)""",
    ),
    Invariant(
        "tasks.articles_are_found_by_their_words",
        "What an article is found by are the words of its present version, and none once it is archived.",
        """SELECT a.id, a.version FROM article a JOIN article_version v ON v.article_id = a.id AND v.version = a.version
           WHERE a.search IS DISTINCT FROM CASE WHEN a.archived_at IS NULL THEN article_words(v) END""",
    ),
    Invariant(
        "tasks.article_words_are_counted",
        "Each word of a project's articles is counted as often as articles have it.",
        """SELECT project_id, word, w.articles, n.articles AS really
           FROM (SELECT * FROM article_word WHERE articles <> 0) w FULL JOIN (
               SELECT project_id, word, count(*) AS articles FROM article CROSS JOIN unnest(tsvector_to_array(search)) AS word
               GROUP BY project_id, word) n USING (project_id, word)
           WHERE w.articles IS DISTINCT FROM n.articles""",
    ),
)
