#include "peer/digest_peer.h"

#include <stdlib.h>

#include "base/list.h"
#include "base/rcu.h"

#define URL_ROOM 1024 /* longer URLs are not looked for in Squid's digests */

/* The filter alone changes once readers see it: a bit at a time, which no reader minds. */
struct digest_held {
	struct rcu_later later;
	bool cairn;
	unsigned hashes;
	uint64_t bits;
	_Atomic int64_t made_ms;
	_Atomic uint64_t entries;
	atomic_uchar filter[];
};

/* ---- asking ---- */

static bool
has(const struct digest_held *d, const uint64_t *at, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		unsigned byte = atomic_load_explicit(&d->filter[at[i] >> 3], memory_order_relaxed);

		if (!(byte >> (at[i] & 7) & 1))
			return false;
	}
	return true;
}

static bool
cairn_has(const struct digest_held *d, struct digest_question *q)
{
	uint64_t at[DIGEST_CAIRN_HASHES_MAX];

	if (!q->hashed)
		q->hash = hash_plain(q->key);
	q->hashed = true;
	digest_cairn_bits(q->hash, d->bits, d->hashes, at);
	return has(d, at, d->hashes);
}

static bool
make_sum(struct digest_question *q)
{
	char room[URL_ROOM];
	struct strbuf url = strbuf_fixed(room, sizeof room);

	return digest_squid_url(&url, q->url) && !url.over && digest_squid_key(&q->squid, strbuf_str(&url));
}

static bool
squid_has(const struct digest_held *d, struct digest_question *q)
{
	uint64_t at[DIGEST_SQUID_HASHES];

	if (q->summed == DIGEST_SUM_UNKNOWN)
		q->summed = make_sum(q) ? DIGEST_SUM_MADE : DIGEST_SUM_NONE;
	if (q->summed == DIGEST_SUM_NONE)
		return false;
	digest_squid_bits(&q->squid, (uint32_t)(d->bits / 8), at);
	return has(d, at, DIGEST_SQUID_HASHES);
}

enum digest_says
digest_peer_says(const struct member *m, struct digest_question *q)
{
	enum digest_says says = DIGEST_SILENT;
	const struct digest_held *d;

	rcu_read_begin();
	d = atomic_load_explicit(&m->digest, memory_order_acquire);
	if (d != NULL)
		says = (d->cairn ? cairn_has(d, q) : squid_has(d, q)) ? DIGEST_HOLDS : DIGEST_LACKS;
	rcu_read_end();
	return says;
}

bool
digest_peer_state(const struct member *m, struct digest_peer_state *out)
{
	const struct digest_held *d;

	rcu_read_begin();
	d = atomic_load_explicit(&m->digest, memory_order_acquire);
	if (d != NULL)
		*out =
		    (struct digest_peer_state){ d->cairn, atomic_load_explicit(&d->made_ms, memory_order_relaxed),
						atomic_load_explicit(&d->entries, memory_order_relaxed), d->bits / 8 };
	rcu_read_end();
	return d != NULL;
}

/* ---- taking ---- */

static void
free_later(struct rcu_later *later)
{
	free(LIST_OF(later, struct digest_held, later));
}

static void
swap(struct member *m, struct digest_held *d)
{
	struct digest_held *old = atomic_exchange_explicit(&m->digest, d, memory_order_acq_rel);

	if (old != NULL)
		rcu_defer(&old->later, free_later);
}

static bool
take(struct member *m, struct str filter, bool cairn, unsigned hashes, uint64_t entries, int64_t made_ms)
{
	struct digest_held *d = malloc(sizeof *d + filter.n);

	if (d == NULL)
		return false;
	d->cairn = cairn;
	d->hashes = hashes;
	d->bits = (uint64_t)filter.n * 8;
	atomic_init(&d->made_ms, made_ms);
	atomic_init(&d->entries, entries);
	memcpy((void *)d->filter, filter.p, filter.n); /* nobody sees it yet */
	swap(m, d);
	return true;
}

bool
digest_peer_take_squid(struct member *m, const struct digest_squid *d, struct str mask, int64_t made_ms)
{
	return take(m, mask, false, DIGEST_SQUID_HASHES, d->count, made_ms);
}

bool
digest_peer_take_cairn(struct member *m, const struct digest_cairn *d, struct str filter, int64_t made_ms)
{
	return take(m, filter, true, d->hashes, d->entries, made_ms);
}

bool
digest_peer_change(struct member *m, const struct digest_cairn *d, struct str changes, int64_t made_ms)
{
	struct digest_held *held = atomic_load_explicit(&m->digest, memory_order_relaxed);
	struct digest_cairn_walk w = { .rest = changes, .bits = d->bits };
	enum digest_cairn_next next;
	uint64_t at;

	if (held == NULL || !held->cairn || held->bits != d->bits || held->hashes != d->hashes)
		return false;
	while ((next = digest_cairn_next(&w, &at)) == DIGEST_CAIRN_FLIP)
		atomic_fetch_xor_explicit(&held->filter[at >> 3], (unsigned char)(1u << (at & 7)),
					  memory_order_relaxed);
	atomic_store_explicit(&held->made_ms, made_ms, memory_order_relaxed);
	atomic_store_explicit(&held->entries, d->entries, memory_order_relaxed);
	return next == DIGEST_CAIRN_END;
}

void
digest_peer_forget(struct member *m)
{
	swap(m, NULL);
}

void
digest_peer_free(struct member *m)
{
	free(atomic_load_explicit(&m->digest, memory_order_relaxed));
}
