"""The sync protocol without a socket: scripts of messages, and whatever order they come in."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from convexgen.runtime.errors import Unavailable
from convexgen.runtime.sync_messages import Credential, FunctionCall, ProtocolBroken, read_message
from convexgen.runtime.sync_outcomes import Ended, Failure, Outcome, Result
from convexgen.runtime.sync_state import (
    MAX_MODIFICATION_BYTES,
    MAX_UNDER_WAY,
    CredentialRefused,
    Mutation,
    SyncState,
)
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sync_deployment import Deployment, DeploymentSocket, response, transition, updated, version

ADA = Credential("User", "token of Ada")


def call(name: str, path: str = "n:get") -> FunctionCall:
    return FunctionCall(path, json.dumps({"name": name}).encode())


def addition(outcomes: list[Outcome]) -> Mutation:
    return Mutation(call("a", "n:add"), outcomes.append)


def opened() -> SyncState:
    state = SyncState("session")
    state.open("InitialConnect")
    return state


def sent(state: SyncState) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = []
    while (message := state.next_message()) is not None:
        messages.append(json.loads(message))
    return messages


def kinds(messages: list[dict[str, Any]]) -> list[str]:
    return [message["type"] for message in messages]


def test_equal_queries_are_asked_once_and_all_in_one_message() -> None:
    state, seen = SyncState("session"), list[Outcome]()
    for name in "aab":
        state.watch(call(name), seen.append)
    state.open("InitialConnect")
    connect, modify = sent(state)
    assert connect == {
        "type": "Connect",
        "sessionId": "session",
        "connectionCount": 0,
        "lastCloseReason": "InitialConnect",
    }
    assert [one["args"][0]["name"] for one in modify["modifications"]] == ["a", "b"]
    first = version(1, 0, 5)
    state.receive(transition(version(0, 0, 0), first, updated(0, "A"), updated(1, "B")))
    assert seen == [Result("A"), Result("A"), Result("B")]
    # Who comes later has what is known.
    state.watch(call("b"), seen.append)
    assert seen[3:] == [Result("B")]
    assert sent(state) == []


def test_queries_that_are_not_shared_are_asked_each() -> None:
    state, seen = opened(), list[Outcome]()
    for _ in range(2):
        state.watch(call("a"), seen.append, is_shared=False)
    assert len(sent(state)[1]["modifications"]) == 2


def test_a_new_connection_says_everything_anew_and_tells_only_what_is_new() -> None:
    state, seen, answers = SyncState("session"), list[Outcome](), list[Outcome]()
    state.authenticate(ADA)
    state.watch(call("a"), seen.append)
    state.submit(addition(answers))
    state.open("InitialConnect")
    assert kinds(sent(state)) == ["Connect", "Authenticate", "ModifyQuerySet", "Mutation"]
    state.receive(transition(version(0, 0, 0), version(1, 1, 5), updated(0, [1], "journal")))
    state.close()
    assert sent(state) == []
    state.open("broken")
    connect, authenticate, modify, mutation = sent(state)
    assert connect["sessionId"] == "session"
    assert connect["maxObservedTimestamp"] == version(0, 0, 5)["ts"]
    assert (connect["connectionCount"], connect["lastCloseReason"]) == (1, "broken")
    assert (authenticate["baseVersion"], authenticate["value"]) == (0, "token of Ada")
    assert (modify["baseVersion"], modify["modifications"][0]["journal"]) == (0, "journal")
    assert mutation["requestId"] == 0
    state.receive(transition(version(0, 0, 0), version(1, 1, 6), updated(0, [1], "journal")))
    state.receive(response(0, "done", 6))
    assert (seen, answers) == ([Result([1])], [Result("done")])


@pytest.mark.parametrize(
    ("before", "after"), [(True, 1), (1, 1.5), ([], {}), ({"a": [False]}, {"a": [0]})]
)
def test_results_that_python_finds_equal_may_differ(before: Any, after: Any) -> None:
    state, seen = opened(), list[Outcome]()
    state.watch(call("a"), seen.append)
    first, second = version(1, 0, 5), version(1, 0, 6)
    state.receive(transition(version(0, 0, 0), first, updated(0, before)))
    state.receive(transition(first, second, updated(0, after)))
    state.receive(transition(second, version(1, 0, 7), updated(0, after)))
    assert [json.dumps(one.value) for one in seen if isinstance(one, Result)] == [
        json.dumps(before),
        json.dumps(after),
    ]


def test_a_failure_is_told_once_though_its_request_has_another_id() -> None:
    state, seen = opened(), list[Outcome]()
    state.watch(call("a"), seen.append)
    last = version(0, 0, 0)
    for number, message in enumerate(
        ["[Request ID: 1a] Uncaught Error", "[Request ID: 2b] Uncaught Error", "another"]
    ):
        failed = {"type": "QueryFailed", "queryId": 0, "errorMessage": message, "logLines": ["x"]}
        following = version(1, 0, 5 + number)
        state.receive(transition(last, following, {**failed, "errorData": {"code": "C"}}))
        last = following
    assert seen == [
        Failure("[Request ID: 1a] Uncaught Error", {"code": "C"}, ["x"]),
        Failure("another", {"code": "C"}, ["x"]),
    ]


def test_a_removed_query_is_removed_once_and_its_late_result_is_skipped() -> None:
    state, seen = opened(), list[Outcome]()
    query = state.watch(call("a"), seen.append)
    sent(state)
    state.unwatch(query, seen.append)
    state.unwatch(query, seen.append)
    assert sent(state)[0]["modifications"] == [{"type": "Remove", "queryId": 0}]
    state.receive(transition(version(0, 0, 0), version(1, 0, 5), updated(0, 1)))
    removed = {"type": "QueryRemoved", "queryId": 0}
    state.receive(transition(version(1, 0, 5), version(2, 0, 5), removed))
    assert seen == []
    # One that was never added is not removed, and its number is not used again.
    other = state.watch(call("a"), seen.append)
    state.unwatch(other, seen.append)
    assert (other.number, sent(state), state.is_idle) == (1, [], True)


def test_what_is_withdrawn_is_not_sent_again() -> None:
    state, answers = SyncState("session"), list[Outcome]()
    first, second = addition(answers), addition(answers)
    state.submit(first)
    assert state.withdraw(first)
    state.submit(second)
    state.open("InitialConnect")
    assert kinds(sent(state)) == ["Connect", "Mutation"]
    assert not state.withdraw(second)
    assert not state.withdraw(second)
    state.receive(response(1, None, 5))
    state.open("broken")
    assert kinds(sent(state)) == ["Connect"]
    assert (answers, state.is_idle) == ([], True)


def test_an_answer_is_told_when_the_queries_show_it() -> None:
    state, told = opened(), list[Any]()
    query = state.watch(call("a"), told.append)
    for _ in range(3):
        state.submit(Mutation(call("a", "n:add"), told.append))
    sent(state)
    first = version(1, 0, 5)
    state.receive(transition(version(0, 0, 0), first, updated(0, 1)))
    state.receive(response(0, "first", 6))
    state.receive(response(1, "second", 8))
    assert told == [Result(1)]
    state.receive(transition(first, version(1, 0, 7), updated(0, 2)))
    assert told[1:] == [Result(2), Result("first")]
    # Also over a break, after which nothing older is told.
    state.open("broken")
    state.receive(transition(version(0, 0, 0), version(1, 0, 8), updated(0, 2)))
    assert told[3:] == [Result("second")]
    # Nothing is waited for that nobody watches, nor beyond a deadline.
    state.receive(response(2, "third", 9))
    state.unwatch(query, told.append)
    assert told[4:] == [Result("third")]


def test_an_answer_that_the_queries_do_not_show_in_time_is_told_all_the_same() -> None:
    state, told = opened(), list[Any]()
    state.watch(call("a"), list[Outcome]().append)
    withdrawn, ended = addition(told), addition(told)
    for number, one in enumerate((withdrawn, ended)):
        state.submit(one)
        sent(state)
        state.receive(response(number, number, 6))
    assert told == []
    assert not state.withdraw(withdrawn)
    assert told == [Result(0)]
    state.end(Ended(Unavailable, "cannot connect"), only_untold=True)
    assert told == [Result(0), Result(1)]


def test_catching_up_waits_for_a_transition_that_begins_later() -> None:
    state, told = opened(), list[Any]()
    state.catch_up(told.append)
    assert told == [None]  # of nothing that is watched
    state.watch(call("a"), list[Outcome]().append)
    sent(state)
    state.catch_up(told.append)
    (empty,) = sent(state)
    assert (empty["baseVersion"], empty["modifications"]) == (1, [])
    state.receive(transition(version(0, 0, 0), version(1, 0, 5), updated(0, 1)))
    assert told == [None]
    state.receive(transition(version(1, 0, 5), version(2, 0, 6)))
    assert told == [None, None]
    # It is asked for anew after a break.
    state.catch_up(told.append)
    sent(state)
    state.open("broken")
    assert [len(one["modifications"]) for one in sent(state)[1:]] == [1, 0]
    state.receive(transition(version(0, 0, 0), version(2, 0, 7)))
    assert told == [None, None, None]
    state.catch_up(told.append)
    ended = Ended(Unavailable, "cannot connect")
    state.end(ended, only_untold=True)
    assert told[3:] == [ended]


def test_what_is_submitted_again_is_the_same_request() -> None:
    state, answers, later = opened(), list[Outcome](), list[Outcome]()
    one = addition(answers)
    state.submit(one)
    sent(state)
    state.withdraw(one)
    state.submit(addition(answers))
    one.settle = later.append
    state.submit(one)
    assert [message["requestId"] for message in sent(state)] == [1, 0]
    state.receive(response(0, "first", 5))
    state.receive(response(0, "first", 5))
    assert (answers, later) == ([], [Result("first")])


def test_so_many_mutations_are_under_way_also_after_a_break() -> None:
    state, answers = opened(), list[Outcome]()
    for _ in range(MAX_UNDER_WAY + 2):
        state.submit(addition(answers))
    assert len(sent(state)) == 1 + MAX_UNDER_WAY
    state.receive(response(0, None, 5))
    assert [message["requestId"] for message in sent(state)] == [MAX_UNDER_WAY]
    state.open("broken")
    assert [one["requestId"] for one in sent(state)[1:]] == list(range(1, MAX_UNDER_WAY + 1))


def test_many_large_queries_are_added_in_several_messages() -> None:
    state = opened()
    for index in range(3):
        text = "x" * (MAX_MODIFICATION_BYTES * 2 // 3)
        state.watch(call(f"{index}{text}"), list[Outcome]().append)
    first, second = (message["modifications"] for message in sent(state)[1:])
    assert ([one["queryId"] for one in first], [one["queryId"] for one in second]) == ([0, 1], [2])


def test_a_token_is_replaced_on_a_live_connection() -> None:
    state = opened()
    sent(state)
    state.authenticate(ADA)
    state.authenticate(ADA)
    state.authenticate(None)
    first, second = sent(state)
    assert (first["tokenType"], first["baseVersion"]) == ("User", 0)
    assert second == {"type": "Authenticate", "tokenType": "None", "baseVersion": 1}


def test_the_parts_of_a_transition_are_joined() -> None:
    state, seen = opened(), list[Outcome]()
    state.watch(call("a"), seen.append)
    whole = transition(version(0, 0, 0), version(1, 0, 5), updated(0, "é")).decode()
    chunks = [whole[:20], whole[20:90], whole[90:]]
    for number, chunk in enumerate(chunks):
        part = {"chunk": chunk, "partNumber": number, "totalParts": 3, "transitionId": "1"}
        state.receive(json.dumps({"type": "TransitionChunk", **part}).encode())
    assert seen == [Result("é")]


@pytest.mark.parametrize(
    "text",
    [
        transition(version(1, 0, 1), version(2, 0, 2)),
        b"{}",
        b"[",
        b"[]",
        b"null",
        b'{"type":{}}',
        b'{"type":"Transition"}',
        b'{"type":"MutationResponse","requestId":"0","success":true,"result":1,"ts":5}',
        b'{"type":"MutationResponse","requestId":0,"success":true,"result":1,"ts":"%%%"}',
        b'{"type":"TransitionChunk","chunk":"{","partNumber":1,"totalParts":2}',
        b'{"type":"FatalError","error":"no"}',
    ],
)
def test_what_ends_a_connection(text: bytes) -> None:
    with pytest.raises(ProtocolBroken) as caught:
        opened().receive(text)
    assert "Traceback" not in str(caught.value)


def test_what_newer_deployments_say_is_passed_over() -> None:
    for text in (b'{"type":"Ping"}', b'{"type":"News","of":["1"]}'):
        assert read_message(text) is None
        opened().receive(text)


def test_a_refused_credential() -> None:
    with pytest.raises(CredentialRefused, match="expired"):
        opened().receive(b'{"type":"AuthError","error":"expired","baseVersion":0}')


def test_who_has_heard_nothing_is_told_that_nothing_comes() -> None:
    state, told, untold, answers = opened(), list[Outcome](), list[Outcome](), list[Outcome]()
    state.watch(call("a"), told.append)
    state.submit(addition(answers))
    sent(state)
    state.receive(transition(version(0, 0, 0), version(1, 0, 5), updated(0, 1)))
    state.watch(call("b"), untold.append)
    state.submit(addition(answers))
    ended = Ended(Unavailable, "cannot connect")
    state.end(ended, only_untold=True)
    # The first mutation was sent: only its answer tells whether it was run.
    assert (told, untold, answers) == ([Result(1)], [ended], [ended])
    state.end(ended)
    assert (told, answers, state.is_idle) == ([Result(1), ended], [ended, ended], True)


def test_nothing_shows_a_session_or_a_token() -> None:
    state = SyncState("the-session")
    state.authenticate(ADA)
    state.open("InitialConnect")
    assert "the-session" not in repr(state)
    assert "Ada" not in f"{ADA!r}"


class AnyOrder(RuleBasedStateMachine):
    """A client and a deployment, between which connections break at any moment."""

    def __init__(self) -> None:
        super().__init__()
        self.deployment = Deployment()
        self.state = SyncState("session")
        self.socket: DeploymentSocket | None = None
        self.on_the_way: list[bytes] = []  # to the client
        self.watching: list[tuple[Any, str, list[Outcome]]] = []
        self.mutations: list[tuple[str, Mutation, list[Outcome]]] = []
        self.withdrawn: list[tuple[Mutation, bool]] = []

    @rule(name=st.sampled_from("ab"), is_shared=st.booleans())
    def watch(self, name: str, is_shared: bool) -> None:
        seen: list[Outcome] = []
        query = self.state.watch(call(name), seen.append, is_shared=is_shared)
        self.watching.append((query, name, seen))

    @precondition(lambda self: self.watching)
    @rule(data=st.data())
    def unwatch(self, data: st.DataObject) -> None:
        index = data.draw(st.integers(0, len(self.watching) - 1))
        query, _, seen = self.watching.pop(index)
        self.state.unwatch(query, seen.append)

    @rule(name=st.sampled_from("ab"))
    def mutate(self, name: str) -> None:
        answers: list[Outcome] = []
        mutation = Mutation(call(name, "n:add"), answers.append)
        self.state.submit(mutation)
        self.mutations.append((name, mutation, answers))

    @precondition(lambda self: self.mutations)
    @rule(data=st.data())
    def withdraw(self, data: st.DataObject) -> None:
        _, mutation, _ = self.mutations.pop(data.draw(st.integers(0, len(self.mutations) - 1)))
        self.withdrawn.append((mutation, self.state.withdraw(mutation)))

    @precondition(lambda self: self.withdrawn)
    @rule(data=st.data())
    def resume(self, data: st.DataObject) -> None:
        index = data.draw(st.integers(0, len(self.withdrawn) - 1))
        mutation, _ = self.withdrawn.pop(index)
        answers: list[Outcome] = []
        mutation.settle = answers.append
        self.state.submit(mutation)
        name = json.loads(mutation.call.arguments)["name"]
        self.mutations.append((name, mutation, answers))

    @rule()
    def renew(self) -> None:
        self.state.authenticate(ADA)

    @rule()
    def connect(self) -> None:
        self.on_the_way.clear()
        self.socket = self.deployment.accept()
        self.state.open("broken")

    @rule()
    def break_off(self) -> None:
        self.on_the_way.clear()
        self.socket = None
        self.state.close()

    @precondition(lambda self: self.socket is not None)
    @rule(count=st.integers(1, 3))
    def send(self, count: int) -> None:
        for _ in range(count):
            message = self.state.next_message()
            if message is not None and self.socket is not None:
                self.socket.receive(message)

    @precondition(lambda self: self.socket is not None and self.socket.session is not None)
    @rule()
    def answer(self) -> None:
        text = None if self.socket is None else self.socket.answer_one()
        if text is not None:
            self.on_the_way.append(text)

    @precondition(lambda self: self.socket is not None and self.socket.session is not None)
    @rule()
    def tell(self) -> None:
        if self.socket is not None:
            self.on_the_way.append(self.socket.transition())

    @rule(count=st.integers(1, 3))
    def receive(self, count: int) -> None:
        for _ in range(count):
            if self.on_the_way:
                self.state.receive(self.on_the_way.pop(0))

    @invariant()
    def answers_come_once(self) -> None:
        assert all(len(answers) <= 1 for *_, answers in self.mutations)
        for *_, seen in self.watching:
            assert all(one != other for one, other in pairwise(seen))

    def teardown(self) -> None:
        self.connect()
        assert self.socket is not None
        while (message := self.state.next_message()) is not None:
            self.socket.receive(message)
        while (text := self.socket.answer_one()) is not None:
            self.state.receive(text)
        self.state.receive(self.socket.transition())
        for name in "ab":
            found = [answers for asked, _, answers in self.mutations if asked == name]
            # Each was run once, and has the answer of its own run.
            assert all(len(answers) == 1 for answers in found)
            numbers = [one.value for (one,) in found if isinstance(one, Result)]
            assert len(set(numbers)) == len(found)
        assert not any(
            (("session", one.number)) in self.deployment.answers
            for one, is_certain in self.withdrawn
            if is_certain
        )
        unknown = sum(not is_certain for _, is_certain in self.withdrawn)
        total = sum(self.deployment.counters.values())
        assert len(self.mutations) <= total <= len(self.mutations) + unknown
        for _, name, seen in self.watching:
            assert seen[-1] == Result(self.deployment.counters.get(name, 0))


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
