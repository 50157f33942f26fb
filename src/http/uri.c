#include "http/uri.h"

#include <arpa/inet.h>

#include "base/must.h"
#include "base/strbuf.h"
#include "http/scan_impl.h"

/* ---- host and port (RFC 3986 3.2) ---- */

/* "" is a port that is not written. Port 0 cannot be connected to. */
static bool
parse_port(struct str s, uint16_t *port)
{
	uint64_t v = 0;

	if (s.n > 0 && (!str_u64(s, &v) || v == 0 || v > UINT16_MAX))
		return false;
	*port = (uint16_t)v;
	return true;
}

/* What follows the "v" of an IPvFuture. */
static bool
future_valid(struct str s)
{
	size_t version = chars_span(s, CHAR_HEX);

	if (version == 0 || version == s.n || s.p[version] != '.')
		return false;
	s = str_skip(s, version + 1);
	for (size_t i = 0; i < s.n; i++)
		if (!char_is(s.p[i], CHAR_HOST) && s.p[i] != ':')
			return false;
	return s.n > 0;
}

/* What stands between the brackets of an IP-literal; no zone. */
static bool
literal_valid(struct str s)
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr address;

	if (s.n > 0 && ascii_lower(s.p[0]) == 'v')
		return future_valid(str_skip(s, 1));
	if (s.n >= sizeof text || str_chr(s, '\0') >= 0)
		return false;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	return inet_pton(AF_INET6, text, &address) == 1;
}

/* How many bytes at the start of `s` are a reg-name, which IPv4 addresses are too. */
static size_t
name_length(struct str s)
{
	size_t i = scan_plain_name(s);

	for (;;) {
		while (i < s.n && char_is(s.p[i], CHAR_HOST))
			i++;
		if (LIKELY(s.n - i < 3 || s.p[i] != '%'))
			return i;
		if (!char_is(s.p[i + 1], CHAR_HEX) || !char_is(s.p[i + 2], CHAR_HEX))
			return i;
		i += 3;
	}
}

/* How many bytes at the start of `s` are a host; 0: it is none. */
static size_t
host_length(struct str s)
{
	ptrdiff_t end;

	if (s.n == 0 || s.p[0] != '[')
		return name_length(s);
	end = str_chr(s, ']');
	return end > 0 && literal_valid(str_of(s.p + 1, (size_t)end - 1)) ? (size_t)end + 1 : 0;
}

bool
uri_parse_host(struct str s, struct str *host, uint16_t *port)
{
	size_t n = host_length(s);
	struct str rest = str_skip(s, n);
	uint16_t number = 0;

	if (n == 0 || (rest.n > 0 && (rest.p[0] != ':' || !parse_port(str_skip(rest, 1), &number))))
		return false;
	*host = str_head(s, n);
	*port = number;
	return true;
}

struct str
uri_plain_host(struct str host)
{
	while (host.n > 1 && host.p[host.n - 1] == '.')
		host.n--;
	return host;
}

/* ---- targets (RFC 9112 3.2) ---- */

static bool
scheme_char(char c)
{
	return char_is(c, CHAR_ALPHA) || ascii_digit(c) || c == '+' || c == '-' || c == '.';
}

/* How many bytes at the start of `s` are a scheme with a colon behind it, which is not counted; 0: there is none. */
static size_t
scheme_length(struct str s)
{
	size_t n = 0;

	while (n < s.n && scheme_char(s.p[n]))
		n++;
	return n > 0 && n < s.n && s.p[n] == ':' && char_is(s.p[0], CHAR_ALPHA) ? n : 0;
}

/* Takes what precedes the first `/` or `?` off the start of *s. */
static struct str
take_authority(struct str *s)
{
	size_t n = 0;
	struct str authority;

	while (n < s->n && s->p[n] != '/' && s->p[n] != '?')
		n++;
	authority = str_head(*s, n);
	*s = str_skip(*s, n);
	return authority;
}

static bool
parse_absolute(struct str s, struct uri *out)
{
	size_t scheme = scheme_length(s);
	struct str rest = str_skip(s, scheme);
	ptrdiff_t at;

	if (scheme == 0 || !str_starts(rest, STR("://")))
		return false;
	rest = str_skip(rest, 3);
	out->form = URI_ABSOLUTE;
	out->scheme = str_head(s, scheme);
	out->authority = take_authority(&rest);
	at = str_rchr(out->authority, '@');
	out->userinfo = at >= 0;
	if (at >= 0)
		out->authority = str_skip(out->authority, (size_t)at + 1);
	out->bare = rest.n == 0;
	out->path = rest.n == 0 ? STR("/") : rest;
	return uri_parse_host(out->authority, &out->host, &out->port);
}

/* CONNECT's target: the port must be written (RFC 9110 9.3.6). */
static bool
parse_authority(struct str s, struct uri *out)
{
	out->form = URI_AUTHORITY;
	out->authority = s;
	return uri_parse_host(s, &out->host, &out->port) && out->port != 0;
}

bool
uri_is_origin_form(struct str s)
{
	return s.n > 0 && s.p[0] == '/' && scan_is_target(s);
}

bool
uri_parse_target(struct str s, bool is_connect, struct uri *out)
{
	*out = (struct uri){ .form = URI_ORIGIN };
	if (s.n == 0 || !scan_is_target(s))
		return false;
	if (is_connect)
		return parse_authority(s, out);
	if (str_eq(s, STR("*"))) {
		out->form = URI_ASTERISK;
		return true;
	}
	if (s.p[0] != '/')
		return parse_absolute(s, out);
	out->path = s;
	return true;
}

struct str
uri_path(const struct uri *u, struct arena *a)
{
	if (u->path.n == 0 || u->path.p[0] != '?')
		return u->path;
	return arena_printf(a, "/%.*s", STR_FMT(u->path));
}

/* ---- references (RFC 3986 4.1, 5.2) ---- */

/* Its parts, borrowed; p == NULL where one is absent. The query keeps its `?`. */
struct reference {
	struct str scheme;
	struct str authority;
	struct str path;
	struct str query;
};

/* Takes the path off a path and query. */
static struct str
take_path(struct str *s)
{
	ptrdiff_t at = str_chr(*s, '?');
	struct str path = str_head(*s, at < 0 ? s->n : (size_t)at);

	*s = str_skip(*s, path.n);
	return path;
}

/* The fragment is dropped. False for bytes that no URI has. */
static bool
split_reference(struct str s, struct reference *r)
{
	struct str fragment = s;
	size_t scheme;

	*r = (struct reference){ 0 };
	str_cut(&fragment, '#', &s);
	if (chars_span(s, CHAR_TARGET) != s.n)
		return false;
	scheme = scheme_length(s);
	if (scheme > 0) {
		r->scheme = str_head(s, scheme);
		s = str_skip(s, scheme + 1);
	}
	if (str_starts(s, STR("//"))) {
		s = str_skip(s, 2);
		r->authority = take_authority(&s);
	}
	r->path = take_path(&s);
	r->query = s;
	return true;
}

static uint16_t
effective_port(struct str scheme, uint16_t written)
{
	if (written != 0)
		return written;
	return str_ieq(scheme, STR("https")) ? 443 : 80;
}

static bool
same_authority(struct str scheme, struct str a, struct str b)
{
	struct str host_a, host_b;
	uint16_t port_a, port_b;

	return uri_parse_host(a, &host_a, &port_a) && uri_parse_host(b, &host_b, &port_b) && str_ieq(host_a, host_b) &&
	       effective_port(scheme, port_a) == effective_port(scheme, port_b);
}

/* `http:path`, a scheme without an authority, is not taken (RFC 3986 5.2.2 leaves that to lenient parsers). */
static bool
same_origin(struct str scheme, struct str authority, const struct reference *r)
{
	if (r->scheme.p != NULL && (r->authority.p == NULL || !str_ieq(r->scheme, scheme)))
		return false;
	return r->authority.p == NULL || same_authority(scheme, authority, r->authority);
}

/* RFC 3986 5.2.4, in place; returns the new length. `p` begins with a slash. */
static size_t
remove_dots(char *p, size_t n)
{
	size_t out = 0;

	for (size_t in = 0, end; in < n; in = end) {
		const char *slash = memchr(p + in + 1, '/', n - in - 1);
		struct str segment;
		bool up;

		end = slash == NULL ? n : (size_t)(slash - p);
		segment = str_of(p + in + 1, end - in - 1);
		up = str_eq(segment, STR(".."));
		if (!up && !str_eq(segment, STR("."))) {
			memmove(p + out, p + in, end - in);
			out += end - in;
			continue;
		}
		while (up && out > 0 && p[--out] != '/')
			;
		if (end == n)
			p[out++] = '/';
	}
	return out;
}

/* The directory that a relative path is relative to, with its slash (RFC 3986 5.2.3). */
static struct str
directory(struct str path)
{
	ptrdiff_t slash = str_rchr(path, '/');

	return slash < 0 ? STR("/") : str_head(path, (size_t)slash + 1);
}

/* The reference's path and query, resolved. */
static void
resolve(struct str base, const struct reference *r, struct strbuf *out)
{
	struct str base_path = take_path(&base);

	if (r->path.n == 0 && r->authority.p == NULL) {
		strbuf_add(out, base_path);
		strbuf_add(out, r->query.n > 0 ? r->query : base);
		return;
	}
	if (r->path.n == 0)
		strbuf_char(out, '/');
	else if (r->path.p[0] != '/')
		strbuf_add(out, directory(base_path));
	strbuf_add(out, r->path);
	if (!out->over)
		out->n = remove_dots(out->p, out->n);
	strbuf_add(out, r->query);
}

bool
uri_same_origin_path(struct str base_scheme, struct str base_authority, struct str base_path, struct str ref,
		     struct arena *a, struct str *path)
{
	struct reference r;
	struct strbuf out;

	if (!split_reference(ref, &r) || !same_origin(base_scheme, base_authority, &r))
		return false;
	out = strbuf_in(a, base_path.n + ref.n + 1);
	resolve(base_path, &r, &out);
	*path = strbuf_str(&out);
	return !out.over;
}
