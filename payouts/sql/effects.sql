-- What a rule would have given, as it was last reckoned in the background: no fact, it may be reckoned anew at any time.
CREATE TABLE rule_effect (
    rule_id uuid PRIMARY KEY REFERENCES pay_rule,
    asked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    reckoned_at timestamptz,
    preview jsonb,
    CONSTRAINT rule_effect_whole CHECK ((reckoned_at IS NULL) = (preview IS NULL))
);

-- What a rule moved, by itself.
CREATE INDEX entry_rule ON entry (rule_id) WHERE rule_id IS NOT NULL;
