"""The typed functions, engines, arguments and answers of trousse.

Written by ``generate.py`` from ``tests/surface.json``: do not edit.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, TypeVar

from ._base import Base, Progress, Row, call, call_frame
from .frames import Rows, Table, catalog, day, day_argument, instant, records

#: Any frame: pandas, polars, pyarrow, anything with ``__arrow_c_stream__``, or a dict of columns.
Frame = Any

F = TypeVar("F")

#: A day: a date or ISO text.
DayLike = dt.date | str

#: An instant: an aware datetime, ISO text, or milliseconds since 1970.
InstantLike = dt.datetime | str | int


#: Which lots of a shelf leave first; ties by expiry, receipt and the lot's key.
Strategy = Literal["fefo", "fifo", "lifo"]


#: Where a last good day comes from.
ExpirySource = Literal["printed", "production", "receipt", "unknown"]


#: What a label has to show.
LabelMark = Literal["date", "pao", "nothing", "unknown"]


#: What ends the life of an opened unit.
OpenJarLimit = Literal["pao", "expiry"]


#: When remaining life is asked for.
LifeMoment = Literal["sale", "receipt"]


#: How an item sells.
DemandKind = Literal["smooth", "erratic", "intermittent", "lumpy", "new", "ended"]


#: A method for intermittent demand.
IntermittentMethod = Literal["croston", "sba", "tsb", "adida", "imapa"]


#: How intervals are made.
Intervals = Literal["auto", "analytic", "bootstrap", "conformal"]


#: The models that ``auto()`` chooses from.
Model = Literal["naive", "seasonal_naive", "ses", "holt_winters", "croston", "sba", "counts", "ets", "theta", "ces", "arima", "drift", "window_average", "seasonal_window_average", "holt", "damped_holt", "standard_theta", "optimised_theta", "auto_theta", "mstl", "tsb", "adida", "imapa", "blend"]


#: What a series may cost.
Pool = Literal["fast", "standard"]


#: What a period without a row means.
Gaps = Literal["missing", "zero"]


#: What happens to a series that cannot be forecast.
OnError = Literal["keep", "raise"]


#: The form of a launch curve.
LaunchCurve = Literal["empirical", "bass"]


#: How forecasts are made to add up.
ReconcileMethod = Literal["bottom_up", "top_down", "ols", "wls_struct", "wls_var", "mint_shrink"]


#: What becomes of a receipt that keeps too short.
ShortReceipt = Literal["quarantine", "refuse"]


#: The condition of units at a location.
Condition = Literal["available", "held", "quarantined", "damaged", "expired", "in_transit", "tester"]


#: What a complaint is about.
ComplaintKind = Literal["not_available", "damaged", "irritation", "wrong_shade", "other"]


#: A purpose of processing.
Purpose = Literal["personalisation", "analytics", "marketing"]


#: How days are summed up.
Period = Literal["day", "week", "month"]


#: What became of a hold.
HoldState = Literal["live", "committed", "released", "expired", "lost"]


#: Why units moved.
EntryKind = Literal["received", "held", "committed", "released", "hold_expired", "reallocated", "sold", "oversold", "returned", "moved", "arrived", "counted", "reclassified", "written_off", "tester_opened", "recalled", "lot_expired", "assembled"]


#: How many free units a shelf has, as alerts tell it.
StockLevel = Literal["negative", "stock_out", "low_stock", "in_stock"]


#: How units are valued.
CostMethod = Literal["fifo", "average", "standard"]


#: What a signal counts.
SignalKind = Literal["view", "click", "cart", "purchase", "rating", "review", "answer", "return", "not_available", "damaged", "irritation", "wrong_shade", "other_complaint"]


#: What a reason rests on.
ReasonKind = Literal["history", "together", "content", "trend", "popular"]


#: The rule that made the order differ from the need.
BindingRule = Literal["none", "min_order", "pack", "max_order", "shelf_life"]


#: When an answer is given. Every mode but ``os`` answers only what is durable.
Durability = Literal["sync", "os"] | Mapping[str, Mapping[str, Any]]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class LotOnShelf(Row):
    """A lot on a shelf to pick from.

    Attributes
    ----------
    lot : str
        The lot's key.
    quantity : int
        Units there.
    expires_on : dt.date | None
        Last good day.
    received_on : dt.date | None
        The day on which it arrived.
    recalled : bool
        Whether it was recalled.
    """
    lot: str
    quantity: int
    expires_on: DayLike | None = None
    received_on: DayLike | None = None
    recalled: bool = False

    def to_dict(self) -> dict[str, Any]:
        """The fields as a dict, nested answers too."""
        return dataclasses.asdict(self)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class ChannelMinimum(Row):
    """The least remaining life that one channel asks for.

    Attributes
    ----------
    channel : str
        The channel, such as ``wholesale``.
    min_remaining_days : int
        Days that must remain on a sale there, 0 … 36,500.
    """
    channel: str
    min_remaining_days: int

    def to_dict(self) -> dict[str, Any]:
        """The fields as a dict, nested answers too."""
        return dataclasses.asdict(self)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class ExpiryPolicy(Row):
    """What is asked of the remaining life of a SKU's lots; all days are 0 … 36,500.

    Attributes
    ----------
    min_remaining_days : int
        Days that must remain on any sale of the SKU.
    channels : tuple[ChannelMinimum, ...]
        Days that must remain on a sale in a channel, one entry a channel.
    min_remaining_at_receipt_days : int
        Days that must remain when goods arrive from a supplier.
    sell_by_buffer_days : int
        Days before the last good day on which the lot is sold for the last time.
    use_period_days : int | None
        Days that a customer needs to use it up.
    pao_months : int | None
        The period after opening in months, 1 … 1,200: the longest that a customer may use it.
    """
    min_remaining_days: int = 0
    channels: Sequence[ChannelMinimum | Mapping[str, Any]] = ()
    min_remaining_at_receipt_days: int = 0
    sell_by_buffer_days: int = 0
    use_period_days: int | None = None
    pao_months: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """The fields as a dict, nested answers too."""
        return dataclasses.asdict(self)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class StockedLot(Row):
    """Units of a lot at a location, as ``expiry_risk`` takes them; leave recalled lots out.

    Attributes
    ----------
    sku : str
        The SKU.
    location : str
        Where it is.
    lot : str
        The lot's key.
    quantity : int
        Units there.
    expires_on : dt.date | None
        Last good day; none for goods that do not expire.
    received_on : dt.date | None
        The day on which it arrived: of lots that expire on one day the first received is sold first.
    unit_cost_minor : int
        Cost of one unit in minor units of one currency, at least 0; 0 where it is not known.
    min_remaining_days : int
        Days that must remain on a sale, 0 … 36,500.
    """
    sku: str
    location: str
    lot: str
    quantity: int
    expires_on: DayLike | None = None
    received_on: DayLike | None = None
    unit_cost_minor: int = 0
    min_remaining_days: int = 0

    def to_dict(self) -> dict[str, Any]:
        """The fields as a dict, nested answers too."""
        return dataclasses.asdict(self)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class LocationDay(Row):
    """Today at a location.

    Attributes
    ----------
    location : str
        The location.
    today : dt.date
        The day that it is there.
    """
    location: str
    today: DayLike

    def to_dict(self) -> dict[str, Any]:
        """The fields as a dict, nested answers too."""
        return dataclasses.asdict(self)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class ShelfDemand(Row):
    """What a shelf is forecast to sell.

    Attributes
    ----------
    sku : str
        The SKU.
    location : str
        Where it is sold.
    units_per_day : tuple[float, ...]
        Units per day from today on, each 0 … 1,000,000,000; the last one goes on for ever.
    """
    sku: str
    location: str
    units_per_day: Sequence[float]

    def to_dict(self) -> dict[str, Any]:
        """The fields as a dict, nested answers too."""
        return dataclasses.asdict(self)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class ScoreParams(Row):
    """How taste, attributes and trend are blended.

    The defaults suit a shop that learns as it sells: chosen on the second-last year of a public set of cosmetics
    reviews, on the last year they find the next liked item among 2,253 in the first ten 42 times of a hundred
    (a half-life of 7 days: 40; without the trend: 12, on last-liked items). Where time does not matter, set
    ``demand_half_life_days`` to 0.

    Attributes
    ----------
    shrinkage : float
        Added to the denominator of the cosine, in squared strengths: trusts pairs that few people share less; ≥
        0.
    content : float
        Weight of the attribute match beside the cosine; ≥ 0.
    base : float
        Appeal of an item that nothing is known about; > 0.
    taste_half_life_days : float
        Days after which an interaction of the person counts half; > 0.
    demand_half_life_days : float
        Days after which demand counts half; 0 leaves the trend out.
    demand_floor : float
        Share of the demand of all time that is added to the trend; ≥ 0.
    """
    shrinkage: float = 200.0
    content: float = 0.03
    base: float = 0.007
    taste_half_life_days: float = 365.0
    demand_half_life_days: float = 5.0
    demand_floor: float = 0.0005

    def to_dict(self) -> dict[str, Any]:
        """The fields as a dict, nested answers too."""
        return dataclasses.asdict(self)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Unit(Row):
    """A unit that a SKU is bought or sold in, as an exact ratio to its base unit.

    A case of 12 is 12/1 base units; a decant of a tenth is 1/10, and a line of it must come to whole base units.

    Attributes
    ----------
    unit : str
        Its name, such as ``case``.
    base_units : int
        Base units of ``per`` of it, 1 … 1,000,000.
    per : int
        How many of it make ``base_units``, 1 … 1,000,000.
    """
    unit: str
    base_units: int
    per: int = 1

    def to_dict(self) -> dict[str, Any]:
        """The fields as a dict, nested answers too."""
        return dataclasses.asdict(self)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Units(Row):
    """Units of a SKU.

    Attributes
    ----------
    sku : str
        The SKU.
    quantity : int
        Whole number of its base unit, at least 1.
    """
    sku: str
    quantity: int

    def to_dict(self) -> dict[str, Any]:
        """The fields as a dict, nested answers too."""
        return dataclasses.asdict(self)

    @classmethod
    def _of(cls, value: Mapping[str, Any]) -> Units:
        return cls(
            sku=value["sku"],
            quantity=value["quantity"],
        )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Money(Row):
    """An amount in minor units (cents) of a currency.

    Attributes
    ----------
    minor : int
        Minor units: 1299 is 12.99.
    currency : str
        ISO 4217 code.
    """
    minor: int
    currency: str = 'EUR'

    def to_dict(self) -> dict[str, Any]:
        """The fields as a dict, nested answers too."""
        return dataclasses.asdict(self)

    @classmethod
    def _of(cls, value: Mapping[str, Any]) -> Money:
        return cls(
            minor=value["minor"],
            currency=value["currency"],
        )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Sku(Row):
    """A sellable shade or size of a product.

    Attributes
    ----------
    sku : str
        The key.
    product : str
        Name of the product.
    brand : str
        Brand.
    category : str
        Category.
    shade : str
        Name of the shade.
    shade_hex : str
        Colour of the shade as ``#rrggbb``.
    ingredients : tuple[str, ...]
        INCI names in the order of the label; empty means not known, and not known is not safe.
    attributes : tuple[str, ...]
        Traits such as ``finish:matte``, ``skin:dry``.
    shelf_life_days : int | None
        Days from production, or else from receipt, to the last good day, for receipts that do not say, 1 …
        36,500.
    pao_months : int | None
        Months it keeps after opening, 1 … 1,200: for testers, and the longest that a use period can be.
    min_remaining_days : int
        Days that must remain on any sale, 0 … 36,500. The largest of this, the channel's, ``sell_by_buffer_days``
        and the use period holds.
    min_receipt_days : int
        Days that must remain at receipt, where more than a sale on the same day asks for; ``short_receipt`` says
        what becomes of goods that have fewer.
    units : tuple[Unit, ...]
        Units it is bought or sold in, beside its base unit.
    kit : tuple[Units, ...]
        The parts of one unit, where it is a kit that is sold as its parts.
    safety_stock : int
        Units of each shelf that are never promised.
    low_stock : int
        At or below so many free units a shelf is low.
    backorder_limit : int
        Units of each shelf that may be promised beyond what there is.
    price : Money | None
        Price to the customer.
    cost : Money | None
        Cost of a unit.
    supplier : str
        The supplier.
    min_order_qty : int
        Least quantity of a purchase line.
    pack_size : int
        Purchase lines are multiples of this.
    shelf_life_months : int | None
        Calendar months instead of ``shelf_life_days``, 1 … 1,200.
    sell_by_buffer_days : int
        Days before the last good day on which a lot is sold for the last time, 0 … 36,500.
    use_period_days : int | None
        Days that a customer needs to use it up, 0 … 36,500; at most the calendar days of ``pao_months``.
    channels : tuple[ChannelMinimum, ...]
        Days that must remain on a sale in a channel, one entry a channel; what the channel's own entry asks for
        holds too.
    short_receipt : ShortReceipt
        What becomes of a receipt that keeps too short. One of ``quarantine``, ``refuse``.
    """
    sku: str
    product: str = ''
    brand: str = ''
    category: str = ''
    shade: str = ''
    shade_hex: str = ''
    ingredients: Sequence[str] = ()
    attributes: Sequence[str] = ()
    shelf_life_days: int | None = None
    pao_months: int | None = None
    min_remaining_days: int = 0
    min_receipt_days: int = 0
    units: Sequence[Unit | Mapping[str, Any]] = ()
    kit: Sequence[Units | Mapping[str, Any]] = ()
    safety_stock: int = 0
    low_stock: int = 0
    backorder_limit: int = 0
    price: Money | Mapping[str, Any] | None = None
    cost: Money | Mapping[str, Any] | None = None
    supplier: str = ''
    min_order_qty: int = 0
    pack_size: int = 1
    shelf_life_months: int | None = None
    sell_by_buffer_days: int = 0
    use_period_days: int | None = None
    channels: Sequence[ChannelMinimum | Mapping[str, Any]] = ()
    short_receipt: ShortReceipt = 'quarantine'

    def to_dict(self) -> dict[str, Any]:
        """The fields as a dict, nested answers too."""
        return dataclasses.asdict(self)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Supplier(Row):
    """Somebody we buy from.

    Attributes
    ----------
    supplier : str
        The key.
    lead_time_days : int
        Days from purchase to receipt.
    """
    supplier: str
    lead_time_days: int = 14

    def to_dict(self) -> dict[str, Any]:
        """The fields as a dict, nested answers too."""
        return dataclasses.asdict(self)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Channel(Row):
    """Somebody who sells: a web shop, a marketplace, a store.

    Attributes
    ----------
    channel : str
        The key.
    min_remaining_days : int
        Days that must remain at a sale through it, where more than the SKU asks for.
    kept : tuple[Units, ...]
        Units of each shelf that are kept for it: the other channels do not get them.
    """
    channel: str
    min_remaining_days: int = 0
    kept: Sequence[Units | Mapping[str, Any]] = ()

    def to_dict(self) -> dict[str, Any]:
        """The fields as a dict, nested answers too."""
        return dataclasses.asdict(self)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Location(Row):
    """A place that holds stock.

    Attributes
    ----------
    location : str
        The key.
    utc_offset_minutes : int | None
        Minutes east of UTC at which its business day begins, −840 … 840; by default the shop's.
    """
    location: str
    utc_offset_minutes: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """The fields as a dict, nested answers too."""
        return dataclasses.asdict(self)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Line(Row):
    """A line of a basket, a sale or a purchase.

    Attributes
    ----------
    sku : str
        The SKU; a kit stands for its parts.
    quantity : int
        Whole number of ``unit``, at least 1.
    unit : str | None
        A unit of the SKU's entry such as ``case``; by default its base unit.
    lot : str | None
        Only this lot: what a scanner read.
    location : str | None
        Another location than that of the basket.
    """
    sku: str
    quantity: int
    unit: str | None = None
    lot: str | None = None
    location: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """The fields as a dict, nested answers too."""
        return dataclasses.asdict(self)


@dataclasses.dataclass(frozen=True, slots=True, repr=False, eq=False)
class LotPick(Row):
    """Units to take from a lot.

    Attributes
    ----------
    lot : str
        The lot's key.
    quantity : int
        Units to take.
    expires_on : dt.date | None
        Last good day.
    """
    lot: str
    quantity: int
    expires_on: dt.date | None

    def to_dict(self) -> dict[str, Any]:
        """The fields as a dict, nested answers too."""
        return dataclasses.asdict(self)

    @classmethod
    def _of(cls, value: Mapping[str, Any]) -> LotPick:
        return cls(
            value["lot"],
            value["quantity"],
            day(value.get("expires_on")),
        )


@dataclasses.dataclass(frozen=True, slots=True, repr=False, eq=False)
class Picks(Row):
    """What to take from which lots: the answer of ``fefo``.

    Attributes
    ----------
    picks : tuple[LotPick, ...]
        What to take, in order.
    short : int
        Units that no sellable lot covers.
    """
    picks: tuple[LotPick, ...]
    short: int

    def to_dict(self) -> dict[str, Any]:
        """The fields as a dict, nested answers too."""
        return dataclasses.asdict(self)

    @classmethod
    def _of(cls, value: Mapping[str, Any]) -> Picks:
        return cls(
            tuple(LotPick._of(v) for v in value["picks"]),
            value["short"],
        )


@dataclasses.dataclass(frozen=True, slots=True, repr=False, eq=False)
class ShelfLife(Row):
    """What ``shelf_life`` answers.

    Attributes
    ----------
    source : ExpirySource
        Where that day comes from. One of ``printed``, ``production``, ``receipt``, ``unknown``.
    label_shows : LabelMark
        What the label has to show. One of ``date``, ``pao``, ``nothing``, ``unknown``.
    label_lacks : bool
        Whether that was not given: a date that is not printed, or an unknown period after opening.
    expires_on : dt.date | None
        Last good day of the unopened goods; none where nothing tells.
    """
    source: ExpirySource
    label_shows: LabelMark
    label_lacks: bool
    expires_on: dt.date | None

    def to_dict(self) -> dict[str, Any]:
        """The fields as a dict, nested answers too."""
        return dataclasses.asdict(self)

    @classmethod
    def _of(cls, value: Mapping[str, Any]) -> ShelfLife:
        return cls(
            value["source"],
            value["label_shows"],
            value["label_lacks"],
            day(value.get("expires_on")),
        )


@dataclasses.dataclass(frozen=True, slots=True, repr=False, eq=False)
class OpenJar(Row):
    """What ``open_jar`` answers.

    Attributes
    ----------
    expires_on : dt.date
        Last good day of the opened unit.
    limited_by : OpenJarLimit
        What ends its life. One of ``pao``, ``expiry``.
    """
    expires_on: dt.date
    limited_by: OpenJarLimit

    def to_dict(self) -> dict[str, Any]:
        """The fields as a dict, nested answers too."""
        return dataclasses.asdict(self)

    @classmethod
    def _of(cls, value: Mapping[str, Any]) -> OpenJar:
        return cls(
            day(value["expires_on"]),
            value["limited_by"],
        )


@dataclasses.dataclass(frozen=True, slots=True, repr=False, eq=False)
class LotRisk(Row):
    """What becomes of a lot.

    Attributes
    ----------
    sku : str
        The SKU.
    location : str
        Where it is.
    lot : str
        The lot's key.
    quantity : int
        Units there.
    units_at_risk : int
        Units that will not be sold in time, part of a unit counted as one.
    value_at_risk_minor : int
        What they cost.
    expires_on : dt.date | None
        Last good day.
    days_left : int | None
        Days from today to the last good day: 0 on that day, negative after it.
    sell_until : dt.date | None
        Last day on which it may be sold.
    days_of_cover : int | None
        Whole days, today included, whose demand this lot and those before it meet; none if over 36,500.
    horizon_days : int | None
        The shortest horizon that the lot falls in; none if it expires after all of them or not at all.
    """
    sku: str
    location: str
    lot: str
    quantity: int
    units_at_risk: int
    value_at_risk_minor: int
    expires_on: dt.date | None
    days_left: int | None
    sell_until: dt.date | None
    days_of_cover: int | None
    horizon_days: int | None

    def to_dict(self) -> dict[str, Any]:
        """The fields as a dict, nested answers too."""
        return dataclasses.asdict(self)

    @classmethod
    def _of(cls, value: Mapping[str, Any]) -> LotRisk:
        return cls(
            value["sku"],
            value["location"],
            value["lot"],
            value["quantity"],
            value["units_at_risk"],
            value["value_at_risk_minor"],
            day(value.get("expires_on")),
            value.get("days_left"),
            day(value.get("sell_until")),
            value.get("days_of_cover"),
            value.get("horizon_days"),
        )


@dataclasses.dataclass(frozen=True, slots=True, repr=False, eq=False)
class HorizonRisk(Row):
    """What expires within a horizon, expired stock and shorter horizons included.

    Attributes
    ----------
    within_days : int
        Days ahead: lots with at most this many days left.
    lots : int
        How many lots.
    units : int
        Their units.
    value_minor : int
        What those cost.
    units_at_risk : int
        The units that will not be sold in time.
    value_at_risk_minor : int
        What those cost.
    """
    within_days: int
    lots: int
    units: int
    value_minor: int
    units_at_risk: int
    value_at_risk_minor: int

    def to_dict(self) -> dict[str, Any]:
        """The fields as a dict, nested answers too."""
        return dataclasses.asdict(self)

    @classmethod
    def _of(cls, value: Mapping[str, Any]) -> HorizonRisk:
        return cls(
            value["within_days"],
            value["lots"],
            value["units"],
            value["value_minor"],
            value["units_at_risk"],
            value["value_at_risk_minor"],
        )


@dataclasses.dataclass(frozen=True, slots=True, repr=False, eq=False)
class ExpiryRisk(Row):
    """What ``expiry_risk`` answers.

    Attributes
    ----------
    lots : tuple[LotRisk, ...]
        A row per lot: by last good day, SKU, location and key.
    horizons : tuple[HorizonRisk, ...]
        A row per horizon, the shortest first; each contains those before it.
    """
    lots: tuple[LotRisk, ...]
    horizons: tuple[HorizonRisk, ...]

    def to_dict(self) -> dict[str, Any]:
        """The fields as a dict, nested answers too."""
        return dataclasses.asdict(self)

    @classmethod
    def _of(cls, value: Mapping[str, Any]) -> ExpiryRisk:
        return cls(
            tuple(LotRisk._of(v) for v in value["lots"]),
            tuple(HorizonRisk._of(v) for v in value["horizons"]),
        )


@dataclasses.dataclass(frozen=True, slots=True, repr=False, eq=False)
class PhantomBelief(Row):
    """What ``phantom_posterior`` answers.

    Attributes
    ----------
    posterior : float
        Belief that the shelf is empty in truth, 0–1.
    """
    posterior: float

    def to_dict(self) -> dict[str, Any]:
        """The fields as a dict, nested answers too."""
        return dataclasses.asdict(self)

    @classmethod
    def _of(cls, value: Mapping[str, Any]) -> PhantomBelief:
        return cls(
            value["posterior"],
        )


@dataclasses.dataclass(frozen=True, slots=True, repr=False, eq=False)
class Newsvendor(Row):
    """The best stock and what it costs.

    Attributes
    ----------
    base_stock_level : float
        Stock to have (S*).
    cost : float
        Expected cost of a period with it.
    """
    base_stock_level: float
    cost: float

    def to_dict(self) -> dict[str, Any]:
        """The fields as a dict, nested answers too."""
        return dataclasses.asdict(self)

    @classmethod
    def _of(cls, value: Mapping[str, Any]) -> Newsvendor:
        return cls(
            value["base_stock_level"],
            value["cost"],
        )


@dataclasses.dataclass(frozen=True, slots=True, repr=False, eq=False)
class DemandClass(Row):
    """A demand class and what it was read from.

    Attributes
    ----------
    class_ : DemandKind
        The class. One of ``smooth``, ``erratic``, ``intermittent``, ``lumpy``, ``new``, ``ended``.
    quiet : int
        Known periods without demand at the end.
    interval : float | None
        Mean number of periods between demands, the known periods over the demands; none without demand.
    cv2 : float | None
        Squared coefficient of variation of the sizes of demand; none without demand.
    """
    class_: DemandKind
    quiet: int
    interval: float | None
    cv2: float | None

    def to_dict(self) -> dict[str, Any]:
        """The fields as a dict, nested answers too."""
        return dataclasses.asdict(self)

    @classmethod
    def _of(cls, value: Mapping[str, Any]) -> DemandClass:
        return cls(
            value["class"],
            value["quiet"],
            value.get("interval"),
            value.get("cv2"),
        )


@dataclasses.dataclass(frozen=True, slots=True, repr=False, eq=False)
class CountsForecast(Row):
    """A forecast of counts.

    Attributes
    ----------
    mean : tuple[float, ...]
        Expected demand per period ahead.
    quantiles : tuple[tuple[float, ...], ...]
        For each probability asked for, the quantile per period ahead: whole numbers.
    total : tuple[float, ...]
        For each probability asked for, the quantile of the demand of ``total_periods`` together; empty where none
        were asked.
    """
    mean: tuple[float, ...]
    quantiles: tuple[tuple[float, ...], ...]
    total: tuple[float, ...]

    def to_dict(self) -> dict[str, Any]:
        """The fields as a dict, nested answers too."""
        return dataclasses.asdict(self)

    @classmethod
    def _of(cls, value: Mapping[str, Any]) -> CountsForecast:
        return cls(
            tuple(value["mean"]),
            tuple(tuple(v) for v in value["quantiles"]),
            tuple(value["total"]),
        )


@dataclasses.dataclass(frozen=True, slots=True, repr=False, eq=False)
class Recovered(Row):
    """Demand behind the sales.

    Attributes
    ----------
    demand : tuple[float, ...]
        Expected demand of each day; sales where the day was in stock throughout.
    in_stock : tuple[float, ...]
        Share of each day's expected demand that fell into stocked time, 0–1: the ``in_stock`` of a daily series.
    profile : tuple[float, ...]
        Share of a day's demand by slot.
    """
    demand: tuple[float, ...]
    in_stock: tuple[float, ...]
    profile: tuple[float, ...]

    def to_dict(self) -> dict[str, Any]:
        """The fields as a dict, nested answers too."""
        return dataclasses.asdict(self)

    @classmethod
    def _of(cls, value: Mapping[str, Any]) -> Recovered:
        return cls(
            tuple(value["demand"]),
            tuple(value["in_stock"]),
            tuple(value["profile"]),
        )


@dataclasses.dataclass(frozen=True, slots=True, repr=False, eq=False)
class ShadeSplit(Row):
    """How a launch splits over its shades.

    Attributes
    ----------
    share : tuple[float, ...]
        Expected share of each shade; they sum to 1.
    sd : tuple[float, ...]
        Standard deviation of each share.
    """
    share: tuple[float, ...]
    sd: tuple[float, ...]

    def to_dict(self) -> dict[str, Any]:
        """The fields as a dict, nested answers too."""
        return dataclasses.asdict(self)

    @classmethod
    def _of(cls, value: Mapping[str, Any]) -> ShadeSplit:
        return cls(
            tuple(value["share"]),
            tuple(value["sd"]),
        )


@dataclasses.dataclass(frozen=True, slots=True, repr=False, eq=False)
class Damaged(Row):
    """The first damage of a journal.

    Attributes
    ----------
    code : str
        ``JOURNAL_CORRUPT`` or ``JOURNAL_VERSION``.
    message : str
        The damage in words.
    segment : int | None
        Number of the segment, which its file is named by.
    offset : int | None
        Byte in its file.
    """
    code: str
    message: str
    segment: int | None
    offset: int | None

    def to_dict(self) -> dict[str, Any]:
        """The fields as a dict, nested answers too."""
        return dataclasses.asdict(self)

    @classmethod
    def _of(cls, value: Mapping[str, Any]) -> Damaged:
        return cls(
            value["code"],
            value["message"],
            value.get("segment"),
            value.get("offset"),
        )


@dataclasses.dataclass(frozen=True, slots=True, repr=False, eq=False)
class Verified(Row):
    """What a verification found.

    Attributes
    ----------
    sound : bool
        Whether there is no damage and the books balance.
    segments : int
        Segments that were read.
    batches : int
        Atomic batches.
    events : int
        Events, dropped and lost ones among them.
    dropped : int
        Events of people that were erased or ran out.
    lost : int
        Events that an earlier salvage could not save.
    bytes : int
        Bytes of all batches.
    torn_bytes : int
        Bytes of an input that was never answered: opening cuts them.
    snapshots : int
        Snapshots that fit.
    bad_snapshots : tuple[str, ...]
        Snapshots that do not, which opening throws away.
    damage : Damaged | None
        The first damage; what comes after it was not read.
    books : str | None
        The first rule of the books that is broken, such as units that came from nowhere.
    """
    sound: bool
    segments: int
    batches: int
    events: int
    dropped: int
    lost: int
    bytes: int
    torn_bytes: int
    snapshots: int
    bad_snapshots: tuple[str, ...]
    damage: Damaged | None
    books: str | None

    def to_dict(self) -> dict[str, Any]:
        """The fields as a dict, nested answers too."""
        return dataclasses.asdict(self)

    @classmethod
    def _of(cls, value: Mapping[str, Any]) -> Verified:
        return cls(
            value["sound"],
            value["segments"],
            value["batches"],
            value["events"],
            value["dropped"],
            value["lost"],
            value["bytes"],
            value["torn_bytes"],
            value["snapshots"],
            tuple(value["bad_snapshots"]),
            None if value["damage"] is None else Damaged._of(value["damage"]),
            value.get("books"),
        )


@dataclasses.dataclass(frozen=True, slots=True, repr=False, eq=False)
class LostRange(Row):
    """A range that could not be saved.

    Attributes
    ----------
    segment : int
        Number of the segment.
    from_byte : int
        First byte in its file.
    to_byte : int
        Byte after the last.
    from_sequence : int
        First event that is lost.
    to_sequence : int
        Event after the last; the same as the first where nobody can tell whether there were any.
    """
    segment: int
    from_byte: int
    to_byte: int
    from_sequence: int
    to_sequence: int

    def to_dict(self) -> dict[str, Any]:
        """The fields as a dict, nested answers too."""
        return dataclasses.asdict(self)

    @classmethod
    def _of(cls, value: Mapping[str, Any]) -> LostRange:
        return cls(
            value["segment"],
            value["from_byte"],
            value["to_byte"],
            value["from_sequence"],
            value["to_sequence"],
        )


@dataclasses.dataclass(frozen=True, slots=True, repr=False, eq=False)
class Salvaged(Row):
    """What a salvage saved.

    Attributes
    ----------
    events : int
        Events that were saved.
    lost : tuple[LostRange, ...]
        What was not, in order.
    keys_whole : bool
        Whether the keys of people were whole: without theirs a person is as if erased.
    sequence : int
        Events of the new journal, lost ones among them.
    digest : str
        Chain hash of the new journal, in hexadecimal.
    """
    events: int
    lost: tuple[LostRange, ...]
    keys_whole: bool
    sequence: int
    digest: str

    def to_dict(self) -> dict[str, Any]:
        """The fields as a dict, nested answers too."""
        return dataclasses.asdict(self)

    @classmethod
    def _of(cls, value: Mapping[str, Any]) -> Salvaged:
        return cls(
            value["events"],
            tuple(LostRange._of(v) for v in value["lost"]),
            value["keys_whole"],
            value["sequence"],
            value["digest"],
        )


@dataclasses.dataclass(frozen=True, slots=True, repr=False, eq=False)
class Held(Row):
    """A hold that was made.

    Attributes
    ----------
    id : str
        The hold's id: that of the command.
    lines : tuple[Units, ...]
        What is held, one line a SKU.
    backordered : tuple[Units, ...]
        What of it is promised beyond the books, one line a SKU.
    location : str
        Where.
    expires_at : dt.datetime
        When it falls.
    """
    id: str
    lines: tuple[Units, ...]
    backordered: tuple[Units, ...]
    location: str
    expires_at: dt.datetime

    def to_dict(self) -> dict[str, Any]:
        """The fields as a dict, nested answers too."""
        return dataclasses.asdict(self)

    @classmethod
    def _of(cls, value: Mapping[str, Any]) -> Held:
        return cls(
            value["id"],
            tuple(Units._of(v) for v in value["lines"]),
            tuple(Units._of(v) for v in value["backordered"]),
            value["location"],
            instant(value["expires_at"]),
        )


@dataclasses.dataclass(frozen=True, slots=True, repr=False, eq=False)
class Taken(Row):
    """Units of one lot.

    Attributes
    ----------
    sku : str
        The SKU.
    lot : str
        The lot; empty where goods carry none.
    quantity : int
        Units.
    expires_on : dt.date | None
        Last good day of the lot.
    """
    sku: str
    lot: str
    quantity: int
    expires_on: dt.date | None

    def to_dict(self) -> dict[str, Any]:
        """The fields as a dict, nested answers too."""
        return dataclasses.asdict(self)

    @classmethod
    def _of(cls, value: Mapping[str, Any]) -> Taken:
        return cls(
            value["sku"],
            value["lot"],
            value["quantity"],
            day(value.get("expires_on")),
        )


@dataclasses.dataclass(frozen=True, slots=True, repr=False, eq=False)
class Shipped(Row):
    """A hold that was shipped.

    Attributes
    ----------
    id : str
        The command's id.
    hold : str
        The hold.
    lots : tuple[Taken, ...]
        The lots that left, first expired first out.
    """
    id: str
    hold: str
    lots: tuple[Taken, ...]

    def to_dict(self) -> dict[str, Any]:
        """The fields as a dict, nested answers too."""
        return dataclasses.asdict(self)

    @classmethod
    def _of(cls, value: Mapping[str, Any]) -> Shipped:
        return cls(
            value["id"],
            value["hold"],
            tuple(Taken._of(v) for v in value["lots"]),
        )


@dataclasses.dataclass(frozen=True, slots=True, repr=False, eq=False)
class Released(Row):
    """A hold that was given back.

    Attributes
    ----------
    id : str
        The command's id.
    hold : str
        The hold.
    """
    id: str
    hold: str

    def to_dict(self) -> dict[str, Any]:
        """The fields as a dict, nested answers too."""
        return dataclasses.asdict(self)

    @classmethod
    def _of(cls, value: Mapping[str, Any]) -> Released:
        return cls(
            value["id"],
            value["hold"],
        )


@dataclasses.dataclass(frozen=True, slots=True, repr=False, eq=False)
class Moved(Row):
    """Units whose account changed.

    Attributes
    ----------
    id : str
        The command's id.
    lots : tuple[Taken, ...]
        The lots.
    """
    id: str
    lots: tuple[Taken, ...]

    def to_dict(self) -> dict[str, Any]:
        """The fields as a dict, nested answers too."""
        return dataclasses.asdict(self)

    @classmethod
    def _of(cls, value: Mapping[str, Any]) -> Moved:
        return cls(
            value["id"],
            tuple(Taken._of(v) for v in value["lots"]),
        )


@dataclasses.dataclass(frozen=True, slots=True, repr=False, eq=False)
class Entered(Row):
    """What needs no more than a yes: a purchase that receipts may name, books that were closed.

    Attributes
    ----------
    id : str
        The command's id.
    """
    id: str

    def to_dict(self) -> dict[str, Any]:
        """The fields as a dict, nested answers too."""
        return dataclasses.asdict(self)

    @classmethod
    def _of(cls, value: Mapping[str, Any]) -> Entered:
        return cls(
            value["id"],
        )


@dataclasses.dataclass(frozen=True, slots=True, repr=False, eq=False)
class Recorded(Row):
    """A fact that was recorded.

    Attributes
    ----------
    id : str
        The fact's id.
    resolved : bool
        False while it waits for the catalogue to know its SKUs.
    lots : tuple[Taken, ...]
        The lots that a sale took.
    missing : tuple[Units, ...]
        What a sale took beyond the books.
    booked_on : dt.date | None
        The business day on which it is booked, where it moved units: a late fact's own day, or the first open
        one.
    """
    id: str
    resolved: bool
    lots: tuple[Taken, ...]
    missing: tuple[Units, ...]
    booked_on: dt.date | None

    def to_dict(self) -> dict[str, Any]:
        """The fields as a dict, nested answers too."""
        return dataclasses.asdict(self)

    @classmethod
    def _of(cls, value: Mapping[str, Any]) -> Recorded:
        return cls(
            value["id"],
            value["resolved"],
            tuple(Taken._of(v) for v in value["lots"]),
            tuple(Units._of(v) for v in value["missing"]),
            day(value.get("booked_on")),
        )


@dataclasses.dataclass(frozen=True, slots=True, repr=False, eq=False)
class Decided(Row):
    """What one command of many was answered.

    Attributes
    ----------
    id : str
        The command's id.
    accepted : bool
        Whether it was done.
    code : str | None
        Why not, as a code.
    message : str | None
        Why not, in words.
    """
    id: str
    accepted: bool
    code: str | None
    message: str | None

    def to_dict(self) -> dict[str, Any]:
        """The fields as a dict, nested answers too."""
        return dataclasses.asdict(self)

    @classmethod
    def _of(cls, value: Mapping[str, Any]) -> Decided:
        return cls(
            value["id"],
            value["accepted"],
            value.get("code"),
            value.get("message"),
        )


@dataclasses.dataclass(frozen=True, slots=True, repr=False, eq=False)
class ExpiredLot(Row):
    """A lot whose last good day passed.

    Attributes
    ----------
    sku : str
        The SKU.
    lot : str
        The lot.
    locations : tuple[str, ...]
        Where good units of it were left. A lot is told at the midnight of each of these locations, and once
        more at the last midnight of all.
    """
    sku: str
    lot: str
    locations: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """The fields as a dict, nested answers too."""
        return dataclasses.asdict(self)

    @classmethod
    def _of(cls, value: Mapping[str, Any]) -> ExpiredLot:
        return cls(
            value["sku"],
            value["lot"],
            tuple(value["locations"]),
        )


@dataclasses.dataclass(frozen=True, slots=True, repr=False, eq=False)
class Advanced(Row):
    """What time brought about.

    Attributes
    ----------
    now : dt.datetime
        The latest instant that the engine knows.
    holds_expired : tuple[str, ...]
        Holds that fell.
    lots_expired : tuple[ExpiredLot, ...]
        Lots whose last good day passed.
    """
    now: dt.datetime
    holds_expired: tuple[str, ...]
    lots_expired: tuple[ExpiredLot, ...]

    def to_dict(self) -> dict[str, Any]:
        """The fields as a dict, nested answers too."""
        return dataclasses.asdict(self)

    @classmethod
    def _of(cls, value: Mapping[str, Any]) -> Advanced:
        return cls(
            instant(value["now"]),
            tuple(value["holds_expired"]),
            tuple(ExpiredLot._of(v) for v in value["lots_expired"]),
        )


@dataclasses.dataclass(frozen=True, slots=True, repr=False, eq=False)
class Exported(Row):
    """One event of a person.

    Attributes
    ----------
    at : dt.datetime
        When.
    event : Any
        What, as ``{"type": …}``.
    """
    at: dt.datetime
    event: Any

    def to_dict(self) -> dict[str, Any]:
        """The fields as a dict, nested answers too."""
        return dataclasses.asdict(self)

    @classmethod
    def _of(cls, value: Mapping[str, Any]) -> Exported:
        return cls(
            instant(value["at"]),
            value["event"],
        )


@dataclasses.dataclass(frozen=True, slots=True, repr=False, eq=False)
class Retained(Row):
    """What a retention did.

    Attributes
    ----------
    dropped : int
        Events of people that were dropped.
    reduced : int
        Purchases that only marketing keeps: of them day and worth remain, for segments.
    """
    dropped: int
    reduced: int

    def to_dict(self) -> dict[str, Any]:
        """The fields as a dict, nested answers too."""
        return dataclasses.asdict(self)

    @classmethod
    def _of(cls, value: Mapping[str, Any]) -> Retained:
        return cls(
            value["dropped"],
            value["reduced"],
        )


@dataclasses.dataclass(frozen=True, slots=True, repr=False, eq=False)
class Copied(Row):
    """What was copied.

    Attributes
    ----------
    sequence : int
        Events in the copy.
    digest : str
        Chain hash over all of them, in hexadecimal.
    """
    sequence: int
    digest: str

    def to_dict(self) -> dict[str, Any]:
        """The fields as a dict, nested answers too."""
        return dataclasses.asdict(self)

    @classmethod
    def _of(cls, value: Mapping[str, Any]) -> Copied:
        return cls(
            value["sequence"],
            value["digest"],
        )


@dataclasses.dataclass(frozen=True, slots=True, repr=False, eq=False)
class StockRow(Row):
    """One lot on one shelf.

    Attributes
    ----------
    sku : str
        The SKU.
    location : str
        Where.
    lot : str
        The lot; empty where goods carry none.
    on_hand : int
        Units there, in any condition.
    available : int
        Free units of a lot that may be sold; below zero where more was sold than the books held.
    held : int
        Units under holds.
    quarantined : int
        Units in quarantine.
    damaged : int
        Damaged units.
    expired : int
        Expired units, and free ones that keep too short to be sold.
    in_transit : int
        Units on their way to the location.
    tester : int
        Opened units.
    recalled : bool
        Whether the lot was recalled.
    expires_on : dt.date | None
        Last good day.
    days_left : int | None
        Days from today to the last good day; negative once passed.
    """
    sku: str
    location: str
    lot: str
    on_hand: int
    available: int
    held: int
    quarantined: int
    damaged: int
    expired: int
    in_transit: int
    tester: int
    recalled: bool
    expires_on: dt.date | None
    days_left: int | None

    def to_dict(self) -> dict[str, Any]:
        """The fields as a dict, nested answers too."""
        return dataclasses.asdict(self)

    @classmethod
    def _of(cls, value: Mapping[str, Any]) -> StockRow:
        return cls(
            value["sku"],
            value["location"],
            value["lot"],
            value["on_hand"],
            value["available"],
            value["held"],
            value["quarantined"],
            value["damaged"],
            value["expired"],
            value["in_transit"],
            value["tester"],
            value["recalled"],
            day(value.get("expires_on")),
            value.get("days_left"),
        )


@dataclasses.dataclass(frozen=True, slots=True, repr=False, eq=False)
class Promised(Row):
    """What may be promised from a day on.

    Attributes
    ----------
    day : dt.date
        The day.
    available_to_promise : int
        Units that may be promised from then on, where the purchases come as promised and nothing else happens.
    """
    day: dt.date
    available_to_promise: int

    def to_dict(self) -> dict[str, Any]:
        """The fields as a dict, nested answers too."""
        return dataclasses.asdict(self)

    @classmethod
    def _of(cls, value: Mapping[str, Any]) -> Promised:
        return cls(
            day(value["day"]),
            value["available_to_promise"],
        )


@dataclasses.dataclass(frozen=True, slots=True, repr=False, eq=False)
class Availability(Row):
    """What may be promised of a SKU.

    Attributes
    ----------
    sku : str
        The SKU.
    on_hand : int
        Units in any condition.
    sellable : int
        Units that may be sold, before holds.
    held : int
        Units under holds.
    backordered : int
        Units promised beyond the books.
    safety_stock : int
        Units that are never promised.
    incoming : int
        Units ordered and not yet received, and units on their way.
    available_to_promise : int
        Units that may be promised now.
    promise : tuple[Promised, ...]
        What may be promised from each day on which a purchase with a promised day comes in.
    p_phantom : float
        Belief that the shelf is empty in truth, 0–1; over several shelves weighted by their units.
    """
    sku: str
    on_hand: int
    sellable: int
    held: int
    backordered: int
    safety_stock: int
    incoming: int
    available_to_promise: int
    promise: tuple[Promised, ...]
    p_phantom: float

    def to_dict(self) -> dict[str, Any]:
        """The fields as a dict, nested answers too."""
        return dataclasses.asdict(self)

    @classmethod
    def _of(cls, value: Mapping[str, Any]) -> Availability:
        return cls(
            value["sku"],
            value["on_hand"],
            value["sellable"],
            value["held"],
            value["backordered"],
            value["safety_stock"],
            value["incoming"],
            value["available_to_promise"],
            tuple(Promised._of(v) for v in value["promise"]),
            value["p_phantom"],
        )


@dataclasses.dataclass(frozen=True, slots=True, repr=False, eq=False)
class DemandRow(Row):
    """The demand of a day, a week or a month.

    Attributes
    ----------
    ds : dt.date
        The first day: of a week its Monday, of a month its first.
    y : int
        Units sold, bulk orders aside: what the forecast is fed with. Returns are not taken off.
    units : int
        Units sold, bulk orders among them.
    in_kits : int
        Units of these that were sold as parts of kits.
    returned : int
        Units that came back, on the day of their return.
    bulk : int
        Units of bulk orders: of at least 10 units and over ten times the shelf's usual order (the median,
        tracked), once 20 orders have told that.
    in_stock : float
        Share of the expected demand that fell into hours with stock, 0–1, belief in phantom stock included.
    days : int
        Days that are summed up: fewer than the period has where the series begins or ends within it.
    """
    ds: dt.date
    y: int
    units: int
    in_kits: int
    returned: int
    bulk: int
    in_stock: float
    days: int

    def to_dict(self) -> dict[str, Any]:
        """The fields as a dict, nested answers too."""
        return dataclasses.asdict(self)

    @classmethod
    def _of(cls, value: Mapping[str, Any]) -> DemandRow:
        return cls(
            day(value["ds"]),
            value["y"],
            value["units"],
            value["in_kits"],
            value["returned"],
            value["bulk"],
            value["in_stock"],
            value["days"],
        )


@dataclasses.dataclass(frozen=True, slots=True, repr=False, eq=False)
class OpenPurchaseRow(Row):
    """A purchase line with units still to come.

    Attributes
    ----------
    purchase : str
        The purchase.
    supplier : str
        The supplier.
    sku : str
        The SKU.
    location : str
        Where it shall arrive.
    quantity : int
        Units still to come.
    ordered : int
        Units ordered.
    received : int
        Units received.
    over : int
        Units received beyond what was ordered and tolerated.
    expected_on : dt.date | None
        When it shall arrive.
    """
    purchase: str
    supplier: str
    sku: str
    location: str
    quantity: int
    ordered: int
    received: int
    over: int
    expected_on: dt.date | None

    def to_dict(self) -> dict[str, Any]:
        """The fields as a dict, nested answers too."""
        return dataclasses.asdict(self)

    @classmethod
    def _of(cls, value: Mapping[str, Any]) -> OpenPurchaseRow:
        return cls(
            value["purchase"],
            value["supplier"],
            value["sku"],
            value["location"],
            value["quantity"],
            value["ordered"],
            value["received"],
            value["over"],
            day(value.get("expected_on")),
        )


@dataclasses.dataclass(frozen=True, slots=True, repr=False, eq=False)
class HeldLot(Row):
    """Units of a lot that a hold has.

    Attributes
    ----------
    sku : str
        The SKU.
    location : str
        Where.
    quantity : int
        Units.
    lot : str | None
        The lot; none for units that are promised beyond the books.
    expires_on : dt.date | None
        Last good day of the lot.
    """
    sku: str
    location: str
    quantity: int
    lot: str | None
    expires_on: dt.date | None

    def to_dict(self) -> dict[str, Any]:
        """The fields as a dict, nested answers too."""
        return dataclasses.asdict(self)

    @classmethod
    def _of(cls, value: Mapping[str, Any]) -> HeldLot:
        return cls(
            value["sku"],
            value["location"],
            value["quantity"],
            value.get("lot"),
            day(value.get("expires_on")),
        )


@dataclasses.dataclass(frozen=True, slots=True, repr=False, eq=False)
class HoldRow(Row):
    """A hold and what it has now.

    Attributes
    ----------
    hold : str
        The hold.
    state : HoldState
        What became of it. One of ``live``, ``committed``, ``released``, ``expired``, ``lost``.
    expires_at : dt.datetime
        When it falls, or would have fallen.
    lots : tuple[HeldLot, ...]
        What it has now.
    """
    hold: str
    state: HoldState
    expires_at: dt.datetime
    lots: tuple[HeldLot, ...]

    def to_dict(self) -> dict[str, Any]:
        """The fields as a dict, nested answers too."""
        return dataclasses.asdict(self)

    @classmethod
    def _of(cls, value: Mapping[str, Any]) -> HoldRow:
        return cls(
            value["hold"],
            value["state"],
            instant(value["expires_at"]),
            tuple(HeldLot._of(v) for v in value["lots"]),
        )


@dataclasses.dataclass(frozen=True, slots=True, repr=False, eq=False)
class TraceRow(Row):
    """One movement of a trace.

    Attributes
    ----------
    at : dt.datetime
        When it was recorded.
    day : dt.date
        The business day that it belongs to.
    kind : EntryKind
        Why. One of ``received``, ``held``, ``committed``, ``released``, ``hold_expired``, ``reallocated``,
        ``sold``, ``oversold``, ``returned``, ``moved``, ``arrived``, ``counted``, ``reclassified``,
        ``written_off``, ``tester_opened``, ``recalled``, ``lot_expired``, ``assembled``.
    sku : str
        The SKU.
    lot : str
        The lot.
    quantity : int
        Units.
    from_account : str
        Where they left: a location, or ``supplier``, ``customer``, ``scrap``, ``count_difference``, ``assembly``.
    to_account : str
        Where they went.
    from_condition : Condition | None
        In which condition they left; none outside.
    to_condition : Condition | None
        In which condition they arrived; none outside.
    id : str | None
        The id of the input that moved them; none for what time brought about.
    order : str | None
        The hold, order or transfer that it concerns, where that is another id.
    """
    at: dt.datetime
    day: dt.date
    kind: EntryKind
    sku: str
    lot: str
    quantity: int
    from_account: str
    to_account: str
    from_condition: Condition | None
    to_condition: Condition | None
    id: str | None
    order: str | None

    def to_dict(self) -> dict[str, Any]:
        """The fields as a dict, nested answers too."""
        return dataclasses.asdict(self)

    @classmethod
    def _of(cls, value: Mapping[str, Any]) -> TraceRow:
        return cls(
            instant(value["at"]),
            day(value["day"]),
            value["kind"],
            value["sku"],
            value["lot"],
            value["quantity"],
            value["from_account"],
            value["to_account"],
            value["from_condition"],
            value["to_condition"],
            value.get("id"),
            value.get("order"),
        )


@dataclasses.dataclass(frozen=True, slots=True, repr=False, eq=False)
class LotTrace(Row):
    """Everything about one lot.

    Attributes
    ----------
    sku : str
        The SKU.
    lot : str
        The lot.
    recalled : bool
        Whether it was recalled.
    stock : tuple[StockRow, ...]
        Where it is now.
    holds : tuple[str, ...]
        Live holds that have units of it.
    orders : tuple[str, ...]
        Orders that were shipped or sold with it.
    movements : tuple[TraceRow, ...]
        Every movement, the oldest first.
    supplier_lot : str | None
        The supplier's own key.
    produced_on : dt.date | None
        Day of production.
    expires_on : dt.date | None
        Last good day.
    received_on : dt.date | None
        Day of the first receipt.
    """
    sku: str
    lot: str
    recalled: bool
    stock: tuple[StockRow, ...]
    holds: tuple[str, ...]
    orders: tuple[str, ...]
    movements: tuple[TraceRow, ...]
    supplier_lot: str | None
    produced_on: dt.date | None
    expires_on: dt.date | None
    received_on: dt.date | None

    def to_dict(self) -> dict[str, Any]:
        """The fields as a dict, nested answers too."""
        return dataclasses.asdict(self)

    @classmethod
    def _of(cls, value: Mapping[str, Any]) -> LotTrace:
        return cls(
            value["sku"],
            value["lot"],
            value["recalled"],
            tuple(StockRow._of(v) for v in value["stock"]),
            tuple(value["holds"]),
            tuple(value["orders"]),
            tuple(TraceRow._of(v) for v in value["movements"]),
            value.get("supplier_lot"),
            day(value.get("produced_on")),
            day(value.get("expires_on")),
            day(value.get("received_on")),
        )


@dataclasses.dataclass(frozen=True, slots=True, repr=False, eq=False)
class OrderTrace(Row):
    """Everything about one order.

    Attributes
    ----------
    order : str
        The id.
    lots : tuple[Taken, ...]
        Units of each lot that went to the customer and did not come back.
    movements : tuple[TraceRow, ...]
        Every movement, the oldest first.
    """
    order: str
    lots: tuple[Taken, ...]
    movements: tuple[TraceRow, ...]

    def to_dict(self) -> dict[str, Any]:
        """The fields as a dict, nested answers too."""
        return dataclasses.asdict(self)

    @classmethod
    def _of(cls, value: Mapping[str, Any]) -> OrderTrace:
        return cls(
            value["order"],
            tuple(Taken._of(v) for v in value["lots"]),
            tuple(TraceRow._of(v) for v in value["movements"]),
        )


@dataclasses.dataclass(frozen=True, slots=True, repr=False, eq=False)
class ChangeRow(Row):
    """A shelf that changed, as it is now.

    Attributes
    ----------
    sku : str
        The SKU.
    location : str
        Where.
    on_hand : int
        Units in any condition.
    held : int
        Units under holds.
    available_to_promise : int
        Units that may be promised.
    level : StockLevel
        How many free units that is, in a word. One of ``negative``, ``stock_out``, ``low_stock``, ``in_stock``.
    """
    sku: str
    location: str
    on_hand: int
    held: int
    available_to_promise: int
    level: StockLevel

    def to_dict(self) -> dict[str, Any]:
        """The fields as a dict, nested answers too."""
        return dataclasses.asdict(self)

    @classmethod
    def _of(cls, value: Mapping[str, Any]) -> ChangeRow:
        return cls(
            value["sku"],
            value["location"],
            value["on_hand"],
            value["held"],
            value["available_to_promise"],
            value["level"],
        )


@dataclasses.dataclass(frozen=True, slots=True, repr=False, eq=False)
class Changes(Row):
    """Shelves that changed, and from where to go on.

    Attributes
    ----------
    cursor : int
        What to ask for next.
    more : bool
        Whether there is more already.
    rows : tuple[ChangeRow, ...]
        Each shelf once, by SKU and location.
    """
    cursor: int
    more: bool
    rows: tuple[ChangeRow, ...]

    def to_dict(self) -> dict[str, Any]:
        """The fields as a dict, nested answers too."""
        return dataclasses.asdict(self)

    @classmethod
    def _of(cls, value: Mapping[str, Any]) -> Changes:
        return cls(
            value["cursor"],
            value["more"],
            tuple(ChangeRow._of(v) for v in value["rows"]),
        )


@dataclasses.dataclass(frozen=True, slots=True, repr=False, eq=False)
class AlertRow(Row):
    """A shelf came to another level.

    Attributes
    ----------
    cursor : int
        What to ask for next, so that this alert does not come again.
    at : dt.datetime
        When.
    sku : str
        The SKU.
    location : str
        Where.
    level : StockLevel
        Its new level. One of ``negative``, ``stock_out``, ``low_stock``, ``in_stock``.
    free : int
        Its free units then, less what is owed.
    """
    cursor: int
    at: dt.datetime
    sku: str
    location: str
    level: StockLevel
    free: int

    def to_dict(self) -> dict[str, Any]:
        """The fields as a dict, nested answers too."""
        return dataclasses.asdict(self)

    @classmethod
    def _of(cls, value: Mapping[str, Any]) -> AlertRow:
        return cls(
            value["cursor"],
            instant(value["at"]),
            value["sku"],
            value["location"],
            value["level"],
            value["free"],
        )


@dataclasses.dataclass(frozen=True, slots=True, repr=False, eq=False)
class StockValueRow(Row):
    """What the stock of a SKU was worth.

    Attributes
    ----------
    sku : str
        The SKU.
    units : int
        Units owned, those on their way between locations included.
    value : Money
        Their worth.
    unvalued : int
        Units of no known cost: they count as worth nothing.
    """
    sku: str
    units: int
    value: Money
    unvalued: int

    def to_dict(self) -> dict[str, Any]:
        """The fields as a dict, nested answers too."""
        return dataclasses.asdict(self)

    @classmethod
    def _of(cls, value: Mapping[str, Any]) -> StockValueRow:
        return cls(
            value["sku"],
            value["units"],
            Money._of(value["value"]),
            value["unvalued"],
        )


@dataclasses.dataclass(frozen=True, slots=True, repr=False, eq=False)
class CycleCountRow(Row):
    """A shelf to count. Counts are blind: what the books say is not shown.

    Attributes
    ----------
    sku : str
        The SKU.
    location : str
        Where.
    reason : str
        ``negative``, ``phantom`` or ``due``.
    counted_on : dt.date | None
        The business day of its last count.
    """
    sku: str
    location: str
    reason: str
    counted_on: dt.date | None

    def to_dict(self) -> dict[str, Any]:
        """The fields as a dict, nested answers too."""
        return dataclasses.asdict(self)

    @classmethod
    def _of(cls, value: Mapping[str, Any]) -> CycleCountRow:
        return cls(
            value["sku"],
            value["location"],
            value["reason"],
            day(value.get("counted_on")),
        )


@dataclasses.dataclass(frozen=True, slots=True, repr=False, eq=False)
class TesterRow(Row):
    """Opened units.

    Attributes
    ----------
    sku : str
        The SKU.
    location : str
        Where.
    lot : str
        The lot.
    quantity : int
        Units.
    opened_on : dt.date
        When they were opened.
    good_until : dt.date | None
        Their last good day.
    days_left : int | None
        Days from today to that day; negative once passed.
    """
    sku: str
    location: str
    lot: str
    quantity: int
    opened_on: dt.date
    good_until: dt.date | None
    days_left: int | None

    def to_dict(self) -> dict[str, Any]:
        """The fields as a dict, nested answers too."""
        return dataclasses.asdict(self)

    @classmethod
    def _of(cls, value: Mapping[str, Any]) -> TesterRow:
        return cls(
            value["sku"],
            value["location"],
            value["lot"],
            value["quantity"],
            day(value["opened_on"]),
            day(value.get("good_until")),
            value.get("days_left"),
        )


@dataclasses.dataclass(frozen=True, slots=True, repr=False, eq=False)
class TransferRow(Row):
    """Goods on their way between locations.

    Attributes
    ----------
    transfer : str
        The move that sent them.
    to : str
        Where they go.
    sku : str
        The SKU.
    lot : str
        The lot.
    quantity : int
        Units still on their way.
    """
    transfer: str
    to: str
    sku: str
    lot: str
    quantity: int

    def to_dict(self) -> dict[str, Any]:
        """The fields as a dict, nested answers too."""
        return dataclasses.asdict(self)

    @classmethod
    def _of(cls, value: Mapping[str, Any]) -> TransferRow:
        return cls(
            value["transfer"],
            value["to"],
            value["sku"],
            value["lot"],
            value["quantity"],
        )


@dataclasses.dataclass(frozen=True, slots=True, repr=False, eq=False)
class SignalRow(Row):
    """A signal of a SKU on a day.

    Attributes
    ----------
    sku : str
        The SKU.
    ds : dt.date
        The day.
    kind : SignalKind
        What is counted. One of ``view``, ``click``, ``cart``, ``purchase``, ``rating``, ``review``, ``answer``,
        ``return``, ``not_available``, ``damaged``, ``irritation``, ``wrong_shade``, ``other_complaint``.
    n : int
        How many.
    sum : int
        Sum of their values, for ratings and reviews.
    """
    sku: str
    ds: dt.date
    kind: SignalKind
    n: int
    sum: int

    def to_dict(self) -> dict[str, Any]:
        """The fields as a dict, nested answers too."""
        return dataclasses.asdict(self)

    @classmethod
    def _of(cls, value: Mapping[str, Any]) -> SignalRow:
        return cls(
            value["sku"],
            day(value["ds"]),
            value["kind"],
            value["n"],
            value["sum"],
        )


@dataclasses.dataclass(frozen=True, slots=True, repr=False, eq=False)
class Reason(Row):
    """One reason for a pick.

    Attributes
    ----------
    kind : ReasonKind
        What it rests on. One of ``history``, ``together``, ``content``, ``trend``, ``popular``.
    because : str
        The reason in words.
    weight : float
        How much it weighs, by kind.
    """
    kind: ReasonKind
    because: str
    weight: float

    def to_dict(self) -> dict[str, Any]:
        """The fields as a dict, nested answers too."""
        return dataclasses.asdict(self)

    @classmethod
    def _of(cls, value: Mapping[str, Any]) -> Reason:
        return cls(
            value["kind"],
            value["because"],
            value["weight"],
        )


@dataclasses.dataclass(frozen=True, slots=True, repr=False, eq=False)
class Pick(Row):
    """One recommended item.

    Attributes
    ----------
    sku : str
        The item's external key.
    score : float
        Appeal × trend × availability; comparable within one answer only.
    reasons : tuple[Reason, ...]
        Why, part by part; empty unless asked for.
    why : str
        The reasons as one sentence; empty unless asked for.
    """
    sku: str
    score: float
    reasons: tuple[Reason, ...]
    why: str

    def to_dict(self) -> dict[str, Any]:
        """The fields as a dict, nested answers too."""
        return dataclasses.asdict(self)

    @classmethod
    def _of(cls, value: Mapping[str, Any]) -> Pick:
        return cls(
            value["sku"],
            value["score"],
            tuple(Reason._of(v) for v in value["reasons"]),
            value["why"],
        )


@dataclasses.dataclass(frozen=True, slots=True, repr=False, eq=False)
class WithheldRow(Row):
    """A SKU that a person is not shown.

    Attributes
    ----------
    sku : str
        The SKU.
    reason : str
        ``out_of_stock``, ``expired``, ``recalled`` or ``hard_rule``.
    why : str
        The reason in words.
    """
    sku: str
    reason: str
    why: str

    def to_dict(self) -> dict[str, Any]:
        """The fields as a dict, nested answers too."""
        return dataclasses.asdict(self)

    @classmethod
    def _of(cls, value: Mapping[str, Any]) -> WithheldRow:
        return cls(
            value["sku"],
            value["reason"],
            value["why"],
        )


@dataclasses.dataclass(frozen=True, slots=True, repr=False, eq=False)
class Proposal(Row):
    """A proposal to buy, with its reasons and risks.

    Attributes
    ----------
    supplier : str
        The supplier's key.
    sku : str
        The SKU's key.
    location : str
        The location's key.
    quantity : int
        Base units to order.
    need : int
        Base units missing to the order-up-to level.
    order_up_to : int
        The level to order up to: demand over lead time and review period at the service level.
    expected_demand : float
        Expected demand over lead time and review period.
    risk_stockout : float
        Probability that demand over lead time and review period exceeds stock and order together.
    risk_expiry : float
        Probability that part of the order is unsold when its shelf life ends; 0 where it does not expire.
    binding_rule : BindingRule
        The rule that made the quantity differ from the need. One of ``none``, ``min_order``, ``pack``,
        ``max_order``, ``shelf_life``.
    why : str
        The reasons in one sentence.
    cover_days : float | None
        Days that stock and order together last at the expected demand; absent where nothing is expected to
        sell.
    cost_minor : int | None
        Cost of the order in minor units, where the unit cost is known.
    """
    supplier: str
    sku: str
    location: str
    quantity: int
    need: int
    order_up_to: int
    expected_demand: float
    risk_stockout: float
    risk_expiry: float
    binding_rule: BindingRule
    why: str
    cover_days: float | None
    cost_minor: int | None

    def to_dict(self) -> dict[str, Any]:
        """The fields as a dict, nested answers too."""
        return dataclasses.asdict(self)

    @classmethod
    def _of(cls, value: Mapping[str, Any]) -> Proposal:
        return cls(
            value["supplier"],
            value["sku"],
            value["location"],
            value["quantity"],
            value["need"],
            value["order_up_to"],
            value["expected_demand"],
            value["risk_stockout"],
            value["risk_expiry"],
            value["binding_rule"],
            value["why"],
            value.get("cover_days"),
            value.get("cost_minor"),
        )


@dataclasses.dataclass(frozen=True, slots=True, repr=False, eq=False)
class Position(Row):
    """Where the journal stands.

    Attributes
    ----------
    sequence : int
        Events so far.
    digest : str
        Chain hash over all of them, in hexadecimal: equal digests have equal histories. Every journal begins
        with a random id of its own, so two journals fed alike differ.
    now : dt.datetime
        The latest instant that the engine knows.
    """
    sequence: int
    digest: str
    now: dt.datetime

    def to_dict(self) -> dict[str, Any]:
        """The fields as a dict, nested answers too."""
        return dataclasses.asdict(self)

    @classmethod
    def _of(cls, value: Mapping[str, Any]) -> Position:
        return cls(
            value["sequence"],
            value["digest"],
            instant(value["now"]),
        )


#: What an accepted command did.
Accepted = Held | Shipped | Released | Moved | Moved | Entered | Moved | Moved | Moved | Moved | Entered


_ACCEPTED: dict[str, Any] = {"reserve": Held, "commit": Shipped, "release": Released, "move": Moved, "arrive": Moved, "purchase": Entered, "reclassify": Moved, "write_off": Moved, "open_tester": Moved, "assemble": Moved, "freeze": Entered}


def is_sellable(
    *,
    day: DayLike,
    expires_on: DayLike | None = None,
    recalled: bool = False,
    min_remaining_days: int = 0,
) -> bool:
    """Answers whether a lot may be sold on a day: the expiry day is the last good day.

    Parameters
    ----------
    day : DayLike
        The day of the sale.
    expires_on : DayLike | None, default None
        Last good day of the lot; none for goods that do not expire.
    recalled : bool, default False
        Whether the lot was recalled.
    min_remaining_days : int, default 0
        Days that must remain.

    Returns
    -------
    bool
        The answer.

    Raises
    ------
    Error
        With code INTERNAL, INVALID_ARGUMENT.
    """
    return call("is_sellable", {"day": day_argument(day, "day"), "expires_on": day_argument(expires_on, "expires_on"), "recalled": recalled, "min_remaining_days": min_remaining_days})  # type: ignore[no-any-return]


def fefo(
    *,
    lots: Sequence[LotOnShelf | Mapping[str, Any]],
    quantity: int,
    day: DayLike,
    min_remaining_days: int = 0,
    strategy: Strategy = 'fefo',
) -> Picks:
    """Picks sellable lots, over as many as it takes: first expired first out, or by another strategy.

    Parameters
    ----------
    lots : Sequence[LotOnShelf | Mapping[str, Any]]
        The lots on the shelf.
    quantity : int
        Units wanted, at least 1.
    day : DayLike
        The day of the pick.
    min_remaining_days : int, default 0
        Days that must remain.
    strategy : Strategy, default 'fefo'
        Which lots leave first. One of ``fefo``, ``fifo``, ``lifo``.

    Returns
    -------
    Picks
        What to take from which lots: the answer of ``fefo``.

    Raises
    ------
    Error
        With code INTERNAL, INVALID_ARGUMENT.
    """
    return Picks._of(call("fefo", {"lots": lots, "quantity": quantity, "day": day_argument(day, "day"), "min_remaining_days": min_remaining_days, "strategy": strategy}))


def shelf_life(
    *,
    expires_on: DayLike | None = None,
    produced_on: DayLike | None = None,
    received_on: DayLike | None = None,
    shelf_life_days: int | None = None,
    shelf_life_months: int | None = None,
    pao_months: int | None = None,
    pao_relevant: bool = True,
) -> ShelfLife:
    """Answers until when a lot is good and what its label has to show (EU 1223/2009, article 19).

    Parameters
    ----------
    expires_on : DayLike | None, default None
        The printed date, ``2027-06-30``, or ``2027-06`` for the last day of that month.
    produced_on : DayLike | None, default None
        The day of production or filling.
    received_on : DayLike | None, default None
        The day on which the lot arrived.
    shelf_life_days : int | None, default None
        Minimum durability from production in days, 1 … 36,500; not together with months.
    shelf_life_months : int | None, default None
        Minimum durability from production in calendar months, 1 … 1,200; not together with days.
    pao_months : int | None, default None
        The period after opening in months, 1 … 1,200.
    pao_relevant : bool, default True
        Whether durability after opening is relevant: not for single-use, airless or aerosol packs.

    Returns
    -------
    ShelfLife
        What ``shelf_life`` answers.

    Raises
    ------
    Error
        With code INTERNAL, INVALID_ARGUMENT.
    """
    return ShelfLife._of(call("shelf_life", {"expires_on": day_argument(expires_on, "expires_on"), "produced_on": day_argument(produced_on, "produced_on"), "received_on": day_argument(received_on, "received_on"), "shelf_life_days": shelf_life_days, "shelf_life_months": shelf_life_months, "pao_months": pao_months, "pao_relevant": pao_relevant}))


def parse_pao(
    *,
    text: str,
) -> int:
    """Reads the months of a period after opening such as ``12M``.

    Parameters
    ----------
    text : str
        What stands in or beside the open jar, such as ``12M``.

    Returns
    -------
    int
        The answer.

    Raises
    ------
    Error
        With code INTERNAL, INVALID_ARGUMENT.
    """
    return call("parse_pao", {"text": text})  # type: ignore[no-any-return]


def open_jar(
    *,
    opened_on: DayLike,
    pao_months: int,
    expires_on: DayLike | None = None,
) -> OpenJar:
    """Answers until when an opened unit is good: its period after opening, never past its expiry.

    Parameters
    ----------
    opened_on : DayLike
        The day on which the unit was opened.
    pao_months : int
        The period after opening in months, 1 … 1,200.
    expires_on : DayLike | None, default None
        Last good day of the unopened goods, to the day or the month; none where nothing is printed.

    Returns
    -------
    OpenJar
        What ``open_jar`` answers.

    Raises
    ------
    Error
        With code INTERNAL, INVALID_ARGUMENT.
    """
    return OpenJar._of(call("open_jar", {"opened_on": day_argument(opened_on, "opened_on"), "pao_months": pao_months, "expires_on": day_argument(expires_on, "expires_on")}))


def required_remaining_days(
    *,
    policy: ExpiryPolicy | Mapping[str, Any],
    day: DayLike,
    channel: str | None = None,
    moment: LifeMoment = 'sale',
) -> int:
    """Answers how many days must remain of a lot on a day of sale or receipt.

    Parameters
    ----------
    policy : ExpiryPolicy | Mapping[str, Any]
        What is asked.
    day : DayLike
        The day of the sale or the receipt; months are counted from it.
    channel : str | None, default None
        The channel of the sale; one that the policy does not name asks for nothing of its own.
    moment : LifeMoment, default 'sale'
        Whether goods are sold or received. One of ``sale``, ``receipt``.

    Returns
    -------
    int
        The answer.

    Raises
    ------
    Error
        With code INTERNAL, INVALID_ARGUMENT.
    """
    return call("required_remaining_days", {"policy": policy, "day": day_argument(day, "day"), "channel": channel, "moment": moment})  # type: ignore[no-any-return]


def expiry_risk(
    *,
    lots: Sequence[StockedLot | Mapping[str, Any]],
    today: DayLike,
    locations: Sequence[LocationDay | Mapping[str, Any]] = (),
    demand: Sequence[ShelfDemand | Mapping[str, Any]] = (),
    horizons_days: Sequence[int] = (30, 60, 90),
) -> ExpiryRisk:
    """Answers what expires when, how much of it will not sell in time, and what that costs.

    Parameters
    ----------
    lots : Sequence[StockedLot | Mapping[str, Any]]
        The lots.
    today : DayLike
        The day of the question, which is still a day of sale.
    locations : Sequence[LocationDay | Mapping[str, Any]], default ()
        Locations where it is another day, one entry a location.
    demand : Sequence[ShelfDemand | Mapping[str, Any]], default ()
        What shelves are forecast to sell, one entry a shelf; without one a shelf sells nothing.
    horizons_days : Sequence[int], default (30, 60, 90)
        Days ahead to sum up, each 0 … 36,500.

    Returns
    -------
    ExpiryRisk
        What ``expiry_risk`` answers.

    Raises
    ------
    Error
        With code INTERNAL, INVALID_ARGUMENT.
    """
    return ExpiryRisk._of(call("expiry_risk", {"lots": lots, "today": day_argument(today, "today"), "locations": locations, "demand": demand, "horizons_days": horizons_days}))


def phantom_posterior(
    *,
    prior_phantom: float = 0.02,
    daily_rate: float = 0.0,
    zero_sale_days: int = 0,
    complaints: int = 0,
    complaint_likelihood_ratio: float = 20.0,
) -> PhantomBelief:
    """Answers how likely a shelf with a positive record is empty in truth (Bayes).

    Parameters
    ----------
    prior_phantom : float, default 0.02
        Belief before any evidence, in (0, 1).
    daily_rate : float, default 0.0
        Units that usually sell a day, at least 0.
    zero_sale_days : int, default 0
        Days without a sale since stock was last proven, at least 0.
    complaints : int, default 0
        "Was not available" complaints since then, at least 0.
    complaint_likelihood_ratio : float, default 20.0
        How many times likelier a complaint is when the shelf is empty in truth, at least 1.

    Returns
    -------
    PhantomBelief
        What ``phantom_posterior`` answers.

    Raises
    ------
    Error
        With code INTERNAL, INVALID_ARGUMENT.
    """
    return PhantomBelief._of(call("phantom_posterior", {"prior_phantom": prior_phantom, "daily_rate": daily_rate, "zero_sale_days": zero_sale_days, "complaints": complaints, "complaint_likelihood_ratio": complaint_likelihood_ratio}))


def order_quantity(
    *,
    need: int,
    min_order_qty: int = 0,
    pack_size: int = 1,
    max_order_qty: int | None = None,
) -> int:
    """Rounds a need to what the supplier sells: minimum, pack, maximum.

    Parameters
    ----------
    need : int
        Units needed; nothing is ordered for 0 or less.
    min_order_qty : int, default 0
        The least that may be ordered.
    pack_size : int, default 1
        Orders are multiples of this.
    max_order_qty : int | None, default None
        The most that may be ordered.

    Returns
    -------
    int
        A count of a SKU's base unit.

    Raises
    ------
    Error
        With code INTERNAL, INVALID_ARGUMENT.
    """
    return call("order_quantity", {"need": need, "min_order_qty": min_order_qty, "pack_size": pack_size, "max_order_qty": max_order_qty})  # type: ignore[no-any-return]


def newsvendor_normal(
    *,
    holding_cost: float = 1.0,
    stockout_cost: float = 9.0,
    demand_mean: float = 0.0,
    demand_sd: float = 0.0,
    lead_time: float = 0.0,
) -> Newsvendor:
    """Answers the base-stock level of least cost under normal demand.

    Parameters
    ----------
    holding_cost : float, default 1.0
        Cost of a unit left at the end of a period (h), above 0.
    stockout_cost : float, default 9.0
        Cost of a unit short (p), above 0.
    demand_mean : float, default 0.0
        Mean demand of a period (μ).
    demand_sd : float, default 0.0
        Standard deviation of the demand of a period (σ).
    lead_time : float, default 0.0
        Periods between order and receipt (L).

    Returns
    -------
    Newsvendor
        The best stock and what it costs.

    Raises
    ------
    Error
        With code INTERNAL, INVALID_ARGUMENT.
    """
    return Newsvendor._of(call("newsvendor_normal", {"holding_cost": holding_cost, "stockout_cost": stockout_cost, "demand_mean": demand_mean, "demand_sd": demand_sd, "lead_time": lead_time}))


def newsvendor_poisson(
    *,
    holding_cost: float = 1.0,
    stockout_cost: float = 9.0,
    demand_mean: float = 0.0,
) -> Newsvendor:
    """Answers the base-stock level of least cost under Poisson demand.

    Parameters
    ----------
    holding_cost : float, default 1.0
        Cost of a unit left (h), above 0.
    stockout_cost : float, default 9.0
        Cost of a unit short (p), above 0.
    demand_mean : float, default 0.0
        Mean demand, at most 100,000.

    Returns
    -------
    Newsvendor
        The best stock and what it costs.

    Raises
    ------
    Error
        With code INTERNAL, INVALID_ARGUMENT.
    """
    return Newsvendor._of(call("newsvendor_poisson", {"holding_cost": holding_cost, "stockout_cost": stockout_cost, "demand_mean": demand_mean}))


def demand_class(
    *,
    y: Sequence[float | None],
) -> DemandClass:
    """Classifies demand: smooth, erratic, intermittent, lumpy (Syntetos & Boylan), new or ended.

    Parameters
    ----------
    y : Sequence[float | None]
        Demand per period in time order; none where unknown.

    Returns
    -------
    DemandClass
        A demand class and what it was read from.

    Raises
    ------
    Error
        With code INTERNAL, INVALID_ARGUMENT.
    """
    return DemandClass._of(call("demand_class", {"y": y}))


def intermittent(
    *,
    y: Sequence[float | None],
    method: IntermittentMethod,
    alpha: float = 0.1,
    beta: float = 0.1,
) -> float:
    """Forecasts a rate per period by Croston, SBA, TSB, ADIDA or IMAPA.

    Parameters
    ----------
    y : Sequence[float | None]
        Demand per period in time order; none where unknown.
    method : IntermittentMethod
        The method. One of ``croston``, ``sba``, ``tsb``, ``adida``, ``imapa``.
    alpha : float, default 0.1
        Smoothing of sizes (and intervals), 0–1; ADIDA and IMAPA find their own.
    beta : float, default 0.1
        Smoothing of the probability of TSB, 0–1.

    Returns
    -------
    float
        The answer.

    Raises
    ------
    Error
        With code INTERNAL, INVALID_ARGUMENT.
    """
    return call("intermittent", {"y": y, "method": method, "alpha": alpha, "beta": beta})  # type: ignore[no-any-return]


def forecast_counts(
    *,
    y: Sequence[float | None] = (),
    in_stock: Sequence[float] | None = None,
    season: int = 1,
    h: int = 1,
    quantiles: Sequence[float] = (0.1, 0.5, 0.9),
    total_periods: int = 0,
    seed: int = 0,
) -> CountsForecast:
    """Forecasts one series of counts: means, integer quantiles, and the total of a lead time from simulated paths.

    Parameters
    ----------
    y : Sequence[float | None], default ()
        Units per period in time order, whole numbers of at least 0; none where unknown.
    in_stock : Sequence[float] | None, default None
        Share of each period, 0–1, in which the item could be bought; none for always.
    season : int, default 1
        Periods in a season; 1 for none.
    h : int, default 1
        Periods to forecast.
    quantiles : Sequence[float], default (0.1, 0.5, 0.9)
        Probabilities of the quantiles, each in (0, 1).
    total_periods : int, default 0
        Periods whose demand together is wanted (a lead time), from simulated paths; 0 for none.
    seed : int, default 0
        Seed of the paths.

    Returns
    -------
    CountsForecast
        A forecast of counts.

    Raises
    ------
    Error
        With code INTERNAL, INVALID_ARGUMENT, NAN_IN_SERIES, SERIES_TOO_SHORT.
    """
    return CountsForecast._of(call("forecast_counts", {"y": y, "in_stock": in_stock, "season": season, "h": h, "quantiles": quantiles, "total_periods": total_periods, "seed": seed}))


def recover_demand(
    *,
    slots: int,
    sales: Sequence[float],
    in_stock: Sequence[float],
    profile: Sequence[float] | None = None,
) -> Recovered:
    """Recovers the demand that stock-outs lost, from sales by slot of the day and the share of each slot in stock.

    Parameters
    ----------
    slots : int
        Slots of a day: 24 for hours, 1 for whole days.
    sales : Sequence[float]
        Sales of each slot, day after day, in any unit, at least 0.
    in_stock : Sequence[float]
        Share of each slot in stock, 0–1. What sold in a slot with share 0 counts as sold all the same.
    profile : Sequence[float] | None, default None
        Share of a day's sales by slot that other items show; none draws towards even slots.

    Returns
    -------
    Recovered
        Demand behind the sales.

    Raises
    ------
    Error
        With code INTERNAL, INVALID_ARGUMENT.
    """
    return Recovered._of(call("recover_demand", {"slots": slots, "sales": sales, "in_stock": in_stock, "profile": profile}))


def shade_split(
    *,
    prior: Sequence[float],
    strength: float = 20.0,
    sold: Sequence[float] = (),
) -> ShadeSplit:
    """Splits a launch over its shades: shares expected from siblings, updated by what sold
    (Dirichlet-multinomial).

    Parameters
    ----------
    prior : Sequence[float]
        What is expected of each shade, in any unit above 0: sales of the most alike shades of siblings.
    strength : float, default 20.0
        Units that the expectation counts for, above 0.
    sold : Sequence[float], default ()
        Units sold of each shade since the launch, at least 0; none before it.

    Returns
    -------
    ShadeSplit
        How a launch splits over its shades.

    Raises
    ------
    Error
        With code INTERNAL, INVALID_ARGUMENT.
    """
    return ShadeSplit._of(call("shade_split", {"prior": prior, "strength": strength, "sold": sold}))


def verify(
    *,
    folder: str | os.PathLike[str],
) -> Verified:
    """Reads the whole journal in a folder and checks it: checksums, hash chain, keys, snapshots; and that its
    books balance. It may be open elsewhere.

    Parameters
    ----------
    folder : str | os.PathLike[str]
        The folder of a journal.

    Returns
    -------
    Verified
        What a verification found.

    Raises
    ------
    Error
        With code INTERNAL, INVALID_ARGUMENT, IO, JOURNAL_CORRUPT, JOURNAL_VERSION.
    """
    return Verified._of(call("verify", {"folder": folder}))


def salvage(
    *,
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
) -> Salvaged:
    """Copies everything that is whole in the damaged journal of a folder into a new one, and says what was lost.

    Parameters
    ----------
    source : str | os.PathLike[str]
        The folder of the damaged journal, which is only read.
    target : str | os.PathLike[str]
        An empty folder, made where there is none.

    Returns
    -------
    Salvaged
        What a salvage saved.

    Raises
    ------
    Error
        With code DISK_FULL, INTERNAL, INVALID_ARGUMENT, IO, JOURNAL_CORRUPT, JOURNAL_LOCKED, JOURNAL_VERSION,
        READ_ONLY.
    """
    return Salvaged._of(call("salvage", {"source": source, "target": target}))


def forecast(
    df: F,
    future: Frame | None = None,
    *,
    h: int = 14,
    freq: str | None = None,
    season: int = 0,
    seasons: Sequence[int] = (),
    level: Sequence[float] = (80.0,),
    intervals: Intervals = 'auto',
    models: Sequence[str] = ('auto',),
    candidates: Sequence[Model] = (),
    pool: Pool = 'standard',
    windows: int = 3,
    non_negative: bool = True,
    id_column: str = 'unique_id',
    time_column: str = 'ds',
    target_column: str = 'y',
    in_stock: str | None = None,
    gaps: Gaps = 'missing',
    on_error: OnError = 'keep',
    drivers: Sequence[str] = (),
    group_column: str | None = None,
    market_column: str | None = None,
    on_sale: str | None = None,
    progress: Progress = False,
) -> F:
    """Forecasts each series of a long frame with intervals; the models are chosen by rolling-origin error. With
    drivers that are known ahead (price, deal, advert, holiday) in ``future``, every model is moved by their
    effects, pooled over the series; a driver that does not help is dropped.

    Parameters
    ----------
    df : frame
        A frame with columns unique_id, ds, y, and optionally in_stock, drivers, a group and a market.
    future : frame, default None
        A frame with columns unique_id, ds, the drivers.
    h : int, default 14
        Periods to forecast; with drivers, 0 for those after each series that ``future`` has rows for.
    freq : str | None, default None
        Step between periods: ``D``, ``W``, ``MS`` or ``ME``, ``QS`` or ``QE``, ``YS`` or ``YE``, ``B`` (Monday to Friday), ``h``,
        ``min``, ``s``, or several such as ``2W``; by default it is read off the table. Of integer times it says the
        season only, where it is no number.
    season : int, default 0
        Periods in a season; 1 for none, 0 for that of the step: 24 hours, 7 days, 5 business days, 52 weeks, 12
        months, 4 quarters.
    seasons : Sequence[int], default ()
        Further seasons, each longer than the one before (365 beside 7, 168 beside 24), for ``mstl``. At most
        five.
    level : Sequence[float], default (80.0,)
        Levels of the intervals in percent, each between 0 and 100.
    intervals : Intervals, default 'auto'
        How intervals are made. Where another way than ``auto`` is named, a column ``intervals`` tells by which each
        row's were: ``auto`` where the past does not suffice (under 8 one-step errors for ``analytic`` and
        ``bootstrap``, under 1/(1 − level) − 1 errors as far ahead for ``conformal``), ``conformal; auto at 95`` where
        it does for some of the levels only. Where a further model's way is another, it says so: ``auto; naive:
        bootstrap``. With drivers those of what they leave are multiplied; the level and the drivers in logs know
        ``auto`` and ``analytic`` only. One of ``auto``, ``analytic``, ``bootstrap``, ``conformal``.
    models : Sequence[str], default ('auto',)
        The columns of forecasts: ``auto``, the choice among the candidates, and models by our names (``ets``,
        ``theta``) or by statsforecast's (``AutoETS``, ``AutoTheta``).
    candidates : Sequence[Model], default ()
        Models that ``auto`` chooses among; empty for all of the pool that suit the series. ``blend`` averages
        those. One of ``naive``, ``seasonal_naive``, ``ses``, ``holt_winters``, ``croston``, ``sba``,
        ``counts``, ``ets``, ``theta``, ``ces``, ``arima``, ``drift``, ``window_average``,
        ``seasonal_window_average``, ``holt``, ``damped_holt``, ``standard_theta``, ``optimised_theta``,
        ``auto_theta``, ``mstl``, ``tsb``, ``adida``, ``imapa``, ``blend``.
    pool : Pool, default 'standard'
        Which models are tried where none are named. One of ``fast``, ``standard``.
    windows : int, default 3
        Rolling-origin windows on which the models are scored.
    non_negative : bool, default True
        Whether a series without negative values gets no negative forecast.
    id_column : str, default 'unique_id'
        Column of the series' names; where the table lacks it, all rows are one series.
    time_column : str, default 'ds'
        Column of the times: dates, instants, ISO texts or integers.
    target_column : str, default 'y'
        Column of the values.
    in_stock : str | None, default None
        Column of the share of each period, 0–1, in which the item could be bought.
    gaps : Gaps, default 'missing'
        What a period without a row means. One of ``missing``, ``zero``.
    on_error : OnError, default 'keep'
        What happens to a series that cannot be forecast. One of ``keep``, ``raise``.
    drivers : Sequence[str], default ()
        Columns of the drivers, at most 16, numbers without gaps in both frames. One that is above 0 throughout
        and has more than two values acts by the log of its ratio to the series' median; any other as it is.
    group_column : str | None, default None
        Column of what is alike (a brand, a category): effects are shrunk to those of the group, whose level and
        drivers may act in common.
    market_column : str | None, default None
        Column of what is bought in one place (a store): the mean of the others' drivers there may act too.
    on_sale : str | None, default None
        Column of whether it is on sale, 0 or 1, in both frames: what sold on other days is unknown, ahead
        nothing will.
    progress : bool or callable, default False
        True shows a bar for work over two seconds; a function gets ``(done, total)``.

    Returns
    -------
    frame
        Of the same kind as the frame given.

    Raises
    ------
    Error
        With code CANCELLED, DUPLICATE_TIME, INTERNAL, INVALID_ARGUMENT, MISSING_COLUMN, NAN_IN_SERIES,
        SERIES_TOO_SHORT, WRONG_COLUMN_TYPE.
    """
    return call_frame("forecast", {"df": df, "future": future}, {"h": h, "freq": freq, "season": season, "seasons": seasons, "level": level, "intervals": intervals, "models": models, "candidates": candidates, "pool": pool, "windows": windows, "non_negative": non_negative, "id_column": id_column, "time_column": time_column, "target_column": target_column, "in_stock": in_stock, "gaps": gaps, "on_error": on_error, "drivers": drivers, "group_column": group_column, "market_column": market_column, "on_sale": on_sale}, progress)  # type: ignore[no-any-return]


def driver_effects(
    df: F,
    *,
    h: int = 14,
    freq: str | None = None,
    season: int = 0,
    seasons: Sequence[int] = (),
    level: Sequence[float] = (80.0,),
    intervals: Intervals = 'auto',
    models: Sequence[str] = ('auto',),
    candidates: Sequence[Model] = (),
    pool: Pool = 'standard',
    windows: int = 3,
    non_negative: bool = True,
    id_column: str = 'unique_id',
    time_column: str = 'ds',
    target_column: str = 'y',
    in_stock: str | None = None,
    gaps: Gaps = 'missing',
    on_error: OnError = 'keep',
    drivers: Sequence[str] = (),
    group_column: str | None = None,
    market_column: str | None = None,
    on_sale: str | None = None,
    progress: Progress = False,
) -> F:
    """Answers what drivers do to demand over all series of a long frame, with 95 % intervals, and which of them
    help.

    Parameters
    ----------
    df : frame
        A frame with columns unique_id, ds, y, the drivers, and optionally a group and a market.
    h : int, default 14
        Periods to forecast; with drivers, 0 for those after each series that ``future`` has rows for.
    freq : str | None, default None
        Step between periods: ``D``, ``W``, ``MS`` or ``ME``, ``QS`` or ``QE``, ``YS`` or ``YE``, ``B`` (Monday to Friday), ``h``,
        ``min``, ``s``, or several such as ``2W``; by default it is read off the table. Of integer times it says the
        season only, where it is no number.
    season : int, default 0
        Periods in a season; 1 for none, 0 for that of the step: 24 hours, 7 days, 5 business days, 52 weeks, 12
        months, 4 quarters.
    seasons : Sequence[int], default ()
        Further seasons, each longer than the one before (365 beside 7, 168 beside 24), for ``mstl``. At most
        five.
    level : Sequence[float], default (80.0,)
        Levels of the intervals in percent, each between 0 and 100.
    intervals : Intervals, default 'auto'
        How intervals are made. Where another way than ``auto`` is named, a column ``intervals`` tells by which each
        row's were: ``auto`` where the past does not suffice (under 8 one-step errors for ``analytic`` and
        ``bootstrap``, under 1/(1 − level) − 1 errors as far ahead for ``conformal``), ``conformal; auto at 95`` where
        it does for some of the levels only. Where a further model's way is another, it says so: ``auto; naive:
        bootstrap``. With drivers those of what they leave are multiplied; the level and the drivers in logs know
        ``auto`` and ``analytic`` only. One of ``auto``, ``analytic``, ``bootstrap``, ``conformal``.
    models : Sequence[str], default ('auto',)
        The columns of forecasts: ``auto``, the choice among the candidates, and models by our names (``ets``,
        ``theta``) or by statsforecast's (``AutoETS``, ``AutoTheta``).
    candidates : Sequence[Model], default ()
        Models that ``auto`` chooses among; empty for all of the pool that suit the series. ``blend`` averages
        those. One of ``naive``, ``seasonal_naive``, ``ses``, ``holt_winters``, ``croston``, ``sba``,
        ``counts``, ``ets``, ``theta``, ``ces``, ``arima``, ``drift``, ``window_average``,
        ``seasonal_window_average``, ``holt``, ``damped_holt``, ``standard_theta``, ``optimised_theta``,
        ``auto_theta``, ``mstl``, ``tsb``, ``adida``, ``imapa``, ``blend``.
    pool : Pool, default 'standard'
        Which models are tried where none are named. One of ``fast``, ``standard``.
    windows : int, default 3
        Rolling-origin windows on which the models are scored.
    non_negative : bool, default True
        Whether a series without negative values gets no negative forecast.
    id_column : str, default 'unique_id'
        Column of the series' names; where the table lacks it, all rows are one series.
    time_column : str, default 'ds'
        Column of the times: dates, instants, ISO texts or integers.
    target_column : str, default 'y'
        Column of the values.
    in_stock : str | None, default None
        Column of the share of each period, 0–1, in which the item could be bought.
    gaps : Gaps, default 'missing'
        What a period without a row means. One of ``missing``, ``zero``.
    on_error : OnError, default 'keep'
        What happens to a series that cannot be forecast. One of ``keep``, ``raise``.
    drivers : Sequence[str], default ()
        Columns of the drivers, at most 16, numbers without gaps in both frames. One that is above 0 throughout
        and has more than two values acts by the log of its ratio to the series' median; any other as it is.
    group_column : str | None, default None
        Column of what is alike (a brand, a category): effects are shrunk to those of the group, whose level and
        drivers may act in common.
    market_column : str | None, default None
        Column of what is bought in one place (a store): the mean of the others' drivers there may act too.
    on_sale : str | None, default None
        Column of whether it is on sale, 0 or 1, in both frames: what sold on other days is unknown, ahead
        nothing will.
    progress : bool or callable, default False
        True shows a bar for work over two seconds; a function gets ``(done, total)``.

    Returns
    -------
    frame
        Of the same kind as the frame given.

    Raises
    ------
    Error
        With code CANCELLED, DUPLICATE_TIME, INTERNAL, INVALID_ARGUMENT, MISSING_COLUMN, NAN_IN_SERIES,
        SERIES_TOO_SHORT, WRONG_COLUMN_TYPE.
    """
    return call_frame("driver_effects", {"df": df}, {"h": h, "freq": freq, "season": season, "seasons": seasons, "level": level, "intervals": intervals, "models": models, "candidates": candidates, "pool": pool, "windows": windows, "non_negative": non_negative, "id_column": id_column, "time_column": time_column, "target_column": target_column, "in_stock": in_stock, "gaps": gaps, "on_error": on_error, "drivers": drivers, "group_column": group_column, "market_column": market_column, "on_sale": on_sale}, progress)  # type: ignore[no-any-return]


def calendar_drivers(
    df: F,
    events: Frame,
    lifecycle: Frame | None = None,
    *,
    period_days: int = 1,
    before: int = 0,
    after: int = 0,
    paydays: Sequence[int] = (),
    location_column: str | None = None,
    id_column: str = 'unique_id',
    time_column: str = 'ds',
    progress: Progress = False,
) -> F:
    """Adds columns of a calendar to a long frame: days of events, paydays, and whether a series is on sale.

    Parameters
    ----------
    df : frame
        A frame with columns ds, and optionally unique_id and a location.
    events : frame
        A frame with columns ds, name, and optionally a location.
    lifecycle : frame, default None
        A frame with columns unique_id, and starts_on, ends_on: the first and last day of sale.
    period_days : int, default 1
        Days of a period, 1 … 366: 1 for days, 7 for weeks that begin on ``ds``.
    before : int, default 0
        Days before an event on which it acts already, 0 … 366.
    after : int, default 0
        Days after an event on which it still acts, 0 … 366.
    paydays : Sequence[int], default ()
        Days of the month on which wages are paid, 1 … 31, or −1 for its last day; a month that is shorter pays
        on its last.
    location_column : str | None, default None
        Column of the location in both frames; an event without one is everywhere.
    id_column : str, default 'unique_id'
        Column of the series' names.
    time_column : str, default 'ds'
        Column of the days in all frames.
    progress : bool or callable, default False
        True shows a bar for work over two seconds; a function gets ``(done, total)``.

    Returns
    -------
    frame
        Of the same kind as the frame given.

    Raises
    ------
    Error
        With code CANCELLED, INTERNAL, INVALID_ARGUMENT, MISSING_COLUMN, WRONG_COLUMN_TYPE.
    """
    return call_frame("calendar_drivers", {"df": df, "events": events, "lifecycle": lifecycle}, {"period_days": period_days, "before": before, "after": after, "paydays": paydays, "location_column": location_column, "id_column": id_column, "time_column": time_column}, progress)  # type: ignore[no-any-return]


def signal_drivers(
    df: F,
    signals: Frame,
    *,
    h: int = 14,
    window: int = 7,
    counts: Sequence[str] = (),
    id_column: str = 'unique_id',
    time_column: str = 'ds',
    progress: Progress = False,
) -> F:
    """Adds columns of feedback that leads demand to a long frame: ratings, carts, waiting lists of h periods
    before, drawn to their mean as their numbers ask.

    Parameters
    ----------
    df : frame
        A frame with columns unique_id, ds.
    signals : frame
        A frame with columns unique_id, ds, kind, value, n.
    h : int, default 14
        Periods by which feedback leads: at least those that will be forecast, since none is known of the days
        ahead.
    window : int, default 7
        Periods whose feedback is taken together, the last of them ``h`` before the row's.
    counts : Sequence[str], default ()
        Kinds whose values are counts: a period without a row had none. In the engine's rows every kind but
        ``rating`` is.
    id_column : str, default 'unique_id'
        Column of the series' names in both frames.
    time_column : str, default 'ds'
        Column of the times in both frames, of the same kind.
    progress : bool or callable, default False
        True shows a bar for work over two seconds; a function gets ``(done, total)``.

    Returns
    -------
    frame
        Of the same kind as the frame given.

    Raises
    ------
    Error
        With code CANCELLED, DUPLICATE_TIME, INTERNAL, INVALID_ARGUMENT, MISSING_COLUMN, WRONG_COLUMN_TYPE.
    """
    return call_frame("signal_drivers", {"df": df, "signals": signals}, {"h": h, "window": window, "counts": counts, "id_column": id_column, "time_column": time_column}, progress)  # type: ignore[no-any-return]


def forecast_new(
    products: F,
    history: Frame,
    attributes: Frame,
    *,
    h: int = 14,
    attribute_columns: Sequence[str] = (),
    analogues: int = 20,
    curve: LaunchCurve = 'empirical',
    level: Sequence[float] = (80.0,),
    id_column: str = 'unique_id',
    time_column: str = 'ds',
    target_column: str = 'y',
    progress: Progress = False,
) -> F:
    """Forecasts new products by what similar ones sold after their launches, corrected by what was seen, with
    whole quantiles.

    Parameters
    ----------
    products : frame
        A frame with columns unique_id, ds: the first period of sale, and the attributes.
    history : frame
        A frame with columns unique_id, ds, y: of the others, and what was seen of the products.
    attributes : frame
        A frame with columns unique_id and the attributes of the others.
    h : int, default 14
        Periods to forecast.
    attribute_columns : Sequence[str], default ()
        Columns of the attributes in both frames, 0 … 64: numbers are compared by their range, texts by the
        share of their comma-separated words that both have (a brand, a list of ingredients).
    analogues : int, default 20
        The most alike launches that are taken as analogues, 1 … 1000.
    curve : LaunchCurve, default 'empirical'
        The form of the curve. One of ``empirical``, ``bass``.
    level : Sequence[float], default (80.0,)
        Levels of the intervals in percent, each between 0 and 100.
    id_column : str, default 'unique_id'
        Column of the series' names in all frames.
    time_column : str, default 'ds'
        Column of the times in ``history``, and of the first period of sale in ``products``.
    target_column : str, default 'y'
        Column of the values, at least 0.
    progress : bool or callable, default False
        True shows a bar for work over two seconds; a function gets ``(done, total)``.

    Returns
    -------
    frame
        Of the same kind as the frame given.

    Raises
    ------
    Error
        With code CANCELLED, DUPLICATE_TIME, INTERNAL, INVALID_ARGUMENT, MISSING_COLUMN, WRONG_COLUMN_TYPE.
    """
    return call_frame("forecast_new", {"products": products, "history": history, "attributes": attributes}, {"h": h, "attribute_columns": attribute_columns, "analogues": analogues, "curve": curve, "level": level, "id_column": id_column, "time_column": time_column, "target_column": target_column}, progress)  # type: ignore[no-any-return]


def cannibalisation(
    df: F,
    launches: Frame | None = None,
    *,
    window: int = 28,
    prior_share: float = 0.25,
    prior_sd: float = 0.25,
    group_column: str = 'group',
    id_column: str = 'unique_id',
    time_column: str = 'ds',
    target_column: str = 'y',
    progress: Progress = False,
) -> F:
    """Estimates which share of a new product's sales is taken from its siblings, by group and over all, with 95 %
    intervals.

    Parameters
    ----------
    df : frame
        A frame with columns unique_id, ds, y, and group: what are siblings.
    launches : frame, default None
        A frame with columns unique_id, ds: the first period of sale.
    window : int, default 28
        Periods that are compared before and after a launch.
    prior_share : float, default 0.25
        The share that is expected where nothing is known, −1 … 1: an assumption, not a measurement.
    prior_sd : float, default 0.25
        Its standard deviation, above 0.
    group_column : str, default 'group'
        Column of what are siblings; where the frame lacks it, all series are.
    id_column : str, default 'unique_id'
        Column of the series' names.
    time_column : str, default 'ds'
        Column of the times.
    target_column : str, default 'y'
        Column of the values, at least 0.
    progress : bool or callable, default False
        True shows a bar for work over two seconds; a function gets ``(done, total)``.

    Returns
    -------
    frame
        Of the same kind as the frame given.

    Raises
    ------
    Error
        With code CANCELLED, DUPLICATE_TIME, INTERNAL, INVALID_ARGUMENT, MISSING_COLUMN, WRONG_COLUMN_TYPE.
    """
    return call_frame("cannibalisation", {"df": df, "launches": launches}, {"window": window, "prior_share": prior_share, "prior_sd": prior_sd, "group_column": group_column, "id_column": id_column, "time_column": time_column, "target_column": target_column}, progress)  # type: ignore[no-any-return]


def cannibalised(
    df: F,
    products: Frame,
    shares: Frame | None = None,
    *,
    forecast_column: str = 'auto',
    group_column: str = 'group',
    time_column: str = 'ds',
    progress: Progress = False,
) -> F:
    """Adds to forecasts by how much they fall when new products of their groups are launched.

    Parameters
    ----------
    df : frame
        A frame with columns ds, auto, group: forecasts of what is on sale.
    products : frame
        A frame with columns ds, auto, group: forecasts of the new products.
    shares : frame, default None
        A frame with columns group, share, lo-95, hi-95: as cannibalisation answers.
    forecast_column : str, default 'auto'
        Column of the forecasts, at least 0, in both frames.
    group_column : str, default 'group'
        Column of what are siblings in all frames; where a frame of forecasts lacks it, all series are.
    time_column : str, default 'ds'
        Column of the times.
    progress : bool or callable, default False
        True shows a bar for work over two seconds; a function gets ``(done, total)``.

    Returns
    -------
    frame
        Of the same kind as the frame given.

    Raises
    ------
    Error
        With code CANCELLED, INTERNAL, INVALID_ARGUMENT, MISSING_COLUMN, WRONG_COLUMN_TYPE.
    """
    return call_frame("cannibalised", {"df": df, "products": products, "shares": shares}, {"forecast_column": forecast_column, "group_column": group_column, "time_column": time_column}, progress)  # type: ignore[no-any-return]


def cross_validation(
    df: F,
    *,
    h: int = 14,
    freq: str | None = None,
    season: int = 0,
    seasons: Sequence[int] = (),
    level: Sequence[float] = (80.0,),
    intervals: Intervals = 'auto',
    models: Sequence[str] = ('auto',),
    candidates: Sequence[Model] = (),
    pool: Pool = 'standard',
    windows: int = 3,
    non_negative: bool = True,
    id_column: str = 'unique_id',
    time_column: str = 'ds',
    target_column: str = 'y',
    in_stock: str | None = None,
    gaps: Gaps = 'missing',
    on_error: OnError = 'keep',
    drivers: Sequence[str] = (),
    group_column: str | None = None,
    market_column: str | None = None,
    on_sale: str | None = None,
    n_windows: int = 1,
    step_size: int | None = None,
    refit: bool = True,
    progress: Progress = False,
) -> F:
    """Forecasts each series of a long frame from past origins: what would have been told, beside what came.

    Parameters
    ----------
    df : frame
        A frame with columns unique_id, ds, y, and optionally in_stock, drivers, a group and a market.
    h : int, default 14
        Periods to forecast; with drivers, 0 for those after each series that ``future`` has rows for.
    freq : str | None, default None
        Step between periods: ``D``, ``W``, ``MS`` or ``ME``, ``QS`` or ``QE``, ``YS`` or ``YE``, ``B`` (Monday to Friday), ``h``,
        ``min``, ``s``, or several such as ``2W``; by default it is read off the table. Of integer times it says the
        season only, where it is no number.
    season : int, default 0
        Periods in a season; 1 for none, 0 for that of the step: 24 hours, 7 days, 5 business days, 52 weeks, 12
        months, 4 quarters.
    seasons : Sequence[int], default ()
        Further seasons, each longer than the one before (365 beside 7, 168 beside 24), for ``mstl``. At most
        five.
    level : Sequence[float], default (80.0,)
        Levels of the intervals in percent, each between 0 and 100.
    intervals : Intervals, default 'auto'
        How intervals are made. Where another way than ``auto`` is named, a column ``intervals`` tells by which each
        row's were: ``auto`` where the past does not suffice (under 8 one-step errors for ``analytic`` and
        ``bootstrap``, under 1/(1 − level) − 1 errors as far ahead for ``conformal``), ``conformal; auto at 95`` where
        it does for some of the levels only. Where a further model's way is another, it says so: ``auto; naive:
        bootstrap``. With drivers those of what they leave are multiplied; the level and the drivers in logs know
        ``auto`` and ``analytic`` only. One of ``auto``, ``analytic``, ``bootstrap``, ``conformal``.
    models : Sequence[str], default ('auto',)
        The columns of forecasts: ``auto``, the choice among the candidates, and models by our names (``ets``,
        ``theta``) or by statsforecast's (``AutoETS``, ``AutoTheta``).
    candidates : Sequence[Model], default ()
        Models that ``auto`` chooses among; empty for all of the pool that suit the series. ``blend`` averages
        those. One of ``naive``, ``seasonal_naive``, ``ses``, ``holt_winters``, ``croston``, ``sba``,
        ``counts``, ``ets``, ``theta``, ``ces``, ``arima``, ``drift``, ``window_average``,
        ``seasonal_window_average``, ``holt``, ``damped_holt``, ``standard_theta``, ``optimised_theta``,
        ``auto_theta``, ``mstl``, ``tsb``, ``adida``, ``imapa``, ``blend``.
    pool : Pool, default 'standard'
        Which models are tried where none are named. One of ``fast``, ``standard``.
    windows : int, default 3
        Rolling-origin windows on which the models are scored.
    non_negative : bool, default True
        Whether a series without negative values gets no negative forecast.
    id_column : str, default 'unique_id'
        Column of the series' names; where the table lacks it, all rows are one series.
    time_column : str, default 'ds'
        Column of the times: dates, instants, ISO texts or integers.
    target_column : str, default 'y'
        Column of the values.
    in_stock : str | None, default None
        Column of the share of each period, 0–1, in which the item could be bought.
    gaps : Gaps, default 'missing'
        What a period without a row means. One of ``missing``, ``zero``.
    on_error : OnError, default 'keep'
        What happens to a series that cannot be forecast. One of ``keep``, ``raise``.
    drivers : Sequence[str], default ()
        Columns of the drivers, at most 16, numbers without gaps in both frames. One that is above 0 throughout
        and has more than two values acts by the log of its ratio to the series' median; any other as it is.
    group_column : str | None, default None
        Column of what is alike (a brand, a category): effects are shrunk to those of the group, whose level and
        drivers may act in common.
    market_column : str | None, default None
        Column of what is bought in one place (a store): the mean of the others' drivers there may act too.
    on_sale : str | None, default None
        Column of whether it is on sale, 0 or 1, in both frames: what sold on other days is unknown, ahead
        nothing will.
    n_windows : int, default 1
        How many windows, 1 … 1,000.
    step_size : int | None, default None
        Periods between their cutoffs; ``h`` by default.
    refit : bool, default True
        Whether models are chosen and fitted anew for each window; otherwise those of a series' first window
        take the values up to the next ones in, as a ``Forecaster`` does; ``intervals`` are
        ``auto`` or ``analytic`` then.
    progress : bool or callable, default False
        True shows a bar for work over two seconds; a function gets ``(done, total)``.

    Returns
    -------
    frame
        Of the same kind as the frame given.

    Raises
    ------
    Error
        With code CANCELLED, DUPLICATE_TIME, INTERNAL, INVALID_ARGUMENT, MISSING_COLUMN, NAN_IN_SERIES,
        SERIES_TOO_SHORT, WRONG_COLUMN_TYPE.
    """
    return call_frame("cross_validation", {"df": df}, {"h": h, "freq": freq, "season": season, "seasons": seasons, "level": level, "intervals": intervals, "models": models, "candidates": candidates, "pool": pool, "windows": windows, "non_negative": non_negative, "id_column": id_column, "time_column": time_column, "target_column": target_column, "in_stock": in_stock, "gaps": gaps, "on_error": on_error, "drivers": drivers, "group_column": group_column, "market_column": market_column, "on_sale": on_sale, "n_windows": n_windows, "step_size": step_size, "refit": refit}, progress)  # type: ignore[no-any-return]


def forecast_paths(
    df: F,
    future: Frame | None = None,
    *,
    h: int = 14,
    freq: str | None = None,
    season: int = 0,
    seasons: Sequence[int] = (),
    level: Sequence[float] = (80.0,),
    intervals: Intervals = 'auto',
    models: Sequence[str] = ('auto',),
    candidates: Sequence[Model] = (),
    pool: Pool = 'standard',
    windows: int = 3,
    non_negative: bool = True,
    id_column: str = 'unique_id',
    time_column: str = 'ds',
    target_column: str = 'y',
    in_stock: str | None = None,
    gaps: Gaps = 'missing',
    on_error: OnError = 'keep',
    drivers: Sequence[str] = (),
    group_column: str | None = None,
    market_column: str | None = None,
    on_sale: str | None = None,
    n_paths: int = 100,
    seed: int = 0,
    progress: Progress = False,
) -> F:
    """Simulates the future of each series of a long frame: columns path-1 … path-n, each one future of all series,
    whose sums and reconciled nodes are coherent.

    Parameters
    ----------
    df : frame
        A frame with columns unique_id, ds, y, and optionally in_stock, drivers, a group and a market.
    future : frame, default None
        A frame with columns unique_id, ds, the drivers.
    h : int, default 14
        Periods to forecast; with drivers, 0 for those after each series that ``future`` has rows for.
    freq : str | None, default None
        Step between periods: ``D``, ``W``, ``MS`` or ``ME``, ``QS`` or ``QE``, ``YS`` or ``YE``, ``B`` (Monday to Friday), ``h``,
        ``min``, ``s``, or several such as ``2W``; by default it is read off the table. Of integer times it says the
        season only, where it is no number.
    season : int, default 0
        Periods in a season; 1 for none, 0 for that of the step: 24 hours, 7 days, 5 business days, 52 weeks, 12
        months, 4 quarters.
    seasons : Sequence[int], default ()
        Further seasons, each longer than the one before (365 beside 7, 168 beside 24), for ``mstl``. At most
        five.
    level : Sequence[float], default (80.0,)
        Levels of the intervals in percent, each between 0 and 100.
    intervals : Intervals, default 'auto'
        How intervals are made. Where another way than ``auto`` is named, a column ``intervals`` tells by which each
        row's were: ``auto`` where the past does not suffice (under 8 one-step errors for ``analytic`` and
        ``bootstrap``, under 1/(1 − level) − 1 errors as far ahead for ``conformal``), ``conformal; auto at 95`` where
        it does for some of the levels only. Where a further model's way is another, it says so: ``auto; naive:
        bootstrap``. With drivers those of what they leave are multiplied; the level and the drivers in logs know
        ``auto`` and ``analytic`` only. One of ``auto``, ``analytic``, ``bootstrap``, ``conformal``.
    models : Sequence[str], default ('auto',)
        The columns of forecasts: ``auto``, the choice among the candidates, and models by our names (``ets``,
        ``theta``) or by statsforecast's (``AutoETS``, ``AutoTheta``).
    candidates : Sequence[Model], default ()
        Models that ``auto`` chooses among; empty for all of the pool that suit the series. ``blend`` averages
        those. One of ``naive``, ``seasonal_naive``, ``ses``, ``holt_winters``, ``croston``, ``sba``,
        ``counts``, ``ets``, ``theta``, ``ces``, ``arima``, ``drift``, ``window_average``,
        ``seasonal_window_average``, ``holt``, ``damped_holt``, ``standard_theta``, ``optimised_theta``,
        ``auto_theta``, ``mstl``, ``tsb``, ``adida``, ``imapa``, ``blend``.
    pool : Pool, default 'standard'
        Which models are tried where none are named. One of ``fast``, ``standard``.
    windows : int, default 3
        Rolling-origin windows on which the models are scored.
    non_negative : bool, default True
        Whether a series without negative values gets no negative forecast.
    id_column : str, default 'unique_id'
        Column of the series' names; where the table lacks it, all rows are one series.
    time_column : str, default 'ds'
        Column of the times: dates, instants, ISO texts or integers.
    target_column : str, default 'y'
        Column of the values.
    in_stock : str | None, default None
        Column of the share of each period, 0–1, in which the item could be bought.
    gaps : Gaps, default 'missing'
        What a period without a row means. One of ``missing``, ``zero``.
    on_error : OnError, default 'keep'
        What happens to a series that cannot be forecast. One of ``keep``, ``raise``.
    drivers : Sequence[str], default ()
        Columns of the drivers, at most 16, numbers without gaps in both frames. One that is above 0 throughout
        and has more than two values acts by the log of its ratio to the series' median; any other as it is.
    group_column : str | None, default None
        Column of what is alike (a brand, a category): effects are shrunk to those of the group, whose level and
        drivers may act in common.
    market_column : str | None, default None
        Column of what is bought in one place (a store): the mean of the others' drivers there may act too.
    on_sale : str | None, default None
        Column of whether it is on sale, 0 or 1, in both frames: what sold on other days is unknown, ahead
        nothing will.
    n_paths : int, default 100
        How many paths, 1 … 10,000.
    seed : int, default 0
        Seed: the same gives the same paths.
    progress : bool or callable, default False
        True shows a bar for work over two seconds; a function gets ``(done, total)``.

    Returns
    -------
    frame
        Of the same kind as the frame given.

    Raises
    ------
    Error
        With code CANCELLED, DUPLICATE_TIME, INTERNAL, INVALID_ARGUMENT, MISSING_COLUMN, NAN_IN_SERIES,
        SERIES_TOO_SHORT, WRONG_COLUMN_TYPE.
    """
    return call_frame("forecast_paths", {"df": df, "future": future}, {"h": h, "freq": freq, "season": season, "seasons": seasons, "level": level, "intervals": intervals, "models": models, "candidates": candidates, "pool": pool, "windows": windows, "non_negative": non_negative, "id_column": id_column, "time_column": time_column, "target_column": target_column, "in_stock": in_stock, "gaps": gaps, "on_error": on_error, "drivers": drivers, "group_column": group_column, "market_column": market_column, "on_sale": on_sale, "n_paths": n_paths, "seed": seed}, progress)  # type: ignore[no-any-return]


def forecast_totals(
    df: F,
    future: Frame | None = None,
    *,
    h: int = 14,
    freq: str | None = None,
    season: int = 0,
    seasons: Sequence[int] = (),
    level: Sequence[float] = (80.0,),
    intervals: Intervals = 'auto',
    models: Sequence[str] = ('auto',),
    candidates: Sequence[Model] = (),
    pool: Pool = 'standard',
    windows: int = 3,
    non_negative: bool = True,
    id_column: str = 'unique_id',
    time_column: str = 'ds',
    target_column: str = 'y',
    in_stock: str | None = None,
    gaps: Gaps = 'missing',
    on_error: OnError = 'keep',
    drivers: Sequence[str] = (),
    group_column: str | None = None,
    market_column: str | None = None,
    on_sale: str | None = None,
    quantiles: Sequence[float] = (0.1, 0.5, 0.9),
    seed: int = 0,
    progress: Progress = False,
) -> F:
    """Forecasts the demand of the next h periods together, a lead time: quantiles of the sums of simulated paths.

    Parameters
    ----------
    df : frame
        A frame with columns unique_id, ds, y, and optionally in_stock, drivers, a group and a market.
    future : frame, default None
        A frame with columns unique_id, ds, the drivers.
    h : int, default 14
        Periods to forecast; with drivers, 0 for those after each series that ``future`` has rows for.
    freq : str | None, default None
        Step between periods: ``D``, ``W``, ``MS`` or ``ME``, ``QS`` or ``QE``, ``YS`` or ``YE``, ``B`` (Monday to Friday), ``h``,
        ``min``, ``s``, or several such as ``2W``; by default it is read off the table. Of integer times it says the
        season only, where it is no number.
    season : int, default 0
        Periods in a season; 1 for none, 0 for that of the step: 24 hours, 7 days, 5 business days, 52 weeks, 12
        months, 4 quarters.
    seasons : Sequence[int], default ()
        Further seasons, each longer than the one before (365 beside 7, 168 beside 24), for ``mstl``. At most
        five.
    level : Sequence[float], default (80.0,)
        Levels of the intervals in percent, each between 0 and 100.
    intervals : Intervals, default 'auto'
        How intervals are made. Where another way than ``auto`` is named, a column ``intervals`` tells by which each
        row's were: ``auto`` where the past does not suffice (under 8 one-step errors for ``analytic`` and
        ``bootstrap``, under 1/(1 − level) − 1 errors as far ahead for ``conformal``), ``conformal; auto at 95`` where
        it does for some of the levels only. Where a further model's way is another, it says so: ``auto; naive:
        bootstrap``. With drivers those of what they leave are multiplied; the level and the drivers in logs know
        ``auto`` and ``analytic`` only. One of ``auto``, ``analytic``, ``bootstrap``, ``conformal``.
    models : Sequence[str], default ('auto',)
        The columns of forecasts: ``auto``, the choice among the candidates, and models by our names (``ets``,
        ``theta``) or by statsforecast's (``AutoETS``, ``AutoTheta``).
    candidates : Sequence[Model], default ()
        Models that ``auto`` chooses among; empty for all of the pool that suit the series. ``blend`` averages
        those. One of ``naive``, ``seasonal_naive``, ``ses``, ``holt_winters``, ``croston``, ``sba``,
        ``counts``, ``ets``, ``theta``, ``ces``, ``arima``, ``drift``, ``window_average``,
        ``seasonal_window_average``, ``holt``, ``damped_holt``, ``standard_theta``, ``optimised_theta``,
        ``auto_theta``, ``mstl``, ``tsb``, ``adida``, ``imapa``, ``blend``.
    pool : Pool, default 'standard'
        Which models are tried where none are named. One of ``fast``, ``standard``.
    windows : int, default 3
        Rolling-origin windows on which the models are scored.
    non_negative : bool, default True
        Whether a series without negative values gets no negative forecast.
    id_column : str, default 'unique_id'
        Column of the series' names; where the table lacks it, all rows are one series.
    time_column : str, default 'ds'
        Column of the times: dates, instants, ISO texts or integers.
    target_column : str, default 'y'
        Column of the values.
    in_stock : str | None, default None
        Column of the share of each period, 0–1, in which the item could be bought.
    gaps : Gaps, default 'missing'
        What a period without a row means. One of ``missing``, ``zero``.
    on_error : OnError, default 'keep'
        What happens to a series that cannot be forecast. One of ``keep``, ``raise``.
    drivers : Sequence[str], default ()
        Columns of the drivers, at most 16, numbers without gaps in both frames. One that is above 0 throughout
        and has more than two values acts by the log of its ratio to the series' median; any other as it is.
    group_column : str | None, default None
        Column of what is alike (a brand, a category): effects are shrunk to those of the group, whose level and
        drivers may act in common.
    market_column : str | None, default None
        Column of what is bought in one place (a store): the mean of the others' drivers there may act too.
    on_sale : str | None, default None
        Column of whether it is on sale, 0 or 1, in both frames: what sold on other days is unknown, ahead
        nothing will.
    quantiles : Sequence[float], default (0.1, 0.5, 0.9)
        Probabilities of the quantiles, each in (0, 1).
    seed : int, default 0
        Seed of the 2,000 paths.
    progress : bool or callable, default False
        True shows a bar for work over two seconds; a function gets ``(done, total)``.

    Returns
    -------
    frame
        Of the same kind as the frame given.

    Raises
    ------
    Error
        With code CANCELLED, DUPLICATE_TIME, INTERNAL, INVALID_ARGUMENT, MISSING_COLUMN, NAN_IN_SERIES,
        SERIES_TOO_SHORT, WRONG_COLUMN_TYPE.
    """
    return call_frame("forecast_totals", {"df": df, "future": future}, {"h": h, "freq": freq, "season": season, "seasons": seasons, "level": level, "intervals": intervals, "models": models, "candidates": candidates, "pool": pool, "windows": windows, "non_negative": non_negative, "id_column": id_column, "time_column": time_column, "target_column": target_column, "in_stock": in_stock, "gaps": gaps, "on_error": on_error, "drivers": drivers, "group_column": group_column, "market_column": market_column, "on_sale": on_sale, "quantiles": quantiles, "seed": seed}, progress)  # type: ignore[no-any-return]


def evaluate(
    df: F,
    train: Frame | None = None,
    *,
    season: int = 1,
    id_column: str = 'unique_id',
    time_column: str = 'ds',
    target_column: str = 'y',
    reference: str | None = None,
    progress: Progress = False,
) -> F:
    """Scores the forecasts in the columns of a frame against the truth beside them: errors, scaled errors,
    coverage of intervals.

    Parameters
    ----------
    df : frame
        A frame with columns unique_id, ds, y, a column a model, and optionally model-lo-80, model-hi-80,
        cutoff.
    train : frame, default None
        A frame with columns unique_id, ds, y: the rows before.
    season : int, default 1
        The lag of the seasonal naive forecast that MASE and the interval score are scaled with.
    id_column : str, default 'unique_id'
        Column of the series' names; where a table lacks it, all rows are one series.
    time_column : str, default 'ds'
        Column of the times.
    target_column : str, default 'y'
        Column of the truth.
    reference : str | None, default None
        The model that the others have to beat, a column: they get ``fva``.
    progress : bool or callable, default False
        True shows a bar for work over two seconds; a function gets ``(done, total)``.

    Returns
    -------
    frame
        Of the same kind as the frame given.

    Raises
    ------
    Error
        With code CANCELLED, INTERNAL, INVALID_ARGUMENT, MISSING_COLUMN, WRONG_COLUMN_TYPE.
    """
    return call_frame("evaluate", {"df": df, "train": train}, {"season": season, "id_column": id_column, "time_column": time_column, "target_column": target_column, "reference": reference}, progress)  # type: ignore[no-any-return]


def aggregate(
    df: F,
    hierarchy: Frame,
    *,
    gaps: Gaps = 'missing',
    id_column: str = 'unique_id',
    time_column: str = 'ds',
    target_column: str = 'y',
    progress: Progress = False,
) -> F:
    """Sums the series of leaves up to those of all nodes of a hierarchy: products, brands, categories, locations.

    Parameters
    ----------
    df : frame
        A frame with columns unique_id, ds, y of the leaves.
    hierarchy : frame
        A frame with columns parent, child; a child may have several parents.
    gaps : Gaps, default 'missing'
        What a leaf without a row at a time means for the sums above it. One of ``missing``, ``zero``.
    id_column : str, default 'unique_id'
        Column of the leaves' names.
    time_column : str, default 'ds'
        Column of the times.
    target_column : str, default 'y'
        Column of the values.
    progress : bool or callable, default False
        True shows a bar for work over two seconds; a function gets ``(done, total)``.

    Returns
    -------
    frame
        Of the same kind as the frame given.

    Raises
    ------
    Error
        With code CANCELLED, DUPLICATE_TIME, INTERNAL, INVALID_ARGUMENT, MISSING_COLUMN, WRONG_COLUMN_TYPE.
    """
    return call_frame("aggregate", {"df": df, "hierarchy": hierarchy}, {"gaps": gaps, "id_column": id_column, "time_column": time_column, "target_column": target_column}, progress)  # type: ignore[no-any-return]


def reconcile(
    df: F,
    hierarchy: Frame,
    residuals: Frame | None = None,
    history: Frame | None = None,
    *,
    method: ReconcileMethod = 'wls_struct',
    non_negative: bool = False,
    id_column: str = 'unique_id',
    time_column: str = 'ds',
    progress: Progress = False,
) -> F:
    """Makes forecasts of all nodes of a hierarchy add up: bottom-up, top-down, least squares, minimum trace.

    Parameters
    ----------
    df : frame
        A frame with columns unique_id, ds and a column a model, for the nodes of all levels.
    hierarchy : frame
        A frame with columns parent, child; a child may have several parents.
    residuals : frame, default None
        A frame with columns unique_id, ds, residual: one step ahead in sample, for wls_var and mint_shrink.
    history : frame, default None
        A frame with columns unique_id, ds, y of the leaves: proportions for top_down.
    method : ReconcileMethod, default 'wls_struct'
        The method. One of ``bottom_up``, ``top_down``, ``ols``, ``wls_struct``, ``wls_var``, ``mint_shrink``.
    non_negative : bool, default False
        Whether no leaf may be below zero: those that are get zero and the others are reconciled again until
        none is.
    id_column : str, default 'unique_id'
        Column of the nodes' names.
    time_column : str, default 'ds'
        Column of the times.
    progress : bool or callable, default False
        True shows a bar for work over two seconds; a function gets ``(done, total)``.

    Returns
    -------
    frame
        Of the same kind as the frame given.

    Raises
    ------
    Error
        With code CANCELLED, DUPLICATE_TIME, INTERNAL, INVALID_ARGUMENT, MISSING_COLUMN, WRONG_COLUMN_TYPE.
    """
    return call_frame("reconcile", {"df": df, "hierarchy": hierarchy, "residuals": residuals, "history": history}, {"method": method, "non_negative": non_negative, "id_column": id_column, "time_column": time_column}, progress)  # type: ignore[no-any-return]


def recommend(
    interactions: F,
    items: Frame | None = None,
    *,
    users: Sequence[str] = (),
    k: int = 10,
    user_column: str = 'user',
    item_column: str = 'item',
    value_column: str | None = None,
    kind_column: str | None = None,
    time_column: str | None = None,
    days_ago_column: str | None = None,
    today: DayLike | None = None,
    exclude_seen: bool = True,
    max_per_brand: int = 0,
    profile: Sequence[str] = (),
    scoring: ScoreParams | Mapping[str, Any] = ScoreParams(),
    progress: Progress = False,
) -> F:
    """Recommends items to users from a frame of interactions.

    Parameters
    ----------
    interactions : frame
        A frame with columns user, item, and optionally value, kind, time or days_ago.
    items : frame, default None
        A frame with columns item and attribute columns.
    users : Sequence[str], default ()
        Users to recommend to, in the order of the answer; empty for all, by key. Unknown users get what
        strangers get.
    k : int, default 10
        Items a user at most; at least 1.
    user_column : str, default 'user'
        Column of users: texts or integers.
    item_column : str, default 'item'
        Column of items, in both tables: texts or integers.
    value_column : str | None, default None
        Column of ratings, whole numbers 1–5. Without a kind column every row is a rating.
    kind_column : str | None, default None
        Column of kinds: ``view``, ``click``, ``cart``, ``purchase``, ``rating`` (needs a value column), ``return``. Without
        it and without a value column every row is a purchase.
    time_column : str | None, default None
        Column of days, instants or ISO texts.
    days_ago_column : str | None, default None
        Column of ages in days, in place of a time column.
    today : DayLike | None, default None
        The day of the recommendation; rows after it are left out. Default: the latest day of the data.
    exclude_seen : bool, default True
        Leaves out what a user rated or bought.
    max_per_brand : int, default 0
        Most items of one brand a user (column ``brand`` of the items); 0 for no cap.
    profile : Sequence[str], default ()
        Attributes wished for by every user, such as ``category:serum``.
    scoring : ScoreParams | Mapping[str, Any], default ScoreParams()
        How taste, attributes and trend are blended. Without times the trend is left out.
    progress : bool or callable, default False
        True shows a bar for work over two seconds; a function gets ``(done, total)``.

    Returns
    -------
    frame
        Of the same kind as the frame given.

    Raises
    ------
    Error
        With code CANCELLED, INTERNAL, INVALID_ARGUMENT, MISSING_COLUMN, WRONG_COLUMN_TYPE.
    """
    return call_frame("recommend", {"interactions": interactions, "items": items}, {"users": users, "k": k, "user_column": user_column, "item_column": item_column, "value_column": value_column, "kind_column": kind_column, "time_column": time_column, "days_ago_column": days_ago_column, "today": day_argument(today, "today"), "exclude_seen": exclude_seen, "max_per_brand": max_per_brand, "profile": profile, "scoring": scoring}, progress)  # type: ignore[no-any-return]


def plan_purchases(
    df: F,
    paths: Frame | None = None,
    *,
    lead_time_days: int = 7,
    review_days: int = 7,
    service_level: float = 0.95,
    min_order_qty: int = 0,
    pack_size: int = 1,
    min_remaining_days: int = 0,
    include_zero: bool = False,
    expiry_quantile: float = 0.5,
    period_days: float = 1.0,
    id_column: str = 'unique_id',
    progress: Progress = False,
) -> F:
    """Proposes purchases from a frame with stock and daily demand per SKU, or with simulated futures of it.

    Parameters
    ----------
    df : frame
        A frame with columns sku, available, demand_mean, demand_sd, lead_time_days ….
    paths : frame, default None
        A frame with columns unique_id, path-1, path-2 …: what forecast_paths answers, over lead time and
        review.
    lead_time_days : int, default 7
        Days from order to receipt.
    review_days : int, default 7
        Days until the next order can be placed.
    service_level : float, default 0.95
        Probability with which demand has to be covered, between 0 and 1.
    min_order_qty : int, default 0
        The least that may be ordered; 0 for no such rule.
    pack_size : int, default 1
        Orders are multiples of this.
    min_remaining_days : int, default 0
        Days of life that have to remain when it is sold.
    include_zero : bool, default False
        Whether rows that need no order are listed too, with a quantity of 0.
    expiry_quantile : float, default 0.5
        An order is capped at the demand of this probability before its shelf life ends.
    period_days : float, default 1.0
        Days of a row of ``paths``: 7 where they are weekly.
    id_column : str, default 'unique_id'
        Column of the SKUs in ``paths``.
    progress : bool or callable, default False
        True shows a bar for work over two seconds; a function gets ``(done, total)``.

    Returns
    -------
    frame
        Of the same kind as the frame given.

    Raises
    ------
    Error
        With code CANCELLED, INTERNAL, INVALID_ARGUMENT, MISSING_COLUMN, WRONG_COLUMN_TYPE.
    """
    return call_frame("plan_purchases", {"df": df, "paths": paths}, {"lead_time_days": lead_time_days, "review_days": review_days, "service_level": service_level, "min_order_qty": min_order_qty, "pack_size": pack_size, "min_remaining_days": min_remaining_days, "include_zero": include_zero, "expiry_quantile": expiry_quantile, "period_days": period_days, "id_column": id_column}, progress)  # type: ignore[no-any-return]


def rfm(
    df: F,
    *,
    customer_column: str = 'customer',
    time_column: str = 'ds',
    value_column: str = 'value',
    today: DayLike | None = None,
    bins: int = 5,
    progress: Progress = False,
) -> F:
    """Scores and segments customers by recency, frequency and money.

    Parameters
    ----------
    df : frame
        A frame with columns customer, ds, value.
    customer_column : str, default 'customer'
        Column of customers: texts or integers.
    time_column : str, default 'ds'
        Column of purchase days: days, instants or ISO texts.
    value_column : str, default 'value'
        Column of values, in one currency.
    today : DayLike | None, default None
        The day to look from; rows after it are left out. Default: the latest day of the data.
    bins : int, default 5
        Scores run from 1 to this number, 2–100.
    progress : bool or callable, default False
        True shows a bar for work over two seconds; a function gets ``(done, total)``.

    Returns
    -------
    frame
        Of the same kind as the frame given.

    Raises
    ------
    Error
        With code CANCELLED, INTERNAL, INVALID_ARGUMENT, MISSING_COLUMN, WRONG_COLUMN_TYPE.
    """
    return call_frame("rfm", {"df": df}, {"customer_column": customer_column, "time_column": time_column, "value_column": value_column, "today": day_argument(today, "today"), "bins": bins}, progress)  # type: ignore[no-any-return]


def kmeans(
    df: F,
    *,
    k: int = 8,
    seed: int = 0,
    id_column: str | None = None,
    max_iterations: int = 300,
    tolerance: float = 0.0001,
    restarts: int = 10,
    standardise: bool = True,
    progress: Progress = False,
) -> F:
    """Clusters the rows of a frame of numbers by k-means.

    Parameters
    ----------
    df : frame
        A frame with columns numeric columns, and optionally an id column.
    k : int, default 8
        Number of clusters, 1 … rows.
    seed : int, default 0
        Seed of the starts.
    id_column : str | None, default None
        Column to carry over, which is no feature; every other column has to be numeric.
    max_iterations : int, default 300
        Most iterations of one start, at least 1.
    tolerance : float, default 0.0001
        A start ends when its centres move less than this, above 0.
    restarts : int, default 10
        Starts, of which the tightest is kept; 1–1000.
    standardise : bool, default True
        Scales every column to mean 0 and standard deviation 1 first.
    progress : bool or callable, default False
        True shows a bar for work over two seconds; a function gets ``(done, total)``.

    Returns
    -------
    frame
        Of the same kind as the frame given.

    Raises
    ------
    Error
        With code CANCELLED, INTERNAL, INVALID_ARGUMENT, MISSING_COLUMN, WRONG_COLUMN_TYPE.
    """
    return call_frame("kmeans", {"df": df}, {"k": k, "seed": seed, "id_column": id_column, "max_iterations": max_iterations, "tolerance": tolerance, "restarts": restarts, "standardise": standardise}, progress)  # type: ignore[no-any-return]


def read_csv(
    text: str,
    *,
    numbers: Sequence[str] = (),
    separator: str = ',',
    progress: Progress = False,
) -> Table:
    """Reads CSV text into a frame; errors name the line.

    Parameters
    ----------
    text : str
        The text, with a line of column names first.
    numbers : Sequence[str], default ()
        Columns that have to be numbers: a value that is none is an error naming its line.
    separator : str, default ','
        What separates values: one ASCII character.
    progress : bool or callable, default False
        True shows a bar for work over two seconds; a function gets ``(done, total)``.

    Returns
    -------
    Table
        A mapping of columns that turns into any frame.

    Raises
    ------
    Error
        With code INTERNAL, INVALID_ARGUMENT, MALFORMED, MISSING_COLUMN.
    """
    return call_frame("read_csv", {}, {"text": text, "numbers": numbers, "separator": separator}, progress)  # type: ignore[no-any-return]


class _Ledger(Base):
    """What the ledger does."""

    def upsert_skus(
        self,
        skus: Iterable[Sku | Mapping[str, Any]] | Frame,
        *,
        now: InstantLike | None = None,
    ) -> None:
        """Adds SKUs or replaces their entries, and settles the facts that waited for them.

        Parameters
        ----------
        skus : Iterable[Sku | Mapping[str, Any]] | Frame
            The entries; each replaces the one of its key.
        now : InstantLike | None, default None
            The instant of the call; else the system's clock.

        Raises
        ------
        Error
            With code CLOSED, CONFLICT, DISK_FULL, INTERNAL, INVALID_ARGUMENT, IO, JOURNAL_POISONED, READ_ONLY.
        """
        self._door("upsert_skus", {"skus": catalog(skus, "skus"), "now": now})

    def upsert_channels(
        self,
        channels: Iterable[Channel | Mapping[str, Any]] | Frame,
        *,
        now: InstantLike | None = None,
    ) -> None:
        """Adds channels or replaces them: what each keeps for itself and how long goods must keep there.

        Parameters
        ----------
        channels : Iterable[Channel | Mapping[str, Any]] | Frame
            The entries; each replaces the one of its key.
        now : InstantLike | None, default None
            The instant of the call; else the system's clock.

        Raises
        ------
        Error
            With code CLOSED, CONFLICT, DISK_FULL, INTERNAL, INVALID_ARGUMENT, IO, JOURNAL_POISONED, READ_ONLY.
        """
        self._door("upsert_channels", {"channels": catalog(channels, "channels"), "now": now})

    def upsert_locations(
        self,
        locations: Sequence[Location | Mapping[str, Any]],
        *,
        now: InstantLike | None = None,
    ) -> None:
        """Adds locations or replaces their entries: where the business day of each begins, and with it its expiry day.

        Parameters
        ----------
        locations : Sequence[Location | Mapping[str, Any]]
            The entries; each replaces the one of its key.
        now : InstantLike | None, default None
            The instant of the call; else the system's clock.

        Raises
        ------
        Error
            With code CLOSED, CONFLICT, DISK_FULL, INTERNAL, INVALID_ARGUMENT, IO, JOURNAL_POISONED, READ_ONLY.
        """
        self._door("upsert_locations", {"locations": locations, "now": now})

    def reserve(
        self,
        *,
        id: str,
        lines: Mapping[str, int] | Iterable[Line | Mapping[str, Any]],
        location: str,
        ttl_seconds: int = 900,
        up_to: bool = False,
        channel: str | None = None,
        min_remaining_days: int = 0,
        strategy: Strategy = 'fefo',
        now: InstantLike | None = None,
    ) -> Held:
        """Holds stock for a basket until a deadline: all lines or none.

        Parameters
        ----------
        id : str
            Idempotency key; also the id of the hold.
        lines : Mapping[str, int] | Iterable[Line | Mapping[str, Any]]
            What to hold: all of it or nothing.
        location : str
            Where.
        ttl_seconds : int, default 900
            Seconds until the hold falls, 1 … 31,536,000.
        up_to : bool, default False
            Holds what there is of each line, at most its quantity, and at least one unit in all.
        channel : str | None, default None
            The channel that sells: its own minimum of remaining days and what is kept for the others count.
        min_remaining_days : int, default 0
            Days that must remain, where more than the SKU and the channel ask for, 0 … 36,500.
        strategy : Strategy, default 'fefo'
            Which lots are taken first. One of ``fefo``, ``fifo``, ``lifo``.
        now : InstantLike | None, default None
            The instant of the call; else the system's clock.

        Returns
        -------
        Held
            A hold that was made.

        Raises
        ------
        Error
            With code CLOSED, CONFLICT, DISK_FULL, INSUFFICIENT_STOCK, INTERNAL, INVALID_ARGUMENT, IO,
            JOURNAL_POISONED, READ_ONLY, UNKNOWN_CHANNEL, UNKNOWN_LOCATION, UNKNOWN_SKU.
        """
        return Held._of(self._door("reserve", {"id": id, "lines": lines, "location": location, "ttl_seconds": ttl_seconds, "up_to": up_to, "channel": channel, "min_remaining_days": min_remaining_days, "strategy": strategy, "now": now}))

    def commit(
        self,
        *,
        id: str,
        hold: str,
        lines: Mapping[str, int] | Iterable[Line | Mapping[str, Any]] = (),
        subject: str | None = None,
        now: InstantLike | None = None,
    ) -> Shipped:
        """Turns a hold into a shipment, first expired first out.

        Parameters
        ----------
        id : str
            Idempotency key.
        hold : str
            The hold's id.
        lines : Mapping[str, int] | Iterable[Line | Mapping[str, Any]], default ()
            Ships only this part; the rest stays held. By default all that is held.
        subject : str | None, default None
            Who bought; goes into the people stream only.
        now : InstantLike | None, default None
            The instant of the call; else the system's clock.

        Returns
        -------
        Shipped
            A hold that was shipped.

        Raises
        ------
        Error
            With code CLOSED, CONFLICT, DISK_FULL, HOLD_CLOSED, HOLD_EXPIRED, INSUFFICIENT_STOCK, INTERNAL,
            INVALID_ARGUMENT, IO, JOURNAL_POISONED, READ_ONLY, UNKNOWN_HOLD.
        """
        return Shipped._of(self._door("commit", {"id": id, "hold": hold, "lines": lines, "subject": subject, "now": now}))

    def release(
        self,
        *,
        id: str,
        hold: str,
        lines: Mapping[str, int] | Iterable[Line | Mapping[str, Any]] = (),
        now: InstantLike | None = None,
    ) -> Released:
        """Gives a hold back.

        Parameters
        ----------
        id : str
            Idempotency key.
        hold : str
            The hold's id.
        lines : Mapping[str, int] | Iterable[Line | Mapping[str, Any]], default ()
            Gives back only this part. By default all that is held.
        now : InstantLike | None, default None
            The instant of the call; else the system's clock.

        Returns
        -------
        Released
            A hold that was given back.

        Raises
        ------
        Error
            With code CLOSED, CONFLICT, DISK_FULL, HOLD_CLOSED, HOLD_EXPIRED, INSUFFICIENT_STOCK, INTERNAL,
            INVALID_ARGUMENT, IO, JOURNAL_POISONED, READ_ONLY, UNKNOWN_HOLD.
        """
        return Released._of(self._door("release", {"id": id, "hold": hold, "lines": lines, "now": now}))

    def move(
        self,
        *,
        id: str,
        sku: str,
        quantity: int,
        from_: str,
        to: str,
        unit: str | None = None,
        lot: str | None = None,
        condition: Condition = 'available',
        in_transit: bool = False,
        now: InstantLike | None = None,
    ) -> Moved:
        """Moves free stock between locations, first expired first out.

        Parameters
        ----------
        id : str
            Idempotency key; ``arrive`` names it.
        sku : str
            The SKU.
        quantity : int
            Whole number of ``unit``, at least 1.
        from_ : str
            Where it leaves.
        to : str
            Where it arrives.
        unit : str | None, default None
            A unit of the SKU's entry; by default its base unit.
        lot : str | None, default None
            Only this lot; by default sellable lots, first expired first out.
        condition : Condition, default 'available'
            Which units: free ones by default; expired, quarantined or damaged ones can be moved too. One of
            ``available``, ``held``, ``quarantined``, ``damaged``, ``expired``, ``in_transit``, ``tester``.
        in_transit : bool, default False
            Whether it is on its way until ``arrive`` says that it is there.
        now : InstantLike | None, default None
            The instant of the call; else the system's clock.

        Returns
        -------
        Moved
            Units whose account changed.

        Raises
        ------
        Error
            With code CLOSED, CONFLICT, DISK_FULL, INSUFFICIENT_STOCK, INTERNAL, INVALID_ARGUMENT, IO,
            JOURNAL_POISONED, READ_ONLY, UNKNOWN_LOCATION, UNKNOWN_SKU.
        """
        return Moved._of(self._door("move", {"id": id, "sku": sku, "quantity": quantity, "from": from_, "to": to, "unit": unit, "lot": lot, "condition": condition, "in_transit": in_transit, "now": now}))

    def arrive(
        self,
        *,
        id: str,
        transfer: str,
        quantity: int | None = None,
        now: InstantLike | None = None,
    ) -> Moved:
        """Says that goods of a move that was sent on its way arrived.

        Parameters
        ----------
        id : str
            Idempotency key.
        transfer : str
            The id of the move that sent them.
        quantity : int | None, default None
            Units that arrived, at least 1; by default all that are still on their way.
        now : InstantLike | None, default None
            The instant of the call; else the system's clock.

        Returns
        -------
        Moved
            Units whose account changed.

        Raises
        ------
        Error
            With code CLOSED, CONFLICT, DISK_FULL, INSUFFICIENT_STOCK, INTERNAL, INVALID_ARGUMENT, IO,
            JOURNAL_POISONED, READ_ONLY, UNKNOWN_TRANSFER.
        """
        return Moved._of(self._door("arrive", {"id": id, "transfer": transfer, "quantity": quantity, "now": now}))

    def reclassify(
        self,
        *,
        id: str,
        sku: str,
        location: str,
        quantity: int,
        to: Condition,
        lot: str = '',
        from_: Condition = 'available',
        reason: str = '',
        now: InstantLike | None = None,
    ) -> Moved:
        """Gives units another condition: into quarantine and out of it, damaged, expired, free.

        Parameters
        ----------
        id : str
            Idempotency key.
        sku : str
            The SKU.
        location : str
            Where.
        quantity : int
            Units, at least 1.
        to : Condition
            The condition they get. One of ``available``, ``held``, ``quarantined``, ``damaged``, ``expired``,
            ``in_transit``, ``tester``.
        lot : str, default ''
            The lot; empty where goods carry none.
        from_ : Condition, default 'available'
            The condition they have. One of ``available``, ``held``, ``quarantined``, ``damaged``, ``expired``,
            ``in_transit``, ``tester``.
        reason : str, default ''
            Why, as a word of the shop's own list; at most 64 bytes, no free text.
        now : InstantLike | None, default None
            The instant of the call; else the system's clock.

        Returns
        -------
        Moved
            Units whose account changed.

        Raises
        ------
        Error
            With code CLOSED, CONFLICT, DISK_FULL, INSUFFICIENT_STOCK, INTERNAL, INVALID_ARGUMENT, IO,
            JOURNAL_POISONED, LOT_RECALLED, READ_ONLY, UNKNOWN_LOCATION, UNKNOWN_SKU.
        """
        return Moved._of(self._door("reclassify", {"id": id, "sku": sku, "location": location, "quantity": quantity, "to": to, "lot": lot, "from": from_, "reason": reason, "now": now}))

    def write_off(
        self,
        *,
        id: str,
        sku: str,
        location: str,
        quantity: int,
        lot: str = '',
        condition: Condition = 'available',
        reason: str = '',
        now: InstantLike | None = None,
    ) -> Moved:
        """Takes units off the books, in any condition.

        Parameters
        ----------
        id : str
            Idempotency key.
        sku : str
            The SKU.
        location : str
            Where.
        quantity : int
            Units, at least 1.
        lot : str, default ''
            The lot; empty where goods carry none.
        condition : Condition, default 'available'
            Which units, in any condition. One of ``available``, ``held``, ``quarantined``, ``damaged``,
            ``expired``, ``in_transit``, ``tester``.
        reason : str, default ''
            Why, as a word of the shop's own list; at most 64 bytes, no free text.
        now : InstantLike | None, default None
            The instant of the call; else the system's clock.

        Returns
        -------
        Moved
            Units whose account changed.

        Raises
        ------
        Error
            With code CLOSED, CONFLICT, DISK_FULL, INSUFFICIENT_STOCK, INTERNAL, INVALID_ARGUMENT, IO,
            JOURNAL_POISONED, READ_ONLY, UNKNOWN_LOCATION, UNKNOWN_SKU.
        """
        return Moved._of(self._door("write_off", {"id": id, "sku": sku, "location": location, "quantity": quantity, "lot": lot, "condition": condition, "reason": reason, "now": now}))

    def open_tester(
        self,
        *,
        id: str,
        sku: str,
        location: str,
        lot: str | None = None,
        quantity: int = 1,
        now: InstantLike | None = None,
    ) -> Moved:
        """Opens units as testers: their period after opening begins.

        Parameters
        ----------
        id : str
            Idempotency key.
        sku : str
            The SKU.
        location : str
            Where.
        lot : str | None, default None
            The lot; by default the sellable one that expires first.
        quantity : int, default 1
            Units, at least 1.
        now : InstantLike | None, default None
            The instant of the call; else the system's clock.

        Returns
        -------
        Moved
            Units whose account changed.

        Raises
        ------
        Error
            With code CLOSED, CONFLICT, DISK_FULL, INSUFFICIENT_STOCK, INTERNAL, INVALID_ARGUMENT, IO,
            JOURNAL_POISONED, READ_ONLY, UNKNOWN_LOCATION, UNKNOWN_SKU.
        """
        return Moved._of(self._door("open_tester", {"id": id, "sku": sku, "location": location, "lot": lot, "quantity": quantity, "now": now}))

    def assemble(
        self,
        *,
        id: str,
        sku: str,
        quantity: int,
        location: str,
        parts: Sequence[Units | Mapping[str, Any]],
        lot: str = '',
        now: InstantLike | None = None,
    ) -> Moved:
        """Makes units of a kit from its parts: they expire with the first of them.

        Parameters
        ----------
        id : str
            Idempotency key.
        sku : str
            The SKU that is made.
        quantity : int
            Units that are made, at least 1.
        location : str
            Where.
        parts : Sequence[Units | Mapping[str, Any]]
            The parts of one unit.
        lot : str, default ''
            The lot that it becomes; empty where it carries none.
        now : InstantLike | None, default None
            The instant of the call; else the system's clock.

        Returns
        -------
        Moved
            Units whose account changed.

        Raises
        ------
        Error
            With code CLOSED, CONFLICT, DISK_FULL, INSUFFICIENT_STOCK, INTERNAL, INVALID_ARGUMENT, IO,
            JOURNAL_POISONED, READ_ONLY, UNKNOWN_LOCATION, UNKNOWN_SKU.
        """
        return Moved._of(self._door("assemble", {"id": id, "sku": sku, "quantity": quantity, "location": location, "parts": parts, "lot": lot, "now": now}))

    def freeze(
        self,
        *,
        id: str,
        until: DayLike,
        now: InstantLike | None = None,
    ) -> Entered:
        """Closes the books up to a day: later facts about those days are booked on the day after.

        Parameters
        ----------
        id : str
            Idempotency key.
        until : DayLike
            The last day that is closed; it lies before today and not before the one that is closed already.
        now : InstantLike | None, default None
            The instant of the call; else the system's clock.

        Returns
        -------
        Entered
            What needs no more than a yes: a purchase that receipts may name, books that were closed.

        Raises
        ------
        Error
            With code CANNOT_FREEZE, CLOSED, CONFLICT, DISK_FULL, INTERNAL, INVALID_ARGUMENT, IO, JOURNAL_POISONED,
            READ_ONLY.
        """
        return Entered._of(self._door("freeze", {"id": id, "until": day_argument(until, "until"), "now": now}))

    def purchase(
        self,
        *,
        id: str,
        supplier: str,
        lines: Mapping[str, int] | Iterable[Line | Mapping[str, Any]],
        location: str,
        expected_on: DayLike | None = None,
        under_percent: int = 0,
        over_percent: int = 0,
        now: InstantLike | None = None,
    ) -> Entered:
        """Orders from a supplier: incoming until receipts name this purchase.

        Parameters
        ----------
        id : str
            Idempotency key; receipts name it.
        supplier : str
            The supplier.
        lines : Mapping[str, int] | Iterable[Line | Mapping[str, Any]]
            What is ordered.
        location : str
            Where it shall arrive.
        expected_on : DayLike | None, default None
            The day that the supplier promised.
        under_percent : int, default 0
            Percent of a line that may be missing for it to count as done, 0 … 100.
        over_percent : int, default 0
            Percent of a line that may come beyond it, 0 … 100; what is more is flagged as ``over``.
        now : InstantLike | None, default None
            The instant of the call; else the system's clock.

        Returns
        -------
        Entered
            What needs no more than a yes: a purchase that receipts may name, books that were closed.

        Raises
        ------
        Error
            With code CLOSED, CONFLICT, DISK_FULL, INTERNAL, INVALID_ARGUMENT, IO, JOURNAL_POISONED, READ_ONLY,
            UNKNOWN_SKU.
        """
        return Entered._of(self._door("purchase", {"id": id, "supplier": supplier, "lines": lines, "location": location, "expected_on": day_argument(expected_on, "expected_on"), "under_percent": under_percent, "over_percent": over_percent, "now": now}))

    def receive(
        self,
        *,
        id: str,
        sku: str,
        quantity: int,
        location: str,
        lot: str = '',
        expires_on: DayLike | None = None,
        produced_on: DayLike | None = None,
        supplier_lot: str | None = None,
        unit: str | None = None,
        condition: Condition = 'available',
        occurred_on: DayLike | None = None,
        purchase: str | None = None,
        unit_cost: Money | Mapping[str, Any] | None = None,
        now: InstantLike | None = None,
    ) -> Recorded:
        """Records that goods of a lot arrived.

        Parameters
        ----------
        id : str
            Idempotency key.
        sku : str
            The SKU.
        quantity : int
            Units that arrived, at least 1, in ``unit``.
        location : str
            Where.
        lot : str, default ''
            The maker's lot; empty where goods carry none.
        expires_on : DayLike | None, default None
            Last good day as it is printed, ``2027-06-30``, or ``2027-06`` for the last day of that month; by default
            the catalogue's shelf life from production or else from receipt, or never.
        produced_on : DayLike | None, default None
            Day of production, not after the receipt.
        supplier_lot : str | None, default None
            The supplier's own key of the lot.
        unit : str | None, default None
            A unit of the SKU's entry such as ``case``; by default its base unit.
        condition : Condition, default 'available'
            Into which condition; what keeps too short for a receipt goes into quarantine. One of ``available``,
            ``held``, ``quarantined``, ``damaged``, ``expired``, ``in_transit``, ``tester``.
        occurred_on : DayLike | None, default None
            The business day on which it happened, where that is not today.
        purchase : str | None, default None
            The purchase that this receipt fulfils.
        unit_cost : Money | Mapping[str, Any] | None, default None
            What one unit cost.
        now : InstantLike | None, default None
            The instant of the call; else the system's clock.

        Returns
        -------
        Recorded
            A fact that was recorded.

        Raises
        ------
        Error
            With code CLOSED, CONFLICT, DISK_FULL, INTERNAL, INVALID_ARGUMENT, IO, JOURNAL_POISONED, LIFE_TOO_SHORT,
            READ_ONLY.
        """
        return Recorded._of(self._door("receive", {"id": id, "sku": sku, "quantity": quantity, "location": location, "lot": lot, "expires_on": day_argument(expires_on, "expires_on"), "produced_on": day_argument(produced_on, "produced_on"), "supplier_lot": supplier_lot, "unit": unit, "condition": condition, "occurred_on": day_argument(occurred_on, "occurred_on"), "purchase": purchase, "unit_cost": unit_cost, "now": now}))

    def sale(
        self,
        *,
        id: str,
        lines: Mapping[str, int] | Iterable[Line | Mapping[str, Any]],
        location: str,
        subject: str | None = None,
        occurred_on: DayLike | None = None,
        now: InstantLike | None = None,
    ) -> Recorded:
        """Records a till sale, also where the books say there is nothing: ``missing`` tells what they lacked.

        Parameters
        ----------
        id : str
            Idempotency key.
        lines : Mapping[str, int] | Iterable[Line | Mapping[str, Any]]
            What was sold.
        location : str
            Where.
        subject : str | None, default None
            Who bought; goes into the people stream only.
        occurred_on : DayLike | None, default None
            The business day on which it happened, where that is not today.
        now : InstantLike | None, default None
            The instant of the call; else the system's clock.

        Returns
        -------
        Recorded
            A fact that was recorded.

        Raises
        ------
        Error
            With code CLOSED, CONFLICT, DISK_FULL, INTERNAL, INVALID_ARGUMENT, IO, JOURNAL_POISONED, READ_ONLY.
        """
        return Recorded._of(self._door("sale", {"id": id, "lines": lines, "location": location, "subject": subject, "occurred_on": day_argument(occurred_on, "occurred_on"), "now": now}))

    def return_(
        self,
        *,
        id: str,
        sku: str,
        quantity: int,
        location: str,
        lot: str = '',
        reason: str = '',
        resellable: bool = False,
        subject: str | None = None,
        order: str | None = None,
        occurred_on: DayLike | None = None,
        now: InstantLike | None = None,
    ) -> Recorded:
        """Records goods that a customer brought back.

        Parameters
        ----------
        id : str
            Idempotency key.
        sku : str
            The SKU.
        quantity : int
            Units that came back, at least 1.
        location : str
            Where.
        lot : str, default ''
            The lot, where it is known.
        reason : str, default ''
            Why, as a word of the shop's own list, e.g. ``irritation``, ``wrong_shade``; at most 64 bytes, no free text.
        resellable : bool, default False
            Whether the goods may be sold again; else they go into quarantine.
        subject : str | None, default None
            Who; goes into the people stream only.
        order : str | None, default None
            The order or hold that they belonged to: the trace of both is joined.
        occurred_on : DayLike | None, default None
            The business day on which it happened, where that is not today.
        now : InstantLike | None, default None
            The instant of the call; else the system's clock.

        Returns
        -------
        Recorded
            A fact that was recorded.

        Raises
        ------
        Error
            With code CLOSED, CONFLICT, DISK_FULL, INTERNAL, INVALID_ARGUMENT, IO, JOURNAL_POISONED, READ_ONLY.
        """
        return Recorded._of(self._door("return", {"id": id, "sku": sku, "quantity": quantity, "location": location, "lot": lot, "reason": reason, "resellable": resellable, "subject": subject, "order": order, "occurred_on": day_argument(occurred_on, "occurred_on"), "now": now}))

    def count(
        self,
        *,
        id: str,
        sku: str,
        location: str,
        quantity: int,
        lot: str | None = None,
        condition: Condition = 'available',
        occurred_on: DayLike | None = None,
        now: InstantLike | None = None,
    ) -> Recorded:
        """Records a count of a shelf.

        Parameters
        ----------
        id : str
            Idempotency key.
        sku : str
            The SKU.
        location : str
            Where.
        quantity : int
            Units found, at least 0.
        lot : str | None, default None
            Only this lot was counted; else all lots together.
        condition : Condition, default 'available'
            What was counted: by default good units, held ones included. One of ``available``, ``held``,
            ``quarantined``, ``damaged``, ``expired``, ``in_transit``, ``tester``.
        occurred_on : DayLike | None, default None
            The business day on which it happened, where that is not today.
        now : InstantLike | None, default None
            The instant of the call; else the system's clock.

        Returns
        -------
        Recorded
            A fact that was recorded.

        Raises
        ------
        Error
            With code CLOSED, CONFLICT, DISK_FULL, INTERNAL, INVALID_ARGUMENT, IO, JOURNAL_POISONED, READ_ONLY.
        """
        return Recorded._of(self._door("count", {"id": id, "sku": sku, "location": location, "quantity": quantity, "lot": lot, "condition": condition, "occurred_on": day_argument(occurred_on, "occurred_on"), "now": now}))

    def recall(
        self,
        *,
        id: str,
        sku: str,
        lot: str,
        now: InstantLike | None = None,
    ) -> Recorded:
        """Records that a lot must not be sold any more.

        Parameters
        ----------
        id : str
            Idempotency key.
        sku : str
            The SKU.
        lot : str
            The lot.
        now : InstantLike | None, default None
            The instant of the call; else the system's clock.

        Returns
        -------
        Recorded
            A fact that was recorded.

        Raises
        ------
        Error
            With code CLOSED, CONFLICT, DISK_FULL, INTERNAL, INVALID_ARGUMENT, IO, JOURNAL_POISONED, READ_ONLY.
        """
        return Recorded._of(self._door("recall", {"id": id, "sku": sku, "lot": lot, "now": now}))

    def submit(
        self,
        command: Mapping[str, Any],
        *,
        now: InstantLike | None = None,
    ) -> Accepted:
        """Decides any command, given as an object with a ``type``.

        Parameters
        ----------
        command : Mapping[str, Any]
            The command.
        now : InstantLike | None, default None
            The instant of the call; else the system's clock.

        Returns
        -------
        Accepted
            The answer.

        Raises
        ------
        Error
            With code CANNOT_FREEZE, CLOSED, CONFLICT, DISK_FULL, HOLD_CLOSED, HOLD_EXPIRED, INSUFFICIENT_STOCK,
            INTERNAL, INVALID_ARGUMENT, IO, JOURNAL_POISONED, LOT_RECALLED, READ_ONLY, UNKNOWN_CHANNEL,
            UNKNOWN_HOLD, UNKNOWN_LOCATION, UNKNOWN_SKU, UNKNOWN_TRANSFER.
        """
        answer = self._door("submit", {"command": command, "now": now})
        return _ACCEPTED[command["type"]]._of(answer)  # type: ignore[no-any-return]

    def submit_many(
        self,
        commands: Iterable[Mapping[str, Any]] | Frame,
        *,
        now: InstantLike | None = None,
    ) -> Rows[Decided]:
        """Decides commands in order with one flush; a refusal is an answer here, not an error.

        Parameters
        ----------
        commands : Iterable[Mapping[str, Any]] | Frame
            The commands, decided in order.
        now : InstantLike | None, default None
            The instant of the call; else the system's clock.

        Returns
        -------
        Rows[Decided]
            What one command of many was answered.

        Raises
        ------
        Error
            With code CLOSED, CONFLICT, DISK_FULL, INTERNAL, INVALID_ARGUMENT, IO, JOURNAL_POISONED, READ_ONLY.
        """
        return Rows(Decided, (Decided._of(v) for v in self._door("submit_many", {"commands": records(commands, "commands"), "now": now})))

    def record(
        self,
        fact: Mapping[str, Any],
        *,
        now: InstantLike | None = None,
    ) -> Recorded:
        """Records any fact, given as an object with a ``type``.

        Parameters
        ----------
        fact : Mapping[str, Any]
            The fact.
        now : InstantLike | None, default None
            The instant of the call; else the system's clock.

        Returns
        -------
        Recorded
            A fact that was recorded.

        Raises
        ------
        Error
            With code CLOSED, CONFLICT, DISK_FULL, INTERNAL, INVALID_ARGUMENT, IO, JOURNAL_POISONED, LIFE_TOO_SHORT,
            READ_ONLY.
        """
        return Recorded._of(self._door("record", {"fact": fact, "now": now}))

    def record_many(
        self,
        facts: Iterable[Mapping[str, Any]] | Frame,
        *,
        now: InstantLike | None = None,
    ) -> Rows[Recorded]:
        """Records facts in order with one flush.

        Parameters
        ----------
        facts : Iterable[Mapping[str, Any]] | Frame
            The facts, recorded in order.
        now : InstantLike | None, default None
            The instant of the call; else the system's clock.

        Returns
        -------
        Rows[Recorded]
            A fact that was recorded.

        Raises
        ------
        Error
            With code CLOSED, CONFLICT, DISK_FULL, INTERNAL, INVALID_ARGUMENT, IO, JOURNAL_POISONED, LIFE_TOO_SHORT,
            READ_ONLY.
        """
        return Rows(Recorded, (Recorded._of(v) for v in self._door("record_many", {"facts": records(facts, "facts"), "now": now})))

    def batch(
        self,
        df: F,
        kind: str,
        *,
        now: InstantLike | None = None,
    ) -> F:
        """Puts many inputs of one kind through its door, in order and with one flush. A row is an input; neighbouring
        rows with one id are the lines of one reserve or sale. Answers id, accepted, code and message, one row an
        input: what is refused or malformed does not stop the others.

        Parameters
        ----------
        df : frame
            A frame with columns id and the fields of the kind, such as sku, quantity, location, hold.
        kind : str
            The name of a command or fact: ``reserve``, ``commit``, ``release``, ``sale``, ``receive``, ``return``, ``count``,
            ``move`` …
        now : InstantLike | None, default None
            The instant of the call; else the system's clock.

        Returns
        -------
        frame
            Of the same kind as the frame given.

        Raises
        ------
        Error
            With code CLOSED, DISK_FULL, INTERNAL, INVALID_ARGUMENT, IO, JOURNAL_POISONED, MISSING_COLUMN,
            READ_ONLY, WRONG_COLUMN_TYPE.
        """
        return self._door_frame("batch", {"df": df}, {"kind": kind, "now": now})  # type: ignore[no-any-return]

    def advance(
        self,
        *,
        now: InstantLike | None = None,
    ) -> Advanced:
        """Fires what is due: hold deadlines and expiry days.

        Parameters
        ----------
        now : InstantLike | None, default None
            The instant of the call; else the system's clock.

        Returns
        -------
        Advanced
            What time brought about.

        Raises
        ------
        Error
            With code CLOSED, CONFLICT, DISK_FULL, INTERNAL, INVALID_ARGUMENT, IO, JOURNAL_POISONED, READ_ONLY.
        """
        return Advanced._of(self._door("advance", {"now": now}))

    def stock(
        self,
        *,
        sku: str | None = None,
        location: str | None = None,
        as_of: InstantLike | None = None,
        as_of_day: DayLike | None = None,
        now: InstantLike | None = None,
    ) -> Rows[StockRow]:
        """Shows stock by SKU, location and lot.

        Parameters
        ----------
        sku : str | None, default None
            Only this SKU.
        location : str | None, default None
            Only this location.
        as_of : InstantLike | None, default None
            As it was recorded at this instant; holds and expiry are those of then.
        as_of_day : DayLike | None, default None
            As it was at the end of this business day, late facts included.
        now : InstantLike | None, default None
            The instant of the call; else the system's clock.

        Returns
        -------
        Rows[StockRow]
            One lot on one shelf.

        Raises
        ------
        Error
            With code CLOSED, INTERNAL, INVALID_ARGUMENT, JOURNAL_POISONED, UNKNOWN_LOCATION, UNKNOWN_SKU.
        """
        return Rows(StockRow, (StockRow._of(v) for v in self._query("stock", {"sku": sku, "location": location, "as_of": as_of, "as_of_day": day_argument(as_of_day, "as_of_day"), "now": now})))

    def availability(
        self,
        sku: str,
        *,
        location: str | None = None,
        channel: str | None = None,
        now: InstantLike | None = None,
    ) -> Availability:
        """Sums up what may be promised of a SKU.

        Parameters
        ----------
        sku : str
            The SKU.
        location : str | None, default None
            Only this location; else all.
        channel : str | None, default None
            Through this channel: its own minimum of remaining days and what is kept for the others count.
        now : InstantLike | None, default None
            The instant of the call; else the system's clock.

        Returns
        -------
        Availability
            What may be promised of a SKU.

        Raises
        ------
        Error
            With code CLOSED, INTERNAL, INVALID_ARGUMENT, JOURNAL_POISONED, UNKNOWN_CHANNEL, UNKNOWN_LOCATION,
            UNKNOWN_SKU.
        """
        return Availability._of(self._query("availability", {"sku": sku, "location": location, "channel": channel, "now": now}))

    def expiring(
        self,
        *,
        location: str | None = None,
        within_days: int = 90,
        now: InstantLike | None = None,
    ) -> Rows[StockRow]:
        """Shows lots that expire soon or did, the first first.

        Parameters
        ----------
        location : str | None, default None
            Only this location.
        within_days : int, default 90
            Lots with at most this many days left, 0 … 36,500.
        now : InstantLike | None, default None
            The instant of the call; else the system's clock.

        Returns
        -------
        Rows[StockRow]
            One lot on one shelf.

        Raises
        ------
        Error
            With code CLOSED, INTERNAL, INVALID_ARGUMENT, JOURNAL_POISONED, UNKNOWN_LOCATION.
        """
        return Rows(StockRow, (StockRow._of(v) for v in self._query("expiring", {"location": location, "within_days": within_days, "now": now})))

    def expiry_calendar(
        self,
        *,
        sku: str | None = None,
        location: str | None = None,
        horizons_days: Sequence[int] = (30, 60, 90),
        within_days: int | None = None,
        now: InstantLike | None = None,
        progress: Progress = False,
    ) -> ExpiryRisk:
        """Answers what expires when, what the forecast demand will not take in time, what that is worth, and how long
        each lot lasts.

        Parameters
        ----------
        sku : str | None, default None
            Only this SKU.
        location : str | None, default None
            Only this location.
        horizons_days : Sequence[int], default (30, 60, 90)
            Days ahead to sum up, each 0 … 36,500: the shortest that a lot falls in is its alert.
        within_days : int | None, default None
            Only lots with at most this many days left, 0 … 36,500; else all that expire.
        now : InstantLike | None, default None
            The instant of the call; else the system's clock.
        progress : bool or callable, default False
            True shows a bar for work over two seconds; a function gets ``(done, total)``.

        Returns
        -------
        ExpiryRisk
            What ``expiry_risk`` answers.

        Raises
        ------
        Error
            With code CANCELLED, CLOSED, INTERNAL, INVALID_ARGUMENT, JOURNAL_POISONED, UNKNOWN_LOCATION,
            UNKNOWN_SKU.
        """
        return ExpiryRisk._of(self._query_long("expiry_calendar", {"sku": sku, "location": location, "horizons_days": horizons_days, "within_days": within_days, "now": now}, progress))

    def open_purchases(
        self,
        *,
        now: InstantLike | None = None,
    ) -> Rows[OpenPurchaseRow]:
        """Shows purchase lines with units still to come.

        Parameters
        ----------
        now : InstantLike | None, default None
            The instant of the call; else the system's clock.

        Returns
        -------
        Rows[OpenPurchaseRow]
            A purchase line with units still to come.

        Raises
        ------
        Error
            With code CLOSED, INTERNAL, INVALID_ARGUMENT, JOURNAL_POISONED.
        """
        return Rows(OpenPurchaseRow, (OpenPurchaseRow._of(v) for v in self._query("open_purchases", {"now": now})))

    def hold(
        self,
        hold: str,
        *,
        now: InstantLike | None = None,
    ) -> HoldRow:
        """Shows a hold: its state, its deadline and the lots that it has now.

        Parameters
        ----------
        hold : str
            The hold.
        now : InstantLike | None, default None
            The instant of the call; else the system's clock.

        Returns
        -------
        HoldRow
            A hold and what it has now.

        Raises
        ------
        Error
            With code CLOSED, INTERNAL, INVALID_ARGUMENT, JOURNAL_POISONED, UNKNOWN_HOLD.
        """
        return HoldRow._of(self._query("hold", {"hold": hold, "now": now}))

    def holds(
        self,
        *,
        now: InstantLike | None = None,
    ) -> Rows[HoldRow]:
        """Shows live holds, the first to fall first.

        Parameters
        ----------
        now : InstantLike | None, default None
            The instant of the call; else the system's clock.

        Returns
        -------
        Rows[HoldRow]
            A hold and what it has now.

        Raises
        ------
        Error
            With code CLOSED, INTERNAL, INVALID_ARGUMENT, JOURNAL_POISONED.
        """
        return Rows(HoldRow, (HoldRow._of(v) for v in self._query("holds", {"now": now})))

    def trace_lot(
        self,
        sku: str,
        *,
        lot: str,
        now: InstantLike | None = None,
    ) -> LotTrace:
        """Traces a lot: receipts, locations, holds, orders, returns.

        Parameters
        ----------
        sku : str
            The SKU.
        lot : str
            The lot.
        now : InstantLike | None, default None
            The instant of the call; else the system's clock.

        Returns
        -------
        LotTrace
            Everything about one lot.

        Raises
        ------
        Error
            With code CLOSED, INTERNAL, INVALID_ARGUMENT, JOURNAL_POISONED, UNKNOWN_LOT, UNKNOWN_SKU.
        """
        return LotTrace._of(self._query("trace_lot", {"sku": sku, "lot": lot, "now": now}))

    def trace_order(
        self,
        order: str,
        *,
        now: InstantLike | None = None,
    ) -> OrderTrace:
        """Traces an order: which lots went where.

        Parameters
        ----------
        order : str
            The id of a hold, sale, return, transfer or of any other input that moved units.
        now : InstantLike | None, default None
            The instant of the call; else the system's clock.

        Returns
        -------
        OrderTrace
            Everything about one order.

        Raises
        ------
        Error
            With code CLOSED, INTERNAL, INVALID_ARGUMENT, JOURNAL_POISONED, UNKNOWN_ORDER.
        """
        return OrderTrace._of(self._query("trace_order", {"order": order, "now": now}))

    def changes(
        self,
        *,
        since: int = 0,
        limit: int = 10000,
        now: InstantLike | None = None,
    ) -> Changes:
        """Shows the shelves that changed since a cursor, as they are now: what a shop window follows.

        Parameters
        ----------
        since : int, default 0
            The cursor of the last answer; 0 from the beginning.
        limit : int, default 10000
            Most touches of a shelf to look at, 1 … 1,000,000.
        now : InstantLike | None, default None
            The instant of the call; else the system's clock.

        Returns
        -------
        Changes
            Shelves that changed, and from where to go on.

        Raises
        ------
        Error
            With code CLOSED, INTERNAL, INVALID_ARGUMENT, JOURNAL_POISONED.
        """
        return Changes._of(self._query("changes", {"since": since, "limit": limit, "now": now}))

    def alerts(
        self,
        *,
        location: str | None = None,
        since: int = 0,
        now: InstantLike | None = None,
    ) -> Rows[AlertRow]:
        """Shows low stock, stock-outs, books below zero and their ends since a cursor, the oldest first.

        Parameters
        ----------
        location : str | None, default None
            Only this location.
        since : int, default 0
            The cursor of the last answer; 0 from the beginning.
        now : InstantLike | None, default None
            The instant of the call; else the system's clock.

        Returns
        -------
        Rows[AlertRow]
            A shelf came to another level.

        Raises
        ------
        Error
            With code CLOSED, INTERNAL, INVALID_ARGUMENT, JOURNAL_POISONED, UNKNOWN_LOCATION.
        """
        return Rows(AlertRow, (AlertRow._of(v) for v in self._query("alerts", {"location": location, "since": since, "now": now})))

    def stock_value(
        self,
        *,
        sku: str | None = None,
        as_of_day: DayLike | None = None,
        method: CostMethod = 'fifo',
        now: InstantLike | None = None,
        progress: Progress = False,
    ) -> Rows[StockValueRow]:
        """Values the stock of each SKU as of the end of a business day: by lot, moving average or standard cost.

        Parameters
        ----------
        sku : str | None, default None
            Only this SKU.
        as_of_day : DayLike | None, default None
            As of the end of this business day; today by default, the latest that it is at any location.
        method : CostMethod, default 'fifo'
            How. One of ``fifo``, ``average``, ``standard``.
        now : InstantLike | None, default None
            The instant of the call; else the system's clock.
        progress : bool or callable, default False
            True shows a bar for work over two seconds; a function gets ``(done, total)``.

        Returns
        -------
        Rows[StockValueRow]
            What the stock of a SKU was worth.

        Raises
        ------
        Error
            With code CLOSED, INTERNAL, INVALID_ARGUMENT, JOURNAL_POISONED, UNKNOWN_SKU.
        """
        return Rows(StockValueRow, (StockValueRow._of(v) for v in self._query_long("stock_value", {"sku": sku, "as_of_day": day_argument(as_of_day, "as_of_day"), "method": method, "now": now}, progress)))

    def cycle_count(
        self,
        *,
        location: str | None = None,
        n: int = 20,
        now: InstantLike | None = None,
    ) -> Rows[CycleCountRow]:
        """Proposes shelves to count, blind: below zero, likely empty in truth, longest uncounted.

        Parameters
        ----------
        location : str | None, default None
            Only this location.
        n : int, default 20
            Most shelves, 1 … 10,000.
        now : InstantLike | None, default None
            The instant of the call; else the system's clock.

        Returns
        -------
        Rows[CycleCountRow]
            A shelf to count. Counts are blind: what the books say is not shown.

        Raises
        ------
        Error
            With code CLOSED, INTERNAL, INVALID_ARGUMENT, JOURNAL_POISONED, UNKNOWN_LOCATION.
        """
        return Rows(CycleCountRow, (CycleCountRow._of(v) for v in self._query("cycle_count", {"location": location, "n": n, "now": now})))

    def testers(
        self,
        *,
        now: InstantLike | None = None,
    ) -> Rows[TesterRow]:
        """Shows opened units, the first to run out first.

        Parameters
        ----------
        now : InstantLike | None, default None
            The instant of the call; else the system's clock.

        Returns
        -------
        Rows[TesterRow]
            Opened units.

        Raises
        ------
        Error
            With code CLOSED, INTERNAL, INVALID_ARGUMENT, JOURNAL_POISONED.
        """
        return Rows(TesterRow, (TesterRow._of(v) for v in self._query("testers", {"now": now})))

    def transfers(
        self,
        *,
        now: InstantLike | None = None,
    ) -> Rows[TransferRow]:
        """Shows goods on their way between locations.

        Parameters
        ----------
        now : InstantLike | None, default None
            The instant of the call; else the system's clock.

        Returns
        -------
        Rows[TransferRow]
            Goods on their way between locations.

        Raises
        ------
        Error
            With code CLOSED, INTERNAL, INVALID_ARGUMENT, JOURNAL_POISONED.
        """
        return Rows(TransferRow, (TransferRow._of(v) for v in self._query("transfers", {"now": now})))

    def purchases(
        self,
        *,
        now: InstantLike | None = None,
    ) -> Rows[OpenPurchaseRow]:
        """Shows purchase lines, done ones too: ordered, received, still to come, beyond the tolerance.

        Parameters
        ----------
        now : InstantLike | None, default None
            The instant of the call; else the system's clock.

        Returns
        -------
        Rows[OpenPurchaseRow]
            A purchase line with units still to come.

        Raises
        ------
        Error
            With code CLOSED, INTERNAL, INVALID_ARGUMENT, JOURNAL_POISONED.
        """
        return Rows(OpenPurchaseRow, (OpenPurchaseRow._of(v) for v in self._query("purchases", {"now": now})))

    def position(
        self,
        *,
        now: InstantLike | None = None,
    ) -> Position:
        """Says where the journal stands: equal digests have equal histories.

        Parameters
        ----------
        now : InstantLike | None, default None
            The instant of the call; else the system's clock.

        Returns
        -------
        Position
            Where the journal stands.

        Raises
        ------
        Error
            With code CLOSED, INTERNAL, INVALID_ARGUMENT, JOURNAL_POISONED.
        """
        return Position._of(self._query("position", {"now": now}))


class Engine(_Ledger):
    """The closed loop: stock, feedback, demand, forecasts, purchases and recommendations over one journal.

    Made by ``trousse.open`` or ``trousse.memory``; any number of threads may use it, and ``with`` closes it.
    """

    def __init__(self, folder: str | os.PathLike[str] | None = None, *, utc_offset_minutes: int | None = None, durability: Durability = 'sync', open_catalog: bool = False) -> None:
        super().__init__(folder, {"utc_offset_minutes": utc_offset_minutes, "durability": durability, "open_catalog": open_catalog})

    def __enter__(self) -> Engine:
        return self

    def upsert_suppliers(
        self,
        suppliers: Iterable[Supplier | Mapping[str, Any]] | Frame,
        *,
        now: InstantLike | None = None,
    ) -> None:
        """Adds suppliers or replaces their terms.

        Parameters
        ----------
        suppliers : Iterable[Supplier | Mapping[str, Any]] | Frame
            The entries; each replaces the one of its key.
        now : InstantLike | None, default None
            The instant of the call; else the system's clock.

        Raises
        ------
        Error
            With code CLOSED, CONFLICT, DISK_FULL, INTERNAL, INVALID_ARGUMENT, IO, JOURNAL_POISONED, READ_ONLY.
        """
        self._door("upsert_suppliers", {"suppliers": catalog(suppliers, "suppliers"), "now": now})

    def view(
        self,
        *,
        id: str,
        subject: str,
        sku: str,
        now: InstantLike | None = None,
    ) -> Recorded:
        """Records that a person looked at a SKU.

        Parameters
        ----------
        id : str
            Idempotency key.
        subject : str
            Who.
        sku : str
            The SKU.
        now : InstantLike | None, default None
            The instant of the call; else the system's clock.

        Returns
        -------
        Recorded
            A fact that was recorded.

        Raises
        ------
        Error
            With code CLOSED, CONFLICT, DISK_FULL, INTERNAL, INVALID_ARGUMENT, IO, JOURNAL_POISONED, READ_ONLY.
        """
        return Recorded._of(self._door("view", {"id": id, "subject": subject, "sku": sku, "now": now}))

    def click(
        self,
        *,
        id: str,
        subject: str,
        sku: str,
        now: InstantLike | None = None,
    ) -> Recorded:
        """Records that a person clicked a SKU.

        Parameters
        ----------
        id : str
            Idempotency key.
        subject : str
            Who.
        sku : str
            The SKU.
        now : InstantLike | None, default None
            The instant of the call; else the system's clock.

        Returns
        -------
        Recorded
            A fact that was recorded.

        Raises
        ------
        Error
            With code CLOSED, CONFLICT, DISK_FULL, INTERNAL, INVALID_ARGUMENT, IO, JOURNAL_POISONED, READ_ONLY.
        """
        return Recorded._of(self._door("click", {"id": id, "subject": subject, "sku": sku, "now": now}))

    def cart(
        self,
        *,
        id: str,
        subject: str,
        sku: str,
        now: InstantLike | None = None,
    ) -> Recorded:
        """Records that a person put a SKU into the cart.

        Parameters
        ----------
        id : str
            Idempotency key.
        subject : str
            Who.
        sku : str
            The SKU.
        now : InstantLike | None, default None
            The instant of the call; else the system's clock.

        Returns
        -------
        Recorded
            A fact that was recorded.

        Raises
        ------
        Error
            With code CLOSED, CONFLICT, DISK_FULL, INTERNAL, INVALID_ARGUMENT, IO, JOURNAL_POISONED, READ_ONLY.
        """
        return Recorded._of(self._door("cart", {"id": id, "subject": subject, "sku": sku, "now": now}))

    def rating(
        self,
        *,
        id: str,
        subject: str,
        sku: str,
        value: int,
        now: InstantLike | None = None,
    ) -> Recorded:
        """Records a person's rating of a SKU.

        Parameters
        ----------
        id : str
            Idempotency key.
        subject : str
            Who.
        sku : str
            The SKU.
        value : int
            1 (bad) to 5 (good).
        now : InstantLike | None, default None
            The instant of the call; else the system's clock.

        Returns
        -------
        Recorded
            A fact that was recorded.

        Raises
        ------
        Error
            With code CLOSED, CONFLICT, DISK_FULL, INTERNAL, INVALID_ARGUMENT, IO, JOURNAL_POISONED, READ_ONLY.
        """
        return Recorded._of(self._door("rating", {"id": id, "subject": subject, "sku": sku, "value": value, "now": now}))

    def review(
        self,
        *,
        id: str,
        subject: str,
        sku: str,
        text: str,
        value: int | None = None,
        now: InstantLike | None = None,
    ) -> Recorded:
        """Records a person's review of a SKU.

        Parameters
        ----------
        id : str
            Idempotency key.
        subject : str
            Who.
        sku : str
            The SKU.
        text : str
            The text.
        value : int | None, default None
            1 (bad) to 5 (good), where stars were given.
        now : InstantLike | None, default None
            The instant of the call; else the system's clock.

        Returns
        -------
        Recorded
            A fact that was recorded.

        Raises
        ------
        Error
            With code CLOSED, CONFLICT, DISK_FULL, INTERNAL, INVALID_ARGUMENT, IO, JOURNAL_POISONED, READ_ONLY.
        """
        return Recorded._of(self._door("review", {"id": id, "subject": subject, "sku": sku, "text": text, "value": value, "now": now}))

    def answer(
        self,
        *,
        id: str,
        subject: str,
        poll: str,
        answer: str,
        sku: str | None = None,
        now: InstantLike | None = None,
    ) -> Recorded:
        """Records a person's answer to a poll.

        Parameters
        ----------
        id : str
            Idempotency key.
        subject : str
            Who.
        poll : str
            The poll.
        answer : str
            The answer.
        sku : str | None, default None
            The SKU that the poll was about.
        now : InstantLike | None, default None
            The instant of the call; else the system's clock.

        Returns
        -------
        Recorded
            A fact that was recorded.

        Raises
        ------
        Error
            With code CLOSED, CONFLICT, DISK_FULL, INTERNAL, INVALID_ARGUMENT, IO, JOURNAL_POISONED, READ_ONLY.
        """
        return Recorded._of(self._door("answer", {"id": id, "subject": subject, "poll": poll, "answer": answer, "sku": sku, "now": now}))

    def complaint(
        self,
        *,
        id: str,
        sku: str,
        kind: ComplaintKind = 'not_available',
        location: str | None = None,
        subject: str | None = None,
        text: str = '',
        now: InstantLike | None = None,
    ) -> Recorded:
        """Records a complaint; ``not_available`` changes the stock belief, the forecast's input and the ranking.

        Parameters
        ----------
        id : str
            Idempotency key.
        sku : str
            The SKU.
        kind : ComplaintKind, default 'not_available'
            What about. One of ``not_available``, ``damaged``, ``irritation``, ``wrong_shade``, ``other``.
        location : str | None, default None
            Where; everywhere if not given.
        subject : str | None, default None
            Who; goes into the people stream only.
        text : str, default ''
            In their own words.
        now : InstantLike | None, default None
            The instant of the call; else the system's clock.

        Returns
        -------
        Recorded
            A fact that was recorded.

        Raises
        ------
        Error
            With code CLOSED, CONFLICT, DISK_FULL, INTERNAL, INVALID_ARGUMENT, IO, JOURNAL_POISONED, READ_ONLY.
        """
        return Recorded._of(self._door("complaint", {"id": id, "sku": sku, "kind": kind, "location": location, "subject": subject, "text": text, "now": now}))

    def profile(
        self,
        *,
        id: str,
        subject: str,
        avoid: Sequence[str] = (),
        attributes: Sequence[str] = (),
        now: InstantLike | None = None,
    ) -> Recorded:
        """Records a person's hard rules and traits; the newest wins as a whole.

        Parameters
        ----------
        id : str
            Idempotency key.
        subject : str
            Who.
        avoid : Sequence[str], default ()
            Ingredients that this person must never be shown: a hard rule.
        attributes : Sequence[str], default ()
            Traits such as ``skin:dry``, matched with the attributes of SKUs.
        now : InstantLike | None, default None
            The instant of the call; else the system's clock.

        Returns
        -------
        Recorded
            A fact that was recorded.

        Raises
        ------
        Error
            With code CLOSED, CONFLICT, DISK_FULL, INTERNAL, INVALID_ARGUMENT, IO, JOURNAL_POISONED, READ_ONLY.
        """
        return Recorded._of(self._door("profile", {"id": id, "subject": subject, "avoid": avoid, "attributes": attributes, "now": now}))

    def consent(
        self,
        *,
        id: str,
        subject: str,
        granted: bool,
        purpose: Purpose = 'personalisation',
        now: InstantLike | None = None,
    ) -> Recorded:
        """Records that a person gave or withdrew consent.

        Parameters
        ----------
        id : str
            Idempotency key.
        subject : str
            Who.
        granted : bool
            Given (true) or withdrawn (false).
        purpose : Purpose, default 'personalisation'
            To what. One of ``personalisation``, ``analytics``, ``marketing``.
        now : InstantLike | None, default None
            The instant of the call; else the system's clock.

        Returns
        -------
        Recorded
            A fact that was recorded.

        Raises
        ------
        Error
            With code CLOSED, CONFLICT, DISK_FULL, INTERNAL, INVALID_ARGUMENT, IO, JOURNAL_POISONED, READ_ONLY.
        """
        return Recorded._of(self._door("consent", {"id": id, "subject": subject, "granted": granted, "purpose": purpose, "now": now}))

    def snapshot(
        self,
        *,
        now: InstantLike | None = None,
    ) -> None:
        """Writes a snapshot beside the journal, so that the next opening is faster.

        Parameters
        ----------
        now : InstantLike | None, default None
            The instant of the call; else the system's clock.

        Raises
        ------
        Error
            With code CLOSED, DISK_FULL, INTERNAL, IO, JOURNAL_POISONED, READ_ONLY.
        """
        self._door("snapshot", {"now": now})

    def erase(
        self,
        subject: str,
        *,
        now: InstantLike | None = None,
    ) -> bool:
        """Forgets a person: key and ciphertext go, and the world is folded anew. Answers whether anything was known.

        Parameters
        ----------
        subject : str
            The person.
        now : InstantLike | None, default None
            The instant of the call; else the system's clock.

        Returns
        -------
        bool
            The answer.

        Raises
        ------
        Error
            With code CLOSED, DISK_FULL, INTERNAL, INVALID_ARGUMENT, IO, JOURNAL_POISONED, READ_ONLY.
        """
        return self._door("erase", {"subject": subject, "now": now})  # type: ignore[no-any-return]

    def export(
        self,
        subject: str,
        *,
        now: InstantLike | None = None,
        progress: Progress = False,
    ) -> Rows[Exported]:
        """Answers everything that is kept of a person, in order.

        Parameters
        ----------
        subject : str
            The person.
        now : InstantLike | None, default None
            The instant of the call; else the system's clock.
        progress : bool or callable, default False
            True shows a bar for work over two seconds; a function gets ``(done, total)``.

        Returns
        -------
        Rows[Exported]
            One event of a person.

        Raises
        ------
        Error
            With code CANCELLED, CLOSED, DISK_FULL, INTERNAL, INVALID_ARGUMENT, IO, JOURNAL_CORRUPT,
            JOURNAL_POISONED, READ_ONLY.
        """
        return Rows(Exported, (Exported._of(v) for v in self._query_long("export", {"subject": subject, "now": now}, progress)))

    def retain(
        self,
        *,
        personalisation_days: int | None = None,
        analytics_days: int | None = None,
        marketing_days: int | None = None,
        now: InstantLike | None = None,
        progress: Progress = False,
    ) -> Retained:
        """Drops what people did once no purpose keeps it any longer: from the log and from all that was learned. A
        purpose keeps nothing of a person who withdrew consent to it. Of a purchase that only marketing keeps day
        and worth remain; profiles, consents and stock stay. Answers how many events went.

        Parameters
        ----------
        personalisation_days : int | None, default None
            Days for personal picks: views, clicks, carts, purchases, returns, ratings, reviews. Not given: for
            ever.
        analytics_days : int | None, default None
            Days for counts per SKU: the same, and answers and complaints. Not given: for ever.
        marketing_days : int | None, default None
            Days for segments of people: purchases. Not given: for ever.
        now : InstantLike | None, default None
            The instant of the call; else the system's clock.
        progress : bool or callable, default False
            True shows a bar for work over two seconds; a function gets ``(done, total)``.

        Returns
        -------
        Retained
            What a retention did.

        Raises
        ------
        Error
            With code CANCELLED, CLOSED, DISK_FULL, INTERNAL, INVALID_ARGUMENT, IO, JOURNAL_CORRUPT,
            JOURNAL_POISONED, READ_ONLY.
        """
        return Retained._of(self._query_long("retain", {"personalisation_days": personalisation_days, "analytics_days": analytics_days, "marketing_days": marketing_days, "now": now}, progress))

    def compact(
        self,
        *,
        now: InstantLike | None = None,
    ) -> None:
        """Gives back the space of what was erased; the hash chain stays what it was.

        Parameters
        ----------
        now : InstantLike | None, default None
            The instant of the call; else the system's clock.

        Raises
        ------
        Error
            With code CLOSED, DISK_FULL, INTERNAL, INVALID_ARGUMENT, IO, JOURNAL_CORRUPT, JOURNAL_POISONED,
            READ_ONLY.
        """
        self._door("compact", {"now": now})

    def backup(
        self,
        *,
        folder: str | os.PathLike[str],
        with_keys: bool = False,
        now: InstantLike | None = None,
        progress: Progress = False,
    ) -> Copied:
        """Copies the journal into an empty folder while the writer goes on, verifying what it copies: all that was
        answered when it began. Without keys nobody's events can be read there; with them an erase has to be
        repeated there.

        Parameters
        ----------
        folder : str | os.PathLike[str]
            An empty folder, made where there is none.
        with_keys : bool, default False
            Copies the keys of people too. Without them nobody's events can be read from the copy; with them it is
            as secret as the journal, and who is erased later has to be erased there too.
        now : InstantLike | None, default None
            The instant of the call; else the system's clock.
        progress : bool or callable, default False
            True shows a bar for work over two seconds; a function gets ``(done, total)``.

        Returns
        -------
        Copied
            What was copied.

        Raises
        ------
        Error
            With code CANCELLED, CLOSED, DISK_FULL, INTERNAL, INVALID_ARGUMENT, IO, JOURNAL_CORRUPT, JOURNAL_LOCKED,
            JOURNAL_POISONED, READ_ONLY.
        """
        return Copied._of(self._query_long("backup", {"folder": folder, "with_keys": with_keys, "now": now}, progress))

    def verify(
        self,
        *,
        now: InstantLike | None = None,
        progress: Progress = False,
    ) -> Verified:
        """Reads the whole journal while the writer goes on and checks it: checksums, hash chain, keys, snapshots; and
        that the books balance. Damage is an answer, not an error.

        Parameters
        ----------
        now : InstantLike | None, default None
            The instant of the call; else the system's clock.
        progress : bool or callable, default False
            True shows a bar for work over two seconds; a function gets ``(done, total)``.

        Returns
        -------
        Verified
            What a verification found.

        Raises
        ------
        Error
            With code CANCELLED, CLOSED, DISK_FULL, INTERNAL, INVALID_ARGUMENT, IO, JOURNAL_POISONED, READ_ONLY.
        """
        return Verified._of(self._query_long("verify", {"now": now}, progress))

    def demand(
        self,
        sku: str,
        *,
        location: str | None = None,
        period: Period = 'day',
        now: InstantLike | None = None,
    ) -> Rows[DemandRow]:
        """Shows the demand of a SKU by day, week or month, at one location or all together, with the share in stock;
        returns and bulk orders apart. The last row is not over.

        Parameters
        ----------
        sku : str
            The SKU.
        location : str | None, default None
            The location; else all together.
        period : Period, default 'day'
            How days are summed up. One of ``day``, ``week``, ``month``.
        now : InstantLike | None, default None
            The instant of the call; else the system's clock.

        Returns
        -------
        Rows[DemandRow]
            The demand of a day, a week or a month.

        Raises
        ------
        Error
            With code CLOSED, INTERNAL, INVALID_ARGUMENT, JOURNAL_POISONED, UNKNOWN_LOCATION, UNKNOWN_SKU.
        """
        return Rows(DemandRow, (DemandRow._of(v) for v in self._query("demand", {"sku": sku, "location": location, "period": period, "now": now})))

    def signals(
        self,
        *,
        sku: str | None = None,
        from_: DayLike | None = None,
        min_n: int = 5,
        now: InstantLike | None = None,
    ) -> Rows[SignalRow]:
        """Shows what people said and did per SKU, day and kind; below ``min_n`` people are not shown.

        Parameters
        ----------
        sku : str | None, default None
            Only this SKU.
        from_ : DayLike | None, default None
            Only from this day on.
        min_n : int, default 5
            Signals of people are shown from this number on, at least 1.
        now : InstantLike | None, default None
            The instant of the call; else the system's clock.

        Returns
        -------
        Rows[SignalRow]
            A signal of a SKU on a day.

        Raises
        ------
        Error
            With code CLOSED, INTERNAL, INVALID_ARGUMENT, JOURNAL_POISONED, UNKNOWN_SKU.
        """
        return Rows(SignalRow, (SignalRow._of(v) for v in self._query("signals", {"sku": sku, "from": day_argument(from_, "from"), "min_n": min_n, "now": now})))

    def recommend(
        self,
        subject: str,
        *,
        location: str | None = None,
        k: int = 10,
        exclude_seen: bool = True,
        explain: bool = True,
        max_per_brand: int = 0,
        now: InstantLike | None = None,
    ) -> Rows[Pick]:
        """Recommends SKUs to a person: nothing out of stock, recalled, expired or against their hard rules.

        Parameters
        ----------
        subject : str
            The person; a stranger where nobody knows them.
        location : str | None, default None
            Only what can be had at this location; else anywhere.
        k : int, default 10
            How many picks at most, 1 … 1,000.
        exclude_seen : bool, default True
            Leaves out what the person bought or rated.
        explain : bool, default True
            Fills ``reasons`` and ``why``.
        max_per_brand : int, default 0
            Most picks of one brand; 0 for no limit.
        now : InstantLike | None, default None
            The instant of the call; else the system's clock.

        Returns
        -------
        Rows[Pick]
            One recommended item.

        Raises
        ------
        Error
            With code CLOSED, INTERNAL, INVALID_ARGUMENT, JOURNAL_POISONED, UNKNOWN_LOCATION.
        """
        return Rows(Pick, (Pick._of(v) for v in self._query("recommend", {"subject": subject, "location": location, "k": k, "exclude_seen": exclude_seen, "explain": explain, "max_per_brand": max_per_brand, "now": now})))

    def withheld(
        self,
        subject: str,
        *,
        location: str | None = None,
        now: InstantLike | None = None,
    ) -> Rows[WithheldRow]:
        """Says what a person is not shown, and why.

        Parameters
        ----------
        subject : str
            The person.
        location : str | None, default None
            Only what can be had at this location; else anywhere.
        now : InstantLike | None, default None
            The instant of the call; else the system's clock.

        Returns
        -------
        Rows[WithheldRow]
            A SKU that a person is not shown.

        Raises
        ------
        Error
            With code CLOSED, INTERNAL, INVALID_ARGUMENT, JOURNAL_POISONED, UNKNOWN_LOCATION.
        """
        return Rows(WithheldRow, (WithheldRow._of(v) for v in self._query("withheld", {"subject": subject, "location": location, "now": now})))

    def plan_purchases(
        self,
        *,
        location: str | None = None,
        review_days: int = 28,
        service_level: float = 0.95,
        include_zero: bool = False,
        now: InstantLike | None = None,
        progress: Progress = False,
    ) -> Rows[Proposal]:
        """Proposes purchases for each shelf whose SKU names a supplier, with their reasons.

        Parameters
        ----------
        location : str | None, default None
            Only this location.
        review_days : int, default 28
            Days between two purchases, 1 … 365: an order has to last for the lead time and these.
        service_level : float, default 0.95
            Share of cycles without a stock-out that is aimed at, in (0, 1).
        include_zero : bool, default False
            Shows also what needs nothing.
        now : InstantLike | None, default None
            The instant of the call; else the system's clock.
        progress : bool or callable, default False
            True shows a bar for work over two seconds; a function gets ``(done, total)``.

        Returns
        -------
        Rows[Proposal]
            A proposal to buy, with its reasons and risks.

        Raises
        ------
        Error
            With code CANCELLED, CLOSED, INTERNAL, INVALID_ARGUMENT, JOURNAL_POISONED, UNKNOWN_LOCATION.
        """
        return Rows(Proposal, (Proposal._of(v) for v in self._query_long("plan_purchases", {"location": location, "review_days": review_days, "service_level": service_level, "include_zero": include_zero, "now": now}, progress)))

    def forecast(
        self,
        *,
        h: int = 28,
        level: Sequence[float] = (80.0,),
        sku: str | None = None,
        location: str | None = None,
        now: InstantLike | None = None,
        progress: Progress = False,
    ) -> Table:
        """Forecasts the daily demand of each shelf with intervals, from its complete days.

        Parameters
        ----------
        h : int, default 28
            Days to forecast, 1 … 730.
        level : Sequence[float], default (80.0,)
            Levels of the intervals in percent.
        sku : str | None, default None
            Only this SKU.
        location : str | None, default None
            Only this location.
        now : InstantLike | None, default None
            The instant of the call; else the system's clock.
        progress : bool or callable, default False
            True shows a bar for work over two seconds; a function gets ``(done, total)``.

        Returns
        -------
        Table
            A mapping of columns that turns into any frame.

        Raises
        ------
        Error
            With code CANCELLED, CLOSED, INTERNAL, INVALID_ARGUMENT, JOURNAL_POISONED, UNKNOWN_LOCATION,
            UNKNOWN_SKU.
        """
        return Table(self._query_frame("forecast", {"h": h, "level": level, "sku": sku, "location": location, "now": now}, progress))

    def segments(
        self,
        bins: int = 5,
        *,
        now: InstantLike | None = None,
        progress: Progress = False,
    ) -> Table:
        """Segments the people who bought by recency, frequency and money.

        Parameters
        ----------
        bins : int, default 5
            Scores per dimension, 2 … 10.
        now : InstantLike | None, default None
            The instant of the call; else the system's clock.
        progress : bool or callable, default False
            True shows a bar for work over two seconds; a function gets ``(done, total)``.

        Returns
        -------
        Table
            A mapping of columns that turns into any frame.

        Raises
        ------
        Error
            With code CLOSED, INTERNAL, INVALID_ARGUMENT, JOURNAL_POISONED.
        """
        return Table(self._query_frame("segments", {"bins": bins, "now": now}, progress))


class Ledger(_Ledger):
    """Stock alone, without a disk: lots, holds, first expired first out. Unknown SKUs enter the catalogue.

    Parameters
    ----------
    utc_offset_minutes : int | None, default None
        Minutes east of UTC at which the business day begins, −840 … 840. It is kept in the journal: not given,
        it stays what it was, and 0 at first.
    durability : Durability, default 'sync'
        When an answer is given: ``sync``, once it survives a power cut; ``group``, where inputs wait for each other
        to share one flush; ``os``, once it survives the end of the process.
    """

    def __init__(self, *, utc_offset_minutes: int | None = None, durability: Durability = 'sync') -> None:
        super().__init__(None, {"utc_offset_minutes": utc_offset_minutes, "durability": durability, "open_catalog": True})

    def __enter__(self) -> Ledger:
        return self


def open(folder: str | os.PathLike[str], *, utc_offset_minutes: int | None = None, durability: Durability = 'sync', open_catalog: bool = False) -> Engine:
    """Opens the engine whose journal is in a folder.

    Parameters
    ----------
    folder : path
        A folder for the journal; made where there is none.
    utc_offset_minutes : int | None, default None
        Minutes east of UTC at which the business day begins, −840 … 840. It is kept in the journal: not given,
        it stays what it was, and 0 at first.
    durability : Durability, default 'sync'
        When an answer is given: ``sync``, once it survives a power cut; ``group``, where inputs wait for each other
        to share one flush; ``os``, once it survives the end of the process.
    open_catalog : bool, default False
        Whether a fact about an unknown SKU enters that SKU into the catalogue instead of waiting for it.

    Raises
    ------
    Error
        With code DISK_FULL, INVALID_ARGUMENT, IO, JOURNAL_CORRUPT, JOURNAL_LOCKED, JOURNAL_VERSION, READ_ONLY.
    """
    return Engine(folder, utc_offset_minutes=utc_offset_minutes, durability=durability, open_catalog=open_catalog)


def memory(*, utc_offset_minutes: int | None = None, durability: Durability = 'sync', open_catalog: bool = False) -> Engine:
    """Opens an engine without a disk.

    Parameters
    ----------
    utc_offset_minutes : int | None, default None
        Minutes east of UTC at which the business day begins, −840 … 840. It is kept in the journal: not given,
        it stays what it was, and 0 at first.
    durability : Durability, default 'sync'
        When an answer is given: ``sync``, once it survives a power cut; ``group``, where inputs wait for each other
        to share one flush; ``os``, once it survives the end of the process.
    open_catalog : bool, default False
        Whether a fact about an unknown SKU enters that SKU into the catalogue instead of waiting for it.
    """
    return Engine(None, utc_offset_minutes=utc_offset_minutes, durability=durability, open_catalog=open_catalog)


__all__ = [
    "Accepted",
    "Advanced",
    "AlertRow",
    "Availability",
    "BindingRule",
    "ChangeRow",
    "Changes",
    "Channel",
    "ChannelMinimum",
    "ComplaintKind",
    "Condition",
    "Copied",
    "CostMethod",
    "CountsForecast",
    "CycleCountRow",
    "Damaged",
    "Decided",
    "DemandClass",
    "DemandKind",
    "DemandRow",
    "Durability",
    "Engine",
    "Entered",
    "EntryKind",
    "ExpiredLot",
    "ExpiryPolicy",
    "ExpiryRisk",
    "ExpirySource",
    "Exported",
    "Gaps",
    "Held",
    "HeldLot",
    "HoldRow",
    "HoldState",
    "HorizonRisk",
    "IntermittentMethod",
    "Intervals",
    "LabelMark",
    "LaunchCurve",
    "Ledger",
    "LifeMoment",
    "Line",
    "Location",
    "LocationDay",
    "LostRange",
    "LotOnShelf",
    "LotPick",
    "LotRisk",
    "LotTrace",
    "Model",
    "Money",
    "Moved",
    "Newsvendor",
    "OnError",
    "OpenJar",
    "OpenJarLimit",
    "OpenPurchaseRow",
    "OrderTrace",
    "Period",
    "PhantomBelief",
    "Pick",
    "Picks",
    "Pool",
    "Position",
    "Promised",
    "Proposal",
    "Purpose",
    "Reason",
    "ReasonKind",
    "ReconcileMethod",
    "Recorded",
    "Recovered",
    "Released",
    "Retained",
    "Salvaged",
    "ScoreParams",
    "ShadeSplit",
    "ShelfDemand",
    "ShelfLife",
    "Shipped",
    "ShortReceipt",
    "SignalKind",
    "SignalRow",
    "Sku",
    "StockLevel",
    "StockRow",
    "StockValueRow",
    "StockedLot",
    "Strategy",
    "Supplier",
    "Taken",
    "TesterRow",
    "TraceRow",
    "TransferRow",
    "Unit",
    "Units",
    "Verified",
    "WithheldRow",
    "aggregate",
    "calendar_drivers",
    "cannibalisation",
    "cannibalised",
    "cross_validation",
    "demand_class",
    "driver_effects",
    "evaluate",
    "expiry_risk",
    "fefo",
    "forecast",
    "forecast_counts",
    "forecast_new",
    "forecast_paths",
    "forecast_totals",
    "intermittent",
    "is_sellable",
    "kmeans",
    "memory",
    "newsvendor_normal",
    "newsvendor_poisson",
    "open",
    "open_jar",
    "order_quantity",
    "parse_pao",
    "phantom_posterior",
    "plan_purchases",
    "read_csv",
    "recommend",
    "reconcile",
    "recover_demand",
    "required_remaining_days",
    "rfm",
    "salvage",
    "shade_split",
    "shelf_life",
    "signal_drivers",
    "verify",
]
