#include "proxy/pac.h"

#include "base/hash.h"
#include "http/cond.h"
#include "http/writer.h"
#include "proxy/req_impl.h"

#define TYPE        STR("application/x-ns-proxy-autoconfig")
#define MAX_AGE     "Cache-Control: private, max-age=600\r\n"
#define MAPPED_BITS 96 /* ::ffff:0:0/96 is IPv4 */

/* --- the text --- */

/* Addresses become texts of their bits, so that a network is a beginning. Names are not looked up: browsers wait for
 * that before they ask for anything. */
static const char beginning[] =
    "/* Which URLs are asked for through a proxy. Made by cairn from its configuration. */\n"
    "function bits(s) {\n"
    "  var m = /^(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})$/.exec(s), out = \"\", i, sides, left, right;\n"
    "  function add(value, width) {\n"
    "    for (var text = value.toString(2); text.length < width;) text = \"0\" + text;\n"
    "    out += text;\n"
    "  }\n"
    "  if (m) {\n"
    "    for (i = 1; i < 5; i++) add(+m[i], 8);\n"
    "    return \"4:\" + out;\n"
    "  }\n"
    "  if (s.indexOf(\":\") < 0) return \"\";\n"
    "  sides = s.split(\"::\");\n"
    "  left = sides[0] ? sides[0].split(\":\") : [];\n"
    "  right = sides.length > 1 && sides[1] ? sides[1].split(\":\") : [];\n"
    "  while (sides.length > 1 && left.length + right.length < 8) left.push(\"0\");\n"
    "  left = left.concat(right);\n"
    "  for (i = 0; i < left.length; i++) add(parseInt(left[i], 16) || 0, 16);\n"
    "  return \"6:\" + out;\n"
    "}\n"
    "\n"
    "function FindProxyForURL(url, host) {\n"
    "  var name = host.toLowerCase().replace(/^\\[|[\\].]$/g, \"\"), address = bits(name), i;\n";

static const char direct[] =
    "  if (!/[.:]/.test(name)) return \"DIRECT\";\n"
    "  for (i = 0; i < hosts.length; i++) if (hosts[i].test(name)) return \"DIRECT\";\n"
    "  for (i = 0; address && i < nets.length; i++) if (address.indexOf(nets[i]) === 0) return \"DIRECT\";\n";

/* A pattern as a regular expression: all but letters and digits is escaped. */
static void
write_host(struct strbuf *out, struct str pattern)
{
	strbuf_lit(out, "/^");
	if (pattern.p[0] == '.') {
		strbuf_lit(out, "(.*\\.)?");
		pattern = str_skip(pattern, 1);
	}
	for (size_t i = 0; i < pattern.n; i++) {
		char c = pattern.p[i];

		if (c == '*')
			strbuf_lit(out, ".*");
		else if (ascii_digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z'))
			strbuf_char(out, c);
		else
			strbuf_printf(out, "\\%c", c);
	}
	strbuf_lit(out, "$/");
}

static void
write_net(struct strbuf *out, const struct net *n)
{
	static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };
	bool four = n->bits >= MAPPED_BITS && memcmp(n->bytes, mapped, sizeof mapped) == 0;

	strbuf_add(out, four ? STR("\"4:") : STR("\"6:"));
	for (unsigned i = four ? MAPPED_BITS : 0; i < n->bits; i++)
		strbuf_char(out, n->bytes[i / 8] >> (7 - i % 8) & 1 ? '1' : '0');
	strbuf_char(out, '"');
}

void
pac_write_rules(struct strbuf *out, const struct str_list *hosts, const struct net_list *nets)
{
	strbuf_lit(out, beginning);
	strbuf_lit(out, "  var hosts = [");
	for (unsigned i = 0; i < hosts->count; i++) {
		strbuf_add(out, i == 0 ? STR("") : STR(", "));
		write_host(out, hosts->items[i]);
	}
	strbuf_lit(out, "];\n  var nets = [");
	for (unsigned i = 0; i < nets->count; i++) {
		strbuf_add(out, i == 0 ? STR("") : STR(",\n              "));
		write_net(out, &nets->items[i]);
	}
	strbuf_lit(out, "];\n");
	strbuf_lit(out, direct);
}

void
pac_write_end(struct strbuf *out, struct str proxy, bool fallback)
{
	strbuf_lit(out, "  return \"PROXY ");
	strbuf_add(out, proxy);
	strbuf_add(out, fallback ? STR("; DIRECT\";\n}\n") : STR("\";\n}\n"));
}

/* --- the answer --- */

bool
pac_is_asked(const struct req *r)
{
	int mode = r->listener->mode;
	struct str target = r->target, path;

	if ((mode != CONF_mode_FORWARD && mode != CONF_mode_BOTH) || r->names_host || !r->conf->pac.enabled ||
	    (r->head.method != METHOD_GET && r->head.method != METHOD_HEAD))
		return false;
	str_cut(&target, '?', &path);
	return (str_is(path, "/proxy.pac") || str_is(path, "/wpad.dat")) &&
	       conf_route_for(r->conf, r->hostname, r->target) == NULL;
}

/* A host may be written with what means something in the text: such a one is not repeated. */
static bool
is_plain(struct str host)
{
	for (size_t i = 0; i < host.n; i++) {
		char c = ascii_lower(host.p[i]);

		if (!ascii_digit(c) && (c < 'a' || c > 'z') && str_chr(STR(".-_:[]"), c) < 0)
			return false;
	}
	return true;
}

/* The proxy as the client reached it. */
static struct str
reached(struct req *r)
{
	char text[ADDR_TEXT_SIZE];

	if (is_plain(r->hostname))
		return arena_printf(r->arena, "%.*s:%u", STR_FMT(r->hostname), r->port != 0 ? r->port : 80u);
	return arena_str(r->arena, str_of(text, addr_text_port(conn_local(session_conn(r->session)), text)));
}

static struct str
text_of(struct req *r)
{
	const struct conf_pac *c = &r->conf->pac;
	struct strbuf b = strbuf_in(r->arena, c->rules.n + 128);

	if (c->text.p != NULL)
		return c->text;
	strbuf_add(&b, c->rules);
	pac_write_end(&b, c->proxy.n > 0 ? c->proxy : reached(r), c->fallback);
	return strbuf_str(&b);
}

void
pac_answer(struct req *r)
{
	struct str text = text_of(r);
	struct hash128 hash = hash_plain(text);
	struct strbuf lines = strbuf_in(r->arena, 256);
	struct str tag = arena_printf(r->arena, "\"%016llx\"", (unsigned long long)hash.lo);
	struct cond_entry e = { .status = 200, .etag = tag, .last_modified = INT64_MIN, .date = INT64_MIN };

	req_refuse(r, cond_not_modified(&r->head, &e) ? 304 : 200, REASON_ADMIN, PROXY_ERROR_NONE, NULL);
	strbuf_lit(&lines, MAX_AGE);
	write_field_id(&lines, HDR_ETAG, tag);
	r->refusal.extra = strbuf_str(&lines);
	r->refusal.expires = true;
	if (r->refusal.status == 304)
		return;
	r->refusal.type = TYPE;
	r->refusal.text = text;
}
