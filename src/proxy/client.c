#include "proxy/client.h"

#include "http/fields.h"

/* A list of a message's lines, walked from its end: what stands there was written by whoever is nearest to us, whatever
 * the client may have put in front, such as a quote that is never closed. */
struct walk {
	const struct head *head;
	uint16_t id;
	uint32_t line;   /* the lines from here on are done */
	struct str rest; /* of the line before; p NULL: it is done too */
};

static bool
previous_line(struct walk *w)
{
	while (w->line > 0)
		if (w->head->fields[--w->line].id == w->id) {
			w->rest = field_value(&w->head->fields[w->line]);
			return true;
		}
	return false;
}

/* The element before, trimmed; false at the beginning. */
static bool
previous(struct walk *w, struct str *element)
{
	ptrdiff_t comma;

	if (w->rest.p == NULL && !previous_line(w))
		return false;
	comma = str_rchr(w->rest, ',');
	*element = str_trim(str_skip(w->rest, (size_t)(comma + 1)));
	w->rest = comma < 0 ? STR_NONE : str_head(w->rest, (size_t)comma);
	return true;
}

/* What stands behind for= (RFC 7239 5.2), without quotes. STR_NONE: nothing does, or not plainly. */
static struct str
for_node(struct str element)
{
	struct str name, value;

	while (param_next(&element, &name, &value)) {
		if (!str_ieq(name, STR("for")))
			continue;
		if (value.n < 2 || value.p[0] != '"')
			return value;
		return value.p[value.n - 1] == '"' ? str_of(value.p + 1, value.n - 2) : STR_NONE;
	}
	return STR_NONE;
}

/* Some write the client's port behind its address. */
static bool
read_address(struct str s, union addr *out)
{
	if (s.n == 0 || (!addr_parse_ip(s, 0, out) && (s.p[0] == ':' || !addr_parse(s, out))))
		return false;
	if (out->sa.sa_family == AF_INET)
		out->in.sin_port = 0;
	else
		out->in6.sin6_port = 0;
	return true;
}

bool
client_told(const struct head *h, enum hdr id, const struct net_list *proxies, const union addr *peer, union addr *out)
{
	struct walk w = { .head = h, .id = (uint16_t)id, .line = h->count };
	struct str element;
	union addr at;
	bool any = false;

	if (proxies->count == 0 || !head_has(h, id) || !net_list_has(proxies, peer))
		return false;
	for (unsigned hops = 0; previous(&w, &element); hops++) {
		if (hops == CLIENT_HOPS_MAX)
			return false;
		if (element.n == 0) /* RFC 9110 5.6.1.2: an empty element says nothing */
			continue;
		if (!read_address(id == HDR_FORWARDED ? for_node(element) : element, &at))
			return false;
		any = true;
		if (!net_list_has(proxies, &at))
			break;
	}
	if (any)
		*out = at;
	return any;
}
