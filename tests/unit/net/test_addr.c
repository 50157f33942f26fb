#include "unit.h"

#include "net/addr.h"

struct parse_row {
	const char *text;
	const char *again; /* as addr_text_port writes it; NULL: refused */
};

static const struct parse_row with_port[] = {
	{ "127.0.0.1:8080", "127.0.0.1:8080" },
	{ "0.0.0.0:0", "0.0.0.0:0" },
	{ "[::1]:8080", "[::1]:8080" },
	{ "[2001:DB8:0:0::1]:65535", "[2001:db8::1]:65535" },
	{ "[::ffff:10.1.2.3]:80", "10.1.2.3:80" },
	{ ":8080", "[::]:8080" },
	{ "::1:8080", NULL },
	{ "127.0.0.1", NULL },
	{ "127.0.0.1:", NULL },
	{ "127.0.0.1:65536", NULL },
	{ "127.0.0.1:+80", NULL },
	{ "127.0.0.1: 80", NULL },
	{ "127.1:80", NULL },
	{ "256.0.0.1:80", NULL },
	{ "localhost:80", NULL },
	{ "[127.0.0.1]:80", NULL },
	{ "[::1:80", NULL },
	{ "[::1]", NULL },
	{ "[]:80", NULL },
	{ "[fe80::1%lo]:80", NULL },
	{ "", NULL },
	{ ":", NULL },
};

static void
parses_with_port(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof with_port / sizeof *with_port; i++) {
		const struct parse_row *row = &with_port[i];
		char text[ADDR_TEXT_SIZE] = "";
		union addr a;
		size_t n;

		assert_int_equal(addr_parse(str_c(row->text), &a), row->again != NULL);
		if (row->again == NULL)
			continue;
		n = addr_text_port(&a, text);
		assert_string_equal(text, row->again);
		assert_int_equal(n, strlen(text));
	}
}

static void
parses_literals(void **state)
{
	char text[ADDR_TEXT_SIZE];
	union addr a;

	(void)state;
	assert_true(addr_parse_ip(STR("::1"), 53, &a));
	assert_int_equal(addr_port(&a), 53);
	assert_int_equal(addr_size(&a), sizeof(struct sockaddr_in6));
	assert_true(addr_parse_ip(STR("[::1]"), 53, &a));
	assert_int_equal(addr_text(&a, text), 3);
	assert_string_equal(text, "::1");
	assert_true(addr_parse_ip(STR("10.0.0.1"), 53, &a));
	assert_int_equal(addr_size(&a), sizeof(struct sockaddr_in));
	assert_false(addr_parse_ip(STR("10.0.0.1\0x"), 53, &a));
	assert_false(addr_parse_ip(STR(""), 53, &a));
	assert_false(addr_parse_ip(STR("[]"), 53, &a));
	assert_false(addr_parse_ip(STR("1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb"), 53, &a));
}

static void
writes_an_unknown_address(void **state)
{
	union addr a = { .sa.sa_family = AF_UNSPEC };
	char text[ADDR_TEXT_SIZE];

	(void)state;
	assert_int_equal(addr_text(&a, text), 1);
	assert_string_equal(text, "-");
	assert_int_equal(addr_port(&a), 0);
}

struct net_row {
	const char *net;
	const char *inside; /* NULL: not a network */
	const char *outside;
};

static const struct net_row nets[] = {
	{ "10.0.0.0/8", "10.255.1.2", "11.0.0.0" },
	{ "10.1.2.3/8", "10.9.9.9", "9.9.9.9" },
	{ "10.0.0.0/8", "::ffff:10.0.0.1", "::ffff:11.0.0.1" },
	{ "192.168.4.0/22", "192.168.7.255", "192.168.8.0" },
	{ "127.0.0.1", "127.0.0.1", "127.0.0.2" },
	{ "0.0.0.0/0", "203.0.113.9", "::1" },
	{ "::/0", "2001:db8::1", "203.0.113.9" },
	{ "::1", "::1", "::2" },
	{ "[::1]", "::1", "127.0.0.1" },
	{ "2001:db8::/33", "2001:db8:7fff::1", "2001:db8:8000::1" },
	{ "::ffff:0:0/96", "203.0.113.9", "2001:db8::1" },
	{ "10.0.0.0/33", NULL, NULL },
	{ "::/129", NULL, NULL },
	{ "10.0.0.0/", NULL, NULL },
	{ "10.0.0.0/-1", NULL, NULL },
	{ "10.0.0.0/8/8", NULL, NULL },
	{ "10/8", NULL, NULL },
	{ "/8", NULL, NULL },
	{ "", NULL, NULL },
};

static void
matches_networks(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof nets / sizeof *nets; i++) {
		const struct net_row *row = &nets[i];
		union addr a;
		struct net n;

		assert_int_equal(net_parse(str_c(row->net), &n), row->inside != NULL);
		if (row->inside == NULL)
			continue;
		assert_true(addr_parse_ip(str_c(row->inside), 1, &a));
		assert_true(net_contains(&n, &a));
		assert_true(addr_parse_ip(str_c(row->outside), 1, &a));
		assert_false(net_contains(&n, &a));
	}
}

static void
an_unknown_address_is_nowhere(void **state)
{
	union addr a = { .sa.sa_family = AF_UNSPEC };
	struct net n;

	(void)state;
	assert_true(net_parse(STR("::/0"), &n));
	assert_false(net_contains(&n, &a));
	assert_true(net_parse(STR("0.0.0.0/0"), &n));
	assert_false(net_contains(&n, &a));
}

static void
compares_addresses(void **state)
{
	static const struct {
		const char *one, *other;
		bool same;
	} rows[] = {
		{ "192.0.2.1", "192.0.2.1", true },
		{ "192.0.2.1", "192.0.2.2", false },
		{ "192.0.2.1", "::ffff:192.0.2.1", true },
		{ "2001:db8::1", "2001:db8:0::1", true },
		{ "2001:db8::1", "2001:db8::2", false },
		{ "::", "0.0.0.0", false },
	};
	union addr none = { .sa.sa_family = AF_UNSPEC }, a, b;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_true(addr_parse_ip(str_c(rows[i].one), 1, &a));
		assert_true(addr_parse_ip(str_c(rows[i].other), 2, &b));
		assert_int_equal(addr_same_ip(&a, &b), rows[i].same);
		assert_false(addr_same_ip(&a, &none));
	}
	assert_false(addr_same_ip(&none, &none));
}

static void
takes_ipv4_out_of_ipv6(void **state)
{
	char text[ADDR_TEXT_SIZE];
	union addr a;

	(void)state;
	assert_true(addr_parse_ip(STR("::ffff:192.0.2.1"), 80, &a));
	addr_unmap(&a);
	assert_int_equal(a.sa.sa_family, AF_INET);
	addr_text_port(&a, text);
	assert_string_equal(text, "192.0.2.1:80");
	assert_true(addr_parse_ip(STR("2001:db8::1"), 80, &a));
	addr_unmap(&a);
	assert_int_equal(a.sa.sa_family, AF_INET6);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses_with_port),
		cmocka_unit_test(parses_literals),
		cmocka_unit_test(writes_an_unknown_address),
		cmocka_unit_test(matches_networks),
		cmocka_unit_test(an_unknown_address_is_nowhere),
		cmocka_unit_test(compares_addresses),
		cmocka_unit_test(takes_ipv4_out_of_ipv6),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
