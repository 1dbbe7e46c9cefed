"""What must always hold of weeks and their results."""

from piecework.platform.invariants import Invariant

INVARIANTS = (
    Invariant(
        "tasks.weeks_without_holes",
        "A person's weeks do not overlap, and between two of them is no time in which a contract was in force.",
        """SELECT * FROM (SELECT freelancer_id, ends_at, lead(starts_at) OVER (PARTITION BY freelancer_id ORDER BY starts_at) AS next FROM week) w
           WHERE w.next < w.ends_at
              OR (w.next > w.ends_at AND EXISTS (SELECT FROM terms_of(w.freelancer_id, w.ends_at, w.next)))""",
    ),
    Invariant(
        "tasks.weeks_are_those_of_claims",
        "The week that a person's claims are counted in begins and ends with one of their weeks, if that is made.",
        """SELECT l.freelancer_id, l.week_starts, l.week_ends FROM workload l JOIN week w USING (freelancer_id)
           WHERE w.starts_at < l.week_ends AND w.ends_at > l.week_starts AND (w.starts_at, w.ends_at) <> (l.week_starts, l.week_ends)""",
    ),
    Invariant(
        "tasks.results_follow_each_other",
        "A week's results are numbered without holes, and none is worse for the person than the one before it.",
        """SELECT * FROM (
               SELECT freelancer_id, starts_at, revision, result, lag(revision) OVER o AS before, lag(result) OVER o AS was FROM week_result
               WINDOW o AS (PARTITION BY freelancer_id, starts_at ORDER BY revision)) r
           WHERE r.revision <> coalesce(r.before, 0) + 1
              OR array_position(ARRAY['missed', 'excused', 'met'], r.result) < array_position(ARRAY['missed', 'excused', 'met'], r.was)""",
    ),
    Invariant(
        "tasks.results_are_as_done",
        "What a week's newest result says was done is what was submitted in it and not rejected by its end, or accepted after all.",
        """SELECT r.freelancer_id, r.starts_at, r.done, count(a.id) AS really
           FROM week_newest r JOIN week w USING (freelancer_id, starts_at) LEFT JOIN week_look l USING (freelancer_id, starts_at)
           LEFT JOIN assignment a ON a.freelancer_id = w.freelancer_id AND a.ended_at >= w.starts_at AND a.ended_at < w.ends_at
               AND (a.state = 'submitted' OR a.state = 'accepted' AND NOT EXISTS (
                        SELECT FROM decision d WHERE d.assignment_id = a.id AND d.revision = 1 AND d.state = 'rejected' AND d.decided_at < w.ends_at
                          AND NOT EXISTS (SELECT FROM decision e WHERE e.assignment_id = a.id AND e.state = 'accepted'
                                            AND e.decided_at <= greatest(r.as_of, l.as_of)))
                    OR a.state = 'rejected' AND a.decided_at >= w.ends_at)
           GROUP BY r.freelancer_id, r.starts_at, r.revision, r.done HAVING count(a.id) <> r.done""",
    ),
    Invariant(
        "tasks.results_are_as_reckoned",
        "A result says what its facts say: what was done and agreed, and its lines take off no more than it says (the whole reckoning: tests).",
        """SELECT r.freelancer_id, r.starts_at, r.revision FROM week_result r
           WHERE r.done <> (r.facts -> 'done' ->> 'accepted')::int + (r.facts -> 'done' ->> 'awaiting')::int
              OR r.gaps * 100 > (SELECT coalesce(sum((l ->> 'hundredths')::int), 0) + jsonb_array_length(r.lines)
                                 FROM jsonb_array_elements(r.lines) l WHERE l ->> 'kind' = 'gap')""",
    ),
)
