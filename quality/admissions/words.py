"""What people on their way in are told; what stands in a text is given where it is said (`Candidacy.say`)."""

from piecework.platform.said import Said
from piecework.quality.admissions.specs import STAGES, Stage

US, CANDIDATE = "us", "candidate"

NAMES = dict(
    zip(
        STAGES,
        (
            Said("application"),
            Said("language exam"),
            Said("interview"),
            Said("contract"),
            Said("training"),
            Said("direction exam"),
            Said("trial tasks"),
            Said("admission to live tickets"),
        ),
        strict=True,
    )
)
"""The stages' names."""

WE_PREPARE = Said("This stage is not published yet: we are preparing it, and nothing is needed of you at the moment.")
NEXT = {
    (Stage.APPLICATION, US): Said("We are reading your application and will answer with reasons."),
    (Stage.LANGUAGE_EXAM, US): WE_PREPARE,
    (Stage.LANGUAGE_EXAM, CANDIDATE): Said("Take the language exam."),
    (Stage.INTERVIEW, US): Said(
        "We propose times for the interview, hold and assess it: nothing is needed of you at the moment."
    ),
    (Stage.INTERVIEW, CANDIDATE): Said("Choose a time for the interview, or say that none of them suits you."),
    (Stage.CONTRACT, US): Said("We are preparing the offer of a contract for you."),
    (Stage.CONTRACT, CANDIDATE): Said("Read the contract offered to you and accept it."),
    (Stage.TRAINING, US): WE_PREPARE,
    (Stage.TRAINING, CANDIDATE): Said("Finish the training."),
    (Stage.DIRECTION_EXAM, US): WE_PREPARE,
    (Stage.DIRECTION_EXAM, CANDIDATE): Said("Take the direction's exam."),
    (Stage.TRIAL, US): WE_PREPARE,
    (Stage.TRIAL, CANDIDATE): Said("Work on the trial tasks."),
    (Stage.LIVE, US): Said("A curator decides on your admission by the published criteria and will answer with reasons."),
}
"""What happens next at a stage, by whose turn it is."""
APPOINTED = Said("The time of your interview is settled: be there then. We assess it afterwards and answer with reasons.")


def first_turn(stage: Stage) -> str:
    """Whose turn a stage begins with."""
    return CANDIDATE if stage in (Stage.LANGUAGE_EXAM, Stage.TRAINING, Stage.DIRECTION_EXAM, Stage.TRIAL) else US


APPLIED = Said("Your application has been received.")
RECEIVED = Said(
    "The application has been received. Keep %(sign_in)s: with this and your password you sign in to follow it. If you have an account already, withdraw this application and apply from there."
)
SOMEBODY_APPLIED = Said(
    "Somebody applied with your e-mail; it has nothing to do with your account. If it was you, withdraw it and apply from your account: then what you have done before counts."
)
SOMEBODY_APPLIED_TITLE = Said("An application with your e-mail")
ACCEPTED = Said("The application is accepted.")
EXAM_PASSED = Said("The exam is passed.")
EXAM_FAILED = Said("The exam was not passed: attempt %(n)s of %(of)s.")
NO_ATTEMPTS = Said("The exam was not passed in the number of attempts there are (%(of)s).")
CONTRACT = Said("The contract is accepted.")
TRAINED = Said("The training is finished.")
TRIED = Said("The trial tasks are done.")
ADMITTED = Said("You are admitted to live tickets.")
NOT_ADMITTED = Said("The curator did not admit you; the reasons, and how to object, are in the decision on admission.")
BEFORE = Said("What was done before counts.")
LAPSED = Said("The deadline of the stage “%(stage)s” passed on %(due)s and it was not finished.")
LATE = Said("We have missed our deadline of %(due)s: the delay is ours and costs you nothing. The curators have been told.")
REMINDER = Said("A reminder: %(next)s The deadline is %(due)s.")
DEADLINE = Said("The deadline is %(due)s.")
OUR_DEADLINE = Said("We will answer by %(due)s.")
APPEAL = Said("You may object until %(due)s.")
CONTRACT_TURN = {
    US: Said("There is no offer of a contract at the moment; we are preparing one."),
    CANDIDATE: Said("A contract has been offered to you."),
}
PUBLISHED_TURN = {
    US: Said("What is to be passed is not published at the moment."),
    CANDIDATE: Said("The stage is published."),
}
GIVEN_BACK = Said("Homework waited for our check: that time is not counted against you.")
RETAKE = Said("The next attempt can begin on %(at)s.")
SLOTS = Said("Times proposed for the interview: %(n)s.")
CHOSEN = Said("The interview is on %(at)s.")
NONE_SUITS = Said("None of the times suited: %(words)s")
UPHELD = Said("Your objection was upheld: the stage is open again.")
OVERRULED = Said("The exam's result was revised: it is passed.")
TITLES = {
    "entered": Said("%(direction)s: stage “%(stage)s”"),
    "waits": Said("%(direction)s: stage “%(stage)s”"),
    "failed": Said("%(direction)s: the exam was not passed"),
    "admitted": Said("%(direction)s: you are admitted"),
    "refused": Said("%(direction)s: refused at the stage “%(stage)s”"),
    "lapsed": Said("%(direction)s: the deadline of “%(stage)s” has passed"),
    "late": Said("%(direction)s: our answer is late"),
    "extended": Said("%(direction)s: more time"),
    "reopened": Said("%(direction)s: the stage “%(stage)s” is open again"),
    "reminder": Said("%(direction)s: a reminder of the stage “%(stage)s”"),
}
"""Titles of notices."""
AT_STAGE = Said("It is at the stage “%(stage)s”.")
STATES = {"admitted": Said("admitted"), "refused": Said("refused"), "lapsed": Said("lapsed"), "withdrawn": Said("withdrawn")}
"""How a way in has ended."""
OUTCOMES = {
    "entered": Said("entered"),
    "waits": Said("waits"),
    "passed": Said("passed"),
    "failed": Said("failed"),
    "late": Said("late"),
    "extended": Said("extended"),
    "refused": Said("refused"),
    "lapsed": Said("lapsed"),
    "reopened": Said("reopened"),
    "withdrawn": Said("withdrawn"),
}
"""What happened at a stage, for who settles an objection."""
