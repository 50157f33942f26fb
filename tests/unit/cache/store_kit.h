/* A store, and short ways to put into it and to look into it: for the tests of everything that the store is made of.
 *
 * Bodies are patterns: the byte at position p is kit_byte(seed, p), so that any part of any body can be told from any
 * other. `response` and `request` are field lines as in heads.h. */
#ifndef CAIRN_TESTS_STORE_KIT_H
#define CAIRN_TESTS_STORE_KIT_H

#include "http/heads.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/must.h"
#include "cache/slots.h"
#include "cache/store.h"
#include "http/vary.h"

#define KIT_NOW (INT64_C(1700000000) * MS_PER_S)
#define KIB     ((uint64_t)1024)
#define MIB     (KIB * KIB)
#define FRESH   "Cache-Control: max-age=100"

struct kit {
	struct store *store;
	struct arena *a;
	int64_t now;
	struct cache_policy policy; /* of what is put */
};

static inline struct kit
kit_begin(uint64_t memory)
{
	struct store_conf conf = { .memory = memory, .max_object = memory, .variants = 32 };
	struct kit k = { .a = arena_new(1 << 22), .now = KIT_NOW };
	const char *why;

	cache_policy_defaults(&k.policy);
	memset(&conf.secret, 7, sizeof conf.secret);
	k.store = store_new(&conf, &why);
	assert_non_null(k.store);
	return k;
}

/* Memory is within its limit. */
static inline struct store_totals
kit_totals(const struct kit *k)
{
	struct store_totals t;

	store_totals(k->store, &t);
	assert_true(t.memory <= t.limit);
	assert_true(t.retired + t.pinned <= t.extents);
	return t;
}

static inline void
kit_end(struct kit *k)
{
	store_check(k->store);
	kit_totals(k);
	store_free(&k->store);
	arena_free(&k->a);
}

static inline struct key
kit_key(const struct kit *k, const char *url)
{
	struct key key;

	MUST(key_of_url(store_secret(k->store), str_c(url), NULL, k->a, &key));
	return key;
}

static inline char
kit_byte(unsigned seed, uint64_t at)
{
	return (char)(at * 7 + (at >> 8) + seed * 31);
}

/* Room as a fetch gets it: where there is none, others leave, and the writer waits for their memory. */
static inline char *
kit_room(const struct kit *k, struct segs *s, uint64_t want, size_t *room)
{
	bool full;
	char *p = segs_room(s, (size_t)want, room, &full);

	for (int tries = 0; p == NULL && tries < 100; tries++) {
		if (!store_make_room(k->store, want < SLOT_MAX ? (size_t)want : SLOT_MAX, k->now))
			return NULL;
		rcu_settle();
		p = segs_room(s, (size_t)want, room, &full);
	}
	return p;
}

/* The pattern's bytes [first, first + n): of what is small enough for that, every other seed's lie in process memory. NULL
 * where there is no room for them. */
static inline struct segs *
kit_segs(const struct kit *k, uint64_t first, uint64_t n, unsigned seed)
{
	bool small = n <= SEGS_SMALL && seed % 2 == 0;
	struct segs *s = small ? segs_new_small(n) : segs_new_stored(store_slots(k->store), n);
	uint64_t at = 0;

	while (s != NULL && at < n) {
		size_t room;
		char *p = kit_room(k, s, n - at, &room);

		if (p == NULL) {
			segs_end(s, SEGS_CUT);
			segs_unref(&s);
			return NULL;
		}
		room = room < n - at ? room : (size_t)(n - at);
		for (size_t i = 0; i < room; i++)
			p[i] = kit_byte(seed, first + at + i);
		segs_publish(s, room);
		at += room;
	}
	if (s != NULL)
		segs_end(s, SEGS_WHOLE);
	return s;
}

static inline const struct stored *
kit_head(const struct kit *k, const char *url, const char *response, const char *request)
{
	struct head res = head_of(response, k->a), req = head_of(request, k->a);
	struct strbuf values = strbuf_in(k->a, 64);
	struct meta m;
	struct draft d = { .meta = &m, .head = &res, .key = kit_key(k, url).text };
	void *mem;

	res.status = 200;
	meta_read(&m, &res, &req, k->now, k->now, k->a);
	d.vary_names = vary_names(&res, k->a);
	vary_values(&req, d.vary_names, &values);
	d.vary_values = strbuf_str(&values);
	mem = arena_alloc(k->a, stored_most(&d));
	stored_pack(&d, mem, stored_most(&d));
	return mem;
}

/* One part of a body: [first, first + n), of a whole of `length`. */
struct kit_put {
	const char *url, *response, *request;
	uint64_t first, n, length;
	unsigned seed;
	const struct entry *replaces;
	bool keep_body;
	bool unmarks;
};

static inline enum store_put
kit_put_part(struct kit *k, const struct kit_put *p, struct entry **out)
{
	struct arena_mark mark = arena_mark(k->a);
	struct key key = kit_key(k, p->url);
	struct new_entry n = { .key = &key,
			       .policy = &k->policy,
			       .length = p->length,
			       .replaces = p->replaces,
			       .keep_body = p->keep_body,
			       .unmarks = p->unmarks };
	enum store_put result = STORE_PUT_FULL;
	struct segs *segs = p->n > 0 ? kit_segs(k, p->first, p->n, p->seed) : NULL;

	n.head = kit_head(k, p->url, p->response, p->request == NULL ? "" : p->request);
	if (segs != NULL)
		n.extents[n.count++] = (struct extent){ p->first, segs };
	if (segs != NULL || p->n == 0)
		result = store_put(k->store, &n, k->now, out);
	arena_rollback(k->a, mark);
	kit_totals(k);
	return result;
}

static inline enum store_put
kit_put(struct kit *k, const char *url, const char *response, const char *request, uint64_t n)
{
	struct kit_put p = { .url = url, .response = response, .request = request, .n = n, .length = n };

	return kit_put_part(k, &p, NULL);
}

/* The same, tried again once memory has come back: for tests that fill a store. */
static inline enum store_put
kit_put_patiently(struct kit *k, const char *url, uint64_t n)
{
	enum store_put result = STORE_PUT_FULL;

	for (int tries = 0; tries < 50 && result == STORE_PUT_FULL; tries++) {
		result = kit_put(k, url, FRESH, "", n);
		rcu_settle();
	}
	return result;
}

static inline struct found
kit_find(struct kit *k, const char *url, const char *request)
{
	struct key key = kit_key(k, url);
	struct head req = head_of(request, k->a);
	struct found f;

	rcu_read_begin();
	store_find(k->store, &key, &req, k->now, &f);
	rcu_read_end();
	return f;
}

static inline bool
kit_has(struct kit *k, const char *url)
{
	struct arena_mark mark = arena_mark(k->a);
	bool has = kit_find(k, url, "").what == FOUND_ENTRY;

	arena_rollback(k->a, mark);
	return has;
}

/* Are these bytes of the body right? Both ends included. */
static inline bool
kit_reads(const struct entry *e, uint64_t first, uint64_t last, unsigned seed)
{
	struct entry_reader r;
	struct iovec iov[3];
	uint64_t at = first;
	bool right = true;

	entry_reader_init(&r, e, first, last);
	for (int count = 3; entry_reader_peek(&r, iov, &count) == SEGS_READ_DATA; count = 3) {
		size_t n = iov[0].iov_len;

		for (size_t i = 0; i < n; i++)
			right &= ((char *)iov[0].iov_base)[i] == kit_byte(seed, at + i);
		at += n;
		entry_reader_took(&r, n);
	}
	entry_reader_fini(&r);
	return right && at == last + 1;
}

/* A kit `k` of each test's own, by the `setup` and `teardown` that this makes. */
#define WITH_KIT(memory)                \
	static struct kit k;            \
                                        \
	static int                      \
	setup(void **state)             \
	{                               \
		(void)state;            \
		k = kit_begin(memory);  \
		return 0;               \
	}                               \
                                        \
	static int                      \
	teardown(void **state)          \
	{                               \
		(void)state;            \
		kit_end(&k);            \
		return 0;               \
	}                               \
	_Static_assert(1, "a semicolon")

#endif
