#include "peer/dial_impl.h"

#include <errno.h>
#include <stdlib.h>

#include "base/must.h"
#include "net/tls.h"

_Static_assert(MEMBER_ADDRS_MAX <= RESOLVE_MAX, "an attempt has room for them");

struct dial {
	struct loop *loop;
	dial_fn *fn;
	dial_may_fn *may; /* NULL: anywhere */
	void *arg;
	struct resolve *resolve; /* while the name is looked up */
	const struct member *member;
	struct conn *conn;       /* while connecting */
	bool securing;           /* connected; TLS shakes hands */
	int64_t deadline_ns;
	enum upconn_fault fault; /* the latest */
	const char *why;
	uint8_t alert;
	char words[TLS_TEXT]; /* of `why`, where it is not static */
	struct task failed;
	unsigned count;
	unsigned next;
	union addr addrs[RESOLVE_MAX];
	union addr from;    /* AF_UNSPEC: the system's choice */
	struct str preface; /* sent before anything else */
	char text[UPCONN_PREFACE];
};

static enum upconn_fault
fault_of(int err)
{
	switch (-err) {
	case ECONNREFUSED:
		return UPCONN_REFUSED;
	case ETIMEDOUT:
		return UPCONN_TIMEOUT;
	case ENETUNREACH:
	case EHOSTUNREACH:
	case ENETDOWN:
	case EHOSTDOWN:
		return UPCONN_UNREACHABLE;
	case EMFILE:
	case ENFILE:
	case ENOMEM:
	case ENOBUFS:
		return UPCONN_SHORT;
	default:
		return UPCONN_FAILED;
	}
}

static void
note(struct dial *d, int err)
{
	d->fault = fault_of(err);
	d->why = strerrordesc_np(-err);
}

/* The connection's failure; what it says of TLS goes with it. */
static void
note_trouble(struct dial *d, struct conn *c, int err)
{
	static const enum upconn_fault faults[] = { [TLS_FAULT_NONE] = UPCONN_FAILED,
						    [TLS_FAULT_CERTIFICATE] = UPCONN_CERTIFICATE,
						    [TLS_FAULT_ALERT] = UPCONN_ALERT,
						    [TLS_FAULT_PROTOCOL] = UPCONN_TLS };
	const struct tls_trouble *trouble = conn_trouble(c);

	note(d, err);
	if (trouble == NULL)
		return;
	d->fault = faults[trouble->fault];
	d->alert = trouble->alert;
	memcpy(d->words, trouble->text, sizeof d->words);
	d->why = d->words;
}

static void
fail(struct task *t)
{
	static _Thread_local char said[TLS_TEXT]; /* outlives the attempt, which its receiver may free first */
	struct dial *d = LIST_OF(t, struct dial, failed);
	const char *why = d->why;

	if (why == d->words)
		why = memcpy(said, d->words, sizeof said);
	d->fn(d->arg, NULL, d->fault, why);
}

/* For the next address: an equal part of what is left, so that a silent one does not cost the others their turn. */
static int64_t
share_ms(const struct dial *d)
{
	int64_t left_ms = (d->deadline_ns - loop_now(d->loop).mono_ns) / NS_PER_MS;
	unsigned addrs = d->count - d->next;

	return left_ms > 0 && left_ms < addrs ? 1 : left_ms / addrs;
}

static bool
is_forbidden(struct dial *d, const union addr *to)
{
	if (d->may == NULL || d->may(d->arg, to))
		return false;
	d->fault = UPCONN_FORBIDDEN;
	d->why = "the address is not allowed";
	return true;
}

static void try_next(struct dial *d);

/* A new socket takes so little at once. */
static int
send_preface(struct dial *d, struct conn *c)
{
	struct iovec iov = { (void *)d->preface.p, d->preface.n };
	ssize_t n = d->preface.n == 0 ? 0 : conn_writev(c, &iov, 1);

	return n < 0 ? (int)n : (size_t)n < d->preface.n ? -ENOBUFS : 0;
}

/* Connected, or secured, or neither. */
static void
on_connected(struct conn *c, void *owner)
{
	struct dial *d = owner;
	const struct member *m = d->member;
	int err = conn_error(c);

	if (err == 0 && !d->securing)
		err = send_preface(d, c);
	if (err == 0 && m->tls != NULL && !d->securing) {
		d->securing = true;
		err = conn_secure(c, m->tls, m->server, m->label);
		if (err == 0)
			return;
	}
	if (err != 0) {
		note_trouble(d, c, err);
		conn_close(&d->conn);
		try_next(d);
		return;
	}
	d->conn = NULL;
	conn_timer(c, 0);
	d->fn(d->arg, c, UPCONN_OK, NULL);
}

static void
on_silence(struct conn *c, void *owner)
{
	struct dial *d = owner;

	(void)c;
	note(d, -ETIMEDOUT);
	if (d->securing)
		d->why = "the TLS handshake took too long";
	conn_close(&d->conn);
	try_next(d);
}

/* The next address that a connection can be begun to. Where none is left the attempt has failed, which is told from a
 * task: this may be running inside dial_to. */
static void
try_next(struct dial *d)
{
	static const struct conn_events events = { .writable = on_connected, .expired = on_silence };

	while (d->next < d->count) {
		int64_t ms = share_ms(d);
		const union addr *to = &d->addrs[d->next];
		int err;

		d->securing = false;
		if (ms <= 0) {
			note(d, -ETIMEDOUT);
			break;
		}
		d->next++;
		if (is_forbidden(d, to))
			continue;
		d->conn = conn_connect_from(d->loop, d->from.sa.sa_family == AF_UNSPEC ? NULL : &d->from, to, &events, d,
					    &err);
		if (d->conn != NULL) {
			conn_timer(d->conn, ms);
			return;
		}
		note(d, err);
	}
	loop_defer(d->loop, &d->failed);
}

static void
on_resolved(void *arg, const union addr *addrs, unsigned count, enum resolve_end end, const char *why)
{
	struct dial *d = arg;

	d->resolve = NULL;
	d->fault = end == RESOLVE_TIMEOUT ? UPCONN_DNS_TIMEOUT : UPCONN_DNS;
	d->why = why;
	d->count = count;
	for (unsigned i = 0; i < count; i++)
		d->addrs[i] = addrs[i];
	try_next(d);
}

struct dial *
dial_new(struct loop *l, dial_fn *fn, void *arg)
{
	struct dial *d = calloc(1, sizeof *d);

	if (d == NULL)
		return NULL;
	d->loop = l;
	d->fn = fn;
	d->arg = arg;
	task_init(&d->failed, fail);
	return d;
}

void
dial_only(struct dial *d, dial_may_fn *may)
{
	d->may = may;
}

void
dial_for(struct dial *d, const struct upconn_client *c)
{
	MUST(c->preface.n <= sizeof d->text);
	if (c->from != NULL)
		d->from = *c->from;
	if (c->preface.n > 0)
		memcpy(d->text, c->preface.p, c->preface.n);
	d->preface = str_of(d->text, c->preface.n);
}

void
dial_to(struct dial *d, struct resolver *r, const struct member *m, int64_t limit_ms)
{
	struct resolve *waiting;
	union addr places[MEMBER_ADDRS_MAX];
	unsigned count = member_places(m, places);

	d->member = m;
	d->deadline_ns = loop_now(d->loop).mono_ns + limit_ms * NS_PER_MS;
	if (count > 0) {
		on_resolved(d, places, count, RESOLVE_OK, NULL);
		return;
	}
	waiting = resolve_start(r, m->host, m->port, limit_ms, on_resolved, d);
	if (waiting != NULL)
		d->resolve = waiting;
}

const union addr *
dial_peer(const struct dial *d)
{
	return d->next == 0 ? NULL : &d->addrs[d->next - 1];
}

uint8_t
dial_alert(const struct dial *d)
{
	return d->alert;
}

void
dial_free(struct dial **dp)
{
	struct dial *d = *dp;

	if (d == NULL)
		return;
	*dp = NULL;
	resolve_cancel(&d->resolve);
	conn_close(&d->conn);
	task_cancel(&d->failed);
	free(d);
}
