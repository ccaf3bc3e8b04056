"""A help desk that uses all that a generated client has, from threads and from asyncio.

`test_typing.py` checks it as its users' checkers would, and runs it.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Unpack, assert_type

import desk
import pytest
from convexgen.testing.backend import ConvexBackend
from convexgen.testing.conformance import StorageConformance, Subject
from convexgen.testing.factories import Factory, Reference
from desk import (
    MISSING,
    UNSET,
    AlreadyExists,
    Answer,
    Around,
    AsyncConvexStorage,
    AtomicConvexStorage,
    CallEvent,
    Channel,
    Conflict,
    ConvexgenError,
    ConvexStorage,
    Customer,
    In,
    Increment,
    InvalidArgument,
    LimitExceeded,
    ListChange,
    ListSubscription,
    NotFound,
    OffsetPage,
    Outcome,
    Page,
    Picture,
    PrefixedKey,
    Priority,
    Query,
    Range,
    StorageId,
    Subscription,
    Text,
    Ticket,
    TicketChanges,
    TicketDocId,
    TicketIncluding,
    Timeout,
    Unavailable,
    Update,
    UserNote,
    UserNoteChanges,
    UserNoteInput,
    UserPageOptions,
    Visit,
    VisitDocId,
    Window,
    is_known,
    progress_bar,
    trace_calls,
)
from desk.tickets import TicketStore
from numpy import array

START = datetime(2026, 1, 1, tzinfo=UTC)


def title(number: int) -> str:
    """That of the ticket of this number."""
    return f"Ticket {number}"


customers = Factory(Customer, name="Ada")
tickets = Factory(
    Ticket,
    customer_id=Reference(customers, "customer_id"),
    title=title,
)


@dataclass
class Costs:
    """What the calls of a storage cost."""

    calls: int = 0
    bytes_sent: int = 0
    failed: int = 0

    def add(self, call: CallEvent) -> None:
        """Count a call. The storage tells of each."""
        self.calls += call.attempts
        self.bytes_sent += call.bytes_sent
        if call.error is not None and issubclass(call.error, ConvexgenError):
            self.failed += 1


def ticket(number: int, **changes: Unpack[TicketChanges]) -> Ticket:
    """One of Ada's, with what is given."""
    made = Ticket(ticket_id=f"t{number}", customer_id="ada", title=f"No {number}", closed_by=None)
    made.priority = changes.get("priority", Priority.LOW)
    return made


def writes(storage: ConvexStorage) -> None:
    """Documents are created, saved, updated and deleted, one by one and many at once."""
    customer = storage.customers.save(Customer(customer_id="ada", name="Ada", email="a@x.test"))
    assert_type(customer, Customer)
    try:
        storage.customers.create(Customer(customer_id="ada", name="Bob"))
    except AlreadyExists as error:
        print(error.entity, error.key, error.may_have_run)
    created = storage.tickets.create(ticket(1))
    assert_type(created.doc_id, TicketDocId)
    assert_type(created.created_at, datetime)
    with progress_bar("Tickets", 38) as progress:
        saved = storage.tickets.save_many(
            (ticket(number) for number in range(2, 40)), progress=progress, concurrency=4
        )
    assert_type(saved, int)
    changed = storage.tickets.update(
        "t1",
        priority=Priority.HIGH,
        channel=Channel.WEB,
        votes=Increment(2),
        labels={"seen": {"by": ["bob", None]}},
        expected={"priority": Priority.LOW, "channel": UNSET},
    )
    assert_type(changed, Ticket)
    assert changed.votes == 2
    storage.tickets.update("t1", channel=UNSET, closed_by=None)
    upserted = storage.tickets.upsert(
        "t40", set={"title": "Late"}, create={"customer_id": "ada", "closed_by": None}
    )
    assert_type(upserted, Ticket)
    several = storage.tickets.update_many(
        [Update("t2", {"votes": 1}), Update("t3", {"title": "Third"}, expected={"votes": 0})],
        missing="skip",
    )
    assert_type(several, list[Ticket | None])
    assert_type(storage.tickets.delete("t40", expected={"title": "Late"}), bool)
    assert_type(storage.tickets.delete_many(["t38", "t39"], progress=print), int)
    parts: list[Text | Picture] = [Text(text="Have you tried it again?")]
    answer = Answer(ticket_id="t1", number=1, parts=parts, embedding=list(array([1.0, 0.5])))
    assert_type(storage.answers.save(answer), Answer)
    assert_type(storage.answers.get("t1", 1), Answer | None)
    assert_type(storage.answers.delete_many([("t1", 2)]), int)


def reads(storage: ConvexStorage) -> None:
    """What there is, by its key, its document, and with what belongs to it."""
    found = storage.tickets.get("t1")
    assert_type(found, Ticket | None)
    if found is None:
        raise LookupError("t1")
    assert_type(storage.tickets.get_by_doc_id(found.doc_id), Ticket | None)
    assert_type(storage.tickets.get_many(["t1", "none"]), list[Ticket | None])
    with_others = storage.tickets.get("t1", include=["customer", "answers"])
    assert_type(with_others, TicketIncluding | None)
    if with_others is not None:
        assert_type(with_others.customer, Customer | None)
        assert_type(with_others.answers, list[Answer])
        for answer in with_others.answers:
            for part in answer.parts:
                print(part.text if isinstance(part, Text) else part.file)
    if isinstance(found.channel, Channel):
        assert_type(found.channel, Channel)
    elif found.channel is not MISSING:
        print(is_known(found.channel), found.channel.upper())
    if found.labels is not MISSING and isinstance(found.labels, Mapping):
        print(found.labels.get("seen"))
    nearest = storage.answers.nearest([1.0, 0.5], limit=3)
    print([(one.item.number, one.score) for one in nearest])


def queries(storage: ConvexStorage) -> None:
    """A query is asked when it is gone through, by pages, with conditions, with totals."""
    everything = storage.tickets.list(order="desc")
    assert_type(everything, Query[Ticket, TicketChanges])
    assert_type(iter(everything), Iterator[Ticket])
    assert_type(everything.iterate(page_size=10), Iterator[Ticket])
    assert_type(everything.all(), list[Ticket])
    assert_type(everything.first(), Ticket | None)
    page = everything.page(limit=5)
    assert_type(page, Page[Ticket])
    assert_type(everything.page(cursor=page.cursor, limit=5).items, list[Ticket])
    around = storage.tickets.around_ticket("ada", created_at=Range(gte=START), order="asc")
    assert_type(around.count(), int)
    assert_type(around.rank("t3"), int | None)
    assert_type(around.page(offset=3, limit=2), OffsetPage[Ticket])
    assert_type(around.around("t3", before=1, after=2), Window[Ticket] | None)
    windows = around.page(offset=0, limit=2, around=[Around("t4", after=1)]).windows
    assert_type(windows, list[Window[Ticket] | None])
    found = storage.tickets.find_tickets(
        "ada",
        where={
            "priority": In([Priority.LOW]),
            "votes": Range(gte=1, lt=10),
            "labels": {"seen.by": UNSET},
        },
    )
    assert_type(found.page(limit=3), Page[Ticket])
    assert_type(found.count(), int)
    searched = storage.tickets.search_title("third", priority=Priority.LOW, limit=5)
    assert_type(searched.first(), Ticket | None)
    assert_type(searched.all(), list[Ticket])
    with storage.snapshot() as at:
        assert_type(at, ConvexStorage)
        assert at.tickets.list().all() == at.tickets.list().all()


def writes_of_what_is_found(storage: ConvexStorage) -> None:
    """All that a query finds is changed, copied and deleted."""
    query = storage.tickets.around_ticket("ada")
    assert_type(query.update(set={"labels": {"old": True}}, unset=["channel"]), int)
    assert_type(
        query.copy(key={"ticket_id": PrefixedKey("copy/")}, set={"customer_id": "bob"}), int
    )
    assert_type(storage.tickets.around_ticket("bob").delete(progress=print), int)


def blocks(storage: ConvexStorage) -> None:
    """Several writes are one."""
    with storage.atomic() as tx:
        voted = vote(tx, "t2")
        tx.tickets.expect("t1", {"closed_by": None})
        tx.customers.expect_absent("nobody")
        tx.visits.create(Visit(page="/t2", seconds=1.5))
    assert_type(voted.result, Ticket)
    assert_type(voted.result.votes, int)


def vote(tx: AtomicConvexStorage, ticket_id: str) -> Outcome[Ticket]:
    """A part of a block."""
    return tx.tickets.update(ticket_id, set={"votes": Increment(1)}, unset=["channel"])


def watches(storage: ConvexStorage) -> None:
    """What is asked for once is told whenever it changes."""
    with storage.tickets.watch("t1") as snapshots:
        assert_type(snapshots, Subscription[Ticket | None])
        assert_type(snapshots.next(timeout=900), Ticket | None)
        assert_type(snapshots.latest(timeout=900), Ticket | None)
    with storage.tickets.around_ticket("ada").watch(limit=10) as listed:
        assert_type(listed, ListSubscription[Ticket])
        for page in listed:
            assert_type(page, list[Ticket])
            break
    with storage.tickets.list().watch(limit=5).changes() as changes:
        change = next(changes)
        assert_type(change, ListChange[Ticket])
        assert_type([both.after for both in change.changed], list[Ticket])
    with storage.functions.desk.watch_oldest(customer_id="ada") as oldest:
        assert_type(next(oldest), str | None)
    with storage.tickets.watch("t1", include=["customer"]) as with_others:
        assert_type(next(with_others), TicketIncluding | None)


def visits(storage: ConvexStorage) -> None:
    """Documents without a key are known by their IDs."""
    visit = storage.visits.create(Visit(page="/", seconds=0.5))
    assert_type(visit.doc_id, VisitDocId)
    assert_type(storage.visits.create_many([Visit(page="/a", seconds=1)]), int)
    storage.visits.update(visit.doc_id, seconds=Increment(0.25))
    replaced = storage.visits.replace(visit.doc_id, Visit(page="/b", seconds=2))
    assert_type(replaced, Visit)
    assert_type(storage.visits.by_page("/b").all(), list[Visit])


def jobs(storage: ConvexStorage) -> None:
    """What is killed and run again happens once."""
    with storage.job("import", secret="of sixteen bytes", fingerprint="1") as job:
        assert_type(job, ConvexStorage)
        job.tickets.save_many(ticket(number) for number in range(50, 55))
        assert_type(job.functions.desk.close(ticket_id="t50", by="job"), Ticket)


def tables(storage: ConvexStorage) -> None:
    """What a query finds is a table, and values of tables are taken where they mean one value."""
    frame = storage.tickets.list().to_pandas()
    print(storage.tickets.list().to_arrow().num_rows, storage.visits.list().to_polars().height)
    storage.tickets.update("t4", title=frame["title"].iloc[0], votes=frame["votes"].iloc[1])
    late = frame["created_at"].max() + timedelta(days=1)
    print(storage.tickets.around_ticket("ada", created_at=Range(lt=late)).count())


def files(storage: ConvexStorage) -> None:
    """Files are kept beside documents."""
    stored = storage.files.upload(b"a picture", content_type="image/png", progress=print)
    assert_type(stored, StorageId)
    picture = Picture(file=stored, alt="A picture")
    storage.answers.save(Answer(ticket_id="t1", number=3, parts=[picture]))
    assert_type(storage.files.read(stored), bytes)
    assert_type(storage.files.url(stored), str | None)


def failures(storage: ConvexStorage) -> str:
    """Errors say what, of what, and whether it may have happened."""
    try:
        storage.tickets.update("none", title="x")
    except NotFound as error:
        print(error.operation, error.request_id)
    try:
        storage.tickets.update("t1", title="x", expected={"title": "y"})
    except Conflict as error:
        print(error.data)
    try:
        storage.tickets.update("t1", title="x" * 201)
    except (InvalidArgument, LimitExceeded) as error:
        return str(error)
    except Timeout as error:
        return str(storage.client.resume(error))
    except Unavailable as error:
        return "perhaps" if error.may_have_run else "no"
    return "done"


def users(storage: ConvexStorage, token: str) -> None:
    """What a user may do is done as that user."""
    with storage.as_user(token) as user, storage.as_user(lambda: token) as same:
        notes = user.functions.viewer_notes
        written = notes.create(note=UserNoteInput(note_id="n1", text="Hello"))
        assert_type(written, UserNote)
        notes.update(note_id="n1", set=UserNoteChanges(text="Goodbye"))
        first = UserPageOptions(num_items=10, cursor=None)
        page = same.functions.viewer_notes.by_author_id(pagination_opts=first)
        assert_type(page.page, list[UserNote])


async def from_asyncio(url: str, key: str, token: str) -> int:
    """The same, awaited."""
    costs = Costs()
    async with AsyncConvexStorage(url, deploy_key=key, on_call=costs.add) as storage:
        assert_type(await storage.tickets.get("t1"), Ticket | None)
        assert_type(await storage.tickets.save(ticket(60)), Ticket)
        assert_type(await storage.tickets.save_many([ticket(61)], concurrency=2), int)
        assert_type(await storage.tickets.update("t60", votes=Increment(1)), Ticket)
        assert_type(await storage.tickets.list().all(), list[Ticket])
        assert_type(aiter(storage.tickets.list()), AsyncIterator[Ticket])
        async for found in storage.tickets.around_ticket("ada"):
            assert_type(found, Ticket)
        assert_type(await storage.tickets.around_ticket("ada").count(), int)
        assert_type(await storage.tickets.search_title("no").first(), Ticket | None)
        async with storage.tickets.watch("t60") as snapshots:
            assert_type(await snapshots.next(timeout=900), Ticket | None)
        async with storage.tickets.list().watch().changes() as changes:
            assert_type(await anext(changes), ListChange[Ticket])
        async with storage.atomic() as tx:
            voted = vote(tx, "t60")
        assert_type(voted.result, Ticket)
        async with storage.job("later") as job:
            assert_type(await job.functions.desk.close(ticket_id="t60", by="job"), Ticket)
        async with storage.snapshot() as at:
            assert_type(await at.functions.desk.oldest(customer_id="ada"), str | None)
        frame = await storage.tickets.list().to_pandas()
        print(len(frame))
        async with storage.as_user(token) as user:
            assert_type(await user.functions.viewer_notes.get_by_id(note_id="n1"), UserNote | None)
        assert_type(await tickets.create_async(storage, title="Made"), Ticket)
        assert_type(await storage.tickets.delete("t61"), bool)
    return costs.calls


class TestDesk(StorageConformance):
    """The promises of storages, of this one."""

    package = desk
    subjects = (
        Subject("customers", Factory(Customer), ("customer_id",), {"name": "Eve"}, "email"),
    )

    @pytest.fixture
    def storage(self, convex_backend: ConvexBackend) -> Iterator[ConvexStorage]:
        with ConvexStorage(convex_backend.url, deploy_key=convex_backend.admin_key) as storage:
            yield storage


def titles(store: TicketStore, keys: list[str]) -> list[str]:
    """Stores are what helpers take."""
    return [found.title for found in store.get_many(keys) if found is not None]


def main(url: str, key: str, token: str) -> None:
    """All of it, against one deployment."""
    costs = Costs()
    with ConvexStorage(url, deploy_key=key, timeout=900, on_call=costs.add) as storage:
        for part in (
            *(writes, reads, queries, writes_of_what_is_found, blocks, watches),
            *(visits, jobs, tables, files, failures),
        ):
            part(storage)
        users(storage, token)
        assert_type(tickets.create(storage, title="Made"), Ticket)
        assert_type(tickets.build_batch(2), list[Ticket])
        print(titles(storage.tickets, ["t1"]), Decimal(costs.bytes_sent), costs.failed)
    with ConvexStorage(url, deploy_key=key, on_call=trace_calls()) as traced:
        assert_type(traced.system.measure("tickets").documents, int)
    print(asyncio.run(from_asyncio(url, key, token)), "calls")


if __name__ == "__main__":
    main(*sys.argv[1:])
