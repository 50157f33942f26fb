#include "cache/resp.h"

#include "base/mem.h"
#include "base/must.h"
#include "http/range.h"

struct resp *
resp_new(void)
{
	struct resp *r = mem_zeroed(sizeof *r);

	if (r == NULL)
		return NULL;
	atomic_init(&r->refs, 1);
	r->length = RANGE_UNKNOWN;
	r->complete = RANGE_UNKNOWN;
	return r;
}

struct resp *
resp_ref(struct resp *r)
{
	MUST(atomic_fetch_add_explicit(&r->refs, 1, memory_order_relaxed) > 0);
	return r;
}

static void
free_str(struct str s)
{
	free((char *)(uintptr_t)s.p);
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
	free(r->head);
	free_str(r->miss_from);
	free_str(r->server_timing);
	free_str(r->announced);
	free_str(r->trailers);
	free(r);
}
