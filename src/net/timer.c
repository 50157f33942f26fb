#include "net/timer.h"

#include "net/loop_impl.h"

static void look(uv_timer_t *uv);

static void
arm(struct timer *t, int64_t now_ns)
{
	int64_t wait_ns = t->deadline_ns - now_ns;

	t->armed_ns = t->deadline_ns;
	uv_timer_start(&t->uv, look, wait_ns <= 0 ? 0 : (uint64_t)((wait_ns + NS_PER_MS - 1) / NS_PER_MS), 0);
}

/* libuv's timer has run out; ours may have been moved on, or taken away, meanwhile. libuv counts in whole milliseconds
 * from a time of its own, so it may also be a little early. */
static void
look(uv_timer_t *uv)
{
	struct timer *t = LIST_OF(uv, struct timer, uv);
	int64_t now_ns;

	t->armed_ns = 0;
	if (t->deadline_ns == 0)
		return;
	/* Timers run before the round's events: what was read last is from before the sleep. */
	loop_forget_now(t->loop);
	now_ns = loop_now(t->loop).mono_ns;
	if (t->deadline_ns > now_ns) {
		arm(t, now_ns);
		return;
	}
	t->deadline_ns = 0;
	t->fn(t);
}

void
timer_init(struct timer *t, struct loop *l, void (*fn)(struct timer *))
{
	*t = (struct timer){ .loop = l, .fn = fn };
	uv_timer_init(&l->uv, &t->uv);
}

void
timer_set(struct timer *t, int64_t ms)
{
	int64_t now_ns = loop_now(t->loop).mono_ns;

	t->deadline_ns = now_ns + ms * NS_PER_MS;
	if (t->armed_ns == 0 || t->deadline_ns < t->armed_ns)
		arm(t, now_ns);
}

void
timer_stop(struct timer *t)
{
	t->deadline_ns = 0;
}

static void
closed(uv_handle_t *h)
{
	struct timer *t = LIST_OF(h, struct timer, uv);

	t->closed(t);
}

void
timer_close(struct timer *t, void (*fn)(struct timer *))
{
	t->closed = fn;
	uv_close((uv_handle_t *)&t->uv, closed);
}
