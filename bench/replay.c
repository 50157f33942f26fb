/* Replays a trace of requests through the store, single-threaded, and prints hit ratios: how good is eviction?
 *
 *     replay [-b] CAPACITY TRACE
 *
 * A line of the trace is `time key size`. An object is as large as the largest size seen for its key. CAPACITY is in
 * bytes, or with a % a share of the footprint, the sum of all objects. -b: the objective is bytes. Object hits and byte
 * hits are shown as shares of all; and what each entry takes beyond its body, memory that is spare aside.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/must.h"
#include "cache/store.h"

struct object {
	struct str text; /* of the key */
	struct hash128 hash;
	uint64_t size;
	uint32_t next; /* in its bucket */
};

struct trace {
	struct object *object;
	uint32_t objects;
	uint32_t *request; /* which object */
	size_t requests;
	uint32_t *bucket;
	uint64_t footprint;
};

#define BUCKETS   (1u << 20)
#define NOBODY    UINT32_MAX
#define TRIES_MAX 64

/* ---- the trace ---- */

static void *
grown(void *p, size_t count, size_t size)
{
	if ((count & (count - 1)) == 0) /* a power of two: twice as many from here on */
		p = realloc(p, (count == 0 ? 1 : 2 * count) * size);
	MUST(p != NULL);
	return p;
}

static uint32_t
object_of(struct trace *t, const char *name)
{
	char text[256];
	int n = snprintf(text, sizeof text, "http://trace.example/%s", name);
	struct hash128 hash = hash_plain(str_of(text, (size_t)n));
	uint32_t *bucket = &t->bucket[hash.lo % BUCKETS];

	for (uint32_t i = *bucket; i != NOBODY; i = t->object[i].next)
		if (hash128_eq(t->object[i].hash, hash))
			return i;
	t->object = grown(t->object, t->objects, sizeof *t->object);
	t->object[t->objects] = (struct object){ .text = str_c(strdup(text)), .hash = hash, .next = *bucket };
	*bucket = t->objects;
	return t->objects++;
}

static void
read_trace(struct trace *t, const char *path)
{
	FILE *f = fopen(path, "r");
	char name[200];
	double size;

	if (f == NULL) {
		fprintf(stderr, "replay: %s: %s\n", path, strerror(errno));
		exit(1);
	}
	t->bucket = malloc(BUCKETS * sizeof *t->bucket);
	MUST(t->bucket != NULL);
	memset(t->bucket, 0xff, BUCKETS * sizeof *t->bucket);
	while (fscanf(f, "%*s %199s %lf", name, &size) == 2) {
		uint32_t i = object_of(t, name);
		uint64_t bytes = size < 1 ? 1 : (uint64_t)size;

		if (t->object[i].size < bytes)
			t->object[i].size = bytes;
		t->request = grown(t->request, t->requests, sizeof *t->request);
		t->request[t->requests++] = i;
	}
	fclose(f);
	for (uint32_t i = 0; i < t->objects; i++)
		t->footprint += t->object[i].size;
}

/* ---- the replay ---- */

struct replay {
	struct store *store;
	struct arena *arena;
	struct head request, response;
	struct meta meta;
	struct cache_policy policy;
	int64_t now_ms;
	uint64_t hits, hit_bytes, refused;
};

static bool
look(struct replay *r, const struct key *key)
{
	struct found f;

	rcu_read_begin();
	store_find(r->store, key, &r->request, r->now_ms, &f);
	if (f.what == FOUND_ENTRY)
		entry_hit(f.entry);
	rcu_read_end();
	return f.what == FOUND_ENTRY;
}

/* What is given up comes back when readers have left: a trace leaves no time for that, a network does. */
static void
wait_for_room(struct replay *r, size_t bytes)
{
	store_make_room(r->store, bytes, r->now_ms);
	rcu_settle();
}

/* Between two packets, so to speak. */
static void
breathe(struct replay *r)
{
	struct store_totals t;

	store_totals(r->store, &t);
	if (t.retired > t.limit / 512)
		rcu_settle();
}

static bool
fill(struct replay *r, struct segs *s, uint64_t size)
{
	int tries = 0;
	bool full;

	while (segs_length(s) < size) {
		uint64_t rest = size - segs_length(s);
		size_t room;

		if (segs_room(s, (size_t)rest, &room, &full) != NULL)
			segs_publish(s, room < rest ? room : (size_t)rest);
		else if (++tries < TRIES_MAX)
			wait_for_room(r, SLOT_LEAST);
		else
			return false;
		breathe(r);
	}
	return true;
}

/* A run of so many bytes, whatever they are. NULL where there was no room. */
static struct segs *
body_of(struct replay *r, uint64_t size)
{
	struct segs *s = segs_new_stored(store_slots(r->store), size);
	bool whole;

	if (s == NULL)
		return NULL;
	whole = fill(r, s, size);
	segs_end(s, whole ? SEGS_WHOLE : SEGS_CUT);
	if (!whole)
		segs_unref(&s);
	return s;
}

static enum store_put
put_once(struct replay *r, const struct key *key, uint64_t size)
{
	struct draft d = { .meta = &r->meta, .head = &r->response, .key = key->text };
	struct new_entry n = { .key = key, .policy = &r->policy, .length = size };
	struct arena_mark mark = arena_mark(r->arena);
	struct segs *s = body_of(r, size);
	enum store_put result = STORE_PUT_FULL;

	if (s != NULL) {
		void *head = arena_alloc(r->arena, stored_most(&d));

		stored_pack(&d, head, stored_most(&d));
		n.head = head;
		n.extents[n.count++] = (struct extent){ 0, s };
		result = store_put(r->store, &n, r->now_ms, NULL);
	}
	arena_rollback(r->arena, mark);
	return result;
}

static void
put(struct replay *r, const struct key *key, uint64_t size)
{
	for (int tries = 0; tries < TRIES_MAX; tries++) {
		if (put_once(r, key, size) != STORE_PUT_FULL)
			break;
		wait_for_room(r, SLOT_LEAST);
		r->refused += tries + 1 == TRIES_MAX;
	}
	breathe(r);
}

static void
run(struct replay *r, const struct trace *t)
{
	for (size_t i = 0; i < t->requests; i++) {
		const struct object *o = &t->object[t->request[i]];
		struct key key = { .hash = hash_keyed(store_secret(r->store), o->text), .text = o->text };

		r->now_ms++;
		if (look(r, &key)) {
			r->hits++;
			r->hit_bytes += o->size;
		} else if (o->size <= store_max_object(r->store)) {
			put(r, &key, o->size);
		}
	}
}

static void
report(const struct replay *r, const struct trace *t, uint64_t capacity)
{
	struct store_totals s;
	struct slots_totals slots;
	uint64_t bytes = 0;

	for (size_t i = 0; i < t->requests; i++)
		bytes += t->object[t->request[i]].size;
	rcu_settle();
	store_totals(r->store, &s);
	slots_totals(store_slots(r->store), &slots);
	printf("%.3g MB: %.4f / %.4f  entries %lu, beyond bodies %.0f B each, evictions %lu, full %lu, refused %lu\n",
	       (double)capacity / 1e6, (double)r->hits / (double)t->requests, (double)r->hit_bytes / (double)bytes,
	       s.entries, (double)(slots.used - s.bodies) / (double)s.entries, s.evictions, s.full, r->refused);
}

static uint64_t
capacity_of(const char *arg, const struct trace *t)
{
	double v = atof(arg);

	return (uint64_t)(strchr(arg, '%') != NULL ? v / 100 * (double)t->footprint : v);
}

int
main(int argc, char **argv)
{
	struct replay r = { .now_ms = 1700000000000 };
	struct store_conf conf = { .variants = 1 };
	struct trace t = { 0 };
	const char *why;

	if (argc > 1 && strcmp(argv[1], "-b") == 0) {
		conf.objective = STORE_BYTES;
		argv++;
		argc--;
	}
	if (argc != 3) {
		fprintf(stderr, "usage: replay [-b] CAPACITY TRACE\n");
		return 2;
	}
	rcu_thread_begin();
	read_trace(&t, argv[2]);
	conf.memory = conf.max_object = capacity_of(argv[1], &t);
	r.store = store_new(&conf, &why);
	if (r.store == NULL) {
		fprintf(stderr, "replay: %s\n", why);
		return 1;
	}
	r.arena = arena_new(1 << 20);
	MUST(r.arena != NULL);
	head_init(&r.request, r.arena);
	head_init(&r.response, r.arena);
	meta_read(&r.meta, &r.response, &r.request, r.now_ms, r.now_ms, r.arena);
	cache_policy_defaults(&r.policy);
	run(&r, &t);
	report(&r, &t, conf.memory);
	store_check(r.store);
	return 0;
}
