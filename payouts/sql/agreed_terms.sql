-- Which accepted offers of contracts have been heeded, and the pay terms that came of each: none, if they held already.
CREATE TABLE agreed_terms (
    offer_id uuid PRIMARY KEY REFERENCES contract_offer,
    pay_terms_id uuid REFERENCES pay_terms,
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);
SELECT make_append_only('agreed_terms');
