/* What is asked: a request's head read as a request to a proxy. */
#include "base/must.h"
#include "http/cc.h"
#include "http/fields.h"
#include "http/uri.h"
#include "net/addr.h"
#include "proxy/bypass.h"
#include "proxy/digest_serve.h"
#include "proxy/direct.h"
#include "proxy/held.h"
#include "proxy/intercept.h"
#include "proxy/plain.h"
#include "proxy/req_impl.h"
#include "proxy/whom.h"

static bool
refuse(struct req *r, int status, enum reason reason, enum proxy_error error, const char *text)
{
	req_refuse(r, status, reason, error, text);
	return false;
}

static bool
faulty(struct req *r, enum fault fault)
{
	r->fault = fault;
	req_refuse_fault(r);
	return false;
}

/* HTTP/1.0 without Host: the listener's default, or the address it came to. */
static struct str
default_host(struct req *r)
{
	char text[ADDR_TEXT_SIZE];

	if (session_destination(r->session) != NULL)
		return intercept_destination(r);
	if (r->listener->default_host.n > 0)
		return r->listener->default_host;
	return arena_str(r->arena, str_of(text, addr_text_port(conn_local(session_conn(r->session)), text)));
}

static bool
find_target(struct req *r)
{
	struct uri uri;
	enum fault fault;
	struct str hostname;

	fault = head_check_host(&r->head, &hostname, &r->port);
	if (fault != FAULT_NONE)
		return faulty(r, fault);
	if (!uri_parse_target(r->head.target, r->head.method == METHOD_CONNECT, &uri) || uri.userinfo)
		return faulty(r, FAULT_TARGET);
	if (uri.form == URI_ASTERISK && r->head.method != METHOD_OPTIONS) /* RFC 9112 3.2.4 */
		return faulty(r, FAULT_TARGET);
	r->scheme = STR("http");
	r->target = uri.form == URI_ASTERISK || (uri.bare && r->head.method == METHOD_OPTIONS)
			? STR("*")
			: uri_path(&uri, r->arena);
	r->host = head_get(&r->head, HDR_HOST);
	if (uri.form == URI_ABSOLUTE || uri.form == URI_AUTHORITY) {
		r->host = uri.authority; /* RFC 9112 3.2.2: the target's host counts, whatever Host says */
		hostname = uri.host;
		r->port = uri.port;
	}
	if (r->host.p == NULL) {
		r->host = default_host(r);
		if (!uri_parse_host(r->host, &hostname, &r->port))
			return faulty(r, FAULT_BAD_HOST);
	}
	r->hostname = hostname;
	if (uri.form == URI_ABSOLUTE && !str_ieq(uri.scheme, STR("http")))
		return refuse(r, 400, REASON_DENIED, PROXY_ERROR_HTTP_REQUEST_ERROR,
			      "Only http:// targets are forwarded; use CONNECT for others.\n");
	r->names_host = uri.form == URI_ABSOLUTE;
	return true;
}

/* As proxies before us tell it that are believed, and would be by an origin: so what is stored for one scheme, such as
 * a redirect to the other, is not given for both. The first of several is nearest to the client. */
static struct str
told_scheme(const struct req *r)
{
	struct list_walk protos = { 0 }, forwarded = { 0 };
	struct str element, name, value;

	if (r->conf->forwarding.x_forwarded != CONF_xff_REPLACE &&
	    list_walk(&r->head, HDR_X_FORWARDED_PROTO, &protos, &element))
		return element;
	if (!list_walk(&r->head, HDR_FORWARDED, &forwarded, &element))
		return STR_NONE;
	while (param_next(&element, &name, &value))
		if (str_ieq(name, STR("proto")))
			return unquote(value, r->arena);
	return STR_NONE;
}

static void
find_scheme(struct req *r)
{
	const struct net_list *proxies = &r->conf->forwarding.trusted_nets;

	if (proxies->count == 0 || r->listener->mode == CONF_mode_FORWARD ||
	    r->listener->mode == CONF_mode_INTERCEPT || !net_list_has(proxies, session_peer(r->session)))
		return;
	if (str_ieq(told_scheme(r), STR("https")))
		r->scheme = STR("https");
}

static bool
ask_group(struct req *r)
{
	r->to = r->route->to;
	r->upstream_group = r->to->name;
	return true;
}

bool
req_ask_direct(struct req *r)
{
	r->to = NULL;
	r->direct = true;
	r->upstream_group = WHOM_DIRECT;
	if (r->direct_host == NULL)
		r->direct_host = direct_find(r->worker->direct, r->direct_to);
	return r->direct_host != NULL || faulty(r, FAULT_BAD_HOST);
}

static bool
find_route(struct req *r)
{
	int mode = r->listener->mode;
	bool forwards = mode == CONF_mode_FORWARD || mode == CONF_mode_BOTH;

	r->route = r->looked != NULL ? r->looked->route : conf_route_for(r->conf, r->hostname, r->target);
	r->policy = r->route != NULL ? &r->route->policy : worker_direct_policy(r->worker);
	r->direct_to = mode == CONF_mode_INTERCEPT ? intercept_destination(r) : r->host;
	r->may_go_direct = mode == CONF_mode_INTERCEPT || (forwards && r->names_host);
	if (r->route != NULL && r->route->to != NULL)
		return ask_group(r);
	if (!forwards && mode != CONF_mode_INTERCEPT)
		return refuse(r, 404, REASON_DENIED, PROXY_ERROR_HTTP_REQUEST_DENIED,
			      "No route serves this host and path.\n");
	if (!r->may_go_direct)
		return refuse(r, 400, REASON_DENIED, PROXY_ERROR_HTTP_REQUEST_ERROR,
			      "This is a forward proxy: the target must name a host, as in GET http://host/path.\n");
	return req_ask_direct(r);
}

bool
req_upstream_is_down(const struct req *r)
{
	if (r->to != NULL)
		return whom_is_down(r->to, r->head.method, r->may_go_direct, r->now.mono_ns);
	return group_is_down(direct_group(r->direct_host), r->now.mono_ns);
}

static void
read_fields(struct req *r)
{
	asked_read(&r->asked, &r->head);
	r->asked.has_body = r->frame.framing != FRAMING_NONE;
	r->asked.upgrade = r->head.minor == 1 && head_has(&r->head, HDR_UPGRADE) &&
			   head_has_token(&r->head, HDR_CONNECTION, STR("upgrade"));
	r->asked.bypass = bypass_asked(r->route, &r->head, r->target);
	r->has_range = wish_range(&r->head, &r->range);
}

static void
read_wishes(struct req *r)
{
	if (r->looked != NULL) /* it has none */
		r->asked.method = METHOD_GET;
	else
		read_fields(r);
	if (digest_is_path(r->target))
		r->asked.bypass = true;
}

/* A request that may go no further is answered here (RFC 9110 7.6.2). */
static bool
hops_left(struct req *r)
{
	uint64_t n;

	if (r->head.method != METHOD_OPTIONS && r->head.method != METHOD_TRACE)
		return true;
	return !str_u64(head_get(&r->head, HDR_MAX_FORWARDS), &n) || n > 0;
}

static bool
understand(struct req *r)
{
	enum fault fault;

	head_drop_named(&r->head);
	r->keep = r->head.minor == 1 ? !head_has_token(&r->head, HDR_CONNECTION, STR("close"))
				     : head_has_token(&r->head, HDR_CONNECTION, STR("keep-alive"));
	fault = body_of_request(&r->head, &r->frame);
	if (fault != FAULT_NONE)
		return faulty(r, fault);
	if ((method_looks_up(r->head.method) || r->head.method == METHOD_CONNECT) &&
	    r->frame.framing == FRAMING_LENGTH && r->frame.length == 0)
		r->frame.framing = FRAMING_NONE; /* some clients say so of every request */
	if (!find_target(r))
		return false;
	find_scheme(r);
	return true;
}

/* The same of a head of which that much is known already: what it does not say need not be looked for. */
static void
take_looked(struct req *r)
{
	r->keep = true;
	r->scheme = STR("http");
	r->target = r->head.target;
	r->host = head_get(&r->head, HDR_HOST);
	r->hostname = str_head(r->host, r->looked->host_n);
	r->port = r->looked->port;
}

bool
req_understand(struct req *r)
{
	if (r->looked != NULL)
		take_looked(r);
	else if (!understand(r))
		return false;
	session_body_begin(r->session, &r->frame);
	if (session_is_astray(r->session))
		return refuse(r, 508, REASON_LOOP, PROXY_ERROR_PROXY_LOOP_DETECTED,
			      "This port takes connections that were going elsewhere: this one was going here.\n");
	return true;
}

/* Whom it leads to. False with r->refusal. */
static bool
find_way(struct req *r)
{
	if (digest_is_asked(r)) {
		digest_answer(r);
		return false;
	}
	if (r->looked == NULL && trail_is_loop(&r->conf->trail.node, &r->head))
		return refuse(r, 508, REASON_LOOP, PROXY_ERROR_PROXY_LOOP_DETECTED,
			      "This request has passed here before.\n");
	if (!hops_left(r)) {
		req_answer_here(r);
		return false;
	}
	if (r->head.method == METHOD_PURGE)
		r->route = conf_route_for(r->conf, r->hostname, r->target);
	else if (!find_route(r))
		return false;
	else
		read_wishes(r);
	return true;
}

const struct conf_route *
req_tunnel_route(const struct req *r)
{
	const struct conf_route *route = conf_route_for(r->conf, r->hostname, STR("/"));

	return route != NULL && route->to != NULL && route->to->kind == CONF_kind_PARENT ? route : NULL;
}

/* A parent is asked for the tunnel, as for anything else; without one it leads straight to the host. */
static enum step
tunnel_way(struct req *r)
{
	bool forwards = r->listener->mode == CONF_mode_FORWARD || r->listener->mode == CONF_mode_BOTH;

	r->keep = false; /* what comes behind it is the tunnel's, whether there is one or not, and no request of this client's */
	r->route = forwards ? req_tunnel_route(r) : NULL;
	if (r->route == NULL)
		return STEP_TUNNEL;
	if (trail_is_loop(&r->conf->trail.node, &r->head))
		return req_refuse(r, 508, REASON_LOOP, PROXY_ERROR_PROXY_LOOP_DETECTED,
				  "This request has passed here before.\n");
	if (r->frame.framing != FRAMING_NONE)
		return req_refuse(r, 400, REASON_DENIED, PROXY_ERROR_HTTP_REQUEST_ERROR, "CONNECT has no body.\n");
	r->policy = &r->route->policy;
	r->direct_to = r->host;
	r->may_go_direct = true;
	ask_group(r);
	read_wishes(r);
	r->asked.upgrade = true;
	return STEP_KEY;
}

enum step
req_way(struct req *r)
{
	if (r->head.method == METHOD_CONNECT)
		return tunnel_way(r);
	if (!find_way(r))
		return STEP_REFUSE;
	if (r->head.method == METHOD_PURGE)
		return STEP_PURGE;
	return r->listener->mode == CONF_mode_INTERCEPT ? STEP_VERIFY : STEP_KEY;
}
