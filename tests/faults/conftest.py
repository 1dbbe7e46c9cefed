"""What tests that kill servers leave behind."""

import gc
import warnings
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def forget_half_open_connections() -> Iterator[None]:
    """A connection whose handshake met a dying server is never closed by its driver: it must not fail a later test."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
