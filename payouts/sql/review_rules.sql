-- One more kind of rule: a bonus for each review of the second line.
ALTER TABLE pay_rule DROP CONSTRAINT pay_rule_kind_check;
ALTER TABLE pay_rule ADD CONSTRAINT pay_rule_kind_check
    CHECK (kind IN ('night', 'weekend', 'holiday', 'language', 'line', 'level', 'quality_band', 'above_norm', 'kpi', 'mentor', 'training',
                    'review', 'deduction'));
