/* Flights among workers: threads with mailboxes, whose clients join, read, leave early, doom; whose leaders are slow,
 * fail, are held back, give up. Every byte that a client reads is compared. Nothing sleeps: a worker without mail
 * blocks, so a wake-up that is lost hangs the test, and its time limit fails it. */
#include "unit.h"

#include <limits.h>
#include <pthread.h>

#include "cache/flight.h"

#define WORKERS  4
#define CLIENTS  8   /* a worker */
#define JOURNEYS 300 /* a client */
#define KEYS     6
#define STRICT   2 /* the first so many keys are joined and never doomed: they have one leader at a time */
#define BODY     60000u

struct worker {
	pthread_t thread;
	unsigned number;
	unsigned seed;
	pthread_mutex_t lock;
	pthread_cond_t mailed;
	struct mail *first, **end;
	bool stop;
};

struct client {
	struct waiter waiter;
	struct mail again; /* begins a journey */
	struct mail more;  /* looks again: there was more to read */
	struct worker *home;
	struct flight_id want;
	struct segs_reader place;
	bool leads;
	unsigned journeys;
	unsigned patience; /* looks until it leaves early */
};

/* The leader's side of a flight. */
struct fetch {
	struct flight *flight;
	struct mail wake;
	struct mail step;
	struct worker *home;
	struct segs *body;
	uint64_t key, first;
	unsigned length, delay;
	bool window, shareable, unstore, abandoned, fails;
};

static struct flights *fs;
static struct slots *slots;
static struct worker workers[WORKERS];
static struct client clients[WORKERS * CLIENTS];
static char pattern[BODY + 64 * KEYS];
static atomic_uint active; /* clients and fetches */
static atomic_uint leaders[STRICT];
static atomic_uint ended, lost, early, failed, followed;

static unsigned
draw(unsigned *seed, unsigned below)
{
	*seed = *seed * 1664525u + 1013904223u;
	return (*seed >> 8) % below;
}

/* ---- workers ---- */

static void
post(void *ctx, unsigned number, struct mail *m)
{
	struct worker *w = &workers[number];

	(void)ctx;
	if (atomic_exchange(&m->posted, true))
		return;
	pthread_mutex_lock(&w->lock);
	m->next = NULL;
	*w->end = m;
	w->end = &m->next;
	pthread_cond_signal(&w->mailed);
	pthread_mutex_unlock(&w->lock);
}

/* The next mail; NULL when all is over. */
static struct mail *
receive(struct worker *w)
{
	struct mail *m;

	pthread_mutex_lock(&w->lock);
	while (w->first == NULL && !w->stop)
		pthread_cond_wait(&w->mailed, &w->lock);
	m = w->first;
	if (m != NULL) {
		w->first = m->next;
		if (w->first == NULL)
			w->end = &w->first;
	}
	pthread_mutex_unlock(&w->lock);
	return m;
}

static void *
work(void *arg)
{
	struct worker *w = arg;
	struct mail *m;

	while ((m = receive(w)) != NULL) {
		atomic_store(&m->posted, false);
		m->fn(m);
	}
	return NULL;
}

static void
one_less_active(void)
{
	if (atomic_fetch_sub(&active, 1) > 1)
		return;
	for (unsigned i = 0; i < WORKERS; i++) {
		pthread_mutex_lock(&workers[i].lock);
		workers[i].stop = true;
		pthread_cond_signal(&workers[i].mailed);
		pthread_mutex_unlock(&workers[i].lock);
	}
}

/* ---- leaders ---- */

/* Nobody is to see this one. */
#define ABANDONED PROXY_ERROR_PROXY_INTERNAL_ERROR

/* One more leader of this key, or one less. Returns how many there were. */
static unsigned
count_leader(const struct fetch *x, unsigned by)
{
	return x->key < STRICT && x->first == 0 ? atomic_fetch_add(&leaders[x->key], by) : 0;
}

/* Where it may, it is none from before others can lead on. */
static void
fetch_abandon(struct fetch *x)
{
	if (x->abandoned)
		return;
	count_leader(x, UINT_MAX);
	x->abandoned = flight_abandon(x->flight);
	if (!x->abandoned)
		count_leader(x, 1);
}

static void
fetch_end(struct fetch *x, bool well)
{
	if (!x->abandoned)
		count_leader(x, UINT_MAX);
	if (well)
		flight_done(&x->flight);
	else
		flight_fail(&x->flight, x->abandoned ? ABANDONED : PROXY_ERROR_CONNECTION_TERMINATED, 0,
			    (struct flight_whom){ .member = STR("upstream") });
	free(x);
	one_less_active();
}

static void
fetch_head(struct fetch *x)
{
	struct resp *r = resp_new();

	r->body = x->body = x->window ? segs_new_window(8192) : segs_new_stored(slots, x->length % 2 * x->length);
	r->first = x->first;
	r->shareable = x->shareable;
	flight_head(x->flight, r, 200, (struct flight_whom){ .member = STR("upstream") });
}

/* Writes a piece. False where the window is full. */
static bool
fetch_piece(struct fetch *x)
{
	uint64_t at = segs_length(x->body);
	size_t n;
	bool full;
	char *p = segs_room(x->body, 4000, &n, &full);

	if (p == NULL) {
		assert_true(full);
		return false;
	}
	n = n < x->length - at ? n : x->length - at;
	n = n == 0 ? 0 : 1 + draw(&x->home->seed, (unsigned)n);
	memcpy(p, pattern + 64 * x->key + x->first + at, n);
	segs_publish(x->body, n);
	flight_progress(x->flight);
	return true;
}

static void
fetch_step(struct mail *m)
{
	struct fetch *x = LIST_OF(m, struct fetch, step);
	unsigned *seed = &x->home->seed;

	if (x->abandoned || (x->fails && draw(seed, 8) == 0)) {
		fetch_end(x, false);
		return;
	}
	if (x->delay > 0) {
		x->delay--;
	} else if (x->body == NULL) {
		fetch_head(x);
	} else if (segs_length(x->body) == x->length) {
		segs_end(x->body, SEGS_WHOLE);
		fetch_end(x, true);
		return;
	} else if (!fetch_piece(x)) {
		fetch_abandon(x);
		if (x->abandoned)
			fetch_end(x, false);
		return; /* else: woken when readers went on, or left */
	} else if (x->unstore && draw(seed, 4) == 0 && !segs_is_window(x->body)) {
		assert_true(segs_unstore(x->body, 8192));
	}
	post(NULL, x->home->number, &x->step);
}

static void
fetch_woken(struct mail *m)
{
	struct fetch *x = LIST_OF(m, struct fetch, wake);

	if (flight_waiters(x->flight) == 0 && draw(&x->home->seed, 2) == 0)
		fetch_abandon(x);
	post(NULL, x->home->number, &x->step);
}

static void
fetch_begin(struct client *c)
{
	struct fetch *x = calloc(1, sizeof *x);
	unsigned *seed = &c->home->seed;
	bool strict = c->want.key.hi < STRICT;
	bool all = c->want.last == RANGE_UNKNOWN;

	atomic_fetch_add(&active, 1);
	x->flight = c->waiter.flight;
	x->home = c->home;
	x->key = c->want.key.hi;
	x->first = c->want.first;
	x->length = all ? draw(seed, BODY) : (unsigned)(c->want.last + 1 - c->want.first);
	x->delay = draw(seed, 4);
	x->window = !strict && draw(seed, 2) == 0;
	x->shareable = strict || draw(seed, 4) > 0;
	x->unstore = !strict && !x->window && draw(seed, 2) == 0;
	x->fails = draw(seed, 6) == 0;
	mail_init(&x->wake, fetch_woken);
	mail_init(&x->step, fetch_step);
	flight_lead(x->flight, c->home->number, &x->wake);
	assert_int_equal(count_leader(x, 1), 0);
	post(NULL, c->home->number, &x->step);
}

/* ---- clients ---- */

static void
client_end(struct client *c, atomic_uint *how)
{
	atomic_fetch_add(how, 1);
	if (!c->leads)
		atomic_fetch_add(&followed, 1);
	segs_reader_fini(&c->place);
	flight_leave(&c->waiter);
	post(NULL, c->home->number, &c->again);
}

static void
check_and_take(struct client *c, uint64_t base, const struct iovec *iov, int count)
{
	const char *want = pattern + 64 * c->want.key.hi + base + c->place.at;
	size_t took = 0;

	for (int i = 0; i < count; i++) {
		assert_memory_equal(iov[i].iov_base, want + took, iov[i].iov_len);
		took += iov[i].iov_len;
	}
	if (segs_reader_took(&c->place, took))
		flight_readers_went_on(c->waiter.flight);
}

/* Reads for a while, and asks for another look where there is more. */
static void
client_read(struct client *c, const struct resp *r)
{
	uint64_t end = c->want.last == RANGE_UNKNOWN ? RANGE_UNKNOWN : c->want.last + 1 - r->first;
	enum segs_read what = SEGS_READ_DATA;

	for (int i = 0; i < 2 && what == SEGS_READ_DATA && c->place.at < end; i++) {
		struct iovec iov[3];
		int count = 3;
		uint64_t max = 1 + draw(&c->home->seed, 6000);

		max = max < end - c->place.at ? max : end - c->place.at;
		what = segs_reader_peek(&c->place, max, iov, &count);
		if (what == SEGS_READ_DATA)
			check_and_take(c, r->first, iov, count);
	}
	if (what == SEGS_READ_END || c->place.at == end)
		client_end(c, &ended);
	else if (what == SEGS_READ_LOST)
		client_end(c, &lost);
	else if (what == SEGS_READ_DATA)
		post(NULL, c->home->number, &c->more);
}

static void
client_look(struct waiter *w)
{
	struct client *c = LIST_OF(w, struct client, waiter);
	const struct resp *r;

	if (c->patience-- == 0) {
		client_end(c, &early);
		return;
	}
	if (flight_phase(w->flight) == FLIGHT_WAITING)
		return;
	assert_int_not_equal(flight_result(w->flight)->error, ABANDONED);
	r = flight_result(w->flight)->resp;
	if (r == NULL || (!r->shareable && !c->leads)) {
		client_end(c, &failed);
		return;
	}
	if (c->place.segs == NULL && segs_reader_init(&c->place, r->body, c->want.first - r->first))
		flight_readers_went_on(w->flight);
	client_read(c, r);
}

/* It may be on another journey meanwhile, or on none. */
static void
client_look_again(struct mail *m)
{
	struct client *c = LIST_OF(m, struct client, more);

	if (c->waiter.flight != NULL)
		client_look(&c->waiter);
}

static enum flight_join
some_join(unsigned of_14)
{
	if (of_14 < 10)
		return FLIGHT_JOIN;
	return of_14 < 12 ? FLIGHT_BEGIN : FLIGHT_ALONE;
}

static void
client_begin(struct mail *m)
{
	struct client *c = LIST_OF(m, struct client, again);
	unsigned *seed = &c->home->seed;
	uint64_t key = draw(seed, KEYS);
	bool strict = key < STRICT;
	bool all = strict || draw(seed, 4) > 0;
	uint64_t first = draw(seed, 3) * 1000;

	if (c->journeys-- == 0) {
		one_less_active();
		return;
	}
	if (!strict && draw(seed, 10) == 0)
		flights_doom(fs, (struct hash128){ key, key });
	c->want = (struct flight_id){ { key, key }, 0, all ? 0 : first, all ? RANGE_UNKNOWN : first + 1999 };
	c->patience = draw(seed, 4) == 0 ? draw(seed, 10) : UINT32_MAX;
	c->leads = flight_enter(fs, &c->want, strict ? FLIGHT_JOIN : some_join(draw(seed, 14)), &c->waiter) == FLIGHT_LEADS;
	if (c->leads)
		fetch_begin(c);
	client_look(&c->waiter);
}

/* ---- the test ---- */

static void
start(void)
{
	const char *why;
	unsigned seed = 5;

	for (size_t i = 0; i < sizeof pattern; i++)
		pattern[i] = (char)draw(&seed, 256);
	fs = flights_new(WORKERS, post, NULL);
	slots = slots_new(64 * 1024 * 1024, SLOTS_AS_NEEDED, &why);
	for (unsigned i = 0; i < WORKERS; i++) {
		workers[i] = (struct worker){ .number = i, .seed = i * 7919 };
		workers[i].end = &workers[i].first;
		pthread_mutex_init(&workers[i].lock, NULL);
		pthread_cond_init(&workers[i].mailed, NULL);
	}
	atomic_store(&active, WORKERS * CLIENTS);
	for (unsigned i = 0; i < WORKERS * CLIENTS; i++) {
		struct client *c = &clients[i];

		c->home = &workers[i % WORKERS];
		c->journeys = JOURNEYS;
		c->waiter.fn = client_look;
		c->waiter.worker = c->home->number;
		mail_init(&c->again, client_begin);
		mail_init(&c->more, client_look_again);
		post(NULL, c->home->number, &c->again);
	}
}

static void
every_byte_arrives_and_every_mark_goes(void **state)
{
	struct slots_totals t;

	(void)state;
	start();
	for (unsigned i = 0; i < WORKERS; i++)
		assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
	for (unsigned i = 0; i < WORKERS; i++)
		pthread_join(workers[i].thread, NULL);
	print_message("ended %u lost %u early %u failed %u; followed %u\n", ended, lost, early, failed, followed);
	assert_int_equal(ended + lost + early + failed, WORKERS * CLIENTS * JOURNEYS);
	assert_true(ended > 0 && early > 0 && failed > 0 && followed > 0);
	assert_int_equal(flights_count(fs), 0);
	slots_totals(slots, &t);
	assert_int_equal(t.used, 0);
	flights_free(&fs);
	slots_free(&slots);
}

/* In the place of the store's. */
void
entry_unpin(struct entry **e)
{
	*e = NULL;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_byte_arrives_and_every_mark_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
