#include "proxy/digest_serve.h"

#include "base/counter.h"
#include "http/date.h"
#include "http/writer.h"
#include "net/addr.h"
#include "peer/digest_squid.h"
#include "proxy/client.h"
#include "proxy/digest_shelf.h"

/* Squid 5 to 7 lose count of what they have read where more than the block of 128 bytes comes with the first bytes of
 * the body: all of the mask that came with it is moved to a wrong place (their bug 5510). So the block goes alone, and
 * the mask so long after it. */
#define PACE_MS 100

enum form {
	FORM_NONE,
	FORM_SQUID,
	FORM_CAIRN,
};

/* `query`, where asked for, gets what is behind the "?". */
static enum form
form_of(struct str target, struct str *query)
{
	struct str path;

	if (!str_cut(&target, '?', &path))
		target = STR_NONE;
	if (query != NULL)
		*query = target;
	if (str_eq(path, STR(DIGEST_SQUID_PATH)))
		return FORM_SQUID;
	return str_eq(path, STR(DIGEST_CAIRN_PATH)) ? FORM_CAIRN : FORM_NONE;
}

bool
digest_is_path(struct str target)
{
	/* Nearly nothing does, and needs not be taken apart to see that. */
	return (str_starts(target, STR(DIGEST_SQUID_PATH)) || str_starts(target, STR(DIGEST_CAIRN_PATH))) &&
	       form_of(target, NULL) != FORM_NONE;
}

static bool
gives(const struct conf_digest *d, struct str target)
{
	if (!d->in_cairns && !d->in_squids)
		return false;
	switch (form_of(target, NULL)) {
	case FORM_SQUID:
		return d->in_squids;
	case FORM_CAIRN:
		return d->in_cairns;
	default:
		return false;
	}
}

/* Does the target's host name this node: by its name, or by the address that the connection came to? */
static bool
names_this_node(const struct req *r)
{
	char text[ADDR_TEXT_SIZE];
	const union addr *at = conn_local(session_conn(r->session));
	struct str ip = str_of(text, addr_text(at, text)), host = r->hostname;

	if ((r->port == 0 ? 80 : r->port) != addr_port(at))
		return false;
	if (host.p[0] == '[')
		host = str_of(host.p + 1, host.n - 2);
	return str_ieq(host, r->conf->node.name) || str_ieq(host, ip);
}

/* In absolute form another node's may be meant, which is fetched by way of this one; what was intercepted was going to
 * another. */
bool
digest_is_asked(const struct req *r)
{
	return gives(&r->conf->digest, r->target) && r->listener->mode != CONF_mode_INTERCEPT &&
	       method_looks_up(r->head.method) && (!r->names_host || names_this_node(r));
}

/* ---- the answer ---- */

static void
let_go(void *body)
{
	struct digest_body *b = body;

	digest_body_unref(&b);
}

/* The body is the request's from here on. False where memory is short. */
static bool
keep(struct req *r, struct digest_body *b)
{
	if (arena_cleanup(r->arena, let_go, b))
		return true;
	digest_body_unref(&b);
	return false;
}

static bool
is_not_newer(const struct req *r, int64_t made_s)
{
	int64_t since;

	return date_of_field(&r->head, HDR_IF_MODIFIED_SINCE, &since) && since >= made_s;
}

static void
not_made_yet(struct req *r, int status)
{
	req_refuse(r, status, REASON_ADMIN, PROXY_ERROR_NONE, "This node's digest is being made.\n");
}

static void
answer_squid(struct req *r)
{
	struct digest_body *b = digest_shelf_hold_squid(&r->worker->node->digests);
	struct strbuf lines = strbuf_in(r->arena, 128);
	int64_t made_s;

	if (b == NULL) {
		not_made_yet(r, 404);
		return;
	}
	if (!keep(r, b))
		return;
	made_s = b->made.wall_ms / MS_PER_S;
	write_date(&lines, HDR_LAST_MODIFIED, made_s);
	write_date(&lines, HDR_EXPIRES, b->expires_ms / MS_PER_S);
	req_refuse(r, is_not_newer(r, made_s) ? 304 : 200, REASON_ADMIN, PROXY_ERROR_NONE, NULL);
	r->refusal.extra = strbuf_str(&lines);
	r->refusal.expires = true;
	if (r->refusal.status == 304)
		return;
	r->refusal.type = STR(DIGEST_SQUID_TYPE);
	r->refusal.text = str_of((char *)b->bytes, DIGEST_SQUID_BLOCK);
	r->refusal.more = str_of((char *)b->bytes + DIGEST_SQUID_BLOCK, b->n - DIGEST_SQUID_BLOCK);
	r->refusal.pace_ms = PACE_MS;
}

/* "since=EPOCH.GENERATION", in hexadecimal. Anything else asks for the whole. */
static void
read_since(struct str query, uint64_t *epoch, uint64_t *since)
{
	uint64_t *number = epoch;

	*epoch = *since = 0;
	if (!str_starts(query, STR("since=")) || query.n > sizeof "since=" + 2 * 16)
		return;
	for (size_t i = sizeof "since=" - 1; i < query.n; i++) {
		char c = ascii_lower(query.p[i]);

		if (c == '.' && number == epoch)
			number = since;
		else if (ascii_digit(c))
			*number = *number << 4 | (uint64_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			*number = *number << 4 | (uint64_t)(c - 'a' + 10);
		else
			*since = 0, i = query.n;
	}
}

static void
answer_cairn(struct req *r, struct str query)
{
	struct strbuf lines = strbuf_in(r->arena, 64);
	unsigned char *head = arena_alloc(r->arena, DIGEST_CAIRN_HEAD);
	struct digest_cairn d;
	struct digest_body *b;
	uint64_t epoch, since;

	read_since(query, &epoch, &since);
	b = digest_shelf_hold_cairn(&r->worker->node->digests, epoch, since, r->now, &d);
	if (b == NULL) {
		not_made_yet(r, 503);
		return;
	}
	if (!keep(r, b) || head == NULL)
		return;
	digest_cairn_write(&d, head);
	write_date(&lines, HDR_LAST_MODIFIED, (r->now.wall_ms - (int64_t)d.age_ms) / MS_PER_S);
	req_refuse(r, 200, REASON_ADMIN, PROXY_ERROR_NONE, NULL);
	r->refusal.extra = strbuf_str(&lines);
	r->refusal.type = STR(DIGEST_CAIRN_TYPE);
	r->refusal.text = str_of((char *)head, DIGEST_CAIRN_HEAD);
	r->refusal.more = str_of((char *)b->bytes, b->n);
}

/* What Squid fetches for itself it tells to be for "::". */
static bool
is_neighbour(const struct req *r, const union addr *a)
{
	return net_list_has(&r->conf->neighbours.allow_nets, a) ||
	       (a->sa.sa_family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&a->in6.sin6_addr));
}

/* A neighbour that is a proxy fetches for whoever uses it. So all whom these fields tell of must be neighbours, whether
 * their word counts elsewhere or not. */
static bool
tells_of_others(const struct req *r, enum hdr id)
{
	union addr client;

	return client_told(&r->head, id, &r->conf->neighbours.allow_nets, session_peer(r->session), &client) &&
	       !is_neighbour(r, &client);
}

static bool
is_for(const struct req *r)
{
	return net_list_has(&r->conf->neighbours.allow_nets, session_peer(r->session)) &&
	       is_neighbour(r, req_client(r)) && !tells_of_others(r, HDR_X_FORWARDED_FOR) &&
	       !tells_of_others(r, HDR_FORWARDED);
}

void
digest_answer(struct req *r)
{
	struct str query;
	enum form form = form_of(r->target, &query);

	counter_add(COUNTER_DIGESTS_ASKED, 1);
	if (!is_for(r))
		req_refuse(r, 403, REASON_DENIED, PROXY_ERROR_HTTP_REQUEST_DENIED,
			   "Digests are not for this address (neighbours.allow).\n");
	else if (form == FORM_SQUID)
		answer_squid(r);
	else
		answer_cairn(r, query);
}
