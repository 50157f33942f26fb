/* The connection of a fetch: any to the member, or one that is for its client and says so. */
#include "net/proxy_protocol.h"
#include "proxy/fetch_impl.h"

_Static_assert(PROXY_PROTOCOL_ROOM <= UPCONN_PREFACE, "a header of ours is no longer than what may be sent first");

/* Without a request, in the background for one, we speak for ourselves. */
static struct str
preface(const struct fetch *f, char text[PROXY_PROTOCOL_ROOM])
{
	static const union addr unknown = { .sa.sa_family = AF_UNSPEC };
	const union addr *to = f->req == NULL ? &unknown : session_reached(f->req->session);
	enum proxy_protocol_version v =
	    f->to->proxy_protocol == CONF_preface_V1 ? PROXY_PROTOCOL_V1 : PROXY_PROTOCOL_V2;

	return str_of(text, proxy_protocol_write(v, f->req == NULL ? &unknown : &f->client, to, text));
}

static bool
says_whose(const struct fetch *f)
{
	return !fetch_is_direct(f) && f->to->proxy_protocol != CONF_preface_OFF;
}

static bool
keeps_client(const struct fetch *f)
{
	return fetch_is_direct(f) && f->req != NULL && conf_is_tproxy(f->req->listener) && f->req->listener->keep_client;
}

struct upconn *
fetch_open(const struct fetch *f, struct member *m, enum upconn_wish wish, const struct upconn_events *ev, void *owner)
{
	char text[PROXY_PROTOCOL_ROOM];
	struct upconn_client c = { 0 };
	union addr from;

	if (says_whose(f)) {
		c.preface = preface(f, text);
	} else if (keeps_client(f)) {
		from = f->sender;
		addr_unmap(&from);
		c.from = &from;
	} else {
		return upconn_open(f->worker->pool, m, wish, ev, owner);
	}
	return upconn_open_for(f->worker->pool, m, &c, ev, owner);
}
