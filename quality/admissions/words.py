"""What people on their way in are told, in Russian and in English."""

from piecework.quality.admissions.specs import STAGES, Stage, Words

US, CANDIDATE = "us", "candidate"


def _words(ru: str, en: str) -> Words:
    return Words(ru=ru, en=en)


NAMES = dict(
    zip(
        STAGES,
        (
            _words("заявка", "application"),
            _words("экзамен по языку", "language exam"),
            _words("собеседование", "interview"),
            _words("договор", "contract"),
            _words("обучение", "training"),
            _words("экзамен направления", "direction exam"),
            _words("пробные задания", "trial tasks"),
            _words("допуск к живым обращениям", "admission to live tickets"),
        ),
        strict=True,
    )
)
"""The stages' names."""

WE_PREPARE = _words(
    "Этап ещё не опубликован: мы его готовим, от вас сейчас ничего не нужно.",
    "This stage is not published yet: we are preparing it, and nothing is needed of you at the moment.",
)
NEXT = {
    (Stage.APPLICATION, US): _words(
        "Мы читаем вашу анкету и ответим с причинами.", "We are reading your application and will answer with reasons."
    ),
    (Stage.LANGUAGE_EXAM, US): WE_PREPARE,
    (Stage.LANGUAGE_EXAM, CANDIDATE): _words("Сдайте экзамен по языку.", "Take the language exam."),
    (Stage.INTERVIEW, US): _words(
        "Мы предлагаем время собеседования, проводим его и оцениваем: от вас сейчас ничего не нужно.",
        "We propose times for the interview, hold and assess it: nothing is needed of you at the moment.",
    ),
    (Stage.INTERVIEW, CANDIDATE): _words(
        "Выберите время собеседования или напишите, что ни одно не подходит.",
        "Choose a time for the interview, or say that none of them suits you.",
    ),
    (Stage.CONTRACT, US): _words("Мы готовим для вас предложение договора.", "We are preparing the offer of a contract for you."),
    (Stage.CONTRACT, CANDIDATE): _words(
        "Прочитайте предложенный договор и примите его.", "Read the contract offered to you and accept it."
    ),
    (Stage.TRAINING, US): WE_PREPARE,
    (Stage.TRAINING, CANDIDATE): _words("Пройдите обучение.", "Finish the training."),
    (Stage.DIRECTION_EXAM, US): WE_PREPARE,
    (Stage.DIRECTION_EXAM, CANDIDATE): _words("Сдайте экзамен направления.", "Take the direction's exam."),
    (Stage.TRIAL, US): WE_PREPARE,
    (Stage.TRIAL, CANDIDATE): _words("Выполните пробные задания.", "Work on the trial tasks."),
    (Stage.LIVE, US): _words(
        "Куратор решает по опубликованным критериям о допуске и ответит с причинами.",
        "A curator decides on your admission by the published criteria and will answer with reasons.",
    ),
}
"""What happens next at a stage, by whose turn it is."""


def first_turn(stage: Stage) -> str:
    """Whose turn a stage begins with."""
    return CANDIDATE if stage in (Stage.LANGUAGE_EXAM, Stage.TRAINING, Stage.DIRECTION_EXAM, Stage.TRIAL) else US


APPLIED = _words("Ваша заявка принята.", "Your application has been received.")
RECEIVED = _words(
    "Анкета получена. Сохраните {sign_in}: с этим и со своим паролем вы входите и следите за заявкой. Если у вас уже есть учётная запись,"
    " отзовите эту заявку и подайте её оттуда.",
    "The application has been received. Keep {sign_in}: with this and your password you sign in to follow it. If you have an account already,"
    " withdraw this application and apply from there.",
)
SOMEBODY_APPLIED = _words(
    "Кто-то подал заявку с вашим адресом; с вашей учётной записью она не связана. Если это были вы, отзовите её и подайте заявку из своей"
    " учётной записи: тогда зачтётся то, что вы уже сделали.",
    "Somebody applied with your e-mail; it has nothing to do with your account. If it was you, withdraw it and apply from your account: then"
    " what you have done before counts.",
)
SOMEBODY_APPLIED_TITLE = _words("Анкета с вашим адресом", "An application with your e-mail")
ACCEPTED = _words("Анкета принята.", "The application is accepted.")
EXAM_PASSED = _words("Экзамен сдан.", "The exam is passed.")
EXAM_FAILED = _words("Экзамен не сдан: попытка {n} из {of}.", "The exam was not passed: attempt {n} of {of}.")
NO_ATTEMPTS = _words(
    "Экзамен не сдан за отведённое число попыток ({of}).", "The exam was not passed in the number of attempts there are ({of})."
)
CONTRACT = _words("Договор принят.", "The contract is accepted.")
TRAINED = _words("Обучение пройдено.", "The training is finished.")
TRIED = _words("Пробные задания выполнены.", "The trial tasks are done.")
ADMITTED = _words("Вас допустили к живым обращениям.", "You are admitted to live tickets.")
NOT_ADMITTED = _words(
    "Куратор не допустил вас; причины и возможность возразить указаны в решении о допуске.",
    "The curator did not admit you; the reasons, and how to object, are in the decision on admission.",
)
BEFORE = _words("Засчитано то, что было сделано раньше.", "What was done before counts.")
LAPSED = _words(
    "Срок этапа «{stage}» истёк {due}, и он не был завершён.",
    'The deadline of the stage "{stage}" passed on {due} and it was not finished.',
)
LATE = _words(
    "Мы не успели к сроку {due}: это наша задержка, вам она ничем не грозит. Кураторы предупреждены.",
    "We have missed our deadline of {due}: the delay is ours and costs you nothing. The curators have been told.",
)
REMINDER = _words("Напоминаем: {next} Срок: {due}.", "A reminder: {next} The deadline is {due}.")
DEADLINE = _words("Срок: {due}.", "The deadline is {due}.")
OUR_DEADLINE = _words("Мы ответим не позднее {due}.", "We will answer by {due}.")
APPEAL = _words("Вы можете возразить до {due}.", "You may object until {due}.")
CONTRACT_TURN = {
    US: _words(
        "Предложения договора сейчас нет; мы готовим новое.",
        "There is no offer of a contract at the moment; we are preparing one.",
    ),
    CANDIDATE: _words("Вам предложен договор.", "A contract has been offered to you."),
}
PUBLISHED_TURN = {
    US: _words("То, что нужно пройти, сейчас не опубликовано.", "What is to be passed is not published at the moment."),
    CANDIDATE: _words("Этап опубликован.", "The stage is published."),
}
GIVEN_BACK = _words(
    "Домашнее задание ждало нашей проверки: это время в ваш срок не входит.",
    "Homework waited for our check: that time is not counted against you.",
)
RETAKE = _words("Следующая попытка возможна с {at}.", "The next attempt can begin on {at}.")
SLOTS = _words("Предложено время собеседования: {n}.", "Times proposed for the interview: {n}.")
CHOSEN = _words("Собеседование назначено на {at}.", "The interview is on {at}.")
NONE_SUITS = _words("Ни одно время не подошло: {words}", "None of the times suited: {words}")
UPHELD = _words("Ваше возражение удовлетворено: этап открыт заново.", "Your objection was upheld: the stage is open again.")
OVERRULED = _words("Результат экзамена пересмотрен: он сдан.", "The exam's result was revised: it is passed.")
TITLES = {
    "entered": _words("{direction}: этап «{stage}»", '{direction}: stage "{stage}"'),
    "waits": _words("{direction}: этап «{stage}»", '{direction}: stage "{stage}"'),
    "failed": _words("{direction}: экзамен не сдан", "{direction}: the exam was not passed"),
    "admitted": _words("{direction}: вы допущены", "{direction}: you are admitted"),
    "refused": _words("{direction}: отказ на этапе «{stage}»", '{direction}: refused at the stage "{stage}"'),
    "lapsed": _words("{direction}: срок этапа «{stage}» истёк", '{direction}: the deadline of "{stage}" has passed'),
    "late": _words("{direction}: наш ответ задерживается", "{direction}: our answer is late"),
    "extended": _words("{direction}: срок продлён", "{direction}: more time"),
    "reopened": _words("{direction}: этап «{stage}» открыт заново", '{direction}: the stage "{stage}" is open again'),
    "reminder": _words("{direction}: напоминание об этапе «{stage}»", '{direction}: a reminder of the stage "{stage}"'),
}
"""Titles of notices."""
