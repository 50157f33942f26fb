/* Readers, writers and those who purge, all at once on a store that is much too small: bodies are right whenever they
 * are read, memory is never exceeded, and all is accounted for in the end. Meant for the sanitizers. */
#include "cache/store_kit.h"

#include <pthread.h>
#include <sched.h>

#define URLS    200u
#define TURNS   3000
#define HELD    8
#define READERS 2
#define WRITERS 2

static struct kit shared;

static uint64_t
next_random(uint64_t *seed)
{
	uint64_t z = *seed += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	return z ^ z >> 27;
}

/* What one thread works with: the shared store, an arena of its own. */
struct hand {
	struct kit k;
	uint64_t seed;
	char url[64];
	unsigned number;
	struct entry *held[HELD];
};

static void
choose(struct hand *h)
{
	h->number = (unsigned)(next_random(&h->seed) % URLS);
	snprintf(h->url, sizeof h->url, "http://a.example/%u", h->number);
}

/* A URL's body never changes, so it can be checked whatever replaced it; but its length does. */
static uint64_t
length_of(struct hand *h)
{
	uint64_t r = next_random(&h->seed);

	return r % 8 == 0 ? 1 + r / 8 % 100000 : 1 + r / 8 % 3000;
}

static void
begin(struct hand *h, uint64_t seed)
{
	rcu_thread_begin();
	*h = (struct hand){ .k = shared, .seed = seed };
	h->k.a = arena_new(1 << 22);
}

static void
end(struct hand *h)
{
	for (int i = 0; i < HELD; i++)
		entry_unpin(&h->held[i]);
	arena_free(&h->k.a);
	rcu_thread_end();
}

static const char *
request_of(struct hand *h)
{
	return next_random(&h->seed) % 2 ? "Foo: 1" : "Foo: 2";
}

static void
check_memory(const struct kit *k)
{
	struct store_totals t;

	store_totals(k->store, &t);
	MUST(t.memory <= t.limit);
}

/* ---- readers ---- */

static void
look(struct hand *h)
{
	struct key key = kit_key(&h->k, h->url);
	struct head request = head_of(request_of(h), h->k.a);
	struct found f;

	rcu_read_begin();
	store_find(h->k.store, &key, &request, h->k.now, &f);
	if (f.what == FOUND_ENTRY) {
		struct entry **place = &h->held[next_random(&h->seed) % HELD];
		uint64_t length = entry_length(f.entry);

		MUST(str_eq(stored_key(entry_stored(f.entry)), key.text));
		MUST(length == 0 || kit_reads(f.entry, 0, length - 1, h->number));
		entry_hit(f.entry);
		if (*place == NULL && next_random(&h->seed) % 4 == 0) {
			entry_pin(f.entry);
			*place = f.entry;
		}
	}
	rcu_read_end();
}

/* What was pinned reads the same however long ago it left. */
static void
let_go(struct hand *h)
{
	struct entry **place = &h->held[next_random(&h->seed) % HELD];
	struct str key;
	unsigned number;

	if (*place == NULL)
		return;
	key = stored_key(entry_stored(*place));
	number = (unsigned)strtoul(key.p + sizeof "http://a.example/" - 1, NULL, 10);
	MUST(kit_reads(*place, 0, entry_length(*place) - 1, number));
	entry_unpin(place);
}

static void *
reader(void *arg)
{
	struct hand h;

	begin(&h, (uintptr_t)arg);
	for (int i = 0; i < TURNS; i++) {
		choose(&h);
		look(&h);
		if (i % 3 == 0)
			let_go(&h);
		arena_reset(h.k.a);
	}
	end(&h);
	return NULL;
}

/* ---- writers ---- */

static struct segs *
body(struct hand *h, uint64_t n)
{
	struct segs *s = segs_new_stored(store_slots(h->k.store), n);
	uint64_t at = 0;
	bool full;

	while (s != NULL && at < n) {
		size_t room;
		char *p = segs_room(s, (size_t)(n - at), &room, &full);

		if (p == NULL) {
			store_make_room(h->k.store, SLOT_LEAST, h->k.now);
			rcu_settle();
			segs_end(s, SEGS_CUT);
			segs_unref(&s);
			return NULL;
		}
		room = room < n - at ? room : (size_t)(n - at);
		for (size_t i = 0; i < room; i++)
			p[i] = kit_byte(h->number, at + i);
		segs_publish(s, room);
		at += room;
	}
	if (s != NULL)
		segs_end(s, SEGS_WHOLE);
	return s;
}

static void
write_new(struct hand *h)
{
	struct key key = kit_key(&h->k, h->url);
	struct new_entry n = { .key = &key, .policy = &h->k.policy, .length = length_of(h), .unmarks = h->seed & 1 };
	struct segs *s = body(h, n.length);

	if (s == NULL)
		return;
	n.head = kit_head(&h->k, h->url, FRESH "\nVary: Foo\nCache-Groups: \"g\"", request_of(h));
	n.extents[n.count++] = (struct extent){ 0, s };
	(void)store_put(h->k.store, &n, h->k.now, NULL);
}

/* As a 304 does: another head, the same body. */
static void
update(struct hand *h)
{
	struct key key = kit_key(&h->k, h->url);
	const char *fields = request_of(h);
	struct head request = head_of(fields, h->k.a);
	struct new_entry n = { .key = &key, .policy = &h->k.policy, .keep_body = true };
	struct entry *old = NULL, *new = NULL;
	struct found f;

	rcu_read_begin();
	store_find(h->k.store, &key, &request, h->k.now, &f);
	if (f.what == FOUND_ENTRY) {
		old = f.entry;
		entry_pin(old);
	}
	rcu_read_end();
	if (old == NULL)
		return;
	n.replaces = old;
	n.length = entry_length(old);
	n.head = kit_head(&h->k, h->url, FRESH "\nVary: Foo\nX: updated", fields);
	if (store_put(h->k.store, &n, h->k.now, &new) == STORE_PUT_OK)
		MUST(kit_reads(new, 0, entry_length(new) - 1, h->number));
	entry_unpin(&old);
	entry_unpin(&new);
}

static void *
writer(void *arg)
{
	struct hand h;

	begin(&h, (uintptr_t)arg);
	for (int i = 0; i < TURNS; i++) {
		choose(&h);
		if (i % 4 == 0)
			update(&h);
		else
			write_new(&h);
		check_memory(&h.k);
		arena_reset(h.k.a);
	}
	end(&h);
	return NULL;
}

/* ---- orders ---- */

static void
order(struct hand *h)
{
	struct key key = kit_key(&h->k, h->url);
	struct store *s = h->k.store;
	uint64_t r = next_random(&h->seed);

	switch (r % 64) {
	case 0:
		store_purge_all(s, r >> 8 & 1, r, h->k.now);
		break;
	case 1:
		store_invalidate_group(s, STR("http://a.example"), STR("g"), h->k.now);
		break;
	case 2 ... 9:
		store_mark_uncacheable(s, &key, 3, h->k.now, 10000);
		break;
	case 10 ... 20:
		store_invalidate(s, &key, h->k.now);
		break;
	case 21 ... 30:
		store_tidy(s, h->k.now);
		break;
	default:
		store_purge(s, &key, r >> 8 & 1, r, h->k.now);
	}
}

static void *
orderer(void *arg)
{
	struct hand h;

	begin(&h, (uintptr_t)arg);
	for (int i = 0; i < TURNS / 4; i++) {
		choose(&h);
		order(&h);
		sched_yield();
		arena_reset(h.k.a);
	}
	end(&h);
	return NULL;
}

static void
count(void *arg, struct entry *e)
{
	MUST(entry_length(e) > 0);
	++*(unsigned *)arg;
}

static void
all_at_once(void **state)
{
	pthread_t thread[READERS + WRITERS + 1];
	struct store_totals t;
	unsigned n = 0, walked = 0;

	(void)state;
	shared = kit_begin(MIB);
	for (uintptr_t i = 0; i < READERS; i++)
		assert_int_equal(pthread_create(&thread[n++], NULL, reader, (void *)(10 + i)), 0);
	for (uintptr_t i = 0; i < WRITERS; i++)
		assert_int_equal(pthread_create(&thread[n++], NULL, writer, (void *)(20 + i)), 0);
	assert_int_equal(pthread_create(&thread[n++], NULL, orderer, (void *)30), 0);
	while (n > 0)
		pthread_join(thread[--n], NULL);
	rcu_settle();
	t = kit_totals(&shared);
	assert_int_equal(t.pinned_entries, 0);
	assert_int_equal(t.pinned, 0);
	assert_int_equal(t.retired, 0);
	assert_true(t.evictions > 0);
	assert_true(t.replaced > 0);
	assert_in_range(t.puts, 1, WRITERS * TURNS); /* how many depends on who had a processor when */
	store_each(shared.store, count, &walked);
	assert_true(walked <= t.entries);
	kit_end(&shared);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_at_once),
	};

	rcu_thread_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
