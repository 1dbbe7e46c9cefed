-- Tax tables and remittances; who a payee is; what is known of the self-employed: status checks and receipts. See docs/adr/0013.

-- How a person is taxed at a moment.
CREATE FUNCTION regime_of(person uuid, fact_at timestamptz) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT regime FROM pay_terms WHERE freelancer_id = person AND starts_at <= fact_at
                     ORDER BY starts_at DESC, version DESC LIMIT 1), 'none')
$$;

-- One closing of a currency at a time: what it withholds rests on what was withheld before, of the same people.
CREATE FUNCTION lock_withholding(its_currency text) RETURNS void LANGUAGE sql AS $$
    SELECT pg_advisory_xact_lock(hashtext('piecework.payouts.withholding.' || its_currency))
$$;

-- Whoever withholds holds tax tables and pay terms as they are; whoever adds to these waits, and then looks at the clock.
CREATE FUNCTION hold_tax_rules() RETURNS void LANGUAGE sql AS $$
    SELECT pg_advisory_xact_lock_shared(hashtext('piecework.payouts.tax_rules'))
$$;
CREATE FUNCTION lock_tax_rules() RETURNS void LANGUAGE sql AS $$
    SELECT pg_advisory_xact_lock(hashtext('piecework.payouts.tax_rules'))
$$;

-- What a regime withholds in a calendar year: the table of the latest valid_from up to it, of several with one valid_from the
-- newest version. A tax year has one table from its first day to its last. spec is taxes/tables.py's TaxSpec.
CREATE TABLE tax_table (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    regime text NOT NULL CHECK (regime IN ('none', 'self_employed', 'individual', 'non_resident', 'other_country')),
    valid_from date NOT NULL CHECK (extract(month FROM valid_from) = 1 AND extract(day FROM valid_from) = 1),
    version int NOT NULL CHECK (version > 0),
    spec jsonb NOT NULL CHECK (jsonb_typeof(spec) = 'object'),
    reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 2000),
    author_id uuid,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT tax_table_key UNIQUE (regime, valid_from, version)
);
SELECT make_append_only('tax_table');

INSERT INTO tax_table (regime, valid_from, version, spec, reason) VALUES
('none', '1900-01-01', 1,
 '{"currency": "RUB", "brackets": [], "yearly_limit": null, "note": "No tax is withheld: nothing is agreed on it."}',
 'Everybody for whom nothing else is agreed.'),
('self_employed', '2019-01-01', 1,
 '{"currency": "RUB", "brackets": [], "yearly_limit": "2400000.0000", "note": "Pays the tax on professional income personally; nothing is withheld."}',
 'Federal Law 422-FZ: the experiment with the tax on professional income.'),
('individual', '2021-01-01', 1,
 '{"currency": "RUB", "brackets": [{"above": "0.0000", "rate": 1300}, {"above": "5000000.0000", "rate": 1500}], "yearly_limit": null, "note": "Resident: progressive, on the income of the calendar year."}',
 'Tax Code, article 224, as amended by Federal Law 372-FZ.'),
('individual', '2025-01-01', 1,
 '{"currency": "RUB", "brackets": [{"above": "0.0000", "rate": 1300}, {"above": "2400000.0000", "rate": 1500}, {"above": "5000000.0000", "rate": 1800}, {"above": "20000000.0000", "rate": 2000}, {"above": "50000000.0000", "rate": 2200}], "yearly_limit": null, "note": "Resident: progressive, on the income of the calendar year."}',
 'Tax Code, article 224, as amended by Federal Law 176-FZ.'),
('non_resident', '2001-01-01', 1,
 '{"currency": "RUB", "brackets": [{"above": "0.0000", "rate": 3000}], "yearly_limit": null, "note": "Not resident: one rate."}',
 'Tax Code, article 224, paragraph 3.'),
('other_country', '1900-01-01', 1,
 '{"currency": "RUB", "brackets": [], "yearly_limit": null, "note": "Taxed abroad: nothing is withheld here."}',
 'Income from sources outside the country.');

-- The statements of a person's tax year are numbered: of two that would rest on the same sums, one is refused.
CREATE UNIQUE INDEX statement_tax_year ON statement
    (freelancer_id, currency, regime, ((tax_basis ->> 'year')::int), ((tax_basis ->> 'number')::int));

-- Tax on the income of a year by brackets [{above, rate}], in whole units of the currency. Only for checks: money is reckoned by
-- taxes/withholding.py, and this is an independent second opinion.
CREATE FUNCTION tax_on(brackets jsonb, income bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT (floor(coalesce(sum((least(income, coalesce(next, income)) - above) * rate), 0) / 100000000 + 0.5) * 10000)::bigint
    FROM (SELECT (b ->> 'above')::numeric AS above, (b ->> 'rate')::numeric AS rate,
                 lead((b ->> 'above')::numeric) OVER (ORDER BY (b ->> 'above')::numeric) AS next
          FROM jsonb_array_elements(brackets) b) bracket
    WHERE above < income
$$;

-- --- remittance --------------------------------------------------------------------------------------------------------------

-- Withheld tax paid to the state, by whole closed periods, each once.
CREATE TABLE tax_remittance (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    amount bigint NOT NULL CHECK (amount > 0),
    reference text NOT NULL CHECK (length(reference) BETWEEN 1 AND 200),
    paid_on date NOT NULL,
    recorded_by uuid,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
SELECT make_append_only('tax_remittance');

CREATE TABLE tax_remittance_period (
    period_id uuid PRIMARY KEY REFERENCES period,
    remittance_id uuid NOT NULL REFERENCES tax_remittance,
    amount bigint NOT NULL
);
CREATE INDEX tax_remittance_periods ON tax_remittance_period (remittance_id);
SELECT make_append_only('tax_remittance_period');

-- --- payees ------------------------------------------------------------------------------------------------------------------

-- Who the state knows a payee as; the newest version counts.
CREATE TABLE payee_identity (
    freelancer_id uuid NOT NULL REFERENCES account,
    version int NOT NULL CHECK (version > 0),
    inn text CHECK (inn ~ '^[0-9]{12}$'),
    legal_name text NOT NULL CHECK (length(legal_name) BETWEEN 1 AND 200),
    residence text NOT NULL CHECK (residence ~ '^[A-Z]{2}$'),
    reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 2000),
    created_by uuid,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (freelancer_id, version)
);
CREATE INDEX payee_identity_inn ON payee_identity (inn) WHERE inn IS NOT NULL;
SELECT make_append_only('payee_identity');

CREATE FUNCTION inn_of(person uuid) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT inn FROM payee_identity WHERE freelancer_id = person ORDER BY version DESC LIMIT 1
$$;

-- What the tax service said of a self-employed person's status, for which INN, and as of which day.
CREATE TABLE status_check (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    freelancer_id uuid NOT NULL REFERENCES account,
    inn text NOT NULL CHECK (inn ~ '^[0-9]{12}$'),
    checked_on date NOT NULL,
    active boolean NOT NULL,
    source text NOT NULL CHECK (length(source) BETWEEN 1 AND 200),
    recorded_by uuid,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX status_check_of ON status_check (freelancer_id, checked_on DESC, recorded_at DESC);
SELECT make_append_only('status_check');

-- A self-employed person's receipt for one line of a payout. No foreign key: `piecework verify` checks the reference.
CREATE TABLE receipt (
    line_id uuid PRIMARY KEY,
    freelancer_id uuid NOT NULL REFERENCES account,
    number text NOT NULL CHECK (length(number) BETWEEN 1 AND 64),
    url text NOT NULL CHECK (length(url) BETWEEN 1 AND 500),
    issued_on date NOT NULL,
    recorded_by uuid,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT receipt_number_once UNIQUE (freelancer_id, number)
);
SELECT make_append_only('receipt');
