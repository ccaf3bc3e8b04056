"""Two orders of a product, of which one is paid."""

from shop_convex import MISSING, ConvexStorage, OrderBilling, OrderPaymentCard

with ConvexStorage.from_env() as storage:
    orders = storage.functions.orders
    product = orders.stock(sku="cup", name="A red cup", cents=2**60)
    home = OrderBilling(name="Ann", street=["Way 1", "2nd floor"], country="NO", zip="0150")
    away = OrderBilling(name="Bob", street=[], country="BR")
    first = orders.place(sku="cup", count=2, billing=home, card="4111 1111")
    second = orders.place(sku="cup", count=0.5, billing=away)
    assert (first, second) == (2**53 + 1, 2**53 + 2)

    cup = storage.products.by_sku("cup").first()
    assert cup is not None
    assert (cup.doc_id, cup.price.amount, cup.price.currency) == (product, 2**60, "EUR")
    assert cup.stock == {"oslo": 4, "sao paulo": 0.5}
    assert cup.picture == b"\x00\xff"
    assert storage.products.by_name("red").all() == [cup]
    (paid,) = storage.orders.by_state_and_number("paid")
    assert (paid.number, paid.billing.zip, paid.shipping) == (first, "0150", MISSING)
    assert paid.payment == OrderPaymentCard(last4="1111")
    (line,) = paid.lines
    assert (line.product, line.count, line.price) == (product, 2, cup.price)
    (unpaid,) = storage.orders.by_country("BR")
    assert (unpaid.number, unpaid.payment, unpaid.billing.street) == (second, None, [])
    # What was read of a document is what a function takes that shares its validator.
    again = orders.place(sku="cup", count=1, billing=paid.billing)
    (copied,) = storage.orders.by_number(number=again)
    assert copied.billing == paid.billing
print("done")
