/* May this client ask this? Where a listener has rules, a request is held against them before anything is done for it.
 */
#include "proxy/access.h"
#include "proxy/digest_serve.h"
#include "proxy/pac.h"
#include "proxy/req_impl.h"
#include "proxy/whom.h"

/* A host that is an address, or this machine's own name, leads where it says (RFC 6761 6.3). */
static bool
is_known(struct str host, union addr *out)
{
	bool own = str_ieq(host, STR("localhost")) || str_ieq(host, STR("localhost."));

	return addr_parse_ip(own ? STR("127.0.0.1") : host, 0, out);
}

/* The route that serves the host by a group of its own, or NULL. */
static const struct conf_route *
way_there(const struct req *r)
{
	const struct conf_route *route;

	if (r->head.method == METHOD_CONNECT)
		return req_tunnel_route(r);
	route = conf_route_for(r->conf, r->hostname, r->target);
	return route == NULL || route->to == NULL ? NULL : route;
}

/* Does the client use this node as its proxy, and not as a site? On a listener that is both, where it says so and no
 * route serves the host. */
static bool
is_proxied(const struct req *r, bool routed)
{
	int mode = r->listener->mode;

	if (mode == CONF_mode_BOTH)
		return r->head.method == METHOD_CONNECT || (r->names_host && !routed);
	return mode != CONF_mode_REVERSE;
}

/* Who is not told that there is a proxy must not be asked for a password by one (RFC 9110 15.5.8). On a forward
 * listener nothing else is to be had, in whatever form a request comes; but a neighbour that fetches the digest is no
 * user. */
static bool
is_askable(const struct req *r)
{
	int mode = r->listener->mode;

	if (mode == CONF_mode_FORWARD)
		return !digest_is_asked(r);
	return mode == CONF_mode_BOTH && (r->names_host || r->head.method == METHOD_CONNECT);
}

struct access_asked
req_access(const struct req *r)
{
	bool routed = way_there(r) != NULL;

	return (struct access_asked){
		.listener = r->listener,
		.client = req_client(r),
		.method = r->head.method_text,
		.host = r->hostname,
		.port = r->port != 0 ? r->port : 80,
		.connect = r->head.method == METHOD_CONNECT,
		.proxied = is_proxied(r, routed),
		.askable = is_askable(r),
		.who = r->who,
		.user = r->user,
		.direct = !routed,
	};
}

static enum step
refuse(struct req *r)
{
	const char *text = NULL;

	if (str_is(r->rule, "forwarding.connect_ports"))
		text = "CONNECT is not allowed to this port (access, forwarding.connect_ports).\n";
	return req_refuse(r, 403, REASON_DENIED, PROXY_ERROR_HTTP_REQUEST_DENIED, text);
}

static enum step
ask_who(struct req *r)
{
	enum proxy_error error = PROXY_ERROR_HTTP_REQUEST_DENIED;
	struct str realm = r->conf->authentication.realm;

	req_refuse(r, 407, REASON_DENIED, error, "This proxy wants to know who asks: a user's name and password.\n");
	r->refusal.extra =
	    arena_printf(r->arena, "Proxy-Authenticate: Basic realm=\"%.*s\", charset=\"UTF-8\"\r\n", STR_FMT(realm));
	return STEP_REFUSE;
}

/* Nobody could be found who asks. */
static enum step
refuse_unknown(struct req *r)
{
	if (r->who == WHO_UNCHECKED)
		return req_refuse(r, 503, REASON_OVERLOAD, PROXY_ERROR_PROXY_INTERNAL_ERROR,
				  "Too many passwords are being checked.\n");
	return ask_who(r);
}

enum step
req_refuse_destination(struct req *r)
{
	enum proxy_error error = PROXY_ERROR_DESTINATION_IP_PROHIBITED;

	return r->asks_who ? refuse_unknown(r) : req_refuse(r, proxy_error_status(error), REASON_DENIED, error, NULL);
}

/* May it become a question of who asks, here or where it falls back on the host itself? */
static bool
may_ask(const struct req *r, const struct access_asked *asked)
{
	const struct conf_route *route = way_there(r);
	struct access_asked behind = *asked;

	behind.direct = asked->direct || (route != NULL && whom_ends_direct(route->to));
	return access_may_ask(r->conf, &behind);
}

/* `who`: does it matter who asks? Who says it is checked before the name is looked up, since nobody can be waited for
 * while it is connected to; who does not is asked when it turns out that he must. */
static enum access_verdict
judge(struct req *r, bool *who)
{
	struct access_asked asked = req_access(r);
	struct access_answer answer;
	union addr known;

	if (asked.direct && session_destination(r->session) != NULL)
		asked.destination = session_destination(r->session);
	else if (asked.direct && is_known(r->hostname, &known))
		asked.destination = &known;
	answer = access_judge(r->conf, &asked);
	r->rule = answer.rule;
	*who = answer.verdict == ACCESS_WHO || (answer.verdict == ACCESS_ALLOWED && may_ask(r, &asked));
	return answer.verdict;
}

/* Browsers ask for it before they can know that they need a password. */
static enum step
serve_pac(struct req *r)
{
	r->rule = STR("default");
	if (!access_serves(r->conf, r->listener, req_client(r)))
		return refuse(r);
	r->rule = STR_NONE;
	pac_answer(r);
	return STEP_REFUSE;
}

/* Comes here again when the user is known, or not. */
enum step
req_admit(struct req *r)
{
	enum access_verdict verdict;
	bool who;

	if (pac_is_asked(r))
		return serve_pac(r);
	verdict = judge(r, &who);
	if (who && !req_identify(r))
		return STEP_WAIT;
	if (who && r->who == WHO_KNOWN)
		verdict = judge(r, &who);
	if (verdict == ACCESS_ALLOWED)
		return req_way(r);
	return verdict == ACCESS_DENIED ? refuse(r) : refuse_unknown(r);
}

void
req_judged(struct req *r, const struct access_answer *answer)
{
	r->rule = answer->rule;
	r->asks_who = answer->verdict == ACCESS_WHO;
}

bool
req_may_reach(struct req *r, const union addr *to)
{
	struct access_asked asked = req_access(r);
	struct access_answer answer = access_judge_at(r->conf, &asked, to);

	req_judged(r, &answer);
	return answer.verdict == ACCESS_ALLOWED;
}
