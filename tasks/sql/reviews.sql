-- One more kind of measure. review: audits and settled disputes of the second line, each by itself, of its project.
ALTER TABLE measure DROP CONSTRAINT measure_kind_check;
ALTER TABLE measure ADD CONSTRAINT measure_kind_check
    CHECK (kind IN ('volume', 'norm', 'speed', 'quality', 'satisfaction', 'mentoring', 'training', 'review'));
