"""The ways of tickets through workflows, as a pure function."""

from collections import Counter
from typing import Any, ClassVar

from hypothesis import given, settings
from hypothesis import strategies as st

from piecework.tasks.flow import Known, advance, holds
from piecework.tasks.workflows import Condition, WorkflowSpec


def yes_no(name: str) -> dict[str, Any]:
    return {"name": name, "type": "yes_no", "title": name}


def text(name: str) -> dict[str, Any]:
    return {"name": name, "type": "text", "title": name}


def choice(name: str, *values: str) -> dict[str, Any]:
    return {"name": name, "type": "choice", "title": name, "options": [{"value": v, "title": v} for v in values]}


def step(key: str, *answer: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "key": key,
        "title": key,
        "instruction": "",
        "input": [{"name": "text", "title": "Text", "source": "ticket.text"}],
        "answer": list(answer),
        "price": "1",
        "qualification": "q",
        **more,
    }


def workflow(*steps: dict[str, Any], **more: Any) -> WorkflowSpec:
    return WorkflowSpec.model_validate({"name": "test", "steps": list(steps), **more})


def done(result: dict[str, Any], iteration: int = 1) -> Known:
    return Known(iteration=iteration, resolved=True, result=result)


def undecided(iteration: int = 1) -> Known:
    return Known(iteration=iteration, resolved=True, agreed=False)


def under_way(iteration: int = 1) -> Known:
    return Known(iteration=iteration, resolved=False)


CLASSIFY = workflow(step("classify", choice("topic", "a", "b"), overlap=3))

ANSWER = workflow(
    step("classify", choice("topic", "a", "b")),
    step("draft", text("reply"), yes_no("refund"), after=["classify"]),
    step(
        "check",
        yes_no("good"),
        after=["draft"],
        not_by=["draft"],
        judges="draft",
        redo={"step": "draft", "field": "good", "is": False, "most": 3},
    ),
    step(
        "second_yes",
        yes_no("pay"),
        after=["check"],
        not_by=["draft", "check"],
        when=[{"step": "draft", "field": "refund", "is": True}],
    ),
)

MODERATE = workflow(
    step("vote", choice("verdict", "allow", "reject"), overlap=2, max_overlap=3),
    step(
        "arbitrate",
        choice("verdict", "allow", "reject"),
        after=["vote"],
        not_by=["vote"],
        when=[{"step": "vote", "agreed": False}],
    ),
)


class TestClassify:
    def test_a_new_ticket_opens_the_one_step(self) -> None:
        assert advance(CLASSIFY, {}).open == [("classify", 1)]

    def test_while_it_is_open_there_is_nothing_to_do(self) -> None:
        todo = advance(CLASSIFY, {"classify": under_way()})
        assert (todo.open, todo.done, todo.stuck) == ([], False, None)

    def test_its_result_ends_the_ticket(self) -> None:
        assert advance(CLASSIFY, {"classify": done({"topic": "a"})}).done

    def test_answers_that_never_agree_wait_for_a_person(self) -> None:
        todo = advance(CLASSIFY, {"classify": undecided()})
        assert not todo.done
        assert str(todo.stuck) == "the answers to classify do not agree"


class TestAnswer:
    CLASSIFIED: ClassVar = {"classify": done({"topic": "a"})}

    def drafted(self, *, refund: bool, iteration: int = 1) -> dict[str, Known]:
        return {**self.CLASSIFIED, "draft": done({"reply": "Dear", "refund": refund}, iteration)}

    def test_the_steps_open_one_after_another(self) -> None:
        assert advance(ANSWER, {}).open == [("classify", 1)]
        assert advance(ANSWER, self.CLASSIFIED).open == [("draft", 1)]
        assert advance(ANSWER, self.drafted(refund=False)).open == [("check", 1)]

    def test_a_draft_that_passes_ends_the_ticket(self) -> None:
        todo = advance(ANSWER, {**self.drafted(refund=False), "check": done({"good": True})})
        assert (todo.open, todo.done) == ([], True)

    def test_a_failed_check_asks_for_a_new_draft_and_then_a_new_check(self) -> None:
        failed = {"check": done({"good": False})}
        assert advance(ANSWER, {**self.drafted(refund=False), **failed}).open == [("draft", 2)]
        assert advance(ANSWER, {**self.CLASSIFIED, "draft": under_way(2), **failed}).open == []
        assert advance(ANSWER, {**self.drafted(refund=False, iteration=2), **failed}).open == [("check", 2)]

    def test_the_third_failed_check_waits_for_a_person(self) -> None:
        second = {**self.drafted(refund=False, iteration=2), "check": done({"good": False}, 2)}
        assert advance(ANSWER, second).open == [("draft", 3)]
        third = advance(ANSWER, {**self.drafted(refund=False, iteration=3), "check": done({"good": False}, 3)})
        assert third.open == []
        assert str(third.stuck) == "draft was done 3 times without passing"

    def test_a_proposed_refund_needs_a_second_yes(self) -> None:
        passed = {**self.drafted(refund=True), "check": done({"good": True})}
        assert advance(ANSWER, passed).open == [("second_yes", 1)]
        assert advance(ANSWER, {**passed, "second_yes": done({"pay": True})}).done

    def test_a_refund_is_not_looked_at_before_the_draft_passed(self) -> None:
        assert advance(ANSWER, {**self.drafted(refund=True), "check": done({"good": False})}).open == [("draft", 2)]

    def test_a_refund_that_a_later_draft_proposes_needs_the_second_yes_of_that_draft(self) -> None:
        known = {**self.drafted(refund=True, iteration=2), "check": done({"good": True}, 2)}
        assert advance(ANSWER, known).open == [("second_yes", 2)]


class TestModerate:
    def test_an_agreed_vote_ends_the_ticket(self) -> None:
        assert advance(MODERATE, {"vote": done({"verdict": "allow"})}).done

    def test_a_split_vote_goes_to_an_arbiter(self) -> None:
        todo = advance(MODERATE, {"vote": undecided()})
        assert (todo.open, todo.stuck) == ([("arbitrate", 1)], None)
        assert advance(MODERATE, {"vote": undecided(), "arbitrate": done({"verdict": "reject"})}).done


class TestHolds:
    def test_a_step_that_is_not_done_answers_nothing(self) -> None:
        condition = Condition.model_validate({"step": "a", "agreed": True})
        assert not holds(condition, {})
        assert not holds(condition, {"a": under_way()})

    def test_a_value_is_compared_with_its_type(self) -> None:
        condition = Condition.model_validate({"step": "a", "field": "x", "is": True})
        assert holds(condition, {"a": done({"x": True})})
        assert not holds(condition, {"a": done({"x": "True"})})
        assert not holds(condition, {"a": done({})})
        assert not holds(condition, {"a": undecided()})


@st.composite
def workflows(draw: st.DrawFn) -> WorkflowSpec:
    """Any graph: steps after others, asked only under conditions, checks that ask for something anew."""
    count = draw(st.integers(1, 6))
    steps: list[dict[str, Any]] = []
    before: dict[str, set[str]] = {}
    for i in range(count):
        key = f"s{i}"
        after = draw(st.lists(st.sampled_from([f"s{k}" for k in range(i)]), unique=True, max_size=3)) if i else []
        ancestors = set(after).union(*(before[other] for other in after))
        before[key] = ancestors
        more: dict[str, Any] = {"after": after}
        if ancestors:
            asked = st.sampled_from(sorted(ancestors))
            conditions = st.one_of(
                st.builds(lambda s, b: {"step": s, "field": "ok", "is": b}, asked, st.booleans()),
                st.builds(lambda s, b: {"step": s, "agreed": b}, asked, st.booleans()),
            )
            more["when"] = draw(st.lists(conditions, max_size=2))
            redo = st.builds(
                lambda s, b, n: {"step": s, "field": "ok", "is": b, "most": n}, asked, st.booleans(), st.integers(2, 3)
            )
            more["redo"] = draw(st.none() | redo)
        steps.append(step(key, yes_no("ok"), **more))
    return workflow(*draw(st.permutations(steps)))


class TestAnyWorkflow:
    @given(spec=workflows(), data=st.data())
    @settings(max_examples=300, deadline=None)
    def test_every_ticket_comes_to_an_end(self, spec: WorkflowSpec, data: st.DataObject) -> None:
        known: dict[str, Known] = {}
        opened: Counter[tuple[str, int]] = Counter()
        for _ in range(200):
            todo = advance(spec, known)
            assert advance(spec, known) == todo
            opened.update(todo.open)
            for key, iteration in todo.open:
                known[key] = under_way(iteration)
            waiting = sorted(key for key, one in known.items() if not one.resolved)
            if not waiting:
                break
            key = data.draw(st.sampled_from(waiting))
            outcome = data.draw(st.sampled_from([True, False, None]))
            iteration = known[key].iteration
            known[key] = undecided(iteration) if outcome is None else done({"ok": outcome}, iteration)
        end = advance(spec, known)
        assert (end.done, end.stuck is not None) in {(True, False), (False, True)}
        assert set(opened.values()) <= {1}

    @given(spec=workflows())
    @settings(max_examples=100, deadline=None)
    def test_a_step_is_ordered_after_those_it_depends_on(self, spec: WorkflowSpec) -> None:
        place = {one.key: i for i, one in enumerate(spec.order())}
        assert all(place[other] < place[one.key] for one in spec.steps for other in one.after)

    @given(spec=workflows(), data=st.data())
    @settings(max_examples=150, deadline=None)
    def test_a_step_opens_only_when_those_before_it_are_done_or_passed_over(
        self, spec: WorkflowSpec, data: st.DataObject
    ) -> None:
        known: dict[str, Known] = {}
        for _ in range(30):
            todo = advance(spec, known)
            for key, iteration in todo.open:
                before = [known[other] for other in spec.step(key).after if other in known]
                assert all(one.resolved or one.iteration < iteration for one in before)
                assert key not in known or known[key].iteration < iteration
                known[key] = under_way(iteration)
            waiting = sorted(key for key, one in known.items() if not one.resolved)
            if not waiting:
                break
            key = data.draw(st.sampled_from(waiting))
            known[key] = done({"ok": data.draw(st.booleans())}, known[key].iteration)
