"""What can be refused about training."""

from piecework.platform.errors import Conflict


class TaughtLive(Conflict):
    """What people meet in training, with its answer, is neither golden at work nor asked in an exam."""

    code = "taught_live"
    title = "An input of this course is a golden task that was handed out, or an exam question."


class EnrolledAlready(Conflict):
    """One enrolment in a course at a time; only a curator sends somebody on to a newer version of what is under way."""

    code = "enrolled_already"
    title = "This course is under way already."


class CourseFinished(Conflict):
    """A course is finished once; its newest version may be taken after a trial that was not passed."""

    code = "course_finished"
    title = "This course is finished."


class NotAtThisCourse(Conflict):
    """Applicants take the course of their stage."""

    code = "not_at_this_course"
    title = "You are not at the stage that asks for this course."


class WroteTheCourse(Conflict):
    """Who wrote or published a course knows its answers."""

    code = "wrote_the_course"
    title = "Who wrote or published a course cannot take it."


class TrialTooEarly(Conflict):
    """The delay after a trial that was not passed has not gone by."""

    code = "trial_too_early"
    title = "It is too early for another trial."


class NoFreshTasks(Conflict):
    """Only tasks that a person has not met count in a trial."""

    code = "no_fresh_tasks"
    title = "Too few tasks of this trial are new to this person: a new version of the course is needed."


class UnitLocked(Conflict):
    """A unit opens after the one before it is done."""

    code = "unit_locked"
    title = "The unit before this one is not done yet."


class NotNext(Conflict):
    """Tasks come one after the other; homework waits until it is checked; what is right stays."""

    code = "not_next"
    title = "This is not to be answered now."


class AnsweredOtherwise(Conflict):
    """A try is answered once; sent again with the same answer it gets the same reply."""

    code = "answered_otherwise"
    title = "This try was answered before, and not so."


class CourseEnded(Conflict):
    """Nothing more is answered."""

    code = "course_ended"
    title = "You have ended this course."


class CheckedAlready(Conflict):
    """Homework is checked once."""

    code = "checked_already"
    title = "This homework was checked before."
