"""Mistakes with each part of `application.py` that checkers must find: see `mistakes.py`."""

from collections.abc import AsyncIterator

from convexgen.testing.factories import Factory
from desk import (
    UNSET,
    Answer,
    Around,
    AsyncConvexStorage,
    AtomicConvexStorage,
    CallEvent,
    Channel,
    Conflict,
    ConvexStorage,
    Customer,
    In,
    Increment,
    ListChange,
    NotFound,
    Picture,
    PrefixedKey,
    Priority,
    Range,
    StorageId,
    Text,
    Ticket,
    TicketDocId,
    Update,
    UserNoteChanges,
    UserNoteInput,
    UserPageOptions,
    Visit,
    VisitDocId,
)
from desk.customers import CustomerStore


def needs_ticket(doc_id: TicketDocId) -> None:
    print(doc_id)


def needs_visit(doc_id: VisitDocId) -> None:
    print(doc_id)


def writes(storage: ConvexStorage, customer: Customer, ticket: Ticket) -> None:
    Ticket(ticket_id="t", customer_id="c", title="T")  # mistake
    Ticket(ticket_id="t", customer_id="c", title="T", closed_by=None, votes=1.5)  # mistake
    Customer(customer_id="c", name=None)  # mistake
    Customer(customer_id="c", name="C", email=None)  # mistake
    Answer(ticket_id="t", number=1, parts=[customer])  # mistake
    Text(text="x", kind="picture")  # mistake
    Picture(file="not one that was uploaded")  # mistake
    ticket.priority = "urgent"  # mistake
    ticket.channel = None  # mistake
    storage.customers.create(ticket)  # mistake
    storage.customers.save(customer, expected={"names": "x"})  # mistake
    storage.tickets.save_many(customer)  # mistake
    storage.tickets.save_many([ticket], concurrency="4")  # mistake
    storage.tickets.save_many([ticket], progress=lambda: None)  # mistake
    storage.tickets.update("t", votes=Increment("1"))  # mistake
    storage.tickets.update("t", title=Increment(1))  # mistake
    storage.tickets.update("t", created_at=ticket.created_at)  # mistake
    storage.tickets.update("t", ticket_id="u")  # mistake
    storage.tickets.update("t", votes=UNSET)  # mistake
    storage.tickets.update("t", title="x", expected={"votes": Increment(1)})  # mistake
    storage.tickets.upsert("t", set={"subject": "x"})  # mistake
    storage.tickets.upsert("t", create={"ticket_id": "u"})  # mistake
    storage.tickets.update_many([Update(1, {"votes": 1})])  # mistake
    storage.tickets.update_many([Update("t", {"vote": 1})])  # mistake
    storage.tickets.update_many([], missing="ignore")  # mistake
    storage.tickets.delete("t", expected={"title": None})  # mistake
    storage.answers.delete_many(["t"])  # mistake
    storage.ticket.get("t")  # mistake


def reads(storage: ConvexStorage) -> None:
    storage.answers.get("t")  # mistake
    storage.answers.get("t", "1")  # mistake
    storage.tickets.get_by_doc_id("t")  # mistake
    storage.tickets.get("t", include=["visits"])  # mistake
    with_others = storage.tickets.get("t", include=["customer"])
    if with_others is None:
        return
    print(with_others.customer.name)  # mistake
    print(with_others.answers[0].parts[0].text)  # mistake
    print(with_others.channel.value)  # mistake
    print(Channel.PHONE)  # mistake
    found = storage.tickets.get("t")
    if found is not None:
        print(found.customer)  # mistake
    print(storage.answers.nearest([1.0])[0].number)  # mistake
    storage.answers.nearest(["a"])  # mistake


def queries(storage: ConvexStorage) -> None:
    storage.tickets.by_customer_id("c")  # mistake
    storage.tickets.list(order="up")  # mistake
    storage.tickets.list().count()  # mistake
    storage.tickets.list().page(offset=1)  # mistake
    storage.tickets.around_ticket("c", created_at=Range(gte="2026"))  # mistake
    storage.tickets.around_ticket("c").rank(1)  # mistake
    storage.tickets.around_ticket("c").around("t", before="1")  # mistake
    print(storage.tickets.around_ticket("c").around("t").item)  # mistake
    print(storage.tickets.around_ticket("c").page(limit=1).total)  # mistake
    storage.tickets.around_ticket("c").page(offset=0, around=[Around(1)])  # mistake
    storage.tickets.find_tickets("c", where={"title": "x"})  # mistake
    storage.tickets.find_tickets("c", where={"priority": In(["low", 1])})  # mistake
    storage.tickets.find_tickets("c", where={"votes": Range(gte="1")})  # mistake
    storage.tickets.find_tickets("c").around("t")  # mistake
    storage.tickets.search_title("x", priority="urgent")  # mistake
    storage.tickets.search_title(1)  # mistake
    storage.tickets.list().update(set={"titles": "x"})  # mistake
    storage.tickets.list().copy(set={"title": "x"})  # mistake
    storage.tickets.list().copy(key={"ticket_id": PrefixedKey(1)})  # mistake
    with storage.snapshot() as at:
        at.tickets.get(1)  # mistake


def blocks(storage: ConvexStorage, ticket: Ticket) -> None:
    with storage.atomic() as tx:
        saved = tx.tickets.save(ticket)
        print(saved.title)  # mistake
        print(saved.result.titel)  # mistake
        tx.tickets.update("t", set={"votes": Increment("1")})  # mistake
        tx.tickets.update("t", unset="title", votes=1)  # mistake
        tx.customers.expect("c", {"email": None})  # mistake
        tx.answers.expect_absent("t")  # mistake
        storage.atomic(tx)  # mistake
        part(storage)  # mistake


def part(tx: AtomicConvexStorage) -> None:
    tx.visits.create(Visit(page="/", seconds=1))


def watches(storage: ConvexStorage) -> None:
    with storage.tickets.watch(1) as _:  # mistake
        pass
    with storage.tickets.watch("t") as snapshots:
        print(snapshots.next().title)  # mistake
        snapshots.next("soon")  # mistake
        snapshots.changes()  # mistake
    with storage.tickets.list().watch(limit="5") as _:  # mistake
        pass
    with storage.tickets.list().watch().changes() as changes:
        wrong: ListChange[Customer] = next(changes)  # mistake
        print(next(changes).changed[0].title, wrong)  # mistake
    storage.functions.desk.watch_close(ticket_id="t", by="b")  # mistake
    with storage.functions.desk.watch_oldest(customer_id="c") as oldest:
        print(next(oldest).upper())  # mistake


def others(storage: ConvexStorage, visit: Visit, ticket: Ticket) -> None:
    needs_visit(ticket.doc_id)  # mistake
    needs_ticket(visit.doc_id)  # mistake
    storage.visits.get("v")  # mistake
    storage.visits.save(visit)  # mistake
    storage.visits.update(visit.doc_id, seconds="1")  # mistake
    storage.visits.replace(visit.doc_id, ticket)  # mistake
    storage.job(1)  # mistake
    with storage.job("import") as job:
        job.functions.desk.close(ticket_id="t")  # mistake
        job.functions.desk.close(ticket_id="t", by=None)  # mistake
        job.functions.desk.reopen(ticket_id="t")  # mistake
    stored: StorageId = storage.files.read("f")  # mistake
    storage.files.upload(stored, content_type=1)  # mistake
    storage.customers.list().to_excel()  # mistake


def failures(storage: ConvexStorage) -> None:
    try:
        storage.tickets.delete("t")
    except NotFound as error:
        print(error.keys)  # mistake
    except Conflict as error:
        print(error.may_have_run + "x")  # mistake
        storage.client.resume("error")  # mistake


def users(storage: ConvexStorage) -> None:
    storage.as_user(1)  # mistake
    with storage.as_user("token") as user:
        notes = user.functions.viewer_notes
        notes.create(note=UserNoteInput(note_id="n", text="x", author_id="a"))  # mistake
        notes.update(note_id="n", set=UserNoteChanges(text=None))  # mistake
        notes.by_author_id(pagination_opts=UserPageOptions(num_items="5", cursor=None))  # mistake


def hooks(url: str) -> None:
    def log(call: CallEvent) -> None:
        print(call.arguments)  # mistake
        call.attempts = 2  # mistake

    def logs_nothing(text: str) -> None:
        print(text)

    ConvexStorage(url, on_call=log).close()
    ConvexStorage(url, on_call=logs_nothing).close()  # mistake
    ConvexStorage(url, deploykey="k").close()  # mistake
    ConvexStorage(url, timeout="1").close()  # mistake


async def from_asyncio(storage: AsyncConvexStorage, ticket: Ticket) -> None:
    print((await storage.tickets.get("t")).title)  # mistake
    print(storage.tickets.save(ticket).title)  # mistake
    await storage.tickets.update("t", titel="x")  # mistake
    with storage.tickets.watch("t") as _:  # mistake
        pass
    async with storage.tickets.watch("t") as snapshots:
        for _ in snapshots:  # mistake
            pass
        print(await snapshots.next().title)  # mistake
    async with storage.job("import") as job:
        await job.functions.desk.close(ticket_id=1, by="b")  # mistake
    async with storage.snapshot() as at:
        needs_storage(at)  # mistake
    found: AsyncIterator[Customer] = aiter(storage.tickets.list())  # mistake
    print(found)
    ConvexStorage("url", auth=token)  # mistake


async def token() -> str:
    return "token"


def needs_storage(storage: ConvexStorage) -> None:
    storage.close()


def factories(storage: ConvexStorage, store: CustomerStore) -> None:
    made: Ticket = Factory(Customer).build()  # mistake
    Factory("Customer")  # mistake
    Factory(Customer).build_batch("2")  # mistake
    print(Factory(Customer).create(storage).title, made)  # mistake
    names(storage.tickets)  # mistake
    names(store)
    storage.tickets.by_priority(Priority.LOW)  # mistake


def names(store: CustomerStore) -> list[str]:
    return [one.name for one in store.list()]
