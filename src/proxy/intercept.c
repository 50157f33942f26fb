#include "proxy/intercept.h"

#include "net/divert.h"

#define HTTP_PORT 80

/* --- connections --- */

static bool
is_listened_on(const struct worker_listener *l, const union addr *a)
{
	static const struct in6_addr any = IN6ADDR_ANY_INIT;
	union addr at;

	if (l->port != addr_port(a))
		return false;
	listener_bound(l->fd, &at);
	if (at.sa.sa_family == AF_INET ? at.in.sin_addr.s_addr == htonl(INADDR_ANY)
				       : memcmp(&at.in6.sin6_addr, &any, sizeof any) == 0)
		return divert_is_here(a);
	return addr_same_ip(&at, a);
}

/* Would we ask ourselves? */
static bool
leads_here(const struct worker *w, const union addr *a)
{
	for (unsigned i = 0; i < w->listener_count; i++)
		if (is_listened_on(&w->listeners[i], a))
			return true;
	return false;
}

void
intercept_accepted(struct session *s, int fd)
{
	const struct conf_listener *l = &worker_conf(s->worker)->listeners[s->listener->index];

	if (l->mode != CONF_mode_INTERCEPT)
		return;
	s->diverted = true;
	s->astray = !divert_destination(fd, conf_is_tproxy(l) ? DIVERT_TPROXY : DIVERT_REDIRECT, &s->dest) ||
		    leads_here(s->worker, &s->dest);
}

/* --- is the host there? --- */

static bool
has_port(const union addr *dest, uint16_t port)
{
	return addr_port(dest) == (port == 0 ? HTTP_PORT : port);
}

bool
intercept_knows(const struct session *s, struct str host, uint16_t port)
{
	return !s->astray && has_port(&s->dest, port) && resolver_knows(s->worker->resolver, host, &s->dest);
}

struct str
intercept_destination(const struct req *r)
{
	char text[ADDR_TEXT_SIZE];

	return arena_str(r->arena, str_of(text, addr_text_port(session_destination(r->session), text)));
}

static void
on_addresses(void *arg, const union addr *addrs, unsigned count, enum resolve_end end, const char *why)
{
	struct req *r = arg;

	(void)end;
	(void)why;
	r->resolving = NULL;
	r->host_check = count == 0 ? HOST_UNRESOLVED : HOST_ELSEWHERE;
	for (unsigned i = 0; i < count; i++)
		if (addr_same_ip(&addrs[i], session_destination(r->session)))
			r->host_check = HOST_THERE;
	req_run(r);
}

static void
look_up(struct req *r)
{
	struct resolve *waiting;

	r->host_check = HOST_ASKED;
	if (!has_port(session_destination(r->session), r->port)) {
		r->host_check = HOST_ELSEWHERE;
		return;
	}
	waiting = resolve_start(r->worker->resolver, r->hostname, 0, r->conf->timeouts.connect, on_addresses, r);
	if (waiting != NULL)
		r->resolving = waiting;
}

/* Past the cache, to where it was sent. */
static enum step
not_there(struct req *r, enum reason why)
{
	if (r->listener->unverified == CONF_unverified_REFUSE)
		return req_refuse(r, 403, why, PROXY_ERROR_HTTP_REQUEST_DENIED,
				  "The host that this request names does not have the address that it was sent to.\n");
	r->route = NULL;
	r->policy = worker_direct_policy(r->worker);
	if (!req_ask_direct(r))
		return STEP_REFUSE;
	r->asked.bypass = false;
	r->asked.unverified = why;
	return STEP_KEY;
}

enum step
intercept_verify(struct req *r)
{
	if (r->host_check == HOST_UNASKED)
		look_up(r);
	switch (r->host_check) {
	case HOST_THERE:
		return STEP_KEY;
	case HOST_ELSEWHERE:
		return not_there(r, REASON_HOST_MISMATCH);
	case HOST_UNRESOLVED:
		return not_there(r, REASON_HOST_UNRESOLVED);
	default:
		return STEP_WAIT;
	}
}
