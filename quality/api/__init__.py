"""Operations of quality."""

from piecework.quality.api import accuracy, golden, reviews

OPERATIONS = (*golden.OPERATIONS, *reviews.OPERATIONS, *accuracy.OPERATIONS)
