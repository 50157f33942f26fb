#include "unit.h"

#include <pthread.h>

#include "net/loop.h"
#include "turn.h"

#define THREADS 4
#define POSTS   20000

/* What ran, as letters in their order. */
static char trace[64];
static size_t traced;
static struct loop *loop;

static void
note(char c)
{
	assert_true(traced + 1 < sizeof trace);
	trace[traced++] = c;
	trace[traced] = '\0';
}

static int
setup(void **state)
{
	(void)state;
	traced = 0;
	trace[0] = '\0';
	loop = loop_new();
	return loop == NULL;
}

static int
teardown(void **state)
{
	(void)state;
	loop_free(&loop);
	return loop != NULL;
}

struct letter {
	struct mail mail;
	struct task task;
	struct letter *also; /* posted or deferred from inside */
	unsigned again;      /* how often it posts itself again */
	char c;
};

static void
on_mail(struct mail *m)
{
	struct letter *x = LIST_OF(m, struct letter, mail);

	note(x->c);
	if (x->also != NULL)
		loop_post(loop, &x->also->mail);
	if (x->again > 0 && x->again-- > 0)
		loop_post(loop, m);
}

static void
on_task(struct task *t)
{
	struct letter *x = LIST_OF(t, struct letter, task);

	note(x->c);
	if (x->also != NULL)
		loop_defer(loop, &x->also->task);
}

static struct letter
letter(char c)
{
	struct letter x = { .c = c };

	mail_init(&x.mail, on_mail);
	task_init(&x.task, on_task);
	return x;
}

static void
mail_runs_once_in_order(void **state)
{
	struct letter a = letter('a'), b = letter('b'), c = letter('c');

	(void)state;
	loop_post(loop, &a.mail);
	loop_post(loop, &b.mail);
	loop_post(loop, &a.mail); /* on its way already */
	loop_post(loop, &c.mail);
	TURN_UNTIL(loop, traced >= 3);
	loop_turn(loop);
	assert_string_equal(trace, "abc");
}

static void
mail_posts_itself_again(void **state)
{
	struct letter a = letter('a'), b = letter('b');

	(void)state;
	a.again = 2;
	a.also = &b;
	loop_post(loop, &a.mail);
	TURN_UNTIL(loop, traced >= 6);
	loop_turn(loop);
	assert_string_equal(trace, "ababab");
}

static void
tasks_run_in_order_and_once(void **state)
{
	struct letter a = letter('a'), b = letter('b'), c = letter('c');

	(void)state;
	loop_defer(loop, &a.task);
	loop_defer(loop, &b.task);
	loop_defer(loop, &a.task);
	loop_defer(loop, &c.task);
	task_cancel(&b.task);
	task_cancel(&b.task);
	loop_turn(loop);
	assert_string_equal(trace, "ac");
	loop_turn(loop);
	assert_string_equal(trace, "ac");
}

static struct letter *victim;

static void
cancel_victim(struct task *t)
{
	(void)t;
	note('x');
	task_cancel(&victim->task);
}

static void
a_task_may_cancel_another(void **state)
{
	struct letter a = letter('a');
	struct task killer;

	(void)state;
	victim = &a;
	task_init(&killer, cancel_victim);
	loop_defer(loop, &killer);
	loop_defer(loop, &a.task);
	loop_turn(loop);
	loop_turn(loop);
	assert_string_equal(trace, "x");
}

static void
stop_by_mail(struct mail *m)
{
	(void)m;
	note('.');
	loop_stop(loop);
}

static void
stop_by_task(struct task *t)
{
	(void)t;
	note('.');
	loop_stop(loop);
}

/* With nothing else to wake it, a loop that slept in between would hang in these two. */
static void
a_task_queued_by_a_task_does_not_wait(void **state)
{
	struct letter a = letter('a'), b = letter('b'), end = letter('.');

	(void)state;
	a.also = &b;
	b.also = &end;
	end.task.fn = stop_by_task;
	loop_defer(loop, &a.task);
	loop_run(loop);
	assert_string_equal(trace, "ab.");
}

static void
mail_to_oneself_does_not_wait(void **state)
{
	struct letter a = letter('a'), b = letter('b'), end = letter('.');

	(void)state;
	a.also = &b;
	b.also = &end;
	end.mail.fn = stop_by_mail;
	loop_post(loop, &a.mail);
	loop_run(loop);
	assert_string_equal(trace, "ab.");
}

static void *
post_stop(void *mail)
{
	loop_post(loop, mail);
	return NULL;
}

static void
another_thread_wakes_it(void **state)
{
	struct letter end = letter('.');
	pthread_t thread;

	(void)state;
	end.mail.fn = stop_by_mail;
	assert_int_equal(pthread_create(&thread, NULL, post_stop, &end.mail), 0);
	loop_run(loop);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_string_equal(trace, ".");
}

static void
time_stands_still_within_a_round(void **state)
{
	struct now first, now;

	(void)state;
	first = loop_now(loop);
	do
		now = clock_now();
	while (now.mono_ns == first.mono_ns);
	assert_true(loop_now(loop).mono_ns == first.mono_ns);
	loop_turn(loop);
	assert_true(loop_now(loop).mono_ns >= now.mono_ns);
}

/* A sender that waits for its answer before it writes again: what it wrote must be seen. */
struct dialogue {
	struct mail mail;
	unsigned said; /* plain: the mailbox orders it */
	unsigned heard;
	atomic_uint answered;
};

static void
hear(struct mail *m)
{
	struct dialogue *d = LIST_OF(m, struct dialogue, mail);

	d->heard = d->said;
	atomic_fetch_add(&d->answered, 1);
}

static void *
say(void *arg)
{
	struct dialogue *d = arg;

	for (unsigned i = 1; i <= 200; i++) {
		d->said = i;
		loop_post(loop, &d->mail);
		while (atomic_load(&d->answered) < i)
			sched_yield();
	}
	return NULL;
}

static void
what_was_written_before_a_post_is_seen(void **state)
{
	struct dialogue d[THREADS] = { 0 };
	pthread_t thread[THREADS];

	(void)state;
	for (int i = 0; i < THREADS; i++) {
		mail_init(&d[i].mail, hear);
		assert_int_equal(pthread_create(&thread[i], NULL, say, &d[i]), 0);
	}
	for (int i = 0; i < THREADS; i++)
		TURN_UNTIL(loop, atomic_load(&d[i].answered) == 200);
	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(thread[i], NULL), 0);
		assert_int_equal(d[i].heard, 200);
	}
}

/* Senders that never wait, all with one mail: whatever else is merged, the last post is followed by a run. */
struct crowd {
	struct mail mail;
	atomic_uint sent;
	unsigned seen;
	unsigned runs;
};

static void
count(struct mail *m)
{
	struct crowd *c = LIST_OF(m, struct crowd, mail);

	c->seen = atomic_load_explicit(&c->sent, memory_order_relaxed);
	c->runs++;
}

static void *
shout(void *arg)
{
	struct crowd *c = arg;

	for (unsigned i = 0; i < POSTS; i++) {
		atomic_fetch_add_explicit(&c->sent, 1, memory_order_relaxed);
		loop_post(loop, &c->mail);
	}
	return NULL;
}

static void
no_post_is_lost(void **state)
{
	struct crowd c = { 0 };
	pthread_t thread[THREADS];

	(void)state;
	mail_init(&c.mail, count);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, shout, &c), 0);
	TURN_UNTIL(loop, c.seen == THREADS * POSTS);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(thread[i], NULL), 0);
	assert_true(c.runs <= THREADS * POSTS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(mail_runs_once_in_order, setup, teardown),
		cmocka_unit_test_setup_teardown(mail_posts_itself_again, setup, teardown),
		cmocka_unit_test_setup_teardown(tasks_run_in_order_and_once, setup, teardown),
		cmocka_unit_test_setup_teardown(a_task_may_cancel_another, setup, teardown),
		cmocka_unit_test_setup_teardown(a_task_queued_by_a_task_does_not_wait, setup, teardown),
		cmocka_unit_test_setup_teardown(mail_to_oneself_does_not_wait, setup, teardown),
		cmocka_unit_test_setup_teardown(another_thread_wakes_it, setup, teardown),
		cmocka_unit_test_setup_teardown(time_stands_still_within_a_round, setup, teardown),
		cmocka_unit_test_setup_teardown(what_was_written_before_a_post_is_seen, setup, teardown),
		cmocka_unit_test_setup_teardown(no_post_is_lost, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
