/* One writer and several readers on threads of their own, at different speeds; every byte is compared. */
#include "unit.h"

#include <pthread.h>
#include <sched.h>

#include "cache/segs.h"

#define KB      ((size_t)1024)
#define BODY    (300 * KB)
#define ROUNDS  90
#define READERS 4

enum kind {
	STORED,
	WINDOW,
	UNSTORED, /* on the way */
	KINDS,
};

struct round {
	struct segs *segs;
	struct slots *slots;
	enum kind kind;
	unsigned seed;
	bool cut;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	unsigned news; /* rises with each publication */
	bool writer_told;
	unsigned readers; /* that are left */
	unsigned ended, lost, quit;
};

struct reader {
	struct round *round;
	unsigned number;
	unsigned seed;
	struct segs_reader place;
};

static char pattern[BODY];

static unsigned
draw(unsigned *seed, unsigned below)
{
	*seed = *seed * 1664525u + 1013904223u;
	return (*seed >> 8) % below;
}

static void
publish(struct round *r, size_t n)
{
	segs_publish(r->segs, n);
	pthread_mutex_lock(&r->lock);
	r->news++;
	pthread_cond_broadcast(&r->changed);
	pthread_mutex_unlock(&r->lock);
}

/* Until a reader passed on that the writer may go on. False where nobody is left to do so. */
static bool
wait_for_readers(struct round *r)
{
	bool any;

	pthread_mutex_lock(&r->lock);
	while (!r->writer_told && r->readers > 0)
		pthread_cond_wait(&r->changed, &r->lock);
	r->writer_told = false;
	any = r->readers > 0;
	pthread_mutex_unlock(&r->lock);
	return any;
}

static void
end(struct round *r, enum segs_state how)
{
	segs_end(r->segs, how);
	pthread_mutex_lock(&r->lock);
	r->news++;
	pthread_cond_broadcast(&r->changed);
	pthread_mutex_unlock(&r->lock);
}

static void *
write_body(void *arg)
{
	struct round *r = arg;
	size_t unstore_at = r->kind == UNSTORED ? draw(&r->seed, BODY) : SIZE_MAX;

	while (segs_length(r->segs) < BODY) {
		size_t at = (size_t)segs_length(r->segs);
		size_t n;
		bool full;
		char *p;

		if (at >= unstore_at && !segs_is_window(r->segs))
			assert_true(segs_unstore(r->segs, 16 * KB));
		p = segs_room(r->segs, 1 + draw(&r->seed, 8192), &n, &full);
		if (p == NULL) {
			assert_true(full);
			if (!wait_for_readers(r))
				break;
			continue;
		}
		n = n < BODY - at ? n : BODY - at;
		n = 1 + draw(&r->seed, (unsigned)n);
		memcpy(p, pattern + at, n);
		publish(r, n);
	}
	end(r, segs_length(r->segs) < BODY || r->cut ? SEGS_CUT : SEGS_WHOLE);
	return NULL;
}

static void
dawdle(struct reader *me)
{
	if (me->number % 2 == 1)
		for (unsigned i = draw(&me->seed, 8); i > 0; i--)
			sched_yield();
}

static void
check_and_take(struct reader *me, const struct iovec *iov, int count)
{
	struct round *r = me->round;
	size_t took = 0;

	dawdle(me);
	for (int i = 0; i < count; i++) {
		assert_memory_equal(iov[i].iov_base, pattern + me->place.at + took, iov[i].iov_len);
		took += iov[i].iov_len;
	}
	if (!segs_reader_took(&me->place, took))
		return;
	pthread_mutex_lock(&r->lock);
	r->writer_told = true;
	pthread_cond_broadcast(&r->changed);
	pthread_mutex_unlock(&r->lock);
}

static void
wait_for_news(struct round *r, unsigned seen)
{
	pthread_mutex_lock(&r->lock);
	while (r->news == seen)
		pthread_cond_wait(&r->changed, &r->lock);
	pthread_mutex_unlock(&r->lock);
}

static unsigned
news(struct round *r)
{
	unsigned n;

	pthread_mutex_lock(&r->lock);
	n = r->news;
	pthread_mutex_unlock(&r->lock);
	return n;
}

static enum segs_read
read_some(struct reader *me)
{
	unsigned seen = news(me->round);
	struct iovec iov[3];
	int count = 3;
	enum segs_read what = segs_reader_peek(&me->place, 1 + draw(&me->seed, 32768), iov, &count);

	if (what == SEGS_READ_DATA)
		check_and_take(me, iov, count);
	else if (what == SEGS_READ_WAIT)
		wait_for_news(me->round, seen);
	return what;
}

static void *
read_body(void *arg)
{
	struct reader *me = arg;
	struct round *r = me->round;
	enum segs_read what = SEGS_READ_WAIT;
	bool quits = draw(&me->seed, 4) == 0;

	assert_false(segs_reader_init(&me->place, r->segs, 0));
	while (what == SEGS_READ_DATA || what == SEGS_READ_WAIT) {
		if (quits && draw(&me->seed, 50) == 0)
			break;
		what = read_some(me);
	}
	if (what == SEGS_READ_END)
		assert_int_equal(me->place.at, BODY);
	segs_reader_fini(&me->place);
	pthread_mutex_lock(&r->lock);
	r->readers--;
	*(what == SEGS_READ_END ? &r->ended : what == SEGS_READ_LOST ? &r->lost : &r->quit) += 1;
	pthread_cond_broadcast(&r->changed);
	pthread_mutex_unlock(&r->lock);
	return NULL;
}

static void
run(struct round *r)
{
	pthread_t writer, threads[READERS];
	struct reader readers[READERS];

	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->changed, NULL);
	r->readers = READERS;
	r->segs = r->kind == WINDOW ? segs_new_window(24 * KB) : segs_new_stored(r->slots, r->seed % 2 * BODY);
	for (unsigned i = 0; i < READERS; i++)
		readers[i] = (struct reader){ .round = r, .number = i, .seed = r->seed + i };
	assert_int_equal(pthread_create(&writer, NULL, write_body, r), 0);
	for (unsigned i = 0; i < READERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, read_body, &readers[i]), 0);
	for (unsigned i = 0; i < READERS; i++)
		pthread_join(threads[i], NULL);
	pthread_join(writer, NULL);
	segs_unref(&r->segs);
	pthread_cond_destroy(&r->changed);
	pthread_mutex_destroy(&r->lock);
}

static void
bytes_hold_under_many_readers(void **state)
{
	const char *why;
	struct slots *slots = slots_new(64 * 1024 * KB, SLOTS_AS_NEEDED, &why);
	unsigned seed = 7;
	struct slots_totals t;

	(void)state;
	for (size_t i = 0; i < BODY; i++)
		pattern[i] = (char)draw(&seed, 256);
	for (unsigned i = 0; i < ROUNDS; i++) {
		struct round r = { .slots = slots, .kind = i % KINDS, .seed = i * 977, .cut = i % 10 == 9 };

		run(&r);
		assert_int_equal(r.ended + r.lost + r.quit, READERS);
		if (r.cut)
			assert_int_equal(r.ended, 0);
		else if (r.kind == STORED)
			assert_int_equal(r.lost, 0);
		else if (r.quit == 0)
			assert_true(r.ended > 0); /* the fastest is never lost */
	}
	slots_totals(slots, &t);
	assert_int_equal(t.used, 0);
	slots_free(&slots);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_hold_under_many_readers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
