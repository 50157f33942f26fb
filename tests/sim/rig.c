#include "rig.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/counter.h"
#include "base/must.h"
#include "base/rcu.h"
#include "net/loop.h"
#include "ops/settings.h"
#include "proxy/session.h"
#include "proxy/worker.h"

#define UPSTREAM_MAX 64

struct rig {
	struct node node;
};

/* ---- the clock ---- */

static struct now fake;

struct now __wrap_clock_now(void);

struct now
__wrap_clock_now(void)
{
	return fake;
}

int64_t
rig_now_ms(void)
{
	return fake.wall_ms;
}

int64_t
rig_mono_ns(void)
{
	return fake.mono_ns;
}

void
rig_set_clock(int64_t wall_ms)
{
	fake = (struct now){ .wall_ms = wall_ms, .mono_ns = NS_PER_S };
}

void
rig_advance(int64_t ms)
{
	fake.wall_ms += ms;
	fake.mono_ns += (ms > 0 ? ms : 0) * NS_PER_MS;
}

/* ---- sockets ---- */

static struct {
	int fds[UPSTREAM_MAX]; /* the origin's ends of what was opened */
	unsigned count;
	bool refuses;
} upstream;

static void
pair(int ends[2])
{
	MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
}

int __wrap_connect(int fd, const struct sockaddr *to, socklen_t n);
int __wrap_getpeername(int fd, struct sockaddr *out, socklen_t *n);

/* All that the node connects to is the origin. */
int
__wrap_connect(int fd, const struct sockaddr *to, socklen_t n)
{
	int ends[2];

	(void)to;
	(void)n;
	errno = ECONNREFUSED;
	if (upstream.refuses || upstream.count == UPSTREAM_MAX)
		return -1;
	pair(ends);
	MUST(dup3(ends[0], fd, O_CLOEXEC) == fd);
	close(ends[0]);
	upstream.fds[upstream.count++] = ends[1];
	return 0;
}

/* All clients are on this machine. */
int
__wrap_getpeername(int fd, struct sockaddr *out, socklen_t *n)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) }, .sin_port = htons(1) };

	(void)fd;
	memcpy(out, &in, sizeof in);
	*n = sizeof in;
	return 0;
}

int
rig_connect(struct rig *r, unsigned worker)
{
	int ends[2];

	pair(ends);
	session_accept(&r->node.workers[worker]->listeners[0], ends[0]);
	return ends[1];
}

int
rig_accept(struct rig *r)
{
	int fd;

	(void)r;
	if (upstream.count == 0)
		return -1;
	fd = upstream.fds[0];
	memmove(upstream.fds, upstream.fds + 1, --upstream.count * sizeof fd);
	return fd;
}

void
rig_refuse(struct rig *r, bool refuse)
{
	(void)r;
	upstream.refuses = refuse;
}

/* ---- life ---- */

static struct conf *
configure(uint64_t memory)
{
	static const struct settings_flags flags = {
		.origin = { { "http://127.0.0.1:1" }, 1 }, .name = "sim", .workers = "2", .log = "off", .dry = true
	};
	struct settings_report *report = settings_report_new();
	struct conf *conf;

	conf = settings_load(&flags, report);
	settings_report_print(report, stderr);
	settings_report_free(&report);
	if (conf == NULL)
		return NULL;
	conf->store.memory = memory; /* less than a setting may say */
	conf->logged = true; /* to the node's hooks, where a test sets them */
	return conf;
}

static void *
nothing(void *arg)
{
	return arg;
}

/* The thread that worker_join waits for has nothing to do: this one does it all. */
static void
begin_worker(struct rig *r, unsigned i)
{
	struct worker *w = worker_new(&r->node, i);

	r->node.workers[i] = w;
	MUST(w != NULL && pthread_create(&w->thread, NULL, nothing, NULL) == 0);
	w->listeners[0] = (struct worker_listener){ .worker = w, .port = 80, .fd = -1 };
}

struct rig *
rig_new(uint64_t memory)
{
	static const struct node_hooks hooks = { 0 };
	static const struct hash_secret secret = { { 1 } };
	struct rig *r = calloc(1, sizeof *r);
	struct conf *conf = configure(memory);
	const char *why;

	rcu_thread_begin();
	counter_thread_begin();
	MUST(r != NULL && conf != NULL);
	MUST(node_init(&r->node, conf, RIG_WORKERS, &secret, 1, &hooks, &why) == 0);
	for (unsigned i = 0; i < RIG_WORKERS; i++)
		begin_worker(r, i);
	return r;
}

void
rig_free(struct rig **rp)
{
	struct rig *r = *rp;

	*rp = NULL;
	for (unsigned i = 0; i < RIG_WORKERS; i++)
		worker_stop(r->node.workers[i], true);
	for (unsigned n = 0; n < 20; n++)
		rig_turn(r);
	for (unsigned i = 0; i < RIG_WORKERS; i++)
		worker_join(&r->node.workers[i]);
	rcu_settle();
	node_fini(&r->node);
	while (upstream.count > 0)
		close(upstream.fds[--upstream.count]);
	upstream.refuses = false;
	free(r);
	counter_thread_end();
	rcu_thread_end();
}

struct node *
rig_node(struct rig *r)
{
	return &r->node;
}

/* ---- turns ---- */

static bool
has_more(struct loop *l)
{
	struct pollfd p = { .fd = uv_backend_fd(loop_uv(l)), .events = POLLIN };

	return uv_backend_timeout(loop_uv(l)) == 0 || poll(&p, 1, 0) > 0;
}

bool
rig_turn(struct rig *r)
{
	bool more = false;

	for (unsigned i = 0; i < RIG_WORKERS; i++)
		loop_turn(r->node.workers[i]->loop);
	for (unsigned i = 0; i < RIG_WORKERS; i++)
		more = has_more(r->node.workers[i]->loop) || more;
	return more;
}

/* ---- orders ---- */

void
rig_purge_all(struct rig *r, bool soft)
{
	uint64_t order;

	node_purge_all(&r->node, soft, fake.wall_ms, &order);
}

unsigned
rig_purge(struct rig *r, const char *url, bool soft)
{
	struct arena *a = arena_new(4096);
	struct key key;
	unsigned n = 0;

	if (key_of_url(store_secret(r->node.store), str_c(url), NULL, a, &key))
		n = node_purge(&r->node, &key, soft, node_order(&r->node), fake.wall_ms);
	arena_free(&a);
	return n;
}

void
rig_tidy(struct rig *r)
{
	store_tidy(r->node.store, fake.wall_ms);
}

void
rig_reclaim(void)
{
	rcu_settle();
}

const char *
rig_empty(struct rig *r)
{
	struct store_totals t;

	/* What was purged with everything leaves as it is met. */
	for (unsigned i = 0; i < 100000 && (store_totals(r->node.store, &t), t.entries > 0); i++)
		rig_tidy(r);
	rcu_settle();
	store_check(r->node.store);
	store_totals(r->node.store, &t);
	if (t.entries > 0 || t.bodies > 0)
		return "entries are left";
	if (t.pinned_entries > 0 || t.pinned > 0 || t.retired > 0)
		return "memory is still pinned";
	if (t.memory > t.limit)
		return "more memory than the limit";
	return flights_count(r->node.flights) > 0 ? "flights are left" : NULL;
}

bool
rig_has_evicted(struct rig *r)
{
	struct store_totals t;

	store_totals(r->node.store, &t);
	return t.evictions > 0 || t.variants_dropped > 0 || t.full > 0;
}
