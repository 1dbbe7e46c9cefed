-- What curators publish in versions, exams and courses: what a version says never changes; somebody else than its author publishes it;
-- one version of a code is published at a time. `project_id` is that of the direction, if it has one.
CREATE FUNCTION make_published(kind text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE replace($make$
        CREATE TABLE {kind} (
            id uuid PRIMARY KEY DEFAULT uuidv7(),
            code text NOT NULL CHECK (code ~ '^[a-z][a-z0-9_-]{0,39}$'),
            version int NOT NULL CHECK (version > 0),
            project_id uuid REFERENCES project,
            spec jsonb NOT NULL,
            author uuid NOT NULL REFERENCES account,
            created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            published_by uuid REFERENCES account,
            published_at timestamptz,
            retired_by uuid REFERENCES account,
            retired_at timestamptz,
            CONSTRAINT {kind}_version_key UNIQUE (code, version),
            CONSTRAINT {kind}_four_eyes CHECK (published_by <> author),
            CONSTRAINT {kind}_published_by CHECK ((published_by IS NULL) = (published_at IS NULL)),
            CONSTRAINT {kind}_retired_by CHECK ((retired_by IS NULL) = (retired_at IS NULL))
        );
        CREATE UNIQUE INDEX {kind}_published ON {kind} (code) WHERE published_at IS NOT NULL AND retired_at IS NULL;
        CREATE TRIGGER fixed BEFORE UPDATE OF id, code, version, project_id, spec, author ON {kind}
            FOR EACH ROW EXECUTE FUNCTION refuse_change();
        REVOKE DELETE, TRUNCATE ON {kind} FROM piecework_app;
    $make$, '{kind}', kind);
END $$;

-- One input of a project serves one end: it checks work (a golden task), is asked in exams, or is taught in a course, which tells its
-- answer. What people have met at work is no exam, and what they have met in an exam or a course is no check. A golden task that is retired may be
-- taught; it is asked in exams only if nobody was ever handed it. All sides take the same lock, so that none looks before another has
-- written. The triggers stand with their tables; those on `golden` in training.sql.
CREATE FUNCTION hold_golden(its_project uuid) RETURNS void LANGUAGE sql AS $$
    SELECT pg_advisory_xact_lock(hashtext('golden apart'), hashtext(its_project::text))
$$;
CREATE FUNCTION keep_apart() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    its_project uuid := CASE WHEN TG_TABLE_NAME = 'golden' THEN (SELECT s.project_id FROM step s WHERE s.id = (to_jsonb(NEW) ->> 'step_id')::bigint)
                             ELSE (to_jsonb(NEW) ->> 'project_id')::uuid END;
BEGIN
    PERFORM hold_golden(its_project);
    IF (TG_TABLE_NAME <> 'exam_question' AND EXISTS (
            SELECT FROM exam_question q WHERE q.project_id = its_project AND q.fingerprint = NEW.fingerprint))
       OR (TG_TABLE_NAME <> 'course_task' AND EXISTS (
            SELECT FROM course_task c WHERE c.project_id = its_project AND c.fingerprint = NEW.fingerprint))
       OR (TG_TABLE_NAME <> 'golden' AND EXISTS (
            SELECT FROM golden g JOIN step s ON s.id = g.step_id
            WHERE s.project_id = its_project AND g.fingerprint = NEW.fingerprint
              AND (g.state <> 'retired'
                   OR (TG_TABLE_NAME = 'exam_question' AND EXISTS (SELECT FROM assignment a WHERE a.task_id = g.task_id)))))
    THEN
        RAISE EXCEPTION 'this input serves another end' USING ERRCODE = 'unique_violation', CONSTRAINT = 'kept_apart';
    END IF;
    RETURN NEW;
END $$;
