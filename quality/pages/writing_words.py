"""How each field of what curators write is asked for, by the names of its shape and itself."""

from collections.abc import Mapping

from piecework.platform.pages.outline import Asking
from piecework.platform.pages.view import N_
from piecework.quality.pages.way_words import WAY

DIFFICULTY = {"easy": N_("easy"), "medium": N_("medium"), "hard": N_("hard")}
FIELD_TYPES = {
    "choice": N_("one of"),
    "choices": N_("any of"),
    "yes_no": N_("yes or no"),
    "number": N_("a number"),
    "text": N_("text"),
}
COMPARED = {
    "exact": N_("exactly"),
    "overlap": N_("by the share of ticks in common"),
    "absolute": N_("apart by at most"),
    "relative": N_("apart by at most a share"),
    "normalised": N_("but for case, punctuation and spaces"),
    "edits": N_("by the share of characters that stay"),
}
LATIN = N_("Small Latin letters, digits and _; empty: made from the title.")
OPTIONS = N_("Of one of, and any of. A name in the results that is left empty is made from what is shown.")
CODE = N_("Latin letters, digits, - and _. All versions have one code.")
SHARE = N_("From 0 to 1.")
ONE_A_LINE = N_("One to a line.")
WHY = Asking(N_("Why"), N_("Everybody who looks at it reads this."), lines=2)
DIRECTION = Asking(N_("Direction"), N_("The code of a project; empty: none."), known="direction", late=True)
BAR = {"share": N_("its share of the points"), "lower_bound": N_("what is surely so (the lower end of its interval)")}
NO_WORDS = Asking()
"""Of what only holds other things together."""

GENERAL: Mapping[str, Asking] = {
    "ru": Asking(N_("in Russian")),
    "en": Asking(N_("in English")),
    "easy": Asking(N_("easy")),
    "medium": Asking(N_("medium")),
    "hard": Asking(N_("hard")),
    "code": Asking(N_("Code"), CODE),
    "reason": WHY,
    "direction": DIRECTION,
    "title": Asking(N_("Title")),
    "weight": Asking(N_("Weight")),
    "passing": Asking(N_("When it is passed")),
    "hint": Asking(N_("Hint"), N_("Shown after a wrong answer."), lines=2),
    "explanation": Asking(N_("Explanation"), N_("Shown with the right answer."), lines=2),
    "difficulty": Asking(N_("Difficulty"), options=DIFFICULTY),
}

EXAMS: Mapping[str, Asking] = {
    "Bilingual.ru": Asking(N_("in Russian"), lines=1),
    "Bilingual.en": Asking(N_("in English"), lines=1),
    "ExamSpec": NO_WORDS,
    "ExamIn.spec": NO_WORDS,
    "ExamSpec.kind": Asking(N_("Kind"), options={"general": N_("general"), "direction": N_("of a direction")}),
    "ExamSpec.direction": Asking(
        N_("Direction"), N_("Only an exam of a direction has one: the code of a project."), known="direction", late=True
    ),
    "ExamSpec.time_limit_min": Asking(N_("Minutes for it")),
    "ExamSpec.sections": Asking(N_("Sections"), N_("Each draws its questions from a pool."), one=N_("Section")),
    "ExamSpec.retake_after_h": Asking(N_("Hours between attempts")),
    "ExamSpec.tries": Asking(N_("How many attempts")),
    "ExamSpec.valid_days": Asking(N_("Days that a pass is valid")),
    "ExamSpec.qualification": Asking(N_("Qualification"), N_("Its code: a pass is evidence for it."), known="code"),
    "ExamSpec.appeal_days": Asking(N_("Days to appeal")),
    "ExamSpec.most_exposed": Asking(
        N_("Drawn at most so many times"), N_("Then a question is reported for retirement."), more=True
    ),
    "Section.key": Asking(N_("Name in the results"), LATIN, made_from="title", more=True),
    "Section.pool": Asking(N_("Pool"), known="pool"),
    "Section.draw": Asking(N_("Questions drawn")),
    "Section.points": Asking(N_("Points for each")),
    "Section.difficulty": Asking(
        N_("By difficulty"), N_("All empty: as it comes. Else they add up to the questions drawn."), more=True
    ),
    "Passing.by": Asking(N_("What must reach the bar"), options=BAR),
    "Passing.threshold": Asking(N_("The bar"), N_("From 0 to 1, such as 0.75.")),
    "Passing.level": Asking(N_("How sure"), N_("From 0.5 to 0.999; counts for the interval only."), more=True),
    "Tries.most": Asking(N_("Attempts, at most")),
    "Tries.days": Asking(N_("Within so many days")),
}

QUESTIONS: Mapping[str, Asking] = {
    "ExamQuestionsIn.pool": Asking(N_("Pool"), N_("Latin letters, digits, - and _. A new name makes a new pool."), known="pool"),
    "ExamQuestionsIn.questions": Asking(N_("The questions"), one=N_("Question"), apart=True),
    "ExamQuestionIn.question": NO_WORDS,
    "Dictation": Asking(N_("Dictation")),
    "Statements": Asking(N_("A text: what it says, of several statements")),
    "ShortAnswer": Asking(N_("A text: what it says, in a few words")),
    "Wordings": Asking(N_("Style: the right wording of several")),
    "Correction": Asking(N_("Style: write it correctly")),
    "prompt": Asking(N_("What is asked")),
    "Dictation.audio_url": Asking(N_("Where it can be heard"), N_("A link that begins with https://; empty: it is read aloud.")),
    "Dictation.reference": Asking(N_("What should be written"), lines=6),
    "Dictation.lost": Asking(N_("What an error costs, as a share of the question"), more=True),
    "Dictation.yo_is_e": Asking(N_("ё and е are the same"), more=True),
    "Lost.spelling": Asking(N_("spelling")),
    "Lost.missing": Asking(N_("missing words")),
    "Lost.extra": Asking(N_("words too many")),
    "Lost.punctuation": Asking(N_("punctuation")),
    "Lost.capital": Asking(N_("capitals")),
    "Statements.text": Asking(N_("The text"), lines=6),
    "Statements.statements": Asking(N_("Statements"), N_("Some are right and some are not."), one=N_("Statement")),
    "Statements.penalty": Asking(N_("What a wrong one takes away"), N_("1: as much as a right one gives."), more=True),
    "Statement.text": Asking(N_("Statement"), lines=1),
    "Statement.holds": Asking(N_("The text says so")),
    "ShortAnswer.text": Asking(N_("The text"), lines=6),
    "ShortAnswer.key_points": Asking(N_("What must be said"), one=N_("Point")),
    "ShortAnswer.most_words": Asking(N_("Words, at most")),
    "KeyPoint.any_of": Asking(
        N_("In any of these wordings"), N_("One to a line; * at the end of a word stands for all that begin so.")
    ),
    "Wordings.options": Asking(N_("Wordings"), ONE_A_LINE, lines=4),
    "Wordings.right": Asking(N_("Which of them is right"), N_("The number of its line."), from_one=True),
    "Correction.accepted": Asking(N_("Right answers"), ONE_A_LINE),
    "Correction.compare": Asking(
        N_("What counts"),
        options={"exact": N_("Letters, capitals and marks count."), "wording": N_("The words alone count.")},
    ),
    "GoldenQuestionsIn.pool": Asking(
        N_("Pool"), N_("Latin letters, digits, - and _. A new name makes a new pool."), known="pool"
    ),
    "GoldenQuestionsIn.step": Asking(hidden=True),
    "GoldenQuestionsIn.items": Asking(N_("The tasks"), one=N_("Task"), apart=True),
    "input": Asking(N_("What is shown")),
    "answers": Asking(N_("Right answers"), N_("Any of them is right."), one=N_("Right answer")),
    "KnownAnswer.answer": NO_WORDS,
    "KnownAnswer.weight": Asking(N_("Counts as"), N_("1: wholly right; less: right in part."), more=True),
    "Acceptable.answer": NO_WORDS,
    "Acceptable.weight": Asking(N_("Counts as"), N_("1: wholly right; less: right in part."), more=True),
}

COURSES: Mapping[str, Asking] = {
    "CourseIn.spec": NO_WORDS,
    "CourseSpec.language": Asking(N_("Language"), options={"ru": N_("in Russian"), "en": N_("in English")}),
    "CourseSpec.days": Asking(N_("Days for it")),
    "CourseSpec.units": Asking(N_("Units"), N_("In their order; a trial comes last."), one=N_("Unit"), apart=True),
    "Lesson": Asking(N_("Lesson")),
    "Tasks": Asking(N_("Training tasks")),
    "Trial": Asking(N_("Trial")),
    "key": Asking(N_("Name in the results"), LATIN, made_from="title", more=True),
    "paid": Asking(N_("Who finishes it is paid for it, if a pay rule says so"), more=True),
    "Lesson.text": Asking(
        N_("Text"), N_("Markdown: ## begins a heading, - an item of a list, ** stands around what is important."), lines=12
    ),
    "Lesson.video_url": Asking(N_("Video"), N_("A link that begins with https://.")),
    "Lesson.homework": Asking(N_("Homework"), one=N_("Homework"), apart=True),
    "Question": Asking(N_("A question with a key, checked at once")),
    "Question.answer": Asking(N_("What is asked for"), one=N_("Question")),
    "Essay": Asking(N_("An answer in words, read by somebody")),
    "Essay.good": Asking(N_("A good answer"), N_("What whoever reads it looks for.")),
    "Essay.max_length": Asking(N_("Characters, at most"), more=True),
    "Essay.check_days": Asking(N_("Days to read it")),
    "step": Asking(
        N_("Tasks of the step"),
        N_("Of the direction’s workflow: they show and ask what it does. Empty: what is said below."),
        known="step",
    ),
    "form": Asking(N_("What its tasks show and ask"), N_("Only if they are of no step.")),
    "TaskForm.instruction": Asking(N_("Instruction")),
    "TaskForm.input": Asking(N_("What is shown"), one=N_("Shown")),
    "TaskForm.answer": Asking(N_("What is asked"), one=N_("Question")),
    "ShownField.name": Asking(N_("Name in the results"), LATIN, made_from="title", more=True),
    "ShownField.title": Asking(N_("Heading")),
    "items": Asking(N_("The tasks"), one=N_("Task"), apart=True),
    "Trial.draw": Asking(N_("Tasks drawn")),
    "Trial.again_after_days": Asking(N_("Again after so many days")),
    "AnswerField.name": Asking(N_("Name in the results"), LATIN, made_from="title", more=True),
    "AnswerField.type": Asking(N_("Kind of answer"), options=FIELD_TYPES),
    "AnswerField.title": Asking(N_("Question")),
    "AnswerField.options": Asking(N_("Options"), OPTIONS, one=N_("Option")),
    "AnswerField.required": Asking(N_("Must be answered")),
    "AnswerField.only_if": Asking(N_("Asked only if"), more=True),
    "AnswerField.compare": Asking(N_("How answers are compared"), more=True),
    "OnlyIf.field": Asking(N_("The question named")),
    "OnlyIf.is": Asking(N_("has the answer")),
    "Comparison.by": Asking(N_("Compared"), options=COMPARED),
    "Comparison.threshold": Asking(N_("Share that must be alike")),
    "Comparison.tolerance": Asking(N_("Difference that does not count")),
    "Option.value": Asking(N_("Name in the results"), made_from="title"),
    "Option.title": Asking(N_("What is shown")),
    "min_length": Asking(N_("Characters, at least"), more=True),
    "max_length": Asking(N_("Characters, at most"), more=True),
    "minimum": Asking(N_("At least"), N_("Of a number."), more=True),
    "maximum": Asking(N_("At most"), N_("Of a number."), more=True),
    "AnswerField.weight": Asking(N_("Share of the pay"), more=True),
}

WAYS: Mapping[str, Asking] = {
    "DocumentIn.direction": Asking(hidden=True),
    "DocumentIn.document": NO_WORDS,
    "Form": NO_WORDS,
    "Guide": NO_WORDS,
    "WayIn": NO_WORDS,
    "Form.questions": Asking(N_("The questions"), one=N_("Question"), apart=True),
    "FormQuestion.name": Asking(N_("Name in the results"), LATIN, made_from="title", more=True),
    "FormQuestion.type": Asking(N_("Kind of answer"), options=FIELD_TYPES),
    "FormQuestion.title": Asking(N_("Question")),
    "FormQuestion.options": Asking(N_("Options"), OPTIONS, one=N_("Option")),
    "FormQuestion.required": Asking(N_("Must be answered")),
    "FormQuestion.explain": Asking(N_("Asks for a reason too"), N_("Only after yes or no."), more=True),
    "Explain.when": Asking(N_("When the answer is yes (else when it is no)")),
    "FormOption.value": Asking(N_("Name in the results"), made_from="title"),
    "FormOption.title": Asking(N_("What is shown")),
    "Explain.title": Asking(N_("How it asks for the reason")),
    "Guide.groups": Asking(N_("Groups of questions"), N_("Each is scored by itself."), one=N_("Group"), apart=True),
    "Group.code": Asking(N_("Name in the results"), LATIN, made_from="title", more=True),
    "Group.questions": Asking(N_("The questions"), one=N_("Question")),
    "InterviewQuestion.code": Asking(N_("Name in the results"), LATIN, made_from="text", more=True),
    "InterviewQuestion.text": Asking(N_("Question"), lines=2),
    "InterviewQuestion.good": Asking(N_("A good answer shows")),
    "InterviewQuestion.avoid": Asking(N_("What speaks against")),
    "WayIn.open": Asking(N_("Takes applications")),
    "WayIn.summary": Asking(N_("In a few words")),
    "WayIn.stages": Asking(N_("Stages"), one=N_("Stage")),
    "StagePlan.stage": Asking(N_("Stage"), options=WAY["way_stage"]),
    "StagePlan.days": Asking(N_("Days for it")),
    "WayIn.language_exam": Asking(N_("Language exam"), known="exam"),
    "WayIn.course": Asking(N_("Course"), known="course"),
    "WayIn.direction_exam": Asking(N_("Direction exam"), known="exam"),
    "WayIn.trial": Asking(N_("Trial tasks"), N_("The course whose trial it is."), known="course"),
    "WayIn.qualification": Asking(N_("Admits to (empty: the direction’s code)"), known="code"),
    "WayIn.interview": NO_WORDS,
    "InterviewBar.overall": Asking(N_("Interview: mean of the groups at least")),
    "InterviewBar.group": Asking(N_("Interview: each group at least")),
    "WayIn.appeal_days": Asking(N_("Days to appeal against a refusal")),
    "WayIn.again_after_days": Asking(N_("Days until one may apply again")),
}

CRITERIA: Mapping[str, Asking] = {
    "CriteriaIn.level": Asking(hidden=True),
    "CriteriaIn.line": Asking(hidden=True),
    "CriteriaIn.criteria": Asking(N_("Criteria"), N_("Without any it is open to all."), one=N_("Criterion")),
    "CriteriaIn.reason": Asking(N_("Why"), N_("Everybody reads it beside the criteria."), lines=2),
    "ExamPassed": Asking(N_("An exam passed")),
    "ExamPassed.exam": Asking(N_("Exam"), known="exam"),
    "ExamPassed.max_age_days": Asking(N_("Taken at most so many days ago"), N_("Empty: whenever.")),
    "TrainingFinished": Asking(N_("A course finished")),
    "TrainingFinished.course": Asking(N_("Course"), known="course"),
    "TrialRight": Asking(N_("A trial’s first answers right")),
    "TrialRight.course": Asking(N_("Course"), known="course"),
    "TrialRight.tasks": Asking(N_("Tasks")),
    "TrialRight.at_least": Asking(N_("Share of right first answers"), SHARE),
    "TrialRight.by": Asking(
        N_("Reached by"), options={"share": N_("the share itself"), "lower_bound": N_("its lower bound (surely, 95 %)")}
    ),
    "AccuracyReached": Asking(N_("Accuracy at work")),
    "AccuracyReached.project": Asking(N_("Project"), known="direction"),
    "AccuracyReached.at_least": Asking(N_("Lower bound of the accuracy"), SHARE),
    "AccuracyReached.answers": Asking(N_("On at least so many answers")),
    "AnswersAccepted": Asking(N_("Accepted answers")),
    "AnswersAccepted.answers": Asking(N_("At least so many answers")),
    "AnswersAccepted.project": Asking(N_("Project (empty: all)"), known="direction"),
    "Unrestricted": Asking(N_("No restriction")),
    "Unrestricted.days": Asking(N_("Days")),
    "WeeksKept": Asking(N_("Weeks met or excused")),
    "WeeksKept.kept": Asking(N_("Weeks met or excused")),
    "WeeksKept.of": Asking(N_("Of the last so many"), late=True),
    "HeldFor": Asking(N_("A qualification held")),
    "HeldFor.code": Asking(N_("Qualification (empty: this one)"), known="code"),
    "HeldFor.days": Asking(N_("For at least so many days")),
    "HeldFor.level": Asking(N_("Level")),
    "HeldFor.line": Asking(N_("Line of support")),
    "ReviewsDone": Asking(N_("Audits and disputes done")),
    "ReviewsDone.count": Asking(N_("At least so many")),
}

ASKINGS: Mapping[str, Asking] = {**GENERAL, **EXAMS, **QUESTIONS, **COURSES, **WAYS, **CRITERIA}
