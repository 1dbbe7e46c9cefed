"""Every table that names a person is declared, and what is declared fits the database."""

from piecework.platform import composition, db
from piecework.platform.personal import PersonalData

PEOPLE = """
SELECT DISTINCT k.conrelid::regclass::text AS name FROM pg_constraint k WHERE k.contype = 'f' AND k.confrelid = 'account'::regclass
UNION SELECT c.table_name FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE' AND (
    (c.column_name IN ('freelancer_id', 'person', 'people') AND c.udt_name IN ('uuid', '_uuid'))
    OR c.column_name IN ('email', 'legal_name', 'password_hash')
    OR (c.column_name = 'account_id' AND c.data_type = 'uuid'))
"""


class TestDeclarations:
    async def test_every_table_that_names_a_person_is_declared(self, database: db.Config) -> None:
        """A table made later must say what it keeps of people, why and until when, or that it keeps nothing."""
        named = {row["name"].strip('"') for row in await db.rows(PEOPLE)}
        assert sorted(named - {one.table for one in composition.personal()}) == []

    async def test_a_table_is_declared_once(self) -> None:
        tables = [one.table for one in composition.personal()]
        assert len(tables) == len(set(tables))

    async def test_what_is_declared_is_there(self, database: db.Config) -> None:
        tables = {
            row["name"] for row in await db.rows("SELECT tablename::text AS name FROM pg_tables WHERE schemaname = 'public'")
        }
        assert {one.table for one in composition.personal()} - tables == set()

    def test_what_is_kept_after_an_erasure_says_why_and_what_is_not_kept_is_erased(self) -> None:
        kept_about = [one for one in composition.personal() if isinstance(one, PersonalData)]
        assert [one.table for one in kept_about if not (one.erase or one.kept or one.days)] == []
        assert [one.table for one in kept_about if (one.days is None) != (one.expire == "")] == []
        assert [one.table for one in kept_about if not (one.title and one.purpose)] == []

    def test_what_an_erasure_waits_for_has_a_code_of_its_own(self) -> None:
        codes = [one.code for one in composition.hindrances()]
        assert sorted(codes) == sorted(set(codes))
