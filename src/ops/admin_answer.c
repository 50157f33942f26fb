/* Who answers a request to the admin port, and who is not answered. */
#include <stdarg.h>
#include <stdio.h>

#include "net/addr.h"
#include "ops/admin_impl.h"
#include "ops/metrics.h"

static const struct path {
	enum method method;
	struct str path, parameters, doc;
	admin_path_fn *fn;
} paths[] = {
#define PATH(fn, method, path, parameters, doc) \
	{ METHOD_##method, STR_INIT(path), STR_INIT(parameters), STR_INIT(doc), admin_##fn },
#include "tbl/admin_paths.def"
#undef PATH
};

#define PATHS (sizeof paths / sizeof paths[0])

/* ---- answers ---- */

void
admin_say(struct admin_reply *out, int status, const char *fmt, ...)
{
	char text[1024];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	out->status = status;
	out->type = STR("text/plain; charset=utf-8");
	strbuf_add(&out->body, str_of(text, n < (int)sizeof text ? (size_t)n : sizeof text - 1));
}

struct json
admin_json(struct admin_reply *out)
{
	struct json j = json_on(&out->body);

	out->status = 200;
	out->type = STR("application/json");
	json_open(&j, STR_NONE, '{');
	return j;
}

void
admin_json_end(struct json *j)
{
	json_close(j, '}');
	strbuf_char(j->out, '\n');
}

/* ---- who is not answered ---- */

/* A page of somebody else's can have a browser ask us, under a name of its own that it makes lead here (DNS rebinding).
 * What it cannot do is make the browser name us by an address, or by a name that is ours. */
static bool
is_our_name(const struct conf *conf, struct str host)
{
	union addr a;

	if (addr_parse_ip(host, 0, &a) || str_ieq(host, STR("localhost")) || str_ieq(host, conf->trail.node.name))
		return true;
	for (unsigned i = 0; i < conf->admin.names.count; i++)
		if (str_ieq(host, conf->admin.names.items[i]))
			return true;
	return false;
}

static bool
names_us(const struct admin_request *q, struct admin_reply *out)
{
	struct conf *conf = node_conf(q->node);
	struct str host;
	uint16_t port;
	enum fault fault = head_check_host(q->head, &host, &port);
	bool fine = fault == FAULT_NONE && (host.p == NULL || is_our_name(conf, host));

	conf_unref(&conf);
	if (fault != FAULT_NONE)
		admin_say(out, 400, "Wrong request: %.*s.\n", STR_FMT(fault_sentence(fault)));
	else if (!fine)
		admin_say(out, 403,
			  "Host names neither an address, nor localhost, nor this node, nor a name in admin.names.\n");
	return fine;
}

/* Pages send Origin along with what changes something; tools do not. */
static bool
is_from_page(const struct admin_request *q)
{
	return q->head->method == METHOD_POST && head_has(q->head, HDR_ORIGIN);
}

/* Whoever may use a forward proxy on this machine, our own among them, could give orders through it. Via is what a client
 * cannot keep a proxy from adding. */
static bool
is_relayed(const struct admin_request *q)
{
	return head_has(q->head, HDR_VIA);
}

/* ---- who answers ---- */

static const struct path *
find(struct str path)
{
	for (size_t i = 0; i < PATHS; i++)
		if (str_eq(paths[i].path, path))
			return &paths[i];
	return NULL;
}

static void
list_paths(struct admin_reply *out)
{
	admin_say(out, 404, "There is nothing here, but this:\n\n");
	for (size_t i = 0; i < PATHS; i++) {
		const struct path *p = &paths[i];

		strbuf_printf(&out->body, "%-4.*s %-14.*s %.*s\n", STR_FMT(method_text(p->method)), STR_FMT(p->path),
			      STR_FMT(p->doc));
		if (p->parameters.n > 0)
			strbuf_printf(&out->body, "%20s?%.*s\n", "", STR_FMT(p->parameters));
	}
}

static bool
allows(const struct path *p, enum method method)
{
	return method == p->method || (p->method == METHOD_GET && method == METHOD_HEAD);
}

void
admin_answer(const struct admin_request *q, struct admin_reply *out)
{
	const struct path *p = find(q->path);

	if (!names_us(q, out))
		return;
	if (is_relayed(q)) {
		admin_say(out, 403, "Requests that came through a proxy (Via) are not answered.\n");
	} else if (p == NULL) {
		list_paths(out);
	} else if (!allows(p, q->head->method)) {
		out->allow = p->method == METHOD_GET ? STR("GET, HEAD") : STR("POST");
		admin_say(out, 405, "%.*s takes %.*s.\n", STR_FMT(p->path), STR_FMT(out->allow));
	} else if (is_from_page(q)) {
		admin_say(out, 403, "Orders from web pages are not taken.\n");
	} else {
		p->fn(q, out);
	}
}

/* ---- the short ones ---- */

void
admin_healthz(const struct admin_request *q, struct admin_reply *out)
{
	(void)q;
	admin_say(out, 200, "alive\n");
}

void
admin_readyz(const struct admin_request *q, struct admin_reply *out)
{
	if (q->hooks->ready(q->hooks->ctx))
		admin_say(out, 200, "ready\n");
	else
		admin_say(out, 503, "not ready: starting or draining\n");
}

void
admin_metrics(const struct admin_request *q, struct admin_reply *out)
{
	out->status = 200;
	out->type = STR(METRICS_TYPE);
	metrics_write(&out->body, q->node, q->now.mono_ns);
}
