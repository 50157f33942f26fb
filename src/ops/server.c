#include "ops/server.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/counter.h"
#include "base/rcu.h"
#include "cache/segs.h"
#include "ops/admin.h"
#include "ops/log.h"
#include "ops/ports.h"
#include "ops/process.h"
#include "ops/secret.h"
#include "proxy/passwords.h"
#include "peer/follow.h"
#include "peer/probe.h"
#include "proxy/worker.h"

enum { SIGNALS = 4 };

struct server {
	const struct settings_flags *flags;
	struct conf *conf;
	struct loop *loop; /* the main thread's: signals and the admin port */
	struct node node;
	struct ports ports;
	struct log *log;
	struct admin *admin;
	struct follow *follow; /* members that DNS tells */
	struct prober *prober;
	struct mail stopped;
	atomic_uint running; /* workers */
	bool stopping;
	uint64_t descriptors;
	unsigned workers;
	uv_signal_t signals[SIGNALS];
};

/* --- what the node tells, and is told --- */

static void
on_record(void *ctx, unsigned worker, const struct record *r)
{
	struct server *s = ctx;

	log_record(s->log, worker, r);
}

static void
on_worker_stopped(void *ctx, unsigned worker)
{
	struct server *s = ctx;

	(void)worker;
	if (atomic_fetch_sub(&s->running, 1) == 1)
		loop_post(s->loop, &s->stopped);
}

static void
on_all_stopped(struct mail *m)
{
	loop_stop(LIST_OF(m, struct server, stopped)->loop);
}

static void
on_members(void *ctx)
{
	struct server *s = ctx;

	probe_look(s->prober);
	for (unsigned i = 0; i < s->node.worker_count; i++)
		if (s->node.workers[i] != NULL)
			worker_members(s->node.workers[i]);
}

static void
on_news(void *ctx, struct str line)
{
	(void)ctx;
	fprintf(stderr, "cairn: %.*s\n", STR_FMT(line));
}

/* The groups of a configuration that is about to be in force. */
static bool
follow(struct server *s, const struct conf *c)
{
	struct group **groups = calloc(c->upstream_count + 1, sizeof *groups);
	unsigned count = groups == NULL ? 0 : c->upstream_count;
	bool followed, probed;

	for (unsigned i = 0; i < count; i++)
		groups[i] = c->upstreams[i].group;
	/* Both in any case: they are not to go on with those of the configuration before. */
	followed = follow_groups(s->follow, groups, count, c->timeouts.follow);
	probed = probe_groups(s->prober, groups, count);
	free(groups);
	return followed && probed && count == c->upstream_count;
}

static void
set_client_limit(struct server *s, const struct conf *conf)
{
	uint64_t limit = conf->limits.connections;

	if (limit == 0) /* half of the descriptors: each client may need one towards upstream */
		limit = s->descriptors / 2;
	atomic_store(&s->node.client_limit, (unsigned)limit);
}

static bool
reload(void *ctx, struct strbuf *say)
{
	struct server *s = ctx;
	struct settings_report *report = settings_report_new();
	struct conf *running = node_conf(&s->node);
	struct conf *conf = settings_reload(s->flags, running, report);
	const char *why = NULL;

	if (report != NULL)
		settings_report_text(report, say);
	settings_report_free(&report);
	conf_unref(&running);
	if (conf == NULL)
		return false;
	if (!conf_for_workers(conf, s->workers)) {
		strbuf_lit(say, "out of memory: the configuration stays as it was\n");
		conf_unref(&conf);
		return false;
	}
	if (!log_reconf(s->log, conf, &why)) {
		strbuf_printf(say, "logs: %s\n", why);
		conf_unref(&conf);
		return false;
	}
	set_client_limit(s, conf);
	if (!follow(s, conf))
		strbuf_lit(say, "out of memory: not all members are followed and probed\n");
	node_reconf(&s->node, conf);
	return true;
}

static bool
ready(void *ctx)
{
	struct server *s = ctx;

	return !s->stopping;
}

static void
stop(struct server *s)
{
	bool again = s->stopping;

	s->stopping = true;
	atomic_store(&s->node.draining, true);
	process_notify("STOPPING=1");
	for (unsigned i = 0; i < s->node.worker_count; i++)
		worker_stop(s->node.workers[i], again);
}

static void
on_hup(struct server *s)
{
	char text[8192];
	struct strbuf say = strbuf_fixed(text, sizeof text);
	bool fine = reload(s, &say);

	fprintf(stderr, "%.*scairn: %s\n", STR_FMT(strbuf_str(&say)),
		fine ? "the new configuration is in force" : "the old configuration stays in force");
}

static void
on_signal(uv_signal_t *handle, int number)
{
	struct server *s = handle->data;

	if (number == SIGHUP)
		on_hup(s);
	else if (number == SIGUSR1)
		log_reopen(s->log);
	else
		stop(s);
}

/* --- start --- */

static bool
begin_following(struct server *s)
{
	struct follow_hooks hooks = { .changed = on_members, .say = on_news, .ctx = s };
	struct probe_hooks probe_hooks = { .say = on_news, .ctx = s };
	const char *servers = s->conf->node.servers;

	s->follow = follow_new(s->loop, &hooks);
	s->prober = probe_new(s->loop, &probe_hooks);
	if (s->follow == NULL || s->prober == NULL)
		return false;
	if (servers != NULL) {
		follow_servers(s->follow, servers);
		probe_servers(s->prober, servers);
	}
	return follow(s, s->conf);
}

static int
begin_workers(struct server *s)
{
	struct node *n = &s->node;

	for (unsigned i = 0; i < n->worker_count; i++) {
		n->workers[i] = worker_new(n, i);
		if (n->workers[i] == NULL)
			return -1;
	}
	atomic_store(&s->running, n->worker_count);
	for (unsigned i = 0; i < n->worker_count; i++)
		if (!worker_answer(n->workers[i], s->ports.icp[i], s->ports.htcp[i]) ||
		    worker_start(n->workers[i], s->ports.fds + i * s->conf->listener_count, s->conf->listener_count) !=
			0)
			return -1;
	memset(s->ports.fds, -1, sizeof s->ports.fds); /* theirs now */
	memset(s->ports.icp, -1, sizeof s->ports.icp);
	memset(s->ports.htcp, -1, sizeof s->ports.htcp);
	return 0;
}

static void
watch_signals(struct server *s)
{
	static const int numbers[SIGNALS] = { SIGTERM, SIGINT, SIGHUP, SIGUSR1 };

	signal(SIGPIPE, SIG_IGN);
	for (int i = 0; i < SIGNALS; i++) {
		uv_signal_init(loop_uv(s->loop), &s->signals[i]);
		s->signals[i].data = s;
		uv_signal_start(&s->signals[i], on_signal, numbers[i]);
	}
}

/* One that comes from here on finds the node at its end already, and is not to make another end of it. All other
 * threads block signals from their start. */
static void
leave_signals(struct server *s)
{
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	for (int i = 0; i < SIGNALS; i++)
		uv_close((uv_handle_t *)&s->signals[i], NULL);
}

static void
say_answers(struct str asked_for, const char *what, const union addr *bound)
{
	char text[ADDR_TEXT_SIZE];

	if (asked_for.n > 0)
		fprintf(stderr, "cairn: answers %s on %.*s\n", what, (int)addr_text_port(bound, text), text);
}

static void
say_where(const struct server *s)
{
	char text[ADDR_TEXT_SIZE];
	struct str where;

	for (unsigned i = 0; i < s->conf->listener_count; i++) {
		where = str_of(text, addr_text_port(&s->ports.bound[i], text));
		fprintf(stderr, "cairn: %.*s listens on %.*s\n", STR_FMT(s->conf->trail.node.name), STR_FMT(where));
	}
	say_answers(s->conf->neighbours.icp, "ICP", &s->ports.icp_bound);
	say_answers(s->conf->neighbours.htcp, "HTCP", &s->ports.htcp_bound);
	where = str_of(text, addr_text_port(&s->ports.admin_bound, text));
	fprintf(stderr, "cairn: admin port on %.*s: /metrics, /v1/status, /v1/explain?url=\n", STR_FMT(where));
	fprintf(stderr, "cairn: %u workers, %llu MiB for the store, %llu descriptors\n", s->node.worker_count,
		(unsigned long long)(s->conf->store.memory >> 20), (unsigned long long)s->descriptors);
}

static bool
complain(const char *what, const char *why)
{
	fprintf(stderr, "cairn: %s: %s\n", what, why == NULL ? "the system refused" : why);
	return false;
}

static bool
has_tproxy(const struct conf *c)
{
	for (unsigned i = 0; i < c->listener_count; i++)
		if (conf_is_tproxy(&c->listeners[i]))
			return true;
	return false;
}

static bool
start(struct server *s, const struct hash_secret *index)
{
	struct node_hooks hooks = { .record = on_record, .stopped = on_worker_stopped, .say = on_news, .ctx = s };
	struct admin_hooks ah = { reload, ready, s };
	const char *why = NULL;

	s->loop = loop_new();
	if (s->loop == NULL)
		return complain("event loop", NULL);
	mail_init(&s->stopped, on_all_stopped);
	s->log = log_new(s->conf, s->workers, &why);
	if (s->log == NULL)
		return complain("logs", why);
	if (process_become(s->conf->node.user, has_tproxy(s->conf), &why) != 0)
		return complain("node.user", why);
	if (node_init(&s->node, conf_ref(s->conf), s->workers, index, s->conf->trail.node.instance, &hooks, &why) != 0)
		return complain("store", why);
	set_client_limit(s, s->conf);
	watch_signals(s);
	if (!begin_following(s))
		return complain("followed names", NULL);
	if (begin_workers(s) != 0)
		return complain("workers", NULL);
	s->admin = admin_new(s->loop, s->ports.admin, &s->node, &ah, &why);
	s->ports.admin = -1;
	return s->admin != NULL || complain("admin.address", why);
}

static void
finish(struct server *s)
{
	leave_signals(s);
	passwords_stop(s->node.passwords);
	for (unsigned i = 0; i < s->node.worker_count; i++)
		worker_join(&s->node.workers[i]);
	admin_free(&s->admin);
	follow_free(&s->follow);
	probe_free(&s->prober);
	log_free(&s->log);
	loop_turn(s->loop);
	loop_free(&s->loop);
	rcu_settle();
	node_fini(&s->node);
}

static struct conf *
read_settings(const struct settings_flags *flags)
{
	struct settings_report *report = settings_report_new();
	struct conf *conf = settings_load(flags, report);

	settings_report_print(report, stderr);
	settings_report_free(&report);
	return conf;
}

int
server_run(const struct settings_flags *flags)
{
	static struct server s; /* one a process; too large for a stack */
	struct hash_secret index;
	struct secret_home home;
	int err;

	s.flags = flags;
	s.conf = read_settings(flags);
	if (s.conf == NULL)
		return 2;
	s.workers = s.conf->node.workers > 0 ? (unsigned)s.conf->node.workers : process_cores();
	s.descriptors = process_descriptors();
	if (!ports_bind(&s.ports, s.conf, s.workers))
		return 2;
	rcu_thread_begin();
	counter_thread_begin();
	home = (struct secret_home){ .state = s.conf->node.state, .user = s.conf->node.user };
	err = secret_index(&home, &index);
	if (err != 0)
		complain("node.state: index-secret", strerror(-err));
	if (err != 0 || !start(&s, &index))
		return 2; /* the process ends, and with it what was begun */
	say_where(&s);
	process_notify("READY=1");
	loop_run(s.loop);
	finish(&s);
	segs_thread_end();
	counter_thread_end();
	rcu_thread_end();
	conf_unref(&s.conf);
	return 0;
}
