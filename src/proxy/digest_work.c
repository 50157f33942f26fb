#include "proxy/digest_work.h"

#include <stdlib.h>

#include "proxy/digest_make.h"

struct digest_work {
	struct digest_maker *maker;
};

struct digest_work *
digest_work_new(struct worker *w)
{
	struct digest_work *d = calloc(1, sizeof *d);

	if (d == NULL)
		return NULL;
	d->maker = digest_maker_new(w);
	if (d->maker == NULL)
		digest_work_free(&d);
	return d;
}

void
digest_work_tick(struct digest_work *d)
{
	digest_maker_tick(d->maker);
}

void
digest_work_free(struct digest_work **dp)
{
	struct digest_work *d = *dp;

	*dp = NULL;
	if (d == NULL)
		return;
	digest_maker_free(&d->maker);
	free(d);
}
