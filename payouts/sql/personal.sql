-- What may be erased of payees' data, once the law no longer wants it (see make_erasable). The ledger, payouts and statements stay: they
-- name the account's id.
SELECT make_erasable('payee_identity', '{"inn": null, "legal_name": "erased", "residence": "ZZ", "reason": "erased"}', 't.freelancer_id = who', NULL);
SELECT make_erasable('status_check', '{"inn": "000000000000", "source": "erased"}', 't.freelancer_id = who', NULL);
SELECT make_erasable('payment_details', '{"name": "erased", "bank_name": "erased", "account": "00000000000000000000", "bik": "000000000",
                     "correspondent": null, "iban": null, "bic": null, "reason": "erased"}', 't.freelancer_id = who', NULL);

-- The person's tax number on a payment; and what names many people at once, by its age alone: what a file summed to stays.
SELECT make_erasable('payout_line', '{"inn": null}', 't.freelancer_id = who', NULL, 'goes_on');
ALTER TABLE payout_file DROP CONSTRAINT payout_file_is_its_sum;
ALTER TABLE payout_file ADD CONSTRAINT payout_file_is_its_sum CHECK (content = '' OR sha256 = sha256(content));
ALTER TABLE bank_statement DROP CONSTRAINT bank_statement_is_its_sum;
ALTER TABLE bank_statement ADD CONSTRAINT bank_statement_is_its_sum CHECK (content = '' OR sha256 = sha256(content));
SELECT make_erasable('payout_file', '{"content": "\\x"}', 'false', 't.made_at');
SELECT make_erasable('bank_statement', '{"content": "\\x"}', 'false', 't.received_at');
SELECT make_erasable('bank_line', '{"account": "", "purpose": "erased", "return_reason": "erased", "raw": {}}', 'false',
                     't.booked_on::timestamptz', 'decided_once');

-- Erased details link nobody.
CREATE OR REPLACE VIEW payee_link AS
    SELECT DISTINCT a.freelancer_id AS freelancer_a, b.freelancer_id AS freelancer_b
    FROM payment_details a JOIN payment_details b
      ON coalesce(b.account, b.iban) = coalesce(a.account, a.iban) AND b.bik IS NOT DISTINCT FROM a.bik AND b.freelancer_id > a.freelancer_id
    WHERE a.account IS DISTINCT FROM '00000000000000000000';
