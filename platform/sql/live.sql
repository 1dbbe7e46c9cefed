-- Whoever looks at a page is told that something has changed for them: announced at commit, to whom alone. Of many at once it is said in one
-- word ('': everybody). Notices are few beside claims and answers, which announce nothing: announcements are committed one after the other.
CREATE FUNCTION announce_live() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT count(DISTINCT account_id) FROM changed) > 20 THEN
        PERFORM pg_notify('live_changed', '');
    ELSE
        PERFORM pg_notify('live_changed', account_id::text) FROM changed GROUP BY account_id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER announce_sent AFTER INSERT ON notice_mark REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION announce_live();
CREATE TRIGGER announce_read AFTER UPDATE ON notice_mark REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION announce_live();

-- What a notice says, as texts that are translated where it is read and what stands in them; null: only in the words of title and body.
ALTER TABLE notice ADD COLUMN words jsonb;
DROP FUNCTION erase_notice(uuid, timestamptz);
SELECT make_erasable('notice', '{"title": "erased", "body": "", "link": "", "words": null}', 't.account_id = who', 't.sent_at');
