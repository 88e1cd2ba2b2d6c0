"""One day of a small cosmetics shop: stock, an order, feedback, a recommendation, a purchase proposal."""

from datetime import datetime, timedelta, timezone

import trousse as tr

MONDAY = datetime(2026, 11, 23, 9, tzinfo=timezone.utc)


def at(day: int) -> datetime:
    """Nine in the morning, days after the first Monday."""
    return MONDAY + timedelta(days=day)


def main() -> None:
    """Runs the story and checks each of its turns."""
    with tr.memory() as shop:  # tr.open("shop.trousse") keeps it in a folder
        shop.upsert_suppliers([{"supplier": "nord", "lead_time_days": 14}], now=MONDAY)
        shop.upsert_skus(
            {
                "sku": ["LIP-01", "LIP-02", "SER-30"],
                "brand": ["rouge", "rouge", "clair"],
                "category": ["lipstick", "lipstick", "serum"],
                "ingredients": ["ricinus oil, wax", "ricinus oil, wax", "aqua, niacinamide"],
                "price": [1290, 1290, 3400],  # minor units: 12.90 EUR
                "supplier": ["nord", "nord", "nord"],
            },
            now=MONDAY,
        )
        for sku, lot, expires_on, quantity in [
            ("LIP-01", "B7", "2027-09-30", 48),
            ("LIP-01", "A1", "2027-06-30", 1),
            ("LIP-02", "C1", "2027-12-31", 20),
            ("SER-30", "S3", "2027-05-31", 5),
        ]:
            receipt = f"asn-7:{sku}:{lot}"
            shop.receive(id=receipt, sku=sku, lot=lot, expires_on=expires_on, quantity=quantity, location="paris", now=MONDAY)

        hold = shop.reserve(id="order-1001", lines={"LIP-01": 2, "SER-30": 1}, location="paris", now=MONDAY)
        shipped = shop.commit(id="pay-1001", hold=hold.id, subject="ana", now=MONDAY)
        assert [(taken.lot, taken.quantity) for taken in shipped.lots] == [("A1", 1), ("B7", 1), ("S3", 1)]

        traced = shop.trace_order("order-1001", now=MONDAY)  # an order knows its lots, a lot its orders
        assert [taken.lot for taken in traced.lots] == ["A1", "B7", "S3"]
        assert shop.trace_lot(sku="LIP-01", lot="B7", now=MONDAY).orders == ("order-1001",)

        shop.receive(id="asn-8", sku="LIP-02", lot="C2", expires_on="2028-01-31", quantity=20, location="paris", now=MONDAY)
        shop.reserve(id="order-1003", lines={"LIP-02": 2}, location="paris", ttl_seconds=900, now=MONDAY)
        assert [line.lot for line in shop.hold("order-1003", now=MONDAY).lots] == ["C1"]
        shop.recall(id="recall-1", sku="LIP-02", lot="C1", now=MONDAY)  # blocks the lot everywhere: in holds others stand in
        assert [line.lot for line in shop.hold("order-1003", now=MONDAY).lots] == ["C2"]
        assert shop.availability("LIP-02", now=MONDAY).available_to_promise == 18
        shop.release(id="sorry-1003", hold="order-1003", now=MONDAY)

        try:
            shop.reserve(id="order-1002", lines={"SER-30": 9}, location="paris", now=MONDAY)
        except tr.Rejected as refused:
            assert (refused.code, refused.available) == ("INSUFFICIENT_STOCK", 4)
        else:
            raise AssertionError("9 of 4 were promised")

        before = shop.availability("SER-30", location="paris", now=MONDAY)
        shop.complaint(id="c-9", subject="bo", sku="SER-30", kind="not_available", location="paris", now=MONDAY)
        after = shop.availability("SER-30", location="paris", now=MONDAY)
        assert after.p_phantom > before.p_phantom

        shop.consent(id="yes-ana", subject="ana", granted=True, now=MONDAY)
        shop.rating(id="r-5", subject="ana", sku="LIP-01", value=5, now=MONDAY)
        picks = shop.recommend("ana", k=2, location="paris", now=MONDAY)
        assert picks[0].sku == "LIP-02", picks  # alike, and not bought yet
        print(picks)
        print(shop.stock(location="paris", now=MONDAY))

        for day in range(1, 29):  # four weeks at the till
            shop.sale(id=f"till-{day}", lines={"LIP-01": 1}, location="paris", now=at(day))
        proposals = shop.plan_purchases(location="paris", review_days=28, now=at(29))
        assert proposals[0].sku == "LIP-01" and proposals[0].quantity > 0
        print(proposals[0].why)
        print(shop.forecast(h=2, sku="LIP-01", now=at(29)))

        calendar = shop.expiry_calendar(now=at(29))  # what expires when, and what of it will not sell in time
        assert calendar.lots[0].lot == "S3" and calendar.horizons[-1].within_days == 90
        changed = {row.sku for _, row in shop.watch(timeout_s=0)}  # what a shop window follows
        assert changed == {"LIP-01", "LIP-02", "SER-30"}
        assert shop.verify().sound


if __name__ == "__main__":
    main()
