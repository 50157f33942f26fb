#include "cache/flights_impl.h"

#include <limits.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/must.h"

#define FLIGHTS_MAGIC 0x666c7473u
#define STRIPES       64u
#define CHAINS        1024u /* chain i belongs to stripe i % STRIPES */

struct stripe {
	_Alignas(64) pthread_mutex_t lock;
};

/* Flights in progress that one worker leads, counted by that worker alone. */
struct tally {
	_Alignas(64) atomic_uint count;
};

struct flights {
	unsigned magic;
	unsigned workers;
	mail_post_fn *post;
	void *post_ctx;
	struct stripe stripes[STRIPES];
	struct list chains[CHAINS];
	atomic_uint dooms[CHAINS]; /* how many each has seen; written under the lock */
	struct tally tallies[];    /* one for each worker */
};

struct flights *
flights_new(unsigned workers, mail_post_fn *post, void *post_ctx)
{
	struct flights *fs = aligned_alloc(_Alignof(struct flights), sizeof *fs + workers * sizeof fs->tallies[0]);

	MUST(workers > 0);
	if (fs == NULL)
		return NULL;
	fs->magic = FLIGHTS_MAGIC;
	fs->workers = workers;
	fs->post = post;
	fs->post_ctx = post_ctx;
	for (unsigned i = 0; i < workers; i++)
		atomic_init(&fs->tallies[i].count, 0);
	for (unsigned i = 0; i < STRIPES; i++)
		pthread_mutex_init(&fs->stripes[i].lock, NULL);
	for (unsigned i = 0; i < CHAINS; i++) {
		list_init(&fs->chains[i]);
		atomic_init(&fs->dooms[i], 0);
	}
	return fs;
}

void
flights_free(struct flights **fsp)
{
	struct flights *fs = *fsp;

	if (fs == NULL)
		return;
	MUST_OBJ(fs, FLIGHTS_MAGIC);
	MUST(flights_count(fs) == 0);
	*fsp = NULL;
	for (unsigned i = 0; i < STRIPES; i++)
		pthread_mutex_destroy(&fs->stripes[i].lock);
	fs->magic = 0;
	free(fs);
}

unsigned
flights_workers(const struct flights *fs)
{
	MUST_OBJ(fs, FLIGHTS_MAGIC);
	return fs->workers;
}

void
flights_post(const struct flights *fs, unsigned worker, struct mail *m)
{
	MUST_OBJ(fs, FLIGHTS_MAGIC);
	fs->post(fs->post_ctx, worker, m);
}

unsigned
flights_count(const struct flights *fs)
{
	unsigned sum = 0;

	MUST_OBJ(fs, FLIGHTS_MAGIC);
	for (unsigned i = 0; i < fs->workers; i++)
		sum += atomic_load_explicit(&fs->tallies[i].count, memory_order_relaxed);
	return sum;
}

static struct list *
chain_of(struct flights *fs, struct hash128 key)
{
	return &fs->chains[key.lo % CHAINS];
}

static atomic_uint *
dooms_of(struct flights *fs, struct hash128 key)
{
	return &fs->dooms[key.lo % CHAINS];
}

static pthread_mutex_t *
lock_of(struct flights *fs, struct hash128 key)
{
	return &fs->stripes[key.lo % STRIPES].lock;
}

void
flights_lock(struct flights *fs, struct hash128 key)
{
	MUST_OBJ(fs, FLIGHTS_MAGIC);
	MUST(pthread_mutex_lock(lock_of(fs, key)) == 0);
}

void
flights_unlock(struct flights *fs, struct hash128 key)
{
	MUST(pthread_mutex_unlock(lock_of(fs, key)) == 0);
}

static bool
same_bytes(const struct flight_id *a, const struct flight_id *b)
{
	return a->first == b->first && a->last == b->last;
}

static bool
is_all(const struct flight_id *id)
{
	return id->first == 0 && id->last == RANGE_UNKNOWN;
}

bool
flight_still_has(const struct flight *f, const struct flight_id *id)
{
	const struct segs *body = f->result.resp == NULL ? NULL : f->result.resp->body;
	uint64_t from = same_bytes(&f->id, id) ? 0 : id->first;

	if (body == NULL)
		return true;
	return segs_oldest(body) <= from && (!segs_is_window(body) || from <= segs_length(body));
}

static bool
fits(const struct flight *f, const struct flight_id *id)
{
	if (f->how == FLIGHT_ALONE || !hash128_eq(f->id.key, id->key) || f->id.variant != id->variant)
		return false;
	if (!same_bytes(&f->id, id) && !is_all(&f->id))
		return false;
	return flight_phase(f) == FLIGHT_WAITING || (f->result.resp->shareable && flight_still_has(f, id));
}

struct flight *
flights_find(struct flights *fs, const struct flight_id *id)
{
	LIST_EACH(node, chain_of(fs, id->key))
	{
		struct flight *f = LIST_OF(node, struct flight, node);

		if (fits(f, id))
			return f;
	}
	return NULL;
}

bool
flights_would_join(struct flights *fs, const struct flight_id *id)
{
	bool found;

	flights_lock(fs, id->key);
	found = flights_find(fs, id) != NULL;
	flights_unlock(fs, id->key);
	return found;
}

/* Nobody else writes it. */
static void
tally(struct flights *fs, const struct flight *f, unsigned by)
{
	atomic_uint *count = &fs->tallies[f->lead.worker].count;

	atomic_store_explicit(count, atomic_load_explicit(count, memory_order_relaxed) + by, memory_order_relaxed);
}

void
flights_add(struct flights *fs, struct flight *f)
{
	tally(fs, f, 1);
	if (f->how == FLIGHT_ALONE)
		atomic_store_explicit(&f->dooms, atomic_load(dooms_of(fs, f->id.key)), memory_order_relaxed);
	else
		list_add_head(chain_of(fs, f->id.key), &f->node);
}

void
flights_remove(struct flights *fs, struct flight *f)
{
	tally(fs, f, UINT_MAX); /* one less */
	if (f->how == FLIGHT_ALONE)
		return;
	flights_lock(fs, f->id.key);
	list_del(&f->node);
	flights_unlock(fs, f->id.key);
}

/* One that is on no list is hit by what dooms another key of its chain, too: that costs what it would have stored, and
 * is seldom. */
bool
flight_is_doomed(const struct flight *f)
{
	if (f->how != FLIGHT_ALONE)
		return atomic_load(&f->doomed);
	return atomic_load(dooms_of(f->table, f->id.key)) != atomic_load_explicit(&f->dooms, memory_order_relaxed);
}

static void
doom(struct flight *f)
{
	atomic_store(&f->doomed, true);
	list_del(&f->node);
}

/* Those of the chain that are on no list, but that one. Under the lock. */
static void
doom_unlisted(struct flights *fs, struct hash128 key, struct flight *but)
{
	unsigned before = atomic_fetch_add(dooms_of(fs, key), 1);

	if (but != NULL && but->how == FLIGHT_ALONE && dooms_of(fs, but->id.key) == dooms_of(fs, key) &&
	    atomic_load_explicit(&but->dooms, memory_order_relaxed) == before)
		atomic_store_explicit(&but->dooms, before + 1, memory_order_relaxed);
}

void
flights_doom_others(struct flights *fs, struct hash128 key, struct flight *but)
{
	flights_lock(fs, key);
	doom_unlisted(fs, key, but);
	LIST_EACH_SAFE(node, chain_of(fs, key))
	{
		struct flight *f = LIST_OF(node, struct flight, node);

		if (f != but && hash128_eq(f->id.key, key))
			doom(f);
	}
	flights_unlock(fs, key);
}

void
flights_doom(struct flights *fs, struct hash128 key)
{
	flights_doom_others(fs, key, NULL);
}

static void
doom_chain(struct list *chain)
{
	LIST_EACH_SAFE(node, chain)
	doom(LIST_OF(node, struct flight, node));
}

void
flights_doom_all(struct flights *fs)
{
	for (uint64_t i = 0; i < CHAINS; i++) {
		struct hash128 key = { .lo = i };

		flights_lock(fs, key);
		doom_unlisted(fs, key, NULL);
		doom_chain(&fs->chains[i]);
		flights_unlock(fs, key);
	}
}
