#include "cache/resp.h"

#include "base/must.h"
#include "http/range.h"

#define ROOM ((size_t)1536) /* for its head and texts, mostly */

/* Each request that is not answered from the store has one. */
static _Thread_local struct mem_spares spares = { .most = 64 };

struct resp *
resp_new(void)
{
	void *spare = mem_spare(&spares);
	struct resp *r = spare != NULL ? spare : malloc(sizeof *r + ROOM);

	if (r == NULL)
		return NULL;
	*r = (struct resp){ .length = RANGE_UNKNOWN, .complete = RANGE_UNKNOWN };
	atomic_init(&r->refs, 1);
	mem_room_init(&r->room, r + 1, ROOM);
	return r;
}

struct resp *
resp_ref(struct resp *r)
{
	MUST(atomic_fetch_add_explicit(&r->refs, 1, memory_order_relaxed) > 0);
	return r;
}

void
resp_unref(struct resp **rp)
{
	struct resp *r = *rp;

	if (r == NULL)
		return;
	*rp = NULL;
	if (atomic_fetch_sub_explicit(&r->refs, 1, memory_order_acq_rel) > 1)
		return;
	segs_unref(&r->body);
	mem_room_fini(&r->room);
	mem_give_back(&spares, r);
}

void
resp_thread_end(void)
{
	mem_free_spares(&spares);
}
