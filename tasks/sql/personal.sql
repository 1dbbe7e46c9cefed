-- What may be erased of append-only tables, and of those that settle once (see make_erasable).
SELECT make_erasable('contract_answer', '{"reason": "", "device": null}',
                     't.offer_id IN (SELECT id FROM contract_offer WHERE freelancer_id = who)', NULL);
SELECT make_erasable('contract_end', '{"reason": "erased"}', 't.freelancer_id = who', NULL);
SELECT make_erasable('appealable', '{"words": "erased", "evidence": {}}', 't.freelancer_id = who AND t.state <> ''appealed''', NULL, 'settles_once');
SELECT make_erasable('message', '{"title": "erased", "body": "erased"}',
                     't.recipients = 1 AND EXISTS (SELECT FROM message_recipient r WHERE r.message_id = t.id AND r.account_id = who)', 't.sent_at');
SELECT make_erasable('message_reply', '{"body": "erased"}', 't.account_id = who', 't.sent_at');
SELECT make_erasable('shift_plan', '{"pattern": "none", "anchor": null, "hours": []}', 't.freelancer_id = who', NULL);

-- An illness that was erased is leave like any other: that it was told late would say what it was.
ALTER TABLE leave DROP CONSTRAINT leave_told_ahead;
ALTER TABLE leave ADD CONSTRAINT leave_told_ahead CHECK (kind = 'illness' OR starts_at >= told_at OR words = 'erased');
