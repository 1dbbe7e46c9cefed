"""A database that another test has used is as new, or it is not used again."""

from collections.abc import AsyncIterator

import pytest

from tests.conftest import Peopled
from tests.kept import Keeper, Kept


@pytest.fixture
async def kept(keeper: Keeper, peopled: Peopled) -> AsyncIterator[Kept]:
    async with keeper.database(peopled[0]) as url:
        found = keeper.of(url)
        assert found is not None
        yield found


async def everything(kept: Kept) -> dict[str, str]:
    """What each table and sequence holds."""
    tables = " UNION ALL ".join(
        f"SELECT '{table}', string_agg(t::text, ';' ORDER BY ctid) FROM {table} t" for table in kept.seeds.tables
    )
    sequences = "SELECT sequencename::text, last_value::text FROM pg_sequences"
    return dict(await kept.owner.fetch(f"{tables} UNION ALL {sequences}"))


async def test_rows_that_were_added_changed_or_removed_and_sequences_are_as_they_were(kept: Kept) -> None:
    before = await everything(kept)
    sequence = await kept.owner.fetchval("SELECT min(sequencename) FROM pg_sequences")
    await kept.owner.execute(
        f"""SET session_replication_role = replica;
            INSERT INTO job (kind, key, payload) VALUES ('left', 'behind', '{{}}');
            INSERT INTO stood_in SELECT (json_populate_record(NULL::stood_in, json_object_agg(attname, value))).* FROM (
                SELECT attname, CASE atttypid WHEN 'uuid'::regtype THEN gen_random_uuid()::text ELSE now()::text END AS value
                FROM pg_attribute WHERE attrelid = 'stood_in'::regclass AND attnum > 0) columns;
            UPDATE account SET name = 'Another';
            DELETE FROM api_token;
            SELECT nextval('{sequence}')"""
    )
    assert await everything(kept) != before
    await kept.owner.execute("RESET ALL")
    assert await kept.restore()
    assert await everything(kept) == before


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE left_behind (number int)",
        "ALTER TABLE account DISABLE TRIGGER ALL",
        "ALTER TABLE account ALTER COLUMN name SET DEFAULT 'nobody'",
        "CREATE OR REPLACE FUNCTION left_behind() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "REVOKE SELECT ON account FROM piecework_app",
        "REVOKE SELECT (name) ON account FROM piecework_app",
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET work_mem = 64', current_database()); END $$",
        "DO $$ BEGIN EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database()); END $$",
    ],
)
async def test_a_database_in_which_more_than_rows_was_changed_is_not_used_again(kept: Kept, statement: str) -> None:
    await kept.owner.execute(statement)
    assert not await kept.restore()
