-- What people must know of a project: its instruction in versions, and articles that are found by words and by the task at hand.

-- A version never changes. A step's own instruction belongs to the step and changes with the workflow.
CREATE TABLE instruction (
    project_id uuid NOT NULL REFERENCES project,
    version int NOT NULL CHECK (version > 0),
    language text NOT NULL CHECK (language ~ '^[a-z]{2}$'),
    text text NOT NULL CHECK (length(text) BETWEEN 1 AND 50000),
    summary text NOT NULL CHECK (length(summary) <= 1000),
    must_read boolean NOT NULL,
    published_by uuid REFERENCES account,  -- null: with its project, before versions were kept
    published_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (project_id, version)
);
SELECT make_append_only('instruction');

INSERT INTO instruction (project_id, version, language, text, summary, must_read, published_at)
SELECT id, 1, CASE WHEN instruction ~ '[а-яё]' THEN 'ru' ELSE 'en' END, left(instruction, 50000), '', false, created_at
FROM project WHERE instruction <> '';
ALTER TABLE project DROP COLUMN instruction;

CREATE TABLE article_version (
    article_id uuid NOT NULL,
    version int NOT NULL CHECK (version > 0),
    language text NOT NULL CHECK (language IN ('ru', 'en')),
    title text NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
    keywords text[] NOT NULL,
    body text NOT NULL CHECK (length(body) BETWEEN 1 AND 50000),
    steps jsonb NOT NULL DEFAULT '[]',  -- of a scenario: [{title, text}]
    author uuid NOT NULL REFERENCES account,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (article_id, version)
);
SELECT make_append_only('article_version');

-- An article and which of its versions is shown. `search` holds the words of that one, null once it is archived.
CREATE TABLE article (
    id uuid PRIMARY KEY,
    project_id uuid NOT NULL REFERENCES project,
    version int NOT NULL,
    archived_at timestamptz,
    search tsvector,
    CONSTRAINT article_shown FOREIGN KEY (id, version) REFERENCES article_version (article_id, version),
    CONSTRAINT article_searchable CHECK ((search IS NULL) = (archived_at IS NOT NULL))
);
CREATE INDEX article_project ON article (project_id, id);
-- Searches are many and changes few: each is put in its place at once, so that no search walks a list of what is still to be sorted in.
CREATE INDEX article_words ON article USING gin (search) WITH (fastupdate = off);
REVOKE DELETE, TRUNCATE ON article FROM piecework_app;

-- In how many of a project's articles a word stands: the rarer, the more it tells.
CREATE TABLE article_word (
    project_id uuid NOT NULL,
    word text NOT NULL,
    articles int NOT NULL,
    PRIMARY KEY (project_id, word)
) WITH (fillfactor = 70);
REVOKE DELETE, TRUNCATE ON article_word FROM piecework_app;

-- The words of an article: the title weighs most, then the keywords, the body, a scenario's steps. The configuration `russian` stems
-- words of Cyrillic letters as Russian and words of Latin letters as English, and leaves codes and numbers as they are: so one
-- configuration serves articles and questions in both languages, and texts that mix them.
CREATE FUNCTION article_words(v article_version) RETURNS tsvector LANGUAGE sql STABLE AS $$
    SELECT setweight(to_tsvector('pg_catalog.russian', v.title), 'A')
        || setweight(to_tsvector('pg_catalog.russian', array_to_string(v.keywords, ' ')), 'B')
        || setweight(to_tsvector('pg_catalog.russian', v.body), 'C')
        || setweight(to_tsvector('pg_catalog.russian', coalesce((
               SELECT string_agg(concat_ws(' ', s ->> 'title', s ->> 'text'), ' ' ORDER BY place)
               FROM jsonb_array_elements(v.steps) WITH ORDINALITY AS step (s, place)), '')), 'D')
$$;

CREATE FUNCTION index_article() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.search := CASE WHEN NEW.archived_at IS NULL THEN
        (SELECT article_words(v) FROM article_version v WHERE v.article_id = NEW.id AND v.version = NEW.version) END;
    RETURN NEW;
END $$;
CREATE TRIGGER index_article BEFORE INSERT OR UPDATE ON article FOR EACH ROW EXECUTE FUNCTION index_article();

-- In the order of words, so that two changes in one project wait for each other and never in a circle.
CREATE FUNCTION count_article_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO article_word AS w (project_id, word, articles)
        SELECT a.project_id, word, count(*) FROM added a CROSS JOIN unnest(tsvector_to_array(a.search)) AS word
        GROUP BY a.project_id, word ORDER BY a.project_id, word
        ON CONFLICT (project_id, word) DO UPDATE SET articles = w.articles + excluded.articles;
    ELSE
        INSERT INTO article_word AS w (project_id, word, articles)
        SELECT project_id, word, sum(change) FROM (
            SELECT a.project_id, word, 1 AS change FROM added a CROSS JOIN unnest(tsvector_to_array(a.search)) AS word
            UNION ALL
            SELECT g.project_id, word, -1 FROM gone g CROSS JOIN unnest(tsvector_to_array(g.search)) AS word) AS changes
        GROUP BY project_id, word HAVING sum(change) <> 0 ORDER BY project_id, word
        ON CONFLICT (project_id, word) DO UPDATE SET articles = w.articles + excluded.articles;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER count_words AFTER INSERT ON article REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION count_article_words();
CREATE TRIGGER count_changed_words AFTER UPDATE ON article REFERENCING OLD TABLE AS gone NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION count_article_words();

-- How often somebody opened a version of an article, and whether it helped them.
CREATE TABLE article_use (
    article_id uuid NOT NULL,
    version int NOT NULL,
    freelancer_id uuid NOT NULL REFERENCES account,
    opened int NOT NULL DEFAULT 0,
    useful boolean,
    PRIMARY KEY (article_id, version, freelancer_id),
    FOREIGN KEY (article_id, version) REFERENCES article_version
);
REVOKE DELETE, TRUNCATE ON article_use FROM piecework_app;
