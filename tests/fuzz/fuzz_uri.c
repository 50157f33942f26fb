/* Targets, hosts and references. A reference's base stands on lines of its own before it: authority, path, reference.
 */
#include "fuzz.h"
#include "http/uri.h"

static void
check_host(struct str s)
{
	struct str host = STR_NONE, again;
	uint16_t port = 0, port_again;

	if (!uri_parse_host(s, &host, &port))
		return;
	MUST(host.n > 0 && fuzz_within(host, s));
	MUST(uri_parse_host(host, &again, &port_again) && str_eq(host, again) && port_again == 0);
}

/* Put together from its parts it parses to the same parts. */
static void
check_absolute(const struct uri *u, struct arena *a)
{
	struct str path = uri_path(u, a);
	struct str text = arena_printf(a, "%.*s://%.*s%.*s", STR_FMT(u->scheme), STR_FMT(u->authority), STR_FMT(path));
	struct uri again;

	MUST(path.n > 0 && path.p[0] == '/');
	MUST(uri_parse_target(text, false, &again) && !again.bare && !again.userinfo);
	MUST(str_eq(again.host, u->host) && again.port == u->port && str_eq(again.path, path));
}

static void
check_target(struct str s, bool is_connect, struct arena *a)
{
	struct uri u;

	if (!uri_parse_target(s, is_connect, &u))
		return;
	MUST(fuzz_within(u.authority, s) && fuzz_within(u.host, u.authority));
	MUST(is_connect == (u.form == URI_AUTHORITY));
	MUST(u.form != URI_ORIGIN || str_eq(u.path, s));
	if (u.form == URI_ABSOLUTE)
		check_absolute(&u, a);
}

/* What a reference resolves to resolves to itself. */
static void
check_reference(struct str s, struct arena *a)
{
	struct str authority, base, path, again, absolute;
	struct uri u;

	if (!str_cut(&s, '\n', &authority) || !str_cut(&s, '\n', &base))
		return;
	if (!uri_parse_target(base, false, &u) || u.form != URI_ORIGIN)
		return;
	if (!uri_same_origin_path(STR("http"), authority, base, s, a, &path))
		return;
	MUST(path.n > 0 && path.p[0] == '/');
	absolute = arena_printf(a, "http://%.*s%.*s", STR_FMT(authority), STR_FMT(path));
	if (!uri_same_origin_path(STR("http"), authority, STR("/"), absolute, a, &again))
		return; /* the authority need not be valid itself */
	MUST(s.n == 0 || s.p[0] == '?' || s.p[0] == '#' || str_eq(path, again));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(1 << 22);
	struct str s = fuzz_str(data, size);

	MUST(a != NULL);
	check_host(s);
	check_target(s, false, a);
	check_target(s, true, a);
	check_reference(s, a);
	arena_free(&a);
	return 0;
}
