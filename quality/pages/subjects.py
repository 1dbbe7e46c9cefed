"""All that curators write, and its pages."""

from piecework.quality.pages.course_writing import COURSE
from piecework.quality.pages.criteria_writing import CRITERIA
from piecework.quality.pages.document_writing import FORM, GUIDE, WAY_IN
from piecework.quality.pages.exam_writing import EXAM, QUESTIONS, STEP_QUESTIONS
from piecework.quality.pages.writing_views import views

SUBJECTS = (EXAM, QUESTIONS, STEP_QUESTIONS, COURSE, WAY_IN, FORM, GUIDE, CRITERIA)
VIEWS = tuple(view for subject in SUBJECTS for view in views(subject))
