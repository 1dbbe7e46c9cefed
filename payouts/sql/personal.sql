-- What may be erased of payees' data, once the law no longer wants it (see make_erasable). The ledger, payouts and statements stay: they
-- name the account's id.
SELECT make_erasable('payee_identity', '{"inn": null, "legal_name": "erased", "residence": "ZZ", "reason": "erased"}', 't.freelancer_id = who', NULL);
SELECT make_erasable('status_check', '{"inn": "000000000000", "source": "erased"}', 't.freelancer_id = who', NULL);
SELECT make_erasable('payment_details', '{"name": "erased", "bank_name": "erased", "account": "00000000000000000000", "bik": "000000000",
                     "correspondent": null, "iban": null, "bic": null, "reason": "erased"}', 't.freelancer_id = who', NULL);

-- Erased details link nobody.
CREATE OR REPLACE VIEW payee_link AS
    SELECT DISTINCT a.freelancer_id AS freelancer_a, b.freelancer_id AS freelancer_b
    FROM payment_details a JOIN payment_details b
      ON coalesce(b.account, b.iban) = coalesce(a.account, a.iban) AND b.bik IS NOT DISTINCT FROM a.bik AND b.freelancer_id > a.freelancer_id
    WHERE a.account IS DISTINCT FROM '00000000000000000000';
