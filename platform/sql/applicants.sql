-- Who applies has an account of their own before any contract.
ALTER TABLE account DROP CONSTRAINT account_roles_check;
ALTER TABLE account ADD CONSTRAINT account_roles_check
    CHECK (roles <@ ARRAY['applicant', 'freelancer', 'curator', 'requester', 'finance', 'administrator']);
