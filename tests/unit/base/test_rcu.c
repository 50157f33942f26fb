#include "unit.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/rcu.h"

struct thing {
	struct rcu_later rcu;
	int value;
	atomic_bool *gone;
};

static void
forget(struct rcu_later *head)
{
	struct thing *t = (struct thing *)head;

	t->value = 0;
	atomic_store(t->gone, true);
	free(t);
}

static struct thing *
make(int value, atomic_bool *gone)
{
	struct thing *t = malloc(sizeof *t);

	t->value = value;
	t->gone = gone;
	return t;
}

static void
deferred_call_runs_before_settle_returns(void **state)
{
	atomic_bool gone = false;

	(void)state;
	rcu_defer(&make(1, &gone)->rcu, forget);
	rcu_settle();
	assert_true(atomic_load(&gone));
}

struct scene {
	_Atomic(struct thing *) shown;
	atomic_bool looking, leave, gone;
	int seen;
};

/* Looks, waits inside the bracket until told, and looks again. */
static void *
reader(void *arg)
{
	struct scene *s = arg;
	struct thing *t;

	rcu_thread_begin();
	rcu_read_begin();
	t = atomic_load(&s->shown);
	atomic_store(&s->looking, true);
	while (!atomic_load(&s->leave))
		sched_yield();
	s->seen = t->value;
	rcu_read_end();
	rcu_thread_end();
	return NULL;
}

static void
deferred_call_waits_for_a_reader(void **state)
{
	struct scene s = { .seen = -1 };
	pthread_t thread;
	struct thing *t = make(7, &s.gone);

	(void)state;
	atomic_store(&s.shown, t);
	assert_int_equal(pthread_create(&thread, NULL, reader, &s), 0);
	while (!atomic_load(&s.looking))
		sched_yield();
	atomic_store(&s.shown, NULL);
	rcu_defer(&t->rcu, forget);
	usleep(50000); /* room for the call to come too early, were it to */
	assert_false(atomic_load(&s.gone));
	atomic_store(&s.leave, true);
	rcu_settle();
	assert_true(atomic_load(&s.gone));
	pthread_join(thread, NULL);
	assert_int_equal(s.seen, 7);
}

/* Under ThreadSanitizer: many readers of a thing that is replaced and forgotten again and again are no race. */
#define TURNS 300

static void *
looker(void *arg)
{
	struct scene *s = arg;

	rcu_thread_begin();
	while (!atomic_load(&s->leave)) {
		rcu_read_begin();
		struct thing *t = atomic_load_explicit(&s->shown, memory_order_acquire);
		if (t->value == 0)
			s->seen = 1;
		rcu_read_end();
	}
	rcu_thread_end();
	return NULL;
}

static void
things_may_be_replaced_under_readers(void **state)
{
	struct scene s = { .seen = 0 };
	atomic_bool gone = false;
	pthread_t thread;

	(void)state;
	atomic_store(&s.shown, make(1, &gone));
	assert_int_equal(pthread_create(&thread, NULL, looker, &s), 0);
	for (int i = 0; i < TURNS; i++) {
		struct thing *old = atomic_exchange(&s.shown, make(i + 1, &gone));

		rcu_defer(&old->rcu, forget);
		if (i % 50 == 0)
			rcu_settle();
	}
	atomic_store(&s.leave, true);
	pthread_join(thread, NULL);
	assert_int_equal(s.seen, 0);
	rcu_defer(&atomic_load(&s.shown)->rcu, forget);
	rcu_settle();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(deferred_call_runs_before_settle_returns),
		cmocka_unit_test(deferred_call_waits_for_a_reader),
		cmocka_unit_test(things_may_be_replaced_under_readers),
	};

	rcu_thread_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
