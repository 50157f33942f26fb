/* Addresses, networks, and the URLs of upstream members: what a configuration's text turns into. */
#include "fuzz.h"
#include "net/addr.h"
#include "peer/member.h"

/* Written and read again it is the same. */
static void
check_address(struct str s)
{
	char text[ADDR_TEXT_SIZE], again[ADDR_TEXT_SIZE];
	union addr a;
	size_t n;

	if (!addr_parse(s, &a))
		return;
	n = addr_text_port(&a, text);
	MUST(n < sizeof text && n == strlen(text));
	MUST(addr_parse(str_of(text, n), &a));
	MUST(addr_text_port(&a, again) == n && memcmp(text, again, n) == 0);
}

/* A network holds the address that it is written with, unless that is IPv4 in an IPv6 network. */
static void
check_network(struct str s)
{
	struct str ip = s;
	union addr a;
	struct net n;

	if (!net_parse(s, &n))
		return;
	MUST(n.bits <= 128);
	str_cut(&s, '/', &ip);
	MUST(addr_parse_ip(ip, 1, &a));
	if (a.sa.sa_family == AF_INET || !IN6_IS_ADDR_V4MAPPED(&a.in6.sin6_addr))
		MUST(net_contains(&n, &a));
}

/* What names a member in logs leads to the same member. */
static void
check_member(struct str s, struct arena *a)
{
	const char *why = NULL;
	struct member *m = member_new(s, NULL, &why), *again;

	MUST((m == NULL) == (why != NULL));
	if (m == NULL)
		return;
	MUST(m->host.n > 0 && m->port > 0);
	again = member_new(arena_printf(a, "http://%.*s", STR_FMT(m->label)), NULL, &why);
	MUST(again != NULL && str_eq(m->host, again->host) && m->port == again->port);
	MUST(str_eq(m->label, again->label) && str_eq(m->authority, again->authority));
	member_let_go(&again);
	member_let_go(&m);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(1 << 20);
	struct str s = fuzz_str(data, size);

	MUST(a != NULL);
	check_address(s);
	check_network(s);
	if (size <= 4096)
		check_member(s, a);
	arena_free(&a);
	return 0;
}
