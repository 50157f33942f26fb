#include "proxy/worker.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/counter.h"
#include "base/must.h"
#include "base/rcu.h"
#include "peer/ask.h"
#include "proxy/answering.h"
#include "proxy/await.h"
#include "proxy/digest_work.h"
#include "proxy/direct.h"
#include "proxy/fetch.h"
#include "proxy/plates.h"
#include "proxy/refuse.h"
#include "proxy/session.h"

#define BACKLOG 4096
#define TIDY_MS 100
#define RECORD_IDS 1024 /* numbers of records taken at once */

enum worker_order {
	ORDER_RECONF = 1,
	ORDER_DRAIN = 2,
	ORDER_KILL = 4,
	ORDER_MEMBERS = 8,
};

/* --- connections --- */

static void
turn_away(const struct worker_listener *l, int fd, const union addr *peer)
{
	char text[REFUSE_ROOM];
	size_t n = refuse_turned_away(l, peer, text, sizeof text);

	if (send(fd, text, n, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		errno = 0; /* it goes away without a word, then */
	close(fd);
}

static void
on_accept(void *arg, int fd, const union addr *peer)
{
	struct worker_listener *l = arg;
	struct node *n = l->worker->node;
	unsigned limit = atomic_load_explicit(&n->client_limit, memory_order_relaxed);
	bool full = limit > 0 && atomic_load_explicit(&n->clients, memory_order_relaxed) >= limit;

	counter_add(COUNTER_CONNECTIONS, 1);
	if (full || !session_accept(l, fd))
		turn_away(l, fd, peer);
}

/* --- orders --- */

static void
free_spare_arenas(struct worker *w)
{
	while (w->spare_count > 0)
		arena_free(&w->spare[--w->spare_count]);
}

static void
kill_all(struct worker *w)
{
	LIST_EACH_SAFE(it, &w->sessions)
		session_kill(session_of_node(it));
	fetch_kill_all(w);
}

static void
on_drain_over(struct timer *t)
{
	kill_all(LIST_OF(t, struct worker, drain));
}

static void
drain(struct worker *w)
{
	if (w->draining)
		return;
	w->draining = true;
	for (unsigned i = 0; i < w->listener_count; i++)
		listener_free(&w->listeners[i].listener);
	answering_free(&w->answering);
	timer_stop(&w->tidy);
	timer_set(&w->drain, w->conf->timeouts.drain);
	LIST_EACH_SAFE(it, &w->sessions)
		session_drain(session_of_node(it));
	worker_idle_check(w);
}

static struct upconn_limits
pool_limits(const struct conf *c)
{
	return (struct upconn_limits){ .idle_per_member = (unsigned)c->limits.idle_upstream,
				       .idle_ms = c->timeouts.idle_upstream,
				       .connect_ms = c->timeouts.connect };
}

static void
take_conf(struct worker *w)
{
	struct conf *newest = node_conf(w->node);

	conf_let_go(&w->conf, w->index);
	w->conf = conf_hold(newest, w->index);
	conf_unref(&newest);
}

static void
reconf(struct worker *w)
{
	struct upconn_limits limits;

	take_conf(w);
	plates_forget(w->plates);
	w->conf_number++;
	limits = pool_limits(w->conf);
	upconn_pool_limit(w->pool, &limits);
	free_spare_arenas(w);
	await_look(w);
}

static void
on_control(struct mail *m)
{
	struct worker *w = LIST_OF(m, struct worker, control);
	int orders = atomic_exchange(&w->wanted, 0);

	if (orders & ORDER_RECONF)
		reconf(w);
	if (orders & ORDER_MEMBERS) {
		upconn_pool_tidy(w->pool);
		await_look(w);
	}
	if (orders & (ORDER_DRAIN | ORDER_KILL))
		drain(w);
	if (orders & ORDER_KILL)
		kill_all(w);
}

static void
order(struct worker *w, int what)
{
	atomic_fetch_or(&w->wanted, what);
	loop_post(w->loop, &w->control);
}

void
worker_stop(struct worker *w, bool now)
{
	order(w, now ? ORDER_KILL : ORDER_DRAIN);
}

void
worker_reconf(struct worker *w)
{
	order(w, ORDER_RECONF);
}

void
worker_members(struct worker *w)
{
	order(w, ORDER_MEMBERS);
}

void
worker_idle_check(struct worker *w)
{
	if (w->draining && w->session_count == 0 && w->fetch_count == 0)
		loop_stop(w->loop);
}

void
worker_fetch_ended(struct worker *w)
{
	w->fetch_count--;
	worker_idle_check(w);
}

void
worker_post(void *ctx, unsigned worker, struct mail *m)
{
	struct node *n = ctx;

	loop_post(n->workers[worker]->loop, m);
}

/* --- what sessions and fetches share --- */

struct conf *
worker_conf(struct worker *w)
{
	return w->conf;
}

const struct cache_policy *
worker_direct_policy(const struct worker *w)
{
	return &w->direct_policy;
}

/* Numbers are taken from the node by the block: a counter that all workers raise would be a line that all of them write.
 */
uint64_t
worker_record_id(struct worker *w)
{
	if (w->record_ids == 0) {
		w->record_id = atomic_fetch_add_explicit(&w->node->records, RECORD_IDS, memory_order_relaxed);
		w->record_ids = RECORD_IDS;
	}
	w->record_ids--;
	return ++w->record_id;
}

struct arena *
worker_arena(struct worker *w)
{
	if (w->spare_count > 0)
		return w->spare[--w->spare_count];
	return arena_new((size_t)w->conf->limits.arena);
}

void
worker_arena_back(struct worker *w, struct arena **ap)
{
	struct arena *a = *ap;

	*ap = NULL;
	/* One from before a reload may have another limit. */
	if (w->spare_count == sizeof w->spare / sizeof w->spare[0] || arena_cap(a) != w->conf->limits.arena) {
		arena_free(&a);
		return;
	}
	arena_reset(a);
	w->spare[w->spare_count++] = a;
}

/* --- neighbours --- */

void
worker_say(const struct worker *w, struct str line)
{
	const struct node_hooks *hooks = &w->node->hooks;

	if (hooks->say != NULL)
		hooks->say(hooks->ctx, line);
}

static void
on_denied(void *ctx, const struct member *m)
{
	char text[512];
	struct strbuf line = strbuf_fixed(text, sizeof text);

	strbuf_printf(&line, "%.*s denies all questions what it holds, and is not asked for now: does it allow this node?",
		      STR_FMT(m->label));
	worker_say(ctx, strbuf_str(&line));
}

struct asker *
worker_asker(struct worker *w)
{
	if (w->asker == NULL)
		w->asker = asker_new(w->loop, w->resolver, on_denied, w);
	return w->asker;
}

/* --- life --- */

static void
on_tidy(struct timer *t)
{
	struct worker *w = LIST_OF(t, struct worker, tidy);

	store_tidy(w->node->store, loop_now(w->loop).wall_ms);
	digest_work_tick(w->digest_work);
	timer_set(&w->tidy, TIDY_MS);
}

struct worker *
worker_new(struct node *n, unsigned index)
{
	struct worker *w = calloc(1, sizeof *w);
	struct upconn_limits limits;

	if (w == NULL)
		return NULL;
	w->node = n;
	w->index = index;
	take_conf(w);
	limits = pool_limits(w->conf);
	list_init(&w->sessions);
	list_init(&w->fetches);
	list_init(&w->awaiting);
	cache_policy_direct(&w->direct_policy);
	mail_init(&w->control, on_control);
	w->loop = loop_new();
	w->resolver = w->loop == NULL ? NULL : resolver_new(w->loop);
	if (w->resolver != NULL && w->conf->node.servers != NULL)
		resolver_servers(w->resolver, w->conf->node.servers);
	w->pool = w->resolver == NULL ? NULL : upconn_pool_new(w->loop, w->resolver, &limits);
	w->direct = w->pool == NULL ? NULL : direct_new();
	w->plates = plates_new(WORKER_LISTENERS_MAX);
	w->digest_work = w->direct == NULL || index != 0 ? NULL : digest_work_new(w);
	if (w->direct == NULL || w->plates == NULL || (index == 0 && w->digest_work == NULL)) {
		conf_let_go(&w->conf, w->index);
		free(w);
		return NULL;
	}
	timer_init(&w->await, w->loop, await_over);
	timer_init(&w->drain, w->loop, on_drain_over);
	timer_init(&w->tidy, w->loop, on_tidy);
	return w;
}

bool
worker_answer(struct worker *w, int icp, int htcp)
{
	if (icp >= 0 || htcp >= 0)
		w->answering = answering_new(w, icp, htcp);
	return w->answering != NULL || (icp < 0 && htcp < 0);
}

static void *
serve(void *arg)
{
	struct worker *w = arg;

	rcu_thread_begin();
	counter_thread_begin();
	if (w->index == 0)
		timer_set(&w->tidy, TIDY_MS);
	loop_run(w->loop);
	flights_thread_end();
	segs_thread_end();
	counter_thread_end();
	rcu_thread_end();
	if (w->node->hooks.stopped != NULL)
		w->node->hooks.stopped(w->node->hooks.ctx, w->index);
	return NULL;
}

int
worker_start(struct worker *w, const int *fds, unsigned count)
{
	sigset_t all, before;
	int err = 0;

	MUST(count <= WORKER_LISTENERS_MAX);
	for (unsigned i = 0; i < count && err == 0; i++) {
		struct worker_listener *l = &w->listeners[w->listener_count++];
		union addr at;

		listener_bound(fds[i], &at);
		*l = (struct worker_listener){ .worker = w, .index = i, .port = addr_port(&at), .fd = fds[i] };
		l->listener = listener_new(w->loop, fds[i], BACKLOG, on_accept, l, &err);
	}
	if (err != 0)
		return err;
	sigfillset(&all); /* signals are the main thread's */
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = -pthread_create(&w->thread, NULL, serve, w);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return err;
}

static void
closed(struct timer *t)
{
	(void)t;
}

void
worker_join(struct worker **wp)
{
	struct worker *w = *wp;

	*wp = NULL;
	pthread_join(w->thread, NULL);
	loop_turn(w->loop); /* mail that came last: a flight goes when its wake-up has run */
	timer_close(&w->await, closed);
	timer_close(&w->drain, closed);
	timer_close(&w->tidy, closed);
	digest_work_free(&w->digest_work);
	asker_free(&w->asker);
	upconn_pool_free(&w->pool);
	resolver_free(&w->resolver);
	loop_free(&w->loop);
	direct_free(&w->direct);
	plates_free(&w->plates);
	free(w->outcomes);
	free_spare_arenas(w);
	conf_let_go(&w->conf, w->index);
	free(w);
}
