/* How long do calls into the store take while it grows, and while things leave for room?
 *
 *     stalls [MEBIBYTES [SECONDS]]
 *
 * A thread looks one object up again and again. In turns it is alone, and beside another that puts objects of 500 bytes to
 * 64 KiB into a store of MEBIBYTES (256), first into free memory, so that buckets of the index grow, then into a full one;
 * that also purges, and does the housekeeping. Each call is timed by itself. A call during which the system took the
 * processor away is told apart; so is, of those that change the store, how much of the processor's own time they took: the
 * rest is waiting, for a lock whose holder had the processor taken away. Exits 1 where that is more than a millisecond, or a
 * lookup takes as long.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/must.h"
#include "cache/store.h"

#define READERS 1 /* more threads than processors, and one that sleeps with a lock holds up the others */
#define TURNS   6       /* of quiet and busy, by turns */
#define SLOW_NS 20000   /* from here on it is looked at whether the processor was taken */
#define MOST_NS 1000000 /* no call is to take longer */
#define HOT     "http://www.example.org/hot"

/* ---- times ---- */

/* Eight a doubling. */
#define BUCKETS 512u

struct times {
	uint64_t bucket[BUCKETS], count;
	uint64_t over; /* MOST_NS */
	int64_t most, most_own; /* own: of the processor's time, as far as that was asked */
	uint64_t taken; /* calls in which the processor was taken away */
	long switches;
};

static unsigned
bucket_of(int64_t ns)
{
	unsigned top = 63u - (unsigned)__builtin_clzll((uint64_t)ns | 8);

	return (top - 3) * 8 + (unsigned)((uint64_t)ns >> (top - 3) & 7);
}

static double
bound_of(unsigned bucket)
{
	return (double)((8 + bucket % 8 + UINT64_C(1)) << bucket / 8);
}

/* Was the processor taken from this thread, since this was last asked? */
static bool
was_taken(struct times *t)
{
	struct rusage r;
	long was = t->switches;

	getrusage(RUSAGE_THREAD, &r);
	t->switches = r.ru_nivcsw;
	return t->switches != was;
}

static int64_t
own_time(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
}

struct since {
	int64_t wall, own;
};

static struct since
start(void)
{
	int64_t own = own_time();

	return (struct since){ .wall = clock_mono_ns(), .own = own };
}

static void
note(struct times *t, int64_t since)
{
	int64_t took = clock_mono_ns() - since;

	if (took > SLOW_NS && was_taken(t)) {
		t->taken++;
		return;
	}
	t->bucket[bucket_of(took)]++;
	t->count++;
	t->over += took > MOST_NS;
	t->most = took > t->most ? took : t->most;
}

static void
stop(struct times *t, struct since since)
{
	int64_t own;

	note(t, since.wall);
	own = own_time() - since.own;
	t->most_own = own > t->most_own ? own : t->most_own;
}

static void
add(struct times *to, const struct times *t)
{
	for (unsigned i = 0; i < BUCKETS; i++)
		to->bucket[i] += t->bucket[i];
	to->count += t->count;
	to->over += t->over;
	to->taken += t->taken;
	to->most = t->most > to->most ? t->most : to->most;
}

static double
quantile(const struct times *t, double share)
{
	uint64_t below = 0;

	for (unsigned i = 0; i < BUCKETS; i++) {
		below += t->bucket[i];
		if ((double)below >= share * (double)t->count)
			return bound_of(i) / 1000;
	}
	return (double)t->most / 1000;
}

static void
show(const char *what, const struct times *t)
{
	printf("| %s | %lu | %.2f | %.2f | %.2f | %.1f | %lu | %lu | %.1f |\n", what, t->count, quantile(t, 0.5),
	       quantile(t, 0.99), quantile(t, 0.999), (double)t->most / 1000, t->over, t->taken,
	       (double)t->most_own / 1000);
}

/* ---- the store ---- */

enum phase { QUIET, BUSY, ENDED };

struct bench {
	struct store *store;
	struct meta meta;
	struct cache_policy policy;
	int64_t now_ms;
	_Atomic(enum phase) phase;
	pthread_mutex_t lock; /* of what follows */
	struct times lookups[ENDED];
	struct times puts, bodies, tidies, purges;
};

static struct bench b;

struct hand {
	struct arena *arena;
	struct head request, response;
	uint64_t seed;
};

static void
begin(struct hand *h, uint64_t seed)
{
	*h = (struct hand){ .arena = arena_new(1 << 20), .seed = seed };
	MUST(h->arena != NULL);
	head_init(&h->request, h->arena);
	head_init(&h->response, h->arena);
	head_add(&h->response, STR("Content-Type"), STR("text/html"));
}

static struct key
key_of(const char *url)
{
	return (struct key){ .hash = hash_keyed(store_secret(b.store), str_c(url)), .text = str_c(url) };
}

static uint64_t
next_random(struct hand *h)
{
	h->seed = h->seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return h->seed >> 33;
}

/* ---- the writer ---- */

static struct segs *
body_of(struct times *t, size_t n)
{
	struct segs *s = segs_new_stored(store_slots(b.store), n);
	bool full;

	while (s != NULL && segs_length(s) < n) {
		size_t rest = n - (size_t)segs_length(s), room;
		struct since since = start();
		char *p = segs_room(s, rest, &room, &full);

		if (p == NULL)
			store_make_room(b.store, SLOT_MAX, b.now_ms);
		stop(t, since);
		if (p == NULL) { /* it comes back when readers have left */
			nanosleep(&(struct timespec){ .tv_nsec = 100000 }, NULL);
			continue;
		}
		room = room < rest ? room : rest;
		memset(p, 'x', room);
		segs_publish(s, room);
	}
	if (s != NULL)
		segs_end(s, SEGS_WHOLE);
	return s;
}

static void
put(struct hand *h, const char *url, size_t n)
{
	struct arena_mark mark = arena_mark(h->arena);
	struct key key = key_of(url);
	struct draft d = { .meta = &b.meta, .head = &h->response, .key = key.text };
	struct new_entry new = { .key = &key, .length = n, .policy = &b.policy };
	void *head = arena_alloc(h->arena, stored_most(&d));
	struct segs *s = body_of(&b.bodies, n);
	struct since since;

	stored_pack(&d, head, stored_most(&d));
	new.head = head;
	if (s != NULL) {
		new.extents[new.count++] = (struct extent){ 0, s };
		since = start();
		store_put(b.store, &new, b.now_ms, NULL);
		stop(&b.puts, since);
	}
	arena_rollback(h->arena, mark);
}

static void
write_one(struct hand *h, unsigned i)
{
	char url[64];
	struct key key;
	struct since since;

	snprintf(url, sizeof url, "http://www.example.org/%u", i);
	put(h, url, 500u << next_random(h) % 8);
	if (i % 64 == 0) {
		snprintf(url, sizeof url, "http://www.example.org/%u", i / 2);
		key = key_of(url);
		since = start();
		store_purge(b.store, &key, false, i, b.now_ms);
		stop(&b.purges, since);
	}
	if (i % 1024 == 0) {
		since = start();
		store_tidy(b.store, b.now_ms);
		stop(&b.tidies, since);
	}
}

static void *
writer(void *arg)
{
	struct hand h;

	rcu_thread_begin();
	begin(&h, 1);
	for (unsigned i = 0; b.phase != ENDED;)
		if (b.phase == BUSY)
			write_one(&h, i++);
	arena_free(&h.arena);
	rcu_thread_end();
	return arg;
}

/* ---- the readers ---- */

static void
look_up(struct hand *h, const struct key *key)
{
	struct found f;

	rcu_read_begin();
	store_find(b.store, key, &h->request, b.now_ms, &f);
	if (f.what == FOUND_ENTRY)
		entry_hit(f.entry);
	rcu_read_end();
}

static void *
reader(void *arg)
{
	static _Thread_local struct times times[ENDED];
	struct key key = key_of(HOT);
	struct hand h;

	rcu_thread_begin();
	begin(&h, 1);
	for (enum phase phase = b.phase; phase != ENDED; phase = b.phase) {
		int64_t since = clock_mono_ns();

		look_up(&h, &key);
		note(&times[phase], since);
	}
	pthread_mutex_lock(&b.lock);
	add(&b.lookups[QUIET], &times[QUIET]);
	add(&b.lookups[BUSY], &times[BUSY]);
	pthread_mutex_unlock(&b.lock);
	arena_free(&h.arena);
	rcu_thread_end();
	return arg;
}

/* ---- all of it ---- */

static void
prepare(uint64_t memory)
{
	struct store_conf conf = { .memory = memory, .max_object = memory, .variants = 32 };
	struct hand h;
	const char *why;

	b.now_ms = 1700000000000;
	b.store = store_new(&conf, &why);
	MUST(b.store != NULL);
	begin(&h, 1);
	cache_policy_defaults(&b.policy);
	meta_read(&b.meta, &h.response, &h.request, b.now_ms, b.now_ms, h.arena);
	put(&h, HOT, 1000);
	arena_free(&h.arena);
}

static void
run(unsigned seconds)
{
	pthread_t thread[READERS + 1];

	for (unsigned i = 0; i <= READERS; i++)
		MUST(pthread_create(&thread[i], NULL, i == READERS ? writer : reader, NULL) == 0);
	for (unsigned turn = 0; turn < TURNS; turn++) {
		b.phase = turn % 2 == 0 ? QUIET : BUSY;
		nanosleep(&(struct timespec){ .tv_sec = seconds }, NULL);
	}
	b.phase = ENDED;
	for (unsigned i = 0; i <= READERS; i++)
		pthread_join(thread[i], NULL);
}

static bool
own_too_long(void)
{
	const struct times *all[] = { &b.puts, &b.bodies, &b.purges, &b.tidies };

	for (unsigned i = 0; i < sizeof all / sizeof all[0]; i++)
		if (all[i]->most_own > MOST_NS)
			return true;
	return false;
}

int
main(int argc, char **argv)
{
	unsigned mebibytes = argc > 1 ? (unsigned)atoi(argv[1]) : 256;
	unsigned seconds = argc > 2 ? (unsigned)atoi(argv[2]) : 3;
	struct store_totals t;

	rcu_thread_begin();
	prepare((uint64_t)mebibytes << 20);
	run(seconds);
	store_totals(b.store, &t);
	printf("%u MiB: %lu puts, %lu evictions; microseconds:\n\n", mebibytes, t.puts, t.evictions);
	printf("| call | calls | median | p99 | p99.9 | most | over 1 ms | processor taken | most, own time |\n|---|---|---|---|---|---|---|---|---|\n");
	show("lookup, quiet", &b.lookups[QUIET]);
	show("lookup, busy", &b.lookups[BUSY]);
	show("put", &b.puts);
	show("room for a chunk", &b.bodies);
	show("purge", &b.purges);
	show("housekeeping", &b.tidies);
	return b.lookups[QUIET].over + b.lookups[BUSY].over > 0 || own_too_long();
}
