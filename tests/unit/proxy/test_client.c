#include "unit.h"

#include "../http/heads.h"
#include "proxy/client.h"

static struct net nets[3];
static const struct net_list proxies = { nets, 3 };

static int
setup(void **state)
{
	(void)state;
	assert_true(net_parse(STR("10.0.0.0/8"), &nets[0]));
	assert_true(net_parse(STR("fd00::/8"), &nets[1]));
	assert_true(net_parse(STR("::1"), &nets[2]));
	return 0;
}

static union addr
address(const char *text)
{
	union addr a;

	assert_true(addr_parse_ip(str_c(text), 4711, &a));
	return a;
}

/* What the head tells, as text; "-": nothing. */
static void
check(const char *peer, enum hdr id, const char *lines, const char *want)
{
	struct arena *a = arena_new(1 << 16);
	struct head h = head_of(lines, a);
	union addr from = address(peer), told;
	char text[ADDR_TEXT_SIZE];

	memset(&told, 0xa5, sizeof told);
	if (!client_told(&h, id, &proxies, &from, &told))
		memcpy(text, "-", 2);
	else if (addr_port(&told) != 0)
		fail_msg("%s: has a port", lines);
	else
		addr_text(&told, text);
	if (strcmp(text, want) != 0)
		fail_msg("%s from %s: %s and not %s", lines, peer, text, want);
	arena_free(&a);
}

static void
x_forwarded_for(void **state)
{
	static const struct {
		const char *peer, *lines, *want;
	} rows[] = {
		{ "10.0.0.1", "X-Forwarded-For: 192.0.2.7", "192.0.2.7" },
		{ "::ffff:10.0.0.1", "X-Forwarded-For: 192.0.2.7", "192.0.2.7" },
		{ "fd00::2", "X-Forwarded-For: 2001:db8::7", "2001:db8::7" },
		/* from strangers nothing is believed */
		{ "192.0.2.1", "X-Forwarded-For: 192.0.2.7", "-" },
		{ "127.0.0.1", "X-Forwarded-For: 192.0.2.7", "-" },
		/* nothing is told */
		{ "10.0.0.1", "Via: 1.1 x", "-" },
		{ "10.0.0.1", "X-Forwarded-For:", "-" },
		{ "10.0.0.1", "X-Forwarded-For: , ,", "-" },
		/* what the client wrote itself stands in front */
		{ "10.0.0.1", "X-Forwarded-For: 198.51.100.1, 192.0.2.7", "192.0.2.7" },
		{ "10.0.0.1", "X-Forwarded-For: garbage, \", 192.0.2.7", "192.0.2.7" },
		{ "10.0.0.1", "X-Forwarded-For: 10.0.0.9, 192.0.2.7", "192.0.2.7" },
		{ "10.0.0.1", "X-Forwarded-For: 198.51.100.1\nX-Forwarded-For: 192.0.2.7", "192.0.2.7" },
		/* past our own proxies, over several lines */
		{ "10.0.0.1", "X-Forwarded-For: 192.0.2.7, 10.0.0.2", "192.0.2.7" },
		{ "10.0.0.1", "X-Forwarded-For: 192.0.2.7\nA: b\nX-Forwarded-For: fd00::3,, 10.0.0.2 ,", "192.0.2.7" },
		{ "10.0.0.1", "X-Forwarded-For: 10.0.0.3, 10.0.0.2", "10.0.0.3" },
		/* with ports, and brackets */
		{ "10.0.0.1", "X-Forwarded-For: 192.0.2.7:4711", "192.0.2.7" },
		{ "10.0.0.1", "X-Forwarded-For: [2001:db8::7]:4711", "2001:db8::7" },
		{ "10.0.0.1", "X-Forwarded-For: [2001:db8::7]", "2001:db8::7" },
		/* no address */
		{ "10.0.0.1", "X-Forwarded-For: unknown", "-" },
		{ "10.0.0.1", "X-Forwarded-For: 192.0.2.7, unknown", "-" },
		{ "10.0.0.1", "X-Forwarded-For: 192.0.2.7, unknown, 10.0.0.2", "-" },
		{ "10.0.0.1", "X-Forwarded-For: :80", "-" },
		{ "10.0.0.1", "X-Forwarded-For: 192.0.2", "-" },
		{ "10.0.0.1", "X-Forwarded-For: 192.0.2.7:99999", "-" },
		{ "10.0.0.1", "X-Forwarded-For: \"192.0.2.7\"", "-" },
		{ "10.0.0.1", "X-Forwarded-For: 192.0.2.7%eth0", "-" },
		/* the other field says nothing */
		{ "10.0.0.1", "Forwarded: for=192.0.2.7", "-" },
		{ "10.0.0.1", "Forwarded: for=198.51.100.1\nX-Forwarded-For: 192.0.2.7", "192.0.2.7" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		check(rows[i].peer, HDR_X_FORWARDED_FOR, rows[i].lines, rows[i].want);
}

static void
forwarded(void **state)
{
	static const struct {
		const char *lines, *want;
	} rows[] = {
		{ "Forwarded: for=192.0.2.7", "192.0.2.7" },
		{ "Forwarded: proto=http;For=192.0.2.7;by=10.0.0.1", "192.0.2.7" },
		{ "Forwarded: for=\"192.0.2.7:4711\"", "192.0.2.7" },
		{ "Forwarded: for=\"[2001:db8::7]:4711\"", "2001:db8::7" },
		{ "Forwarded: for=198.51.100.1, for=192.0.2.7, for=10.0.0.2", "192.0.2.7" },
		{ "Forwarded: for=\"198.51.100.1, for=192.0.2.7", "192.0.2.7" }, /* a quote that is never closed */
		{ "Forwarded: for=unknown", "-" },
		{ "Forwarded: for=_hidden", "-" },
		{ "Forwarded: by=192.0.2.7", "-" },
		{ "Forwarded: for", "-" },
		{ "Forwarded: for=", "-" },
		{ "Forwarded: for=\"", "-" },
		{ "Forwarded: for=\"192.0.2.7", "-" },
		{ "X-Forwarded-For: 192.0.2.7", "-" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		check("10.0.0.1", HDR_FORWARDED, rows[i].lines, rows[i].want);
}

static void
no_list_without_end(void **state)
{
	char text[4096] = "X-Forwarded-For: 192.0.2.7";

	(void)state;
	for (int i = 1; i < CLIENT_HOPS_MAX; i++)
		strcat(text, ",10.0.0.2");
	check("10.0.0.1", HDR_X_FORWARDED_FOR, text, "192.0.2.7");
	strcat(text, ",10.0.0.2");
	check("10.0.0.1", HDR_X_FORWARDED_FOR, text, "-");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(x_forwarded_for),
		cmocka_unit_test(forwarded),
		cmocka_unit_test(no_list_without_end),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
