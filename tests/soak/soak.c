/* Mixed exchanges by the hundred thousand against the program: every byte is checked, and at the end nothing may be
 * left.
 *
 *   soak PROGRAM [--exchanges 20000] [--memory 64M] [--clients 100] [--seed 1] [--beyond 32M] [--patience 4]
 *
 * Hits, misses, ranges, conditions, changes, purges, reloads, evictions, pipelines; clients that are slow, stop, and go
 * away; origins that fail in every way. Then all is purged and everybody leaves: no entry, no flight, no pinned byte,
 * the descriptors as at the start, resident memory below the store's limit plus `--beyond`, and an exit without
 * complaint.
 *
 * `--patience`: seconds that the node waits for a client, and within a body. The end of a run takes up to as long.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "count.h"
#include "node.h"
#include "origin.h"
#include "reactor.h"
#include "reply.h"

#define LOOK_MS     500
#define TELL_MS     10000
#define PATIENCE_MS 60000  /* for all to be gone */
#define STUCK_MS    120000 /* without an answer */

struct options {
	const char *program, *memory, *beyond;
	uint64_t exchanges, seed;
	unsigned clients, patience_s;
};

static bool
read_option(struct options *o, const char *name, const char *value)
{
	if (strcmp(name, "--exchanges") == 0)
		o->exchanges = strtoull(value, NULL, 10);
	else if (strcmp(name, "--memory") == 0)
		o->memory = value;
	else if (strcmp(name, "--beyond") == 0)
		o->beyond = value;
	else if (strcmp(name, "--clients") == 0)
		o->clients = (unsigned)strtoul(value, NULL, 10);
	else if (strcmp(name, "--patience") == 0)
		o->patience_s = (unsigned)strtoul(value, NULL, 10);
	else if (strcmp(name, "--seed") == 0)
		o->seed = strtoull(value, NULL, 10);
	else
		return false;
	return true;
}

static bool
read_options(int argc, char **argv, struct options *o)
{
	if (argc < 2 || argc % 2 != 0)
		return false;
	o->program = argv[1];
	for (int i = 2; i < argc; i += 2)
		if (!read_option(o, argv[i], argv[i + 1]))
			return false;
	return o->clients > 0 && o->patience_s > 0;
}

static uint64_t
kib_of(const char *size)
{
	char *unit;
	uint64_t n = strtoull(size, &unit, 10);

	return *unit == 'G' ? n * 1024 * 1024 : *unit == 'M' ? n * 1024 : *unit == 'K' ? n : n / 1024;
}

/* ---- the run ---- */

struct progress {
	int64_t began_ms, looked_ms, moved_ms, told_ms;
	uint64_t replies;
	unsigned looks;
};

static double
seconds_since(int64_t ms)
{
	return (double)(reactor_now_ms() - ms) / 1000;
}

static void
tell_progress(struct progress *p, const struct soak_node *n)
{
	const char *status = node_status(n);

	p->told_ms = reactor_now_ms();
	printf("%6.0f s  %9" PRIu64 " answers  %7" PRIi64 " entries  %8" PRIi64 " evictions  %4" PRIi64
	       " flights  %4u descriptors  %4" PRIu64 " MiB resident\n",
	       seconds_since(p->began_ms), counts[COUNT_REPLIES], status_sum(status, "entries"),
	       status_sum(status, "evictions"), status_sum(status, "flights"), node_descriptors(n),
	       node_kib(n, "VmRSS") / 1024);
	fflush(stdout);
}

static void
look(struct progress *p, const struct soak_node *n)
{
	int64_t now = reactor_now_ms();

	p->looked_ms = now;
	p->looks++;
	if (!node_runs(n))
		reply_wrong("the node is gone after %" PRIu64 " answers", counts[COUNT_REPLIES]);
	if (counts[COUNT_REPLIES] != p->replies)
		p->moved_ms = now;
	p->replies = counts[COUNT_REPLIES];
	if (now > p->moved_ms + STUCK_MS)
		reply_wrong("nothing moves any more: %" PRIu64 " exchanges are left", client_left());
	if (now > p->told_ms + TELL_MS)
		tell_progress(p, n);
}

static void
exchange(struct progress *p, struct soak_node *n)
{
	p->began_ms = p->looked_ms = p->moved_ms = p->told_ms = reactor_now_ms();
	while (client_left() > 0) {
		reactor_turn();
		if (reactor_now_ms() < p->looked_ms + LOOK_MS)
			continue;
		look(p, n);
		origin_turn_doors();
		if (p->looks % 4 == 0)
			node_reload(n);
		if (p->looks % 10 == 0)
			node_purge_all(n, p->looks % 20 == 0);
	}
}

/* ---- the end ---- */

static const char *const gone[] = { "flights", "entries", "pinned_entries", "pinned",
				    "retired", "bodies",  "connections",    "active" };

/* NULL where nothing is left; else what is. */
static const char *
what_is_left(const struct soak_node *n)
{
	const char *status = node_status(n);

	for (unsigned i = 0; i < sizeof gone / sizeof gone[0]; i++)
		if (status_sum(status, gone[i]) != 0)
			return gone[i];
	return NULL;
}

static void
wait_until_empty(const struct soak_node *n, unsigned descriptors)
{
	int64_t until = reactor_now_ms() + PATIENCE_MS;
	const char *left;

	origin_close_all();
	node_purge_all(n, false);
	while ((left = what_is_left(n)) != NULL || node_descriptors(n) != descriptors) {
		if (reactor_now_ms() > until && left != NULL) {
			fprintf(stderr, "%s\n", node_status(n));
			kill(n->pid, SIGABRT); /* which leaves a core where the system lets it */
			reply_wrong("%s are left", left);
		}
		if (reactor_now_ms() > until)
			reply_wrong("%u descriptors, and %u at the start", node_descriptors(n), descriptors);
		reactor_turn();
	}
}

static void
tell_node(const struct soak_node *n, const char *when, const char *const keys[], unsigned count)
{
	const char *status = node_status(n);

	for (unsigned i = 0; i < count; i++)
		count_row(when, keys[i], (uint64_t)status_sum(status, keys[i]));
}

static void
tell(const struct progress *p, const struct soak_node *n)
{
	static const char *const keys[] = { "hit",    "miss", "puts",     "replaced", "evictions", "drops",
					    "purges", "full", "failures", "reused",   "memory",    "entries" };

	printf("%" PRIu64 " exchanges in %.0f s, %.0f a second\n", counts[COUNT_ASKED], seconds_since(p->began_ms),
	       (double)counts[COUNT_ASKED] / seconds_since(p->began_ms));
	count_tell();
	tell_node(n, "the node", keys, sizeof keys / sizeof keys[0]);
}

static void
tell_end(const struct soak_node *n, unsigned descriptors)
{
	/* Before the status is asked for, which takes one. */
	count_row("purged, drained", "descriptors", node_descriptors(n));
	count_row("purged, drained", "descriptors at the start", descriptors);
	tell_node(n, "purged, drained", gone, sizeof gone / sizeof gone[0]);
	count_row("purged, drained", "KiB resident", node_kib(n, "VmRSS"));
	count_row("purged, drained", "KiB resident at most", node_kib(n, "VmHWM"));
}

static void
end(struct soak_node *n, const struct options *o, unsigned descriptors)
{
	uint64_t most, limit = kib_of(o->memory) + kib_of(o->beyond);
	int status;

	wait_until_empty(n, descriptors);
	tell_end(n, descriptors);
	most = node_kib(n, "VmHWM");
	if (most > limit)
		reply_wrong("%" PRIu64 " KiB were resident, and %" PRIu64 " may", most, limit);
	status = node_stop(n);
	if (status != 0)
		reply_wrong("it ends with %d", status);
}

int
main(int argc, char **argv)
{
	struct options o = {
		.memory = "64M", .beyond = "32M", .exchanges = 20000, .seed = 1, .clients = 100, .patience_s = 4
	};
	struct progress p = { 0 };
	struct soak_node n = { 0 };
	unsigned descriptors;

	if (!read_options(argc, argv, &o)) {
		fprintf(stderr, "usage: soak PROGRAM [--exchanges N] [--memory SIZE] [--clients N] [--seed N] "
				"[--beyond SIZE] [--patience SECONDS]\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	site_seed(o.seed);
	reactor_init();
	n.patience_s = o.patience_s;
	for (int i = 0; i < ORIGINS; i++)
		n.origins[i] = origin_open();
	node_start(&n, o.program, o.memory);
	descriptors = node_descriptors(&n);
	client_begin(n.port, o.clients, o.exchanges, o.patience_s * 1000);
	exchange(&p, &n);
	tell(&p, &n);
	end(&n, &o, descriptors);
	client_end();
	return 0;
}
