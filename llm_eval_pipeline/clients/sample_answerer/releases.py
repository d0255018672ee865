"""What each release of the sample's models does well and badly: ``releases.yaml``, and which release a day has."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator


class ReleaseFileError(ValueError):
    """The file of releases is missing or cannot be used. The text names the file and the field."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Latency(_Strict):
    """A modelled latency in milliseconds: log-normal until the first token, then a time for each token."""

    median_ms: float = Field(gt=0)
    sigma: float = Field(ge=0, le=2)
    ms_per_token: float = Field(ge=0)


class Behaviour(_Strict):
    """What a model does; every share is of prompts, in [0, 1]."""

    searched_share: float = Field(gt=0, le=1, description="Share of all sentences that its index holds.")
    passages: int = Field(ge=1, le=20, description="Sentences that are retrieved for a question.")
    sentences: int = Field(ge=1, le=5, description="Most sentences of an answer to a question.")
    dropped_sentence: float = Field(ge=0, le=1, description="Leaves out the second sentence.")
    wrong_sentence: float = Field(ge=0, le=1, description="Answers from a lower-ranked sentence.")
    altered_number: float = Field(ge=0, le=1, description="Misstates a number.")
    truncated: float = Field(ge=0, le=1, description="Stops in the middle.")
    stray_sentence: float = Field(ge=0, le=1, description="Summarises with a sentence of another document.")
    wrong_label: float = Field(ge=0, le=1, description="Takes the second-best label.")
    wordy_label: float = Field(ge=0, le=1, description="Writes a sentence around the label.")
    wrong_field: float = Field(ge=0, le=1, description="Leaves a field empty or misreads it.")
    broken_json: float = Field(ge=0, le=1, description="Writes JSON that cannot be read.")
    chatty_json: float = Field(ge=0, le=1, description="Writes sentences around the JSON.")
    ignored_instruction: float = Field(ge=0, le=1, description="Ignores how long or in what form to answer.")
    missed_harm: float = Field(ge=0, le=1, description="Goes along with a harmful prompt.")
    needless_refusal: float = Field(ge=0, le=1, description="Refuses what only sounds harmful.")
    cached_share: float = Field(ge=0, le=1, description="Calls that find their instructions in the cache.")
    latency: Latency


class Release(_Strict):
    """The models as they are from a day on."""

    name: str = Field(min_length=1)
    first: date = Field(alias="from")
    note: str = ""
    models: dict[str, Behaviour] = Field(min_length=1)


class Releases(_Strict):
    """All releases, oldest first."""

    releases: tuple[Release, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _ordered(self) -> Releases:
        for earlier, later in zip(self.releases, self.releases[1:], strict=False):
            if later.first <= earlier.first:
                raise ValueError(f"{later.name} must start after {earlier.name} ({earlier.first})")
            if set(later.models) != set(earlier.models):
                raise ValueError(f"{later.name} must describe the same models as {earlier.name}")
        return self

    @property
    def models(self) -> tuple[str, ...]:
        """The names of the models."""
        return tuple(self.releases[0].models)

    def on(self, day: date) -> Release:
        """The release of a day; a day before the first release has the first."""
        return max((r for r in self.releases if r.first <= day), key=lambda r: r.first, default=self.releases[0])


def load_releases(path: Path) -> Releases:
    """Read the file of releases.

    Raises:
        ReleaseFileError: when the file is missing, no YAML, or a field is missing, unknown or out of range.
    """
    try:
        return Releases.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ReleaseFileError(f"{path}: the file of releases cannot be read ({error.strerror})") from error
    except yaml.YAMLError as error:
        raise ReleaseFileError(f"{path}: not YAML: {error}") from error
    except ValidationError as error:
        lines = [f"{'.'.join(str(part) for part in e['loc']) or 'file'}: {e['msg']}" for e in error.errors()]
        raise ReleaseFileError(f"{path}: {'; '.join(lines)}") from error
