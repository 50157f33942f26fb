/* For whom a request is answered: its client, and what that may be shown. */
#include "http/fields.h"
#include "proxy/client.h"
#include "proxy/plain.h"
#include "proxy/req_impl.h"

static enum hdr
client_field(const struct req *r)
{
	return r->conf->forwarding.client_from == CONF_client_from_FORWARDED ? HDR_FORWARDED : HDR_X_FORWARDED_FOR;
}

/* What is not read whole may lack the line that counts: then it is the peer's. */
static void
find_client(struct req *r)
{
	const struct net_list *proxies = &r->conf->forwarding.trusted_nets;

	if (r->fault == FAULT_NONE && !r->timed_out)
		r->client_told = client_told(&r->head, client_field(r), proxies, session_peer(r->session), &r->client);
}

const union addr *
req_client(const struct req *r)
{
	return r->client_told ? &r->client : session_peer(r->session);
}

/* The client that a trusted proxy told of. The other field, which it does not write, is one more relay's or the
 * client's own. */
static bool
told_client_is_trusted(const struct req *r)
{
	enum hdr other = client_field(r) == HDR_FORWARDED ? HDR_X_FORWARDED_FOR : HDR_FORWARDED;

	return r->client_told && !head_has(&r->head, other) && net_list_has(&r->conf->trail.trusted_nets, &r->client);
}

static bool
tells_of_relay(enum hdr id)
{
	return id == HDR_VIA || id == HDR_FORWARDED || id == HDR_X_FORWARDED_FOR;
}

/* A head that breaks a rule, or that did not come whole, is judged by what came of it: relays write whole lines. */
static bool
came_relayed(struct str came)
{
	struct str line, name;
	bool more;

	do {
		more = str_cut(&came, '\n', &line);
		if (str_cut(&line, ':', &name) && tells_of_relay(hdr_id(str_trim(name))))
			return true;
	} while (more);
	return false;
}

static bool
is_relayed(const struct req *r)
{
	return head_has(&r->head, HDR_VIA) || head_has(&r->head, HDR_FORWARDED) ||
	       head_has(&r->head, HDR_X_FORWARDED_FOR);
}

static bool
reader_is_trusted(const struct req *r)
{
	bool unread = r->fault != FAULT_NONE || r->timed_out;
	bool relayed = unread ? came_relayed(session_came(r->session)) : is_relayed(r);

	if (!relayed)
		return net_list_has(&r->conf->trail.trusted_nets, session_peer(r->session));
	return told_client_is_trusted(r);
}

/* Equal, in a time that tells nothing about where they differ. */
static bool
same_secret(struct str a, struct str b)
{
	unsigned diff = a.n != b.n;

	for (size_t i = 0; i < a.n && i < b.n; i++)
		diff |= (unsigned char)a.p[i] ^ (unsigned char)b.p[i];
	return diff == 0;
}

static enum names
shown_names(const struct conf_trail *t, bool tier, bool trusted)
{
	switch (t->names) {
	case CONF_names_PLAIN:
		return NAMES_PLAIN;
	case CONF_names_OPAQUE:
		return tier ? NAMES_PLAIN : NAMES_OPAQUE;
	case CONF_names_OFF:
		return NAMES_OFF;
	default:
		return trusted ? NAMES_PLAIN : NAMES_OPAQUE;
	}
}

static struct audience
audience(const struct conf_trail *t, int mode, bool tier, bool trusted)
{
	bool all = t->history == CONF_history_ALL || (t->history == CONF_history_AUTO && mode == CONF_mode_REVERSE);

	return (struct audience){ .names = shown_names(t, tier, trusted), .history = trusted || all, .tier = tier };
}

/* Nothing was read: whatever would have come may say that it was relayed. */
struct audience
audience_of_peer(const struct conf *c, const union addr *peer, int mode)
{
	bool tier = net_list_has(&c->trail.tiers_nets, peer);

	return audience(&c->trail, mode, tier, tier);
}

struct audience
audience_of_client(const struct conf *c, const union addr *peer, int mode)
{
	bool tier = net_list_has(&c->trail.tiers_nets, peer);

	return audience(&c->trail, mode, tier, tier || net_list_has(&c->trail.trusted_nets, peer));
}

void
req_find_audience(struct req *r)
{
	const struct conf_trail *t = &r->conf->trail;
	struct str token;
	bool tier;

	if (r->looked != NULL) {
		r->audience = *session_audience(r->session);
		return;
	}
	tier = net_list_has(&t->tiers_nets, session_peer(r->session));
	token = head_get(&r->head, HDR_CAIRN_TRACE);
	find_client(r);
	r->audience = audience(t, r->listener->mode, tier, tier || reader_is_trusted(r));
	r->audience.extras = token.p != NULL && t->token.n > 0 && same_secret(token, t->token);
}
