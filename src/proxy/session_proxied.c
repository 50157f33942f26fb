/* A connection that somebody passes on, and begins with a header that says for whom (net/proxy_protocol.h). Until that is
 * read the session has no other business; the events of the connection come here. */
#include <errno.h>

#include "base/counter.h"
#include "base/must.h"
#include "net/proxy_protocol.h"
#include "proxy/session_impl.h"

_Static_assert(PROXY_PROTOCOL_MOST <= SESSION_IN_FIRST, "the longest header fits into what a head is read to");

static void
refuse(struct session *s)
{
	counter_add(COUNTER_PROXY_HEADERS, 1);
	session_hang_up(s, CLOSE_PLAIN);
}

static void
take_header(struct session *s, const struct proxy_protocol *p)
{
	if (p->from.sa.sa_family != AF_UNSPEC) { /* else the sender speaks for itself */
		s->peer = p->from;
		s->dest = p->to;
	}
	s->in_n -= p->size;
	memmove(s->in, s->in + p->size, s->in_n);
	session_listen(s);
}

static void
on_readable(struct conn *c, void *owner)
{
	struct session *s = owner;
	struct proxy_protocol p;
	ssize_t n;

	MUST_OBJ(s, SESSION_MAGIC);
	if (!session_make_room(s, s->in == NULL ? SESSION_IN_FIRST : 1)) {
		session_refuse_without_memory(s);
		return;
	}
	n = conn_read(c, s->in + s->in_n, s->in_cap - s->in_n);
	if (n == -EAGAIN)
		return;
	if (n <= 0) {
		session_hang_up(s, CLOSE_PLAIN); /* checks whether we are there look so */
		return;
	}
	s->in_n += (size_t)n;
	switch (proxy_protocol_read(str_of(s->in, s->in_n), &p)) {
	case PROXY_PROTOCOL_MORE:
		return;
	case PROXY_PROTOCOL_BAD:
		refuse(s);
		return;
	case PROXY_PROTOCOL_OK:
		take_header(s, &p);
		return;
	}
}

static void
on_expired(struct conn *c, void *owner)
{
	(void)c;
	refuse(owner);
}

void
session_await_header(struct session *s)
{
	static const struct conn_events events = { .readable = on_readable, .expired = on_expired };

	conn_own(s->conn, &events, s);
	conn_timer(s->conn, worker_conf(s->worker)->timeouts.head);
}
