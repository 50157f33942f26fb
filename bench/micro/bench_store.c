/* What does a stored object take, and what do putting it in and finding it cost?
 *
 *     bench_store OBJECTS MEBIBYTES [BODY [LOOKUPS [STEPPED]]]
 *
 * stores so many objects of BODY bytes (1,000) with a head of eight fields, says what each takes beyond body, stored head
 * and key, by the store's own totals and by the process's resident memory, and then finds random ones. Instructions are
 * counted one by one (steps.h) over 200 lookups, or as many as STEPPED says, so that they come out the same on any machine,
 * however large the store is. With 0 nothing steps, so that another can count:
 *
 *     valgrind --tool=callgrind --callgrind-out-file=/dev/null "--toggle-collect=find_once*" bench_store 2000 64 100 2000 0
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/must.h"
#include "cache/store.h"
#include "steps.h"

struct bench {
	struct store *store;
	struct arena *arena;
	struct head request, response;
	struct meta meta;
	struct cache_policy policy;
	int64_t now_ms;
	unsigned objects, body;
	uint64_t heads;    /* bytes of stored heads, keys among them */
	uint64_t resident; /* bytes of the process, before anything was stored */
};

static void
add_fields(struct head *h)
{
	head_add(h, STR("Content-Type"), STR("text/html; charset=utf-8"));
	head_add(h, STR("Date"), STR("Tue, 05 Nov 2024 08:12:31 GMT"));
	head_add(h, STR("Last-Modified"), STR("Mon, 04 Nov 2024 09:00:00 GMT"));
	head_add(h, STR("ETag"), STR("\"6729d14f-2b1c\""));
	head_add(h, STR("Cache-Control"), STR("max-age=3600"));
	head_add(h, STR("Server"), STR("example/1.0"));
	head_add(h, STR("Accept-Ranges"), STR("bytes"));
	head_add(h, STR("X-Request-Id"), STR("5d41402a-bc4b-2a76-b971"));
}

static struct key
key_of(struct bench *b, unsigned i, char *room, size_t n)
{
	struct str text = str_of(room, (size_t)snprintf(room, n, "http://www.example.org/page/%u", i));

	return (struct key){ .hash = hash_keyed(store_secret(b->store), text), .text = text };
}

__attribute__((noinline)) static enum store_put
put_once(struct bench *b, const struct key *key, const struct stored *head)
{
	struct segs *segs = segs_new_stored(store_slots(b->store), b->body);
	struct new_entry n = { .key = key, .head = head, .policy = &b->policy, .length = b->body };
	size_t room;
	bool full;
	char *p = segs == NULL ? NULL : segs_room(segs, b->body, &room, &full);

	if (p == NULL)
		return STORE_PUT_FULL;
	memset(p, 'x', b->body);
	segs_publish(segs, b->body);
	segs_end(segs, SEGS_WHOLE);
	n.extents[n.count++] = (struct extent){ 0, segs };
	return store_put(b->store, &n, b->now_ms, NULL);
}

__attribute__((noinline)) static enum found_what
find_once(struct bench *b, const struct key *key)
{
	struct found f;

	rcu_read_begin();
	store_find(b->store, key, &b->request, b->now_ms, &f);
	if (f.what == FOUND_ENTRY)
		entry_hit(f.entry);
	rcu_read_end();
	return f.what;
}

static void
put_all(struct bench *b)
{
	char room[64];

	for (unsigned i = 0; i < b->objects; i++) {
		struct arena_mark mark = arena_mark(b->arena);
		struct key key = key_of(b, i, room, sizeof room);
		struct draft d = { .meta = &b->meta, .head = &b->response, .key = key.text };
		void *head = arena_alloc(b->arena, stored_most(&d));

		stored_pack(&d, head, stored_most(&d));
		b->heads += stored_bytes(head);
		while (put_once(b, &key, head) == STORE_PUT_FULL)
			rcu_settle();
		arena_rollback(b->arena, mark);
	}
}

/* ---- finding ---- */

struct lookup {
	struct bench *b;
	struct key key;
	enum found_what what;
};

static void
look_up(void *arg)
{
	struct lookup *l = arg;

	l->what = find_once(l->b, &l->key);
}

/* Those from `objects` on are not there. */
static unsigned
random_object(uint64_t *seed, unsigned from, unsigned objects)
{
	*seed = *seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return from + (unsigned)(*seed >> 33) % objects;
}

static double
steps_each(struct bench *b, unsigned from, enum found_what expected, unsigned lookups)
{
	uint64_t seed = 1, steps = 0;
	char room[64];

	for (unsigned i = 0; i < lookups; i++) {
		struct lookup l = { .b = b, .key = key_of(b, random_object(&seed, from, b->objects), room, sizeof room) };

		steps += steps_of(look_up, &l);
		MUST(l.what == expected);
	}
	return (double)steps / lookups;
}

static unsigned
find_many(struct bench *b, unsigned lookups)
{
	unsigned found = 0;
	uint64_t seed = 1;
	char room[64];

	for (unsigned i = 0; i < lookups; i++) {
		struct key key = key_of(b, random_object(&seed, 0, b->objects), room, sizeof room);

		found += find_once(b, &key) == FOUND_ENTRY;
	}
	return found;
}

/* ---- what it comes to ---- */

static double
since(int64_t *from)
{
	int64_t now = clock_now().mono_ns;
	double seconds = (double)(now - *from) / NS_PER_S;

	*from = now;
	return seconds;
}

/* Of the whole process, in bytes. */
static uint64_t
resident(void)
{
	FILE *f = fopen("/proc/self/statm", "r");
	unsigned long pages = 0;

	MUST(f != NULL && fscanf(f, "%*u %lu", &pages) == 1);
	fclose(f);
	return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void
report(struct bench *b, double seconds)
{
	struct store_totals t;
	double known = (double)b->body + (double)b->heads / b->objects;

	rcu_settle();
	store_totals(b->store, &t);
	printf("%u put in %.2f s, %.0f a second; %lu stored\n", b->objects, seconds, b->objects / seconds, t.entries);
	printf("each: body %u, stored head with key %.1f bytes\n", b->body, known - b->body);
	printf("beyond these, by the store's totals: %.1f bytes each (index %.1f, ghost %.1f)\n",
	       (double)t.memory / (double)t.entries - known, (double)t.index / (double)t.entries,
	       (double)t.ghost / (double)t.entries);
	printf("beyond these, by resident memory: %.1f bytes each\n",
	       (double)(resident() - b->resident) / (double)t.entries - known);
}

static void
begin(struct bench *b, struct store_conf *conf)
{
	const char *why;

	b->resident = resident();
	b->store = store_new(conf, &why);
	b->arena = arena_new(1 << 20);
	MUST(b->store != NULL && b->arena != NULL);
	head_init(&b->request, b->arena);
	head_init(&b->response, b->arena);
	add_fields(&b->response);
	meta_read(&b->meta, &b->response, &b->request, b->now_ms, b->now_ms, b->arena);
	cache_policy_defaults(&b->policy);
}

int
main(int argc, char **argv)
{
	struct bench b = { .now_ms = 1700000000000, .objects = argc < 3 ? 0 : (unsigned)atoi(argv[1]) };
	struct store_conf conf = { .variants = 32, .max_object = 1 << 20 };
	unsigned lookups = argc < 5 ? 1000000 : (unsigned)atoi(argv[4]);
	unsigned stepped = argc < 6 ? 200 : (unsigned)atoi(argv[5]);
	unsigned found;
	int64_t from;

	if (b.objects == 0) {
		fprintf(stderr, "usage: bench_store OBJECTS MEBIBYTES [BODY [LOOKUPS [STEPPED]]]\n");
		return 2;
	}
	if (stepped > 0)
		steps_begin();
	rcu_thread_begin();
	b.body = argc < 4 ? 1000 : (unsigned)atoi(argv[3]);
	conf.memory = (uint64_t)atoi(argv[2]) << 20;
	begin(&b, &conf);
	from = clock_now().mono_ns;
	put_all(&b);
	report(&b, since(&from));
	since(&from);
	found = find_many(&b, lookups);
	printf("%u of %u found, %.0f ns each\n", found, lookups, since(&from) / lookups * 1e9);
	if (stepped == 0)
		return 0;
	printf("instructions: %.0f to find one, ", steps_each(&b, 0, FOUND_ENTRY, stepped));
	printf("%.0f to find that one is not there\n", steps_each(&b, b.objects, FOUND_NOTHING, stepped));
	return 0;
}
