#include "proxy/pause.h"

#include <stdlib.h>

#include "net/timer.h"
#include "proxy/req_impl.h"

struct pause {
	struct timer timer;
	struct req *req;
	bool over;
};

static void
on_time(struct timer *t)
{
	struct pause *p = LIST_OF(t, struct pause, timer);

	p->over = true;
	req_run(p->req);
}

struct pause *
pause_begin(struct loop *l, struct req *r, int64_t ms)
{
	struct pause *p = calloc(1, sizeof *p);

	if (p == NULL)
		return NULL;
	p->req = r;
	timer_init(&p->timer, l, on_time);
	timer_set(&p->timer, ms);
	return p;
}

bool
pause_is_over(const struct pause *p)
{
	return p->over;
}

static void
on_closed(struct timer *t)
{
	free(LIST_OF(t, struct pause, timer));
}

void
pause_end(struct pause **pp)
{
	struct pause *p = *pp;

	*pp = NULL;
	if (p != NULL)
		timer_close(&p->timer, on_closed);
}
