"""A reminder is delivered by a scheduled function, another one waits."""

from reminders_convex import MISSING, ConvexStorage, ReminderStateDone, ReminderStateWaiting

with ConvexStorage.from_env() as storage:
    reminders = storage.functions.reminders
    later = reminders.remind(text="later", in_milliseconds=3_600_000)
    now = reminders.remind(text="now", in_milliseconds=0)
    with storage.reminders.by_state("done").watch(limit=1) as delivered:
        (done,) = next(found for found in delivered if found)
    reminders.sweep()
    reminders.sweep()

    assert (done.doc_id, done.job) == (now, MISSING)
    assert isinstance(done.state, ReminderStateDone)
    assert done.state.by == "mail"
    (waiting,) = storage.reminders.by_state("waiting")
    assert waiting.doc_id == later
    assert isinstance(waiting.state, ReminderStateWaiting)
    assert waiting.job is not MISSING
    (delivery,) = storage.deliveries.by_reminder(now)
    busy, good = delivery.history
    assert (delivery.attempts, busy.error, good.error) == (2, "busy", MISSING)
    assert busy.at == good.at == done.state.at
    cron = storage.crons_table.by_name("sweep").first()
    assert cron is not None
    assert cron.runs == 2
print("done")
