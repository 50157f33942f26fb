#include "base/strbuf.h"
#include "explain/draft.h"

bool
draft_init(struct draft *d)
{
	*d = (struct draft){ .a = arena_new(DRAFT_MOST) };
	if (d->a == NULL)
		return false;
	draft_reset(d);
	return true;
}

void
draft_fini(struct draft *d)
{
	arena_free(&d->a);
}

void
draft_reset(struct draft *d)
{
	arena_reset(d->a);
	d->x = (struct exchange){
		.browser_hits = EXCHANGE_UNKNOWN,
		.came_ms = EXCHANGE_UNKNOWN,
		.started_ms = EXCHANGE_UNKNOWN,
		.wait_us = EXCHANGE_UNKNOWN,
		.all_us = EXCHANGE_UNKNOWN,
		.wire_bytes = EXCHANGE_UNKNOWN,
		.body_bytes = EXCHANGE_UNKNOWN,
	};
	head_init(&d->x.request, d->a);
	head_init(&d->x.response, d->a);
	d->x.request.minor = d->x.response.minor = 1;
	d->head = &d->x.response;
	d->before = arena_mark(d->a);
	d->newer = d->full = false;
}

struct str
draft_keep(struct draft *d, struct str s)
{
	struct str copy = arena_str(d->a, s);

	d->full |= copy.p == NULL;
	return copy;
}

void
draft_request(struct draft *d, struct str method, struct str target)
{
	struct head *h = d->head = &d->x.request;

	d->x.has_request = true;
	h->method = method_id(method);
	h->method_text = d->x.method = draft_keep(d, method);
	h->target = draft_keep(d, target);
}

void
draft_response(struct draft *d, int status, struct str reason)
{
	d->head = &d->x.response;
	d->before = arena_mark(d->a);
	d->head->status = status;
	d->head->reason = draft_keep(d, reason);
}

void
draft_drop_response(struct draft *d)
{
	arena_rollback(d->a, d->before);
	head_init(&d->x.response, d->a);
	d->x.response.minor = 1;
}

/* ---- fields ---- */

/* HTTP/2's, of which HTTP/1 has words in the start line. False: it is none. */
static bool
take_pseudo(struct draft *d, struct str name, struct str value)
{
	struct head *h = &d->x.request;
	struct str code = str_head(value, 3);
	uint64_t status;

	if (name.p[0] != ':')
		return false;
	d->newer = true;
	if (str_is(name, ":status") && str_u64(code, &status) && status >= 100)
		d->x.response.status = (int)status;
	else if (str_is(name, ":method"))
		h->method = method_id(h->method_text = d->x.method = draft_keep(d, value));
	else if (str_is(name, ":path"))
		h->target = draft_keep(d, value);
	else if (str_is(name, ":authority"))
		d->full |= !head_add(h, STR("Host"), draft_keep(d, value));
	return true;
}

void
draft_field(struct draft *d, struct str name, struct str value)
{
	char *p;

	if (name.n == 0 || take_pseudo(d, name, value))
		return;
	p = arena_alloc(d->a, name.n + value.n);
	if (p != NULL)
		str_put(str_put(p, name), value);
	d->full |= p == NULL || !head_add(d->head, str_of(p, name.n), str_of(p + name.n, value.n));
}

void
draft_fold(struct draft *d, struct str text)
{
	struct field *last = &d->head->fields[d->head->count - 1];
	struct str whole = arena_printf(d->a, "%.*s %.*s", STR_FMT(field_value(last)), STR_FMT(text));

	if (whole.p == NULL || whole.n > DRAFT_FIELD) {
		d->full = true;
		return;
	}
	last->value = whole.p;
	last->value_n = (uint32_t)whole.n;
}

/* ---- what it comes to ---- */

bool
draft_is_passing(const struct draft *d)
{
	int status = d->x.response.status;
	bool tunnel =
	    d->x.request.method == METHOD_CONNECT || str_istarts(d->x.response.reason, STR("connection established"));

	return (status >= 100 && status < 200 && status != 101) || (tunnel && status >= 200 && status < 300);
}

/* Scheme and host go before a target in origin form (RFC 9112 3.2.1). */
struct str
draft_url(struct draft *d, bool tls)
{
	struct str target = d->x.request.target, host = head_get(&d->x.request, HDR_HOST);
	struct strbuf out;

	if (str_find(target, STR("://")) > 0)
		return target;
	if (host.n == 0 || target.n == 0)
		return STR_NONE;
	out = strbuf_in(d->a, sizeof "https://" + host.n + target.n);
	strbuf_add(&out, tls || d->newer ? STR("https://") : STR("http://"));
	strbuf_add(&out, host);
	strbuf_add(&out, target);
	return out.over ? STR_NONE : strbuf_str(&out);
}
