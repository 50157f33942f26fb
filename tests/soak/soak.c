/* Mixed exchanges by the hundred thousand against the program: every byte is checked, and at the end nothing may be
 * left.
 *
 *   soak PROGRAM [--exchanges 20000] [--memory 64M] [--clients 100] [--seed 1] [--beyond 32M]
 *
 * Hits, misses, ranges, conditions, reloads, changes, purges, pipelining; slow clients and such as go away; an origin
 * that fails in every way. Then all is purged and everybody leaves: no entry, no flight, no pinned byte, the
 * descriptors as at the start, resident memory below the store's limit plus 32 MiB (`--beyond`), and an exit without
 * complaint.
 */
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "node.h"
#include "origin.h"
#include "reactor.h"
#include "reply.h"

#define LOOK_MS     500
#define PATIENCE_MS 60000
#define STUCK_MS    60000

struct options {
	const char *program, *memory, *beyond;
	uint64_t exchanges, seed;
	unsigned clients;
};

static bool
read_options(int argc, char **argv, struct options *o)
{
	if (argc < 2)
		return false;
	o->program = argv[1];
	for (int i = 2; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--exchanges") == 0)
			o->exchanges = strtoull(argv[i + 1], NULL, 10);
		else if (strcmp(argv[i], "--memory") == 0)
			o->memory = argv[i + 1];
		else if (strcmp(argv[i], "--beyond") == 0)
			o->beyond = argv[i + 1];
		else if (strcmp(argv[i], "--clients") == 0)
			o->clients = (unsigned)strtoul(argv[i + 1], NULL, 10);
		else if (strcmp(argv[i], "--seed") == 0)
			o->seed = strtoull(argv[i + 1], NULL, 10);
		else
			return false;
	}
	return argc % 2 == 0 && o->clients > 0;
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
	int64_t began_ms, looked_ms, moved_ms;
	uint64_t replies;
	uint64_t peak_kib;
};

static void
look(struct progress *p, const struct soak_node *n, bool reload)
{
	int64_t now = reactor_now_ms();
	uint64_t kib = node_kib(n, "VmRSS");

	p->looked_ms = now;
	p->peak_kib = kib > p->peak_kib ? kib : p->peak_kib;
	if (!node_runs(n))
		reply_wrong("the node is gone after %" PRIu64 " answers", reply_counts.replies);
	if (reply_counts.replies != p->replies)
		p->moved_ms = now;
	p->replies = reply_counts.replies;
	if (now > p->moved_ms + STUCK_MS)
		reply_wrong("nothing moves any more: %" PRIu64 " exchanges are left", client_left());
	if (reload)
		node_reload(n);
}

static void
exchange(struct progress *p, const struct soak_node *n)
{
	unsigned looks = 0;

	p->began_ms = p->looked_ms = p->moved_ms = reactor_now_ms();
	while (client_left() > 0) {
		reactor_turn();
		if (reactor_now_ms() >= p->looked_ms + LOOK_MS)
			look(p, n, ++looks % 4 == 0);
	}
}

/* ---- the end ---- */

static const struct {
	const char *section, *key;
} gone[] = {
	{ "\"flights\"", "flights" },     { "\"store\"", "entries" }, { "\"store\"", "pinned_entries" },
	{ "\"store\"", "pinned" },        { "\"store\"", "retired" }, { "\"store\"", "bodies" },
	{ "\"clients\"", "connections" },
};

/* NULL where nothing is left; else what is. */
static const char *
what_is_left(const struct soak_node *n)
{
	for (unsigned i = 0; i < sizeof gone / sizeof gone[0]; i++)
		if (node_status(n, gone[i].section, gone[i].key) != 0)
			return gone[i].key;
	return NULL;
}

static void
wait_until_empty(const struct soak_node *n, unsigned descriptors)
{
	int64_t until = reactor_now_ms() + PATIENCE_MS;
	const char *left;

	node_order(n, "/v1/purge-all");
	while ((left = what_is_left(n)) != NULL || node_descriptors(n) != descriptors) {
		if (reactor_now_ms() > until && left != NULL)
			reply_wrong("%s are left", left);
		if (reactor_now_ms() > until)
			reply_wrong("%u descriptors, and %u at the start", node_descriptors(n), descriptors);
		poll(NULL, 0, 50);
	}
}

static void
tell(const struct progress *p, const struct options *o)
{
	const struct client_counts *c = &client_counts;
	const struct reply_counts *r = &reply_counts;
	const struct origin_counts *u = &origin_counts;
	double s = (double)(reactor_now_ms() - p->began_ms) / 1000;

	printf("%" PRIu64 " exchanges in %.0f s, %.0f a second, by %u clients on %" PRIu64 " connections\n", c->asked,
	       s, (double)c->asked / s, o->clients, c->connections);
	printf("asked: %" PRIu64 " pipelines, %" PRIu64 " changes, %" PRIu64 " purges, %" PRIu64
	       " slow readers, %" PRIu64 " left in the middle\n",
	       c->pipelined, c->posts, c->purges, c->slow, c->aborted);
	printf("answered: %" PRIu64 " (%" PRIu64 " MiB), %" PRIu64 " hits, %" PRIu64 " parts, %" PRIu64
	       " not modified, %" PRIu64 " errors, %" PRIu64 " made up, %" PRIu64 " cut\n",
	       r->replies, r->bytes >> 20, r->hits, r->parts, r->not_modified, r->errors, r->made_up, r->cuts);
	printf("the origin: %" PRIu64 " requests, %" PRIu64 " whole, %" PRIu64 " parts, %" PRIu64
	       " not modified; failed by %" PRIu64 " errors, %" PRIu64 " resets, %" PRIu64 " times nonsense, %" PRIu64
	       " cuts; %" PRIu64 " times slow\n",
	       u->requests, u->full, u->parts, u->not_modified, u->errors, u->resets, u->nonsense, u->cuts, u->slow);
}

int
main(int argc, char **argv)
{
	struct options o = { .memory = "64M", .beyond = "32M", .exchanges = 20000, .seed = 1, .clients = 100 };
	struct progress p = { 0 };
	struct soak_node n;
	uint16_t origins[ORIGINS];
	unsigned descriptors;
	int64_t evictions;
	int status;

	if (!read_options(argc, argv, &o)) {
		fprintf(
		    stderr,
		    "usage: soak PROGRAM [--exchanges N] [--memory SIZE] [--clients N] [--seed N] [--beyond SIZE]\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	site_seed(o.seed);
	reactor_init();
	for (int i = 0; i < ORIGINS; i++)
		origins[i] = origin_open();
	node_start(&n, o.program, o.memory, origins);
	descriptors = node_descriptors(&n);
	client_begin(n.port, o.clients, o.exchanges);
	exchange(&p, &n);
	tell(&p, &o);
	evictions = node_status(&n, "\"store\"", "evictions");
	origin_close_all();
	wait_until_empty(&n, descriptors);
	printf("the node: %" PRIi64 " evictions; resident %" PRIu64 " MiB at most, %" PRIu64
	       " MiB at the end, %u descriptors\n",
	       evictions, p.peak_kib / 1024, node_kib(&n, "VmRSS") / 1024, descriptors);
	if (p.peak_kib > kib_of(o.memory) + kib_of(o.beyond))
		reply_wrong("%" PRIu64 " KiB resident", p.peak_kib);
	status = node_stop(&n);
	if (status != 0)
		reply_wrong("it ends with %d", status);
	client_end();
	return 0;
}
