#include "proxy/answering.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/counter.h"
#include "net/udp.h"
#include "peer/htcp.h"
#include "peer/icp.h"
#include "proxy/promise.h"
#include "proxy/purge.h"
#include "proxy/worker.h"

#define ARENA_CAP ((size_t)256 * 1024) /* of one question, with its key and the table of its fields */

struct answering {
	struct worker *worker;
	struct udp *icp, *htcp;
	struct arena *arena; /* empty between datagrams */
};

/* A datagram that is being answered. */
struct asking {
	struct answering *to;
	const struct conf_neighbours *conf;
	const union addr *from, *at;
};

static bool
is_allowed(const struct asking *q)
{
	return net_list_has(&q->conf->allow_nets, q->from);
}

/* Until the question is answered. */
static struct promise_of
question(const struct asking *q, enum method method)
{
	struct promise_of of = { .conf = worker_conf(q->to->worker) };

	head_init(&of.request, q->to->arena);
	of.request.method = method;
	of.request.minor = 1;
	return of;
}

/* ---- ICP ---- */

static void
answer_icp(const struct asking *q, const struct icp *query, enum icp_opcode opcode, enum counter count)
{
	struct icp m = { opcode, query->number, query->url };
	char out[ICP_MAX];
	size_t n = icp_write(&m, out, sizeof out);

	counter_add(count, 1);
	udp_send(q->to->icp, str_of(out, n), q->from, q->at);
}

/* Of Vary nothing can be said: it is looked up as for a request without any of those fields. */
static void
look_icp(const struct asking *q, const struct icp *query)
{
	struct promise_of of = question(q, METHOD_GET);
	struct promise_found found;

	if (!promise_read(&of, query->url, q->to->arena))
		answer_icp(q, query, ICP_ERR, COUNTER_ANSWERED_ICP_ERROR);
	else if (promise_look(q->to->worker, &of, q->to->arena, &found) == PROMISE_HIT)
		answer_icp(q, query, ICP_HIT, COUNTER_ANSWERED_ICP_HIT);
	else
		answer_icp(q, query, ICP_MISS, COUNTER_ANSWERED_ICP_MISS);
}

static void
hear_icp(const struct asking *q, struct str datagram)
{
	struct icp query;
	enum icp_read is = icp_read(datagram, &query);

	if (is == ICP_READ_BAD)
		counter_add(COUNTER_ANSWERED_ICP_MALFORMED, 1);
	else if (query.opcode != ICP_QUERY)
		counter_add(COUNTER_ANSWERED_ICP_IGNORED, 1);
	else if (!is_allowed(q))
		answer_icp(q, &query, ICP_DENIED, COUNTER_ANSWERED_ICP_DENIED);
	else if (is == ICP_READ_BAD_URL)
		answer_icp(q, &query, ICP_ERR, COUNTER_ANSWERED_ICP_ERROR);
	else
		look_icp(q, &query);
}

static void
on_icp(void *owner, struct str datagram, const union addr *from, const union addr *to)
{
	struct answering *a = owner;
	struct asking q = { a, &worker_conf(a->worker)->neighbours, from, to };

	hear_icp(&q, datagram);
	arena_reset(a->arena);
}

/* ---- HTCP ---- */

/* To a request that wants none nothing is said. The version is the one that was spoken. */
static void
answer_htcp(const struct asking *q, const struct htcp *request, struct htcp *m, enum counter count)
{
	char out[HTCP_MAX];
	size_t n;

	counter_add(count, 1);
	if (!request->wants)
		return;
	m->answers = true;
	m->minor = request->minor;
	m->opcode = request->opcode;
	m->id = request->id;
	n = htcp_write(m, out, sizeof out);
	udp_send(q->to->htcp, str_of(out, n), q->from, q->at);
}

static void
refuse_htcp(const struct asking *q, const struct htcp *request, enum htcp_response why, enum counter count)
{
	struct htcp m = { .overall = true, .response = (uint8_t)why };

	answer_htcp(q, request, &m, count);
}

static bool
read_fields(struct head *h, struct str lines, struct arena *a)
{
	const struct head_limits limits = { HTCP_MAX, HTCP_MAX, HTCP_MAX };
	struct strbuf whole = strbuf_in(a, lines.n + 2);
	struct head_scan scan = { 0 };
	enum fault fault;
	size_t used;

	strbuf_add(&whole, lines);
	strbuf_lit(&whole, "\r\n");
	return !whole.over && head_parse_trailers(h, strbuf_str(&whole), &limits, &scan, &used, &fault) == HEAD_OK &&
	       used == whole.n;
}

/* What is asked about; false where that makes no sense. What no cache holds is a miss. */
static bool
read_question(const struct asking *q, const struct htcp *request, struct promise_of *of)
{
	*of = question(q, str_eq(request->method, STR("HEAD")) ? METHOD_HEAD : METHOD_GET);
	return promise_read(of, request->uri, q->to->arena) && read_fields(&of->request, request->fields, q->to->arena);
}

static void
test(const struct asking *q, const struct htcp *request)
{
	bool may_be_held = str_eq(request->method, STR("GET")) || str_eq(request->method, STR("HEAD"));
	struct htcp m = { .response = HTCP_TST_MISS };
	struct arena *a = q->to->arena;
	struct promise_found found;
	struct promise_of of;

	if (!read_question(q, request, &of)) {
		counter_add(COUNTER_ANSWERED_HTCP_MALFORMED, 1);
		return;
	}
	if (!may_be_held || promise_look(q->to->worker, &of, a, &found) != PROMISE_HIT) {
		answer_htcp(q, request, &m, COUNTER_ANSWERED_HTCP_MISS);
		return;
	}
	m.response = HTCP_TST_HIT;
	m.response_fields = arena_printf(a, "Age: %u\r\n", found.age_s);
	if (found.last_modified.n > 0)
		m.entity_fields = arena_printf(a, "Last-Modified: %.*s\r\n", STR_FMT(found.last_modified));
	answer_htcp(q, request, &m, COUNTER_ANSWERED_HTCP_HIT);
}

/* A URL is purged as a whole, whatever method it is to be cleared for. */
static void
clear(const struct asking *q, const struct htcp *request)
{
	struct node *n = q->to->worker->node;
	struct htcp m = { .response = HTCP_CLR_NOT_FOUND };
	struct promise_of of;
	struct purge p;
	struct key key;
	unsigned variants;

	if (!net_list_has(&q->conf->clear_nets, q->from)) {
		refuse_htcp(q, request, HTCP_DISALLOWED, COUNTER_ANSWERED_HTCP_DENIED);
		return;
	}
	if (!read_question(q, request, &of)) {
		counter_add(COUNTER_ANSWERED_HTCP_MALFORMED, 1);
		return;
	}
	p = (struct purge){ .conf = of.conf, .route = of.route, .parts = of.parts, .request = &of.request };
	p.order = node_order(n);
	purge_url(n, &p, loop_now(q->to->worker->loop).wall_ms, q->to->arena, &key, &variants);
	if (variants > 0)
		m.response = HTCP_CLR_DONE;
	answer_htcp(q, request, &m, variants > 0 ? COUNTER_ANSWERED_HTCP_CLEARED : COUNTER_ANSWERED_HTCP_NOT_FOUND);
}

static void
serve_htcp(const struct asking *q, const struct htcp *request)
{
	struct htcp m = { 0 };

	switch (request->opcode) {
	case HTCP_NOP:
		answer_htcp(q, request, &m, COUNTER_ANSWERED_HTCP_NOP);
		break;
	case HTCP_TST:
		test(q, request);
		break;
	case HTCP_CLR:
		clear(q, request);
		break;
	case HTCP_MON:
	case HTCP_SET:
		refuse_htcp(q, request, HTCP_NO_OPCODE, COUNTER_ANSWERED_HTCP_UNKNOWN);
		break;
	}
}

static void
hear_htcp(const struct asking *q, struct str datagram)
{
	struct htcp request;

	if (!htcp_read(datagram, &request))
		counter_add(COUNTER_ANSWERED_HTCP_MALFORMED, 1);
	else if (request.answers)
		counter_add(COUNTER_ANSWERED_HTCP_IGNORED, 1);
	else if (!is_allowed(q) && request.opcode != HTCP_CLR)
		refuse_htcp(q, &request, HTCP_DISALLOWED, COUNTER_ANSWERED_HTCP_DENIED);
	else
		serve_htcp(q, &request);
}

static void
on_htcp(void *owner, struct str datagram, const union addr *from, const union addr *to)
{
	struct answering *a = owner;
	struct asking q = { a, &worker_conf(a->worker)->neighbours, from, to };

	hear_htcp(&q, datagram);
	arena_reset(a->arena);
}

/* ---- life ---- */

/* False where it was to be opened and could not be. */
static bool
open_socket(struct answering *a, int fd, udp_fn *fn, struct udp **out)
{
	int err;

	if (fd >= 0)
		*out = udp_new(a->worker->loop, fd, fn, a, &err);
	return fd < 0 || *out != NULL;
}

struct answering *
answering_new(struct worker *w, int icp, int htcp)
{
	struct answering *a = calloc(1, sizeof *a);
	bool both;

	if (a != NULL) {
		a->worker = w;
		a->arena = arena_new(ARENA_CAP);
	}
	if (a == NULL || a->arena == NULL) {
		free(a);
		return NULL;
	}
	both = open_socket(a, icp, on_icp, &a->icp);
	both = open_socket(a, htcp, on_htcp, &a->htcp) && both;
	if (!both)
		answering_free(&a);
	return a;
}

void
answering_free(struct answering **ap)
{
	struct answering *a = *ap;

	if (a == NULL)
		return;
	*ap = NULL;
	udp_free(&a->icp);
	udp_free(&a->htcp);
	arena_free(&a->arena);
	free(a);
}
