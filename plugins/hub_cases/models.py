"""What is kept beside practices: who took one over, and handouts for labs."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from hub.api import Base, Choice, Json, Utc, now
from hub.api import lazy_gettext as _

STAGES = (
    Choice("adopted", _("We did it too")), Choice("adapting", _("We are adapting it")), Choice("unfit", _("It did not fit")),
)  # fmt: skip
OPEN = ("waiting", "held")


class Adoption(Base):
    """Somebody took a practice over, is about to, or could not.

    stage: a value of STAGES. names, texts: who, and what was changed or why it did not fit, by language. adopter_id: the
    partner, where it is one. point: latitude and longitude, or empty. state: confirm (the address is not confirmed), held
    (suspicious), waiting, live, refused or withdrawn; only live ones are public. holder: what those who keep the practice
    say: "", yes or no. email: of the sender, until it is decided. offered_by: the plugin that brought it.
    """

    __tablename__ = "cases_adoption"
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(sa.String(36), unique=True, default=lambda: str(uuid.uuid4()))
    content_id: Mapped[int] = mapped_column(sa.ForeignKey("content.id", ondelete="CASCADE"))
    adopter_id: Mapped[int | None] = mapped_column(sa.ForeignKey("content.id", ondelete="SET NULL"), index=True)
    stage: Mapped[str] = mapped_column(sa.String(12))
    state: Mapped[str] = mapped_column(sa.String(12))
    holder: Mapped[str] = mapped_column(sa.String(4), default="")
    names: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    texts: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    city: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    country: Mapped[str] = mapped_column(sa.String(2), default="")
    point: Mapped[list[Any]] = mapped_column(default=list)
    year: Mapped[int | None] = mapped_column()
    evidence: Mapped[str] = mapped_column(sa.String(2000), default="")
    lang: Mapped[str] = mapped_column(sa.String(3))
    email: Mapped[str] = mapped_column(sa.String(254), default="", index=True)
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("hub_user.id", ondelete="SET NULL"), index=True)
    offered_by: Mapped[str] = mapped_column(sa.String(40), default="")
    doubts: Mapped[list[Any]] = mapped_column(default=list)
    example: Mapped[bool] = mapped_column(default=False)
    created: Mapped[dt.datetime] = mapped_column(Utc, default=now)
    decided: Mapped[dt.datetime | None] = mapped_column(Utc)
    decided_by: Mapped[int | None] = mapped_column(sa.ForeignKey("hub_user.id", ondelete="SET NULL"), index=True)
    __table_args__ = (
        sa.Index("ix_cases_adoption_content_id_state", "content_id", "state"),
        sa.Index("ix_cases_adoption_state_created", "state", "created"),
    )


class Handout(Base):
    """A practice for a lab: its beginning and questions at once, its outcome from a moment on."""

    __tablename__ = "cases_handout"
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(sa.String(36), unique=True, default=lambda: str(uuid.uuid4()))
    content_id: Mapped[int] = mapped_column(sa.ForeignKey("content.id", ondelete="CASCADE"), index=True)
    title: Mapped[str] = mapped_column(sa.String(200), default="")
    questions: Mapped[str] = mapped_column(sa.Text, default="")
    opens: Mapped[dt.datetime] = mapped_column(Utc)
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("hub_user.id", ondelete="SET NULL"), index=True)
    created: Mapped[dt.datetime] = mapped_column(Utc, default=now)
