/* What does a stored object take, and what do putting it in and finding it cost?
 *
 *     bench_store OBJECTS MEBIBYTES [LOOKUPS]
 *
 * stores so many objects of 1,000 bytes with a head of eight fields, says what each takes beyond body, stored head and
 * key, and then finds random ones. Counted, so that it comes out the same on any machine:
 *
 *     valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect=find_once bench_store 10000 64 1000
 *
 * and "Collected" divided by 1000 is the instructions a lookup; --toggle-collect=put_once those of a put.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/must.h"
#include "cache/store.h"

#define BODY 1000

struct bench {
	struct store *store;
	struct arena *arena;
	struct head request, response;
	struct meta meta;
	struct cache_policy policy;
	int64_t now_ms;
	uint64_t heads; /* bytes of stored heads, keys among them */
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
	struct segs *segs = segs_new_stored(store_slots(b->store), BODY);
	struct new_entry n = { .key = key, .head = head, .policy = &b->policy, .length = BODY };
	size_t room;
	bool full;
	char *p = segs == NULL ? NULL : segs_room(segs, BODY, &room, &full);

	if (p == NULL)
		return STORE_PUT_FULL;
	memset(p, 'x', BODY);
	segs_publish(segs, BODY);
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
put_all(struct bench *b, unsigned objects)
{
	char room[64];

	for (unsigned i = 0; i < objects; i++) {
		struct arena_mark mark = arena_mark(b->arena);
		struct key key = key_of(b, i, room, sizeof room);
		struct draft d = { .meta = &b->meta, .head = &b->response, .key = key.text };
		void *head = arena_alloc(b->arena, stored_size(&d));

		stored_pack(&d, head);
		b->heads += stored_bytes(head);
		while (put_once(b, &key, head) == STORE_PUT_FULL)
			rcu_settle();
		arena_rollback(b->arena, mark);
	}
}

static unsigned
find_many(struct bench *b, unsigned objects, unsigned lookups)
{
	unsigned found = 0;
	uint64_t seed = 1;
	char room[64];

	for (unsigned i = 0; i < lookups; i++) {
		struct key key;

		seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
		key = key_of(b, (unsigned)(seed >> 33) % objects, room, sizeof room);
		found += find_once(b, &key) == FOUND_ENTRY;
	}
	return found;
}

static double
since(int64_t *from)
{
	int64_t now = clock_now().mono_ns;
	double seconds = (double)(now - *from) / NS_PER_S;

	*from = now;
	return seconds;
}

static void
report(struct bench *b, unsigned objects, double seconds)
{
	struct store_totals t;

	rcu_settle();
	store_totals(b->store, &t);
	printf("%u put in %.2f s, %.0f a second; %lu stored\n", objects, seconds, objects / seconds, t.entries);
	printf("beyond body and stored head with key: %.1f bytes each (index %.1f, ghost %.1f)\n",
	       ((double)t.memory - (double)t.bodies) / (double)t.entries - (double)b->heads / objects,
	       (double)t.index / (double)t.entries, (double)t.ghost / (double)t.entries);
}

int
main(int argc, char **argv)
{
	unsigned objects = argc < 3 ? 0 : (unsigned)atoi(argv[1]);
	unsigned lookups = argc < 4 ? 1000000 : (unsigned)atoi(argv[3]);
	struct store_conf conf = { .variants = 32, .max_object = 1 << 20 };
	struct bench b = { .now_ms = 1700000000000 };
	const char *why;
	int64_t from;
	unsigned found;

	if (objects == 0) {
		fprintf(stderr, "usage: bench_store OBJECTS MEBIBYTES [LOOKUPS]\n");
		return 2;
	}
	rcu_thread_begin();
	conf.memory = (uint64_t)atoi(argv[2]) << 20;
	b.store = store_new(&conf, &why);
	b.arena = arena_new(1 << 20);
	MUST(b.store != NULL && b.arena != NULL);
	head_init(&b.request, b.arena);
	head_init(&b.response, b.arena);
	add_fields(&b.response);
	meta_read(&b.meta, &b.response, &b.request, b.now_ms, b.now_ms, b.arena);
	cache_policy_defaults(&b.policy);
	from = clock_now().mono_ns;
	put_all(&b, objects);
	report(&b, objects, since(&from));
	since(&from);
	found = find_many(&b, objects, lookups);
	printf("%u of %u found, %.0f ns each\n", found, lookups, since(&from) / lookups * 1e9);
	return 0;
}
