#include "proxy/digest_make.h"

#include <stdlib.h>

#include "cache/fresh.h"
#include "cache/key.h"
#include "http/uri.h"
#include "peer/digest_squid.h"

#define SLICE_NS      (250 * NS_PER_S / 1000000) /* a worker is held up for so long, at most */
#define SLICE_ENTRIES 64u                        /* between two looks at the clock */
#define SLICE_MS      5                          /* from one to the next */
#define ASKED_MS      (10 * 60 * MS_PER_S)       /* nobody asked for so long: Cairn's form is made no more */
#define CAPACITY_MIN  1024u

struct digest_maker {
	struct worker *worker;
	struct timer timer;
	int64_t squid_due_ns, cairn_due_ns;
	/* The walk under way. */
	enum { NO_WALK, WALK_SQUID, WALK_CAIRN } walk;
	uint64_t at;
	struct conf *conf;
	struct now begun;
	int64_t fresh_for_ms;
	int64_t took_ns;
	uint64_t listed;
	struct digest_body *draft;
	struct digest_squid block;
	/* Of Cairn's form. */
	struct digest_cairn head;
	uint64_t capacity, epochs;
};

/* ---- what is listed ---- */

/* The policy under which a key's responses are served; NULL where they are served no more. */
static const struct cache_policy *
policy_of(const struct conf *c, const struct cache_policy *direct, struct str key)
{
	ptrdiff_t scheme = str_find(key, STR("://"));
	struct str rest = str_skip(key, scheme < 0 ? 0 : (size_t)scheme + 3), host;
	ptrdiff_t slash = str_chr(rest, '/');
	const struct conf_route *route;
	uint16_t port;

	if (scheme < 0 || slash < 0 || !uri_parse_host(str_head(rest, (size_t)slash), &host, &port))
		return NULL;
	route = conf_route_for(c, host, str_skip(rest, (size_t)slash));
	if (route == NULL)
		return conf_forwards(c) ? direct : NULL;
	return route->policy.enabled ? &route->policy : NULL;
}

bool
digest_lists(const struct conf *c, const struct cache_policy *direct, const struct entry *e, int64_t now_ms,
	     int64_t fresh_for_ms)
{
	const struct cache_policy *policy;
	struct freshness fresh;
	struct meta m;

	entry_meta(e, &m);
	if (m.status >= 400 || (m.flags & (META_PARTIAL | META_VARY_ANY)) || !entry_is_whole(e) ||
	    entry_length(e) > c->store.max_object)
		return false;
	policy = policy_of(c, direct, stored_key(entry_stored(e)));
	if (policy == NULL)
		return false;
	fresh_state(&m, policy, now_ms, &fresh);
	return fresh.ttl_ms > fresh_for_ms && !fresh.must_validate;
}

static bool
lists(const struct digest_maker *m, const struct entry *e)
{
	return digest_lists(m->conf, worker_direct_policy(m->worker), e, m->begun.wall_ms, m->fresh_for_ms);
}

static void
set(unsigned char *filter, const uint64_t *at, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		filter[at[i] >> 3] |= (unsigned char)(1u << (at[i] & 7));
}

/* ---- Squid's form ---- */

static void
add_squid(void *arg, struct entry *e)
{
	struct digest_maker *m = arg;
	struct str key = stored_key(entry_stored(e));
	uint64_t at[DIGEST_SQUID_HASHES];
	struct digest_squid_key sum;
	struct strbuf url;
	char room[4096];

	url = strbuf_fixed(room, sizeof room);
	if (!lists(m, e) || !digest_squid_url(&url, key) || url.over || !digest_squid_key(&sum, strbuf_str(&url)))
		return;
	digest_squid_bits(&sum, m->block.mask_size, at);
	set(m->draft->bytes + DIGEST_SQUID_BLOCK, at, DIGEST_SQUID_HASHES);
	m->listed++;
}

/* Sized to the store, with room for what comes while it is walked. */
static bool
begin_squid(struct digest_maker *m, uint64_t entries)
{
	uint8_t bits = (uint8_t)m->conf->digest.bits_per_entry;
	uint64_t capacity = entries + entries / 8 + 64;

	m->block.entry_bits = bits;
	m->block.capacity = capacity < UINT32_MAX ? (uint32_t)capacity : UINT32_MAX;
	m->block.mask_size = digest_squid_size(m->block.capacity, bits);
	if (m->block.mask_size == 0)
		return false;
	m->fresh_for_ms = m->conf->digest.rebuild;
	m->draft = digest_body_new(DIGEST_SQUID_BLOCK + m->block.mask_size);
	return m->draft != NULL;
}

static void
end_squid(struct digest_maker *m)
{
	struct digest_shelf *shelf = &m->worker->node->digests;
	struct digest_body *b = m->draft;

	m->block.count = (uint32_t)m->listed;
	digest_squid_write(&m->block, b->bytes);
	b->expires_ms = m->begun.wall_ms + m->conf->digest.rebuild;
	b->set = digest_bits_set(str_of((char *)b->bytes + DIGEST_SQUID_BLOCK, m->block.mask_size));
	m->squid_due_ns = m->begun.mono_ns + m->conf->digest.rebuild * NS_PER_MS;
	digest_shelf_squid(shelf, b);
}

/* ---- Cairn's form ---- */

static void
add_cairn(void *arg, struct entry *e)
{
	struct digest_maker *m = arg;
	uint64_t at[DIGEST_CAIRN_HASHES];

	if (!lists(m, e))
		return;
	digest_cairn_bits(hash_plain(stored_key(entry_stored(e))), (uint64_t)m->draft->n * 8, DIGEST_CAIRN_HASHES, at);
	set(m->draft->bytes, at, DIGEST_CAIRN_HASHES);
	m->listed++;
}

/* Not to be guessed, so that nobody mistakes the generations of another life for those of this one. */
static uint64_t
new_epoch(struct digest_maker *m)
{
	uint64_t of[3] = { m->worker->node->instance, (uint64_t)m->begun.wall_ms, ++m->epochs };
	uint64_t epoch = hash_plain(str_of((const char *)of, sizeof of)).lo;

	return epoch == 0 ? 1 : epoch;
}

/* A filter keeps its size as long as it can, since changes are of one size. */
static bool
begin_cairn(struct digest_maker *m, uint64_t entries)
{
	if (m->head.epoch == 0 || entries > m->capacity || (m->capacity > CAPACITY_MIN && entries < m->capacity / 8)) {
		m->capacity = entries * 2 > CAPACITY_MIN ? entries * 2 : CAPACITY_MIN;
		m->head.epoch = new_epoch(m);
	}
	m->head.hashes = DIGEST_CAIRN_HASHES;
	m->head.again_ms = (uint32_t)m->conf->digest.refresh;
	m->fresh_for_ms = 2 * m->conf->digest.refresh;
	m->draft = digest_body_new((size_t)((m->capacity * DIGEST_CAIRN_ENTRY_BITS + 7) / 8));
	return m->draft != NULL;
}

static void
end_cairn(struct digest_maker *m)
{
	struct digest_shelf *shelf = &m->worker->node->digests;
	struct digest_body *b = m->draft;

	b->set = digest_bits_set(str_of((char *)b->bytes, b->n));
	digest_shelf_cairn(shelf, b, &m->head);
}

/* ---- a walk ---- */

static void
stop(struct digest_maker *m)
{
	digest_body_unref(&m->draft);
	conf_let_go(&m->conf, m->worker->index);
	m->walk = NO_WALK;
}

static void
begin(struct digest_maker *m, int walk)
{
	struct store_totals totals;
	bool began;

	store_totals(m->worker->node->store, &totals);
	m->walk = walk;
	m->conf = conf_hold(worker_conf(m->worker), m->worker->index);
	m->begun = loop_now(m->worker->loop);
	m->at = m->listed = 0;
	m->took_ns = 0;
	began = walk == WALK_SQUID ? begin_squid(m, totals.entries) : begin_cairn(m, totals.entries);
	if (walk == WALK_CAIRN)
		m->cairn_due_ns = m->begun.mono_ns + m->conf->digest.refresh * NS_PER_MS;
	if (began)
		timer_set(&m->timer, 0);
	else
		stop(m);
}

static void
end(struct digest_maker *m)
{
	m->draft->made = m->begun;
	m->draft->entries = m->listed;
	m->draft->took_ns = m->took_ns;
	if (m->walk == WALK_SQUID)
		end_squid(m);
	else
		end_cairn(m);
	m->draft = NULL; /* the shelf's */
	stop(m);
}

/* A digest that was sized for fewer would promise too much. */
static bool
is_overfull(const struct digest_maker *m)
{
	return m->walk == WALK_SQUID && m->listed > m->block.capacity;
}

static void
on_slice(struct timer *t)
{
	struct digest_maker *m = LIST_OF(t, struct digest_maker, timer);
	int64_t since_ns = clock_mono_ns(), took_ns = 0;
	bool more = true;

	if (m->walk == NO_WALK)
		return;
	while (more && took_ns < SLICE_NS) {
		more = store_walk(m->worker->node->store, &m->at, SLICE_ENTRIES,
				  m->walk == WALK_SQUID ? add_squid : add_cairn, m);
		took_ns = clock_mono_ns() - since_ns;
	}
	m->took_ns += took_ns;
	if (is_overfull(m))
		stop(m); /* and from the start, with the next tick */
	else if (more)
		timer_set(&m->timer, SLICE_MS);
	else
		end(m);
}

/* ---- when ---- */

/* What is served no more. */
static void
clear_squid(struct digest_maker *m)
{
	if (m->walk == WALK_SQUID)
		stop(m);
	m->squid_due_ns = 0;
	digest_shelf_squid(&m->worker->node->digests, NULL);
}

static void
clear_cairn(struct digest_maker *m)
{
	if (m->walk == WALK_CAIRN)
		stop(m);
	m->cairn_due_ns = 0;
	m->head.epoch = 0;
	digest_shelf_cairn(&m->worker->node->digests, NULL, NULL);
}

void
digest_maker_tick(struct digest_maker *m)
{
	const struct conf *c = worker_conf(m->worker);
	int64_t now_ns = loop_now(m->worker->loop).mono_ns;

	if (!c->digest.in_squids && m->squid_due_ns != 0)
		clear_squid(m);
	if (!c->digest.in_cairns && m->cairn_due_ns != 0)
		clear_cairn(m);
	if (m->walk != NO_WALK)
		return;
	if (c->digest.in_squids && m->squid_due_ns <= now_ns)
		begin(m, WALK_SQUID);
	else if (c->digest.in_cairns && m->cairn_due_ns <= now_ns &&
		 digest_shelf_is_asked(&m->worker->node->digests, now_ns - ASKED_MS * NS_PER_MS))
		begin(m, WALK_CAIRN);
}

/* ---- life ---- */

struct digest_maker *
digest_maker_new(struct worker *w)
{
	struct digest_maker *m = calloc(1, sizeof *m);

	if (m == NULL)
		return NULL;
	m->worker = w;
	timer_init(&m->timer, w->loop, on_slice);
	return m;
}

static void
on_closed(struct timer *t)
{
	free(LIST_OF(t, struct digest_maker, timer));
}

void
digest_maker_free(struct digest_maker **mp)
{
	struct digest_maker *m = *mp;

	*mp = NULL;
	if (m == NULL)
		return;
	if (m->walk != NO_WALK)
		stop(m);
	timer_close(&m->timer, on_closed);
}
