"""A request for every operation of every part: the body that fits it, and its path. One that is missing here fails test_permissions."""

from typing import Any

from piecework.payouts.books.pay_policy import PayPolicy
from piecework.platform.web.operation import Operation
from piecework.tasks.norms.policy import NormPolicy
from tests.world import choice_step

ABSENT = "00000000-0000-7000-8000-000000000000"
REASON = {"reason": "for the test"}
STEP = choice_step()
ACCOUNT = {
    "name": "Anna",
    "bank_name": "Bank",
    "account": "40702810740000432537",
    "bik": "044525225",
    "correspondent": "30101810400000000225",
}

BODIES: dict[str, Any] = {
    "propose_policy": {"policy": PayPolicy().model_dump(mode="json") | {"minimum_payout": "10.00"}, **REASON},
    "sign_in": {"email": "nobody@example.test", "password": "x"},
    "create_account": {"email": "new@example.test", "name": "New", "roles": ["freelancer"]},
    "change_account": {"name": "Renamed", **REASON},
    "create_token_for": {"name": "t", "scopes": ["*"]},
    "create_token": {"name": "t", "scopes": ["*"]},
    "claim": {"count": 1},
    "decide_norm_case": {"decision": "nothing", "reason": "for the test of it"},
    "set_norm_policy": {"policy": NormPolicy().model_dump(), **REASON},
    "record_outage": {"starts_at": "2026-01-01T00:00:00Z", "ends_at": "2026-01-01T01:00:00Z", **REASON},
    "submit": {"submission_id": ABSENT, "lease_token": "", "answer": {"topic": "a"}},
    "heartbeat": {"lease_token": ""},
    "skip": REASON,
    "escalate": REASON,
    "create_project": {"code": "fresh", "name": "Fresh"},
    "publish_workflow": {"name": "w", "steps": [STEP]},
    "send_tickets": {"source": "s", "tickets": [{"external_id": "1", "channel": "chat", "language": "en", "text": "x"}]},
    "keep_my_writing": {"spec": {"code": "russian"}},
    "keep_workflow_draft": {"spec": {"name": "w", "steps": [STEP]}},
    "try_workflow": {"ticket": {"language": "en", "text": "x"}},
    "preview_import": {"source": "s", "rows": "external_id,channel,language,text\n1,chat,en,x\n"},
    "start_import": {"source": "s", "rows": "external_id,channel,language,text\n9,chat,en,x\n"},
    "make_offer": {"rate": "by the ticket", "regime": "none"},
    "preview_offer": {"rate": "by the ticket", "regime": "none"},
    "withdraw_offer": REASON,
    "accept_offer": {"sha256": "0" * 64},
    "decline_offer": REASON,
    "end_contract": REASON,
    "end_my_contract": {},
    "tell_leave": {"kind": "leave", "starts_at": "2090-01-01T00:00:00Z", "ends_at": "2090-01-02T00:00:00Z"},
    "cut_leave": {},
    "confirm_leave": REASON,
    "refuse_leave": REASON,
    "admit_freelancer": {"code": "orders", **REASON},
    "refuse_admission": {"code": "orders", **REASON},
    "draft_criteria": {"criteria": [], **REASON},
    "decide_criteria": {"decision": "publish", **REASON},
    "ask_admission": {},
    "confirm_admission": REASON,
    "drop_admission": REASON,
    "change_admission_policy": {"decide_days": 3, "unused_days": 90, "notice_days": 14, **REASON},
    "assign_mentor": {"mentor_id": None, **REASON},
    "revoke_qualification": REASON,
    "add_golden": {"step": "classify", "input": {"text": "known"}, "answers": [{"answer": {"topic": "a"}}]},
    "import_golden": {"step": "classify", "items": [{"input": {"text": "also"}, "answers": [{"answer": {"topic": "a"}}]}]},
    "promote_to_golden": {"task_id": ABSENT},
    "decide_key": {"decision": "withdraw", "revision": 1, **REASON},
    "review": {"verdict": "accept", **REASON},
    "close_period": {},
    "confirm_payout": {"bank_reference": "1"},
    "draft_payout": {"execution_on": "2026-01-01"},
    "remove_payout_line": REASON,
    "cancel_payout": REASON,
    "return_payout_line": REASON,
    "match_bank_line": {"line_id": ABSENT, **REASON},
    "set_bank_line_aside": REASON,
    "change_my_payment_details": ACCOUNT,
    "confirm_my_payment_details": {},
    "change_payment_details": {**ACCOUNT, **REASON},
    "confirm_payment_details": REASON,
    "change_payer": {**ACCOUNT, "inn": "7707083893", "kpp": "773601001", **REASON},
    "raise_appeal": {"subject": "answer", "id": ABSENT, "words": "It was right, I think."},
    "decide_appeal": {"decision": "deny", "reply": "It stays as it is."},
    "restrict": {"kind": "audits", "days": 1, **REASON},
    "lift_restriction": REASON,
    "decide_case": {"decision": "dismiss", **REASON},
    "record_audit": {"answer": {"topic": "a"}, **REASON},
    "plan_audits": {"plan": "random", "count": 1},
    "settle_dispute": {"answer": {"topic": "a"}, **REASON},
    "import_reviews": {"rows": [{"assignment_id": ABSENT, "verdict": "accept", **REASON}]},
    "reopen_ticket": {"redo": ["classify"], **REASON},
    "set_ticket_budget": {"budget": "100.00", **REASON},
    "draft_tariff": {"kind": "per_step", "items": [{"step": "classify", "price": "3.00"}], **REASON},
    "withdraw_tariff": REASON,
    "draft_exam": {
        "code": "russian",
        "spec": {
            "title": {"ru": "Русский", "en": "Russian"},
            "kind": "general",
            "time_limit_min": 30,
            "sections": [{"key": "style", "title": {"ru": "Стиль", "en": "Style"}, "pool": "style", "draw": 1}],
            "passing": {"by": "share", "threshold": 0.8},
            "qualification": "russian",
        },
    },
    "retire_exam": REASON,
    "add_exam_questions": {
        "pool": "style",
        "questions": [{"question": {"kind": "style", "form": "choice", "prompt": "?", "options": ["a", "b"], "right": 0}}],
    },
    "add_golden_exam_questions": {
        "pool": "tasks",
        "step": "classify",
        "items": [{"input": {"text": "exam"}, "answers": [{"answer": {"topic": "a"}}]}],
    },
    "move_golden_to_exam": {"pool": "tasks", "task_ids": [ABSENT]},
    "approve_exam_questions": {"pool": "style", "question_ids": [ABSENT]},
    "retire_exam_question": REASON,
    "mark_exam_again": {"marks": [], **REASON},
    "save_exam_answer": {"answer": {"text": "x"}},
    "draft_course": {
        "code": "course",
        "spec": {
            "title": "A course",
            "language": "en",
            "units": [
                {
                    "kind": "lesson",
                    "key": "one",
                    "title": "One",
                    "text": "Read.",
                    "homework": [{"kind": "essay", "prompt": "Write.", "good": "It is written."}],
                }
            ],
        },
    },
    "retire_course": REASON,
    "send_to_course": {"freelancer_id": ABSENT, **REASON},
    "check_homework": {"accepted": True, "feedback": "Good."},
    "answer_in_course": {"unit": "one", "item": 1, "try": 1, "answer": {"text": "x"}},
    "apply": {
        "direction": "nothing",
        "answers": {},
        "email": "stranger@example.test",
        "name": "Anna",
        "password": "a long enough one",
    },
    "apply_further": {"direction": "nothing", "answers": {}},
    "choose_slot": {"slot_id": ABSENT},
    "refuse_slots": {"reason": "I work until six."},
    "withdraw_application": {"reason": "I found other work."},
    "screen_application": {"decision": "accept", "reason": "It is a good fit for us."},
    "extend_candidacy": {"days": 7, "reason": "They were in hospital."},
    "propose_slots": {"starts": ["2090-01-01T10:00:00Z"]},
    "ask_reviewer": {"reviewer_id": ABSENT},
    "decide_interview": {"decision": "accept", "reason": "It is a good fit for us."},
    "score_interview": {"scores": [{"question": "alone", "score": 3}]},
    "decline_review": {"reason": "We studied together."},
    "publish_admission_document": {
        "document": {
            "kind": "form",
            "title": {"ru": "Анкета", "en": "A form"},
            "questions": [{"name": "why", "type": "text", "title": {"ru": "Почему?", "en": "Why?"}}],
        },
        "reason": "We look for people.",
    },
    "ask_export": {"name": "by-person", "format": "csv"},
    "rate_ticket": {"score": 5},
    "state_shifts": {"pattern": "none"},
    "publish_instruction": {"text": "Be kind.", "language": "en", "summary": "", "must_read": False},
    "create_article": {"title": "t", "body": "b", "language": "en"},
    "change_article": {"title": "t", "body": "b", "language": "en"},
    "archive_article": REASON,
    "rate_article": {"useful": True},
    "preview_message": {"to": {"kind": "person", "account_id": ABSENT}},
    "send_message": {"to": {"kind": "person", "account_id": ABSENT}, "title": "t", "body": "b"},
    "answer_recipient": {"body": "b"},
    "reply_message": {"body": "b"},
    "draft_rule": {
        "code": "night",
        "title": "Night",
        "words": "At night there is more.",
        "spec": {"kind": "night", "percent": 2_000},
    },
    "end_rule": REASON,
    "mark_day": {"kind": "custom", "name": "Our day", **REASON},
    "record_measure": {
        "freelancer_id": ABSENT,
        "of": {"kind": "training", "unit": "refunds", "day": "2026-01-01"},
        "evidence": "passed the test",
        **REASON,
    },
    "propose_deduction": {
        "freelancer_id": ABSENT,
        "rule_code": "nothing",
        "amount": "1.00",
        "fact_at": "2026-01-01T00:00:00Z",
        "evidence": "somebody saw that it happened",
    },
    "decide_deduction": {"decision": "dismiss", **REASON},
    "cancel_deduction": REASON,
    "give_back_deduction": REASON,
    "add_tax_table": {"regime": "none", "valid_from": "2090-01-01", "spec": {"note": "none"}, **REASON},
    "remit_tax": {"currency": "RUB", "amount": "1.00", "reference": "1", "paid_on": "2026-01-01", "period_ids": [ABSENT]},
    "agree_pay_terms": {"cadence": "weekly", "regime": "none", **REASON},
    "record_identity": {"legal_name": "Anna", "residence": "RU", **REASON},
    "record_status_check": {"checked_on": "2026-01-01", "active": True, "source": "by hand"},
    "ask_data": {"kind": "export"},
    "decide_data_request": {"decision": "refuse", **REASON},
    "record_receipt": {"number": "1", "url": "https://receipts.test/1", "issued_on": "2026-01-01"},
}


def body_of(operation: Operation, **known: Any) -> Any:
    if operation.body is None:
        return None
    body = dict(BODIES[operation.name])
    return body | {key: value for key, value in known.items() if key in body}


def path_of(operation: Operation, **known: str) -> str:
    path = operation.path
    for name in (
        "account_id",
        "token_id",
        "assignment_id",
        "ticket_id",
        "freelancer_id",
        "period_id",
        "payout_id",
        "line_id",
        "bank_line_id",
        "appeal_id",
        "restriction_id",
        "case_id",
        "audit_id",
        "task_id",
        "tariff_id",
        "deduction_id",
        "admission_id",
        "statement_id",
        "offer_id",
        "leave_id",
        "import_id",
        "candidacy_id",
        "review_id",
        "article_id",
        "message_id",
        "notice_id",
        "request_id",
    ):
        path = path.replace(f"{{{name}}}", known.get(name, ABSENT))
    path = (
        path.replace("{step_id}", known.get("step_id", "999999999"))
        .replace("{entry_id}", "999999999")
        .replace("{version}", "999999999")
        .replace("{format}", "csv")
    )
    own_code = known.get("qualification", "nothing") if "qualifications" in path else known.get("code", "nothing")
    return path.replace("{code}", own_code)
