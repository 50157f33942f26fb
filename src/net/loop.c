#include "net/loop_impl.h"

#include <stdlib.h>

#include "base/must.h"

/* Closing a handle takes a round, and its callback may close another one. */
#define CLOSING_ROUNDS 8

#define CONNS_KEPT 1024 /* the memory of so many that have ended */

/* The loop that this thread is inside of. */
static _Thread_local struct loop *running;

/* Posts pile up as a stack; they run in the order in which they came. */
static struct mail *
reversed(struct mail *m)
{
	struct mail *done = NULL;

	while (m != NULL) {
		struct mail *next = m->next;

		m->next = done;
		done = m;
		m = next;
	}
	return done;
}

static void
drain_mailbox(struct loop *l)
{
	struct mail *m = reversed(atomic_exchange_explicit(&l->mailbox, NULL, memory_order_acquire));

	while (m != NULL) {
		struct mail *next = m->next; /* once the flag is down, `m` may be posted again */

		/* An exchange, not a store: it acquires what was written before a post that found the flag up. */
		atomic_exchange_explicit(&m->posted, false, memory_order_acq_rel);
		m->fn(m);
		m = next;
	}
}

static void
on_bell(uv_async_t *async)
{
	drain_mailbox(LIST_OF(async, struct loop, async));
}

static bool
has_mail(struct loop *l)
{
	return atomic_load_explicit(&l->mailbox, memory_order_relaxed) != NULL;
}

static void
stay_awake(uv_idle_t *idle)
{
	(void)idle;
}

static void
run_tasks(struct loop *l)
{
	struct list round, *node;

	list_init(&round);
	list_move(&round, &l->tasks);
	while ((node = list_pop(&round)) != NULL) {
		struct task *t = LIST_OF(node, struct task, node);

		t->queued = false;
		t->fn(t);
	}
}

/* What is queued or posted in here runs after the sockets had their turn: a task that renews itself must not hold the
 * loop. An active idle handle is libuv's way to be told not to sleep. */
static void
before_sleep(uv_prepare_t *prepare)
{
	struct loop *l = LIST_OF(prepare, struct loop, prepare);

	if (has_mail(l))
		drain_mailbox(l);
	run_tasks(l);
	if (list_empty(&l->tasks) && !has_mail(l))
		uv_idle_stop(&l->idle);
	else
		uv_idle_start(&l->idle, stay_awake);
	loop_forget_now(l);
}

struct loop *
loop_new(void)
{
	struct loop *l = aligned_alloc(_Alignof(struct loop), sizeof *l);

	if (l == NULL)
		return NULL;
	*l = (struct loop){ .magic = LOOP_MAGIC, .spares = { .most = CONNS_KEPT } };
	list_init(&l->tasks);
	list_init(&l->lingering);
	if (uv_loop_init(&l->uv) != 0)
		goto fail;
	if (uv_async_init(&l->uv, &l->async, on_bell) != 0)
		goto fail_loop;
	uv_prepare_init(&l->uv, &l->prepare);
	uv_prepare_start(&l->prepare, before_sleep);
	uv_idle_init(&l->uv, &l->idle);
	return l;
fail_loop:
	MUST(uv_loop_close(&l->uv) == 0);
fail:
	free(l);
	return NULL;
}

static void
run(struct loop *l, uv_run_mode mode)
{
	struct loop *outer = running;

	MUST_OBJ(l, LOOP_MAGIC);
	running = l;
	uv_run(&l->uv, mode);
	running = outer;
}

void
loop_free(struct loop **lp)
{
	struct loop *l = *lp;
	int err;

	if (l == NULL)
		return;
	MUST_OBJ(l, LOOP_MAGIC);
	*lp = NULL;
	conn_end_lingering(l);
	uv_close((uv_handle_t *)&l->async, NULL);
	uv_close((uv_handle_t *)&l->prepare, NULL);
	uv_close((uv_handle_t *)&l->idle, NULL);
	for (int i = 0; (err = uv_loop_close(&l->uv)) == UV_EBUSY && i < CLOSING_ROUNDS; i++)
		run(l, UV_RUN_NOWAIT);
	MUST(err == 0); /* somebody's conn, timer or listener was never closed */
	mem_free_spares(&l->spares);
	l->magic = 0;
	free(l);
}

void
loop_run(struct loop *l)
{
	run(l, UV_RUN_DEFAULT); /* the round that is stopped ends with its closing callbacks */
}

void
loop_stop(struct loop *l)
{
	MUST_OBJ(l, LOOP_MAGIC);
	uv_stop(&l->uv);
}

void
loop_turn(struct loop *l)
{
	run(l, UV_RUN_NOWAIT);
}

/* libuv has no hook between waking up and the first event, so the first who asks in a round reads the clock. That is a
 * cache behind the const. */
static void
read_clock(const struct loop *l)
{
	struct loop *w = (struct loop *)l;

	w->now = clock_now();
	w->now_read = true;
}

struct now
loop_now(const struct loop *l)
{
	if (UNLIKELY(!l->now_read))
		read_clock(l);
	return l->now;
}

void
loop_look_again(struct loop *l)
{
	loop_forget_now(l);
}

uv_loop_t *
loop_uv(struct loop *l)
{
	return &l->uv;
}

void
loop_post(struct loop *l, struct mail *m)
{
	_Atomic(struct mail *) *box = &l->mailbox;
	struct mail *top;

	if (atomic_exchange_explicit(&m->posted, true, memory_order_acq_rel))
		return;
	top = atomic_load_explicit(box, memory_order_relaxed);
	do
		m->next = top;
	while (!atomic_compare_exchange_weak_explicit(box, &top, m, memory_order_release, memory_order_relaxed));
	/* Whoever found the box empty rings the bell, for all who come before it is emptied. This thread need not: it
	 * looks into the box before it sleeps. */
	if (top == NULL && running != l)
		uv_async_send(&l->async);
}

void
task_init(struct task *t, void (*fn)(struct task *))
{
	t->fn = fn;
	t->queued = false;
	list_init(&t->node);
}

void
loop_defer(struct loop *l, struct task *t)
{
	if (t->queued)
		return;
	t->queued = true;
	list_add_tail(&l->tasks, &t->node);
}

void
task_cancel(struct task *t)
{
	t->queued = false;
	list_del(&t->node);
}
