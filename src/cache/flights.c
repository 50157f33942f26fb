#include "cache/flights_impl.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/must.h"

#define FLIGHTS_MAGIC 0x666c7473u
#define STRIPES       64u
#define CHAINS        1024u /* chain i belongs to stripe i % STRIPES */

struct stripe {
	_Alignas(64) pthread_mutex_t lock;
};

struct flights {
	unsigned magic;
	unsigned workers;
	mail_post_fn *post;
	void *post_ctx;
	atomic_uint count;
	struct stripe stripes[STRIPES];
	struct list chains[CHAINS];
};

struct flights *
flights_new(unsigned workers, mail_post_fn *post, void *post_ctx)
{
	struct flights *fs = aligned_alloc(_Alignof(struct flights), sizeof *fs);

	MUST(workers > 0);
	if (fs == NULL)
		return NULL;
	fs->magic = FLIGHTS_MAGIC;
	fs->workers = workers;
	fs->post = post;
	fs->post_ctx = post_ctx;
	atomic_init(&fs->count, 0);
	for (unsigned i = 0; i < STRIPES; i++)
		pthread_mutex_init(&fs->stripes[i].lock, NULL);
	for (unsigned i = 0; i < CHAINS; i++)
		list_init(&fs->chains[i]);
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
	MUST_OBJ(fs, FLIGHTS_MAGIC);
	return atomic_load_explicit(&fs->count, memory_order_relaxed);
}

static struct list *
chain_of(struct flights *fs, struct hash128 key)
{
	return &fs->chains[key.lo % CHAINS];
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

void
flights_add(struct flights *fs, struct flight *f)
{
	list_add_head(chain_of(fs, f->id.key), &f->node);
	atomic_fetch_add_explicit(&fs->count, 1, memory_order_relaxed);
}

void
flights_remove(struct flights *fs, struct flight *f)
{
	flights_lock(fs, f->id.key);
	list_del(&f->node);
	flights_unlock(fs, f->id.key);
	atomic_fetch_sub_explicit(&fs->count, 1, memory_order_relaxed);
}

static void
doom(struct flight *f)
{
	atomic_store(&f->doomed, true);
	list_del(&f->node);
}

void
flights_doom_others(struct flights *fs, struct hash128 key, const struct flight *but)
{
	flights_lock(fs, key);
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
		doom_chain(&fs->chains[i]);
		flights_unlock(fs, key);
	}
}
