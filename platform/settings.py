"""Settings: read once from the environment, frozen, validated at start."""

from pathlib import Path

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from piecework.platform.errors import SetupError


class Settings(BaseSettings):
    """Everything an operator can set, with its environment variable in capitals.

    `DATABASE_URL` and `REDIS_URL` carry no prefix because every host sets them so; the rest is `PIECEWORK_…`.
    """

    model_config = SettingsConfigDict(env_prefix="PIECEWORK_", frozen=True, extra="ignore")

    database_url: str | None = Field(default=None, validation_alias="DATABASE_URL")
    redis_url: str | None = Field(default=None, validation_alias="REDIS_URL")
    data: Path = Path("piecework-data")
    """Folder of the embedded servers; used for each of the two whose URL is not set."""
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    web_workers: int = Field(default=1, ge=1, le=64)
    pool_size: int = Field(default=8, ge=2, le=64)
    """Connections per process to the hot path's pool; the other pool has as many at most."""
    body_limit_bytes: int = Field(default=4 * 1024 * 1024, ge=1024)
    body_deadline_s: float = Field(default=15.0, gt=0)
    header_deadline_s: float = Field(default=10.0, gt=0)
    session_hours: int = Field(default=12, ge=1)
    token_cache_s: float = Field(default=5.0, ge=0)
    """How long a verified token is believed without asking again; a revocation is also announced at once."""
    public_url: str | None = None
    log_level: str = "INFO"
    appeal_days: int = Field(default=7, ge=1, le=365)
    """How long after a decision about them a freelancer may appeal."""
    answer_days: int = Field(default=9, ge=1, le=365)
    """How long after an appeal it is answered; what nobody has answered by then is decided for the freelancer."""

    @field_validator("database_url")
    @classmethod
    def _postgres_only(cls, value: str | None) -> str | None:
        if value and not value.startswith(("postgresql://", "postgres://")):
            msg = "DATABASE_URL must start with postgresql://"
            raise ValueError(msg)
        return value

    @field_validator("redis_url")
    @classmethod
    def _redis_only(cls, value: str | None) -> str | None:
        if value and not value.startswith(("redis://", "rediss://", "unix://")):
            msg = "REDIS_URL must start with redis://, rediss:// or unix://"
            raise ValueError(msg)
        return value


def load(**overrides: object) -> Settings:
    """Read the settings; keyword arguments win over the environment (None means "not given").

    Raises:
        SetupError: a value does not fit, in one line that names the variable.
    """
    given = {key: value for key, value in overrides.items() if value is not None}
    try:
        return Settings(**given)  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else "settings"
        variable = name.upper() if name.upper() in {"DATABASE_URL", "REDIS_URL"} else f"PIECEWORK_{name.upper()}"
        raise SetupError(f"{variable}: {first['msg']}. Correct it and start again.") from None
