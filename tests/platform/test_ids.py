"""Ids that begin with when they were made."""

from datetime import UTC, datetime, timedelta

from piecework.platform.ids import first_uuid7, uuid7


def test_the_first_id_of_a_moment_lies_between_those_before_and_after_it() -> None:
    before = uuid7()
    now = datetime.now(UTC)
    assert first_uuid7(now - timedelta(hours=1)) < before < first_uuid7(now + timedelta(milliseconds=1))
    assert first_uuid7(now) <= uuid7()


def test_they_are_version_7() -> None:
    assert {one.version for one in (uuid7(), first_uuid7(datetime(2000, 1, 1, tzinfo=UTC)))} == {7}
