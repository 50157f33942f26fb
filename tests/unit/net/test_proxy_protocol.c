#include "unit.h"

#include "net/proxy_protocol.h"

#define SIGN  "\r\n\r\n\0\r\nQUIT\n"
#define FOUR  "\xc0\x00\x02\x01" "\xc6\x33\x64\x02" "\xdc\x04" "\x01\xbb"
#define SIX                                                                                                            \
	"\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01"                                                                   \
	"\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02"                                                                   \
	"\xdc\x04" "\x01\xbb"
#define FULL6 "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"

#define CRC "\x44\xdb\xd1\x83" /* of one header below */

#define FROM4 "192.0.2.1:56324"
#define TO4   "198.51.100.2:443"
#define FROM6 "[2001:db8::1]:56324"
#define TO6   "[2001:db8::2]:443"

struct row {
	const char *what;
	struct str in;
	const char *from, *to; /* NULL: not told */
};

static void
assert_addr(const char *what, const union addr *a, const char *want)
{
	char text[ADDR_TEXT_SIZE];

	addr_text_port(a, text);
	if (want == NULL ? a->sa.sa_family != AF_UNSPEC : strcmp(text, want) != 0)
		fail_msg("%s: %s", what, text);
}

/* The header ends where `in` does; any less of it is not enough, and what stands behind it does not matter. */
static void
assert_read(const struct row *row)
{
	struct proxy_protocol p;
	char more[1024];

	for (size_t n = 0; n < row->in.n; n++)
		if (proxy_protocol_read(str_head(row->in, n), &p) != PROXY_PROTOCOL_MORE)
			fail_msg("%s: %zu of %zu bytes", row->what, n, row->in.n);
	memcpy(more, row->in.p, row->in.n);
	memcpy(more + row->in.n, "GET / HTTP/1.1", 14);
	for (size_t behind = 0; behind <= 14; behind += 14) {
		if (proxy_protocol_read(str_of(more, row->in.n + behind), &p) != PROXY_PROTOCOL_OK ||
		    p.size != row->in.n)
			fail_msg("%s: with %zu bytes behind it", row->what, behind);
		assert_addr(row->what, &p.from, row->from);
		assert_addr(row->what, &p.to, row->to);
	}
}

static void
good_headers(void **state)
{
	static const char unix_addresses[216] = "/run/from";
	static const struct row rows[] = {
		{ "1, IPv4", STR_INIT("PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\n"), FROM4, TO4 },
		{ "1, IPv6", STR_INIT("PROXY TCP6 2001:db8::1 2001:db8::2 56324 443\r\n"), FROM6, TO6 },
		{ "1, the longest IPv4", STR_INIT("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n"),
		  "255.255.255.255:65535", "255.255.255.255:65535" },
		{ "1, the longest IPv6", STR_INIT("PROXY TCP6 " FULL6 " " FULL6 " 65535 65535\r\n"), "[" FULL6 "]:65535",
		  "[" FULL6 "]:65535" },
		{ "1, port 0", STR_INIT("PROXY TCP4 192.0.2.1 198.51.100.2 0 443\r\n"), "192.0.2.1:0", TO4 },
		{ "1, unknown", STR_INIT("PROXY UNKNOWN\r\n"), NULL, NULL },
		{ "1, unknown, the longest line", STR_INIT("PROXY UNKNOWN " FULL6 " " FULL6 " 65535 65535\r\n"), NULL,
		  NULL },
		{ "2, IPv4", STR_INIT(SIGN "\x21\x11\0\x0c" FOUR), FROM4, TO4 },
		{ "2, IPv6", STR_INIT(SIGN "\x21\x21\0\x24" SIX), FROM6, TO6 },
		{ "2, local", STR_INIT(SIGN "\x20\0\0\0"), NULL, NULL },
		{ "2, local, with whatever", STR_INIT(SIGN "\x20\xff\0\x03" "abc"), NULL, NULL },
		{ "2, unspecified", STR_INIT(SIGN "\x21\0\0\x03" "abc"), NULL, NULL },
		{ "2, UDP", STR_INIT(SIGN "\x21\x12\0\x0c" FOUR), NULL, NULL },
		{ "2, values", STR_INIT(SIGN "\x21\x11\0\x14" FOUR "\x05\0\x02" "id" "\x04\0\0"), FROM4, TO4 },
		{ "2, checksum",
		  STR_INIT(SIGN "\x21\x11\0\x1e" FOUR "\x03\0\x04" CRC "\x01\0\x08" "http/1.1"), FROM4, TO4 },
	};
	char local[16 + sizeof unix_addresses] = SIGN "\x21\x31\0\xd8";
	const struct row unix_row = { "2, AF_UNIX", { local, sizeof local }, NULL, NULL };

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_read(&rows[i]);
	memcpy(local + 16, unix_addresses, sizeof unix_addresses);
	assert_read(&unix_row);
}

static void
bad_headers(void **state)
{
	static const struct row rows[] = {
		{ "HTTP", STR_INIT("GET / HTTP/1.1\r\n"), NULL, NULL },
		{ "lower case", STR_INIT("proxy TCP4"), NULL, NULL },
		{ "TLS", STR_INIT("\x16\x03\x01"), NULL, NULL },
		{ "1, LF alone", STR_INIT("PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\n"), NULL, NULL },
		{ "1, no end", STR_INIT("PROXY UNKNOWN " FULL6 " " FULL6 " 65535 65535  "), NULL, NULL },
		{ "1, a byte too long", STR_INIT("PROXY UNKNOWN " FULL6 " " FULL6 " 65535 65535 \r\n"), NULL, NULL },
		{ "1, nothing", STR_INIT("PROXY \r\n"), NULL, NULL },
		{ "1, another protocol", STR_INIT("PROXY UDP4 192.0.2.1 198.51.100.2 56324 443\r\n"), NULL, NULL },
		{ "1, two spaces", STR_INIT("PROXY TCP4  192.0.2.1 198.51.100.2 56324 443\r\n"), NULL, NULL },
		{ "1, more behind", STR_INIT("PROXY TCP4 192.0.2.1 198.51.100.2 56324 443 \r\n"), NULL, NULL },
		{ "1, no port", STR_INIT("PROXY TCP4 192.0.2.1 198.51.100.2 56324\r\n"), NULL, NULL },
		{ "1, large port", STR_INIT("PROXY TCP4 192.0.2.1 198.51.100.2 56324 65536\r\n"), NULL, NULL },
		{ "1, leading zero", STR_INIT("PROXY TCP4 192.0.2.1 198.51.100.2 056324 443\r\n"), NULL, NULL },
		{ "1, signed port", STR_INIT("PROXY TCP4 192.0.2.1 198.51.100.2 +1 443\r\n"), NULL, NULL },
		{ "1, the other family", STR_INIT("PROXY TCP6 192.0.2.1 198.51.100.2 56324 443\r\n"), NULL, NULL },
		{ "1, brackets", STR_INIT("PROXY TCP6 [2001:db8::1] 2001:db8::2 56324 443\r\n"), NULL, NULL },
		{ "1, a name", STR_INIT("PROXY TCP4 localhost 198.51.100.2 56324 443\r\n"), NULL, NULL },
		{ "2, another version", STR_INIT(SIGN "\x31\x11\0\x0c" FOUR), NULL, NULL },
		{ "2, another command", STR_INIT(SIGN "\x22\x11\0\x0c" FOUR), NULL, NULL },
		{ "2, another family", STR_INIT(SIGN "\x21\x41\0\x0c" FOUR), NULL, NULL },
		{ "2, another transport", STR_INIT(SIGN "\x21\x13\0\x0c" FOUR), NULL, NULL },
		{ "2, too short for IPv4", STR_INIT(SIGN "\x21\x11\0\x0b" FOUR), NULL, NULL },
		{ "2, too short for IPv6", STR_INIT(SIGN "\x21\x21\0\x0c" FOUR), NULL, NULL },
		{ "2, longer than any", STR_INIT(SIGN "\x21\x11\x0f\xf1" FOUR), NULL, NULL },
		{ "2, half a value", STR_INIT(SIGN "\x21\x11\0\x0e" FOUR "\x04\0"), NULL, NULL },
		{ "2, a value that ends too late", STR_INIT(SIGN "\x21\x11\0\x0f" FOUR "\x04\0\x01"), NULL, NULL },
		{ "2, wrong checksum",
		  STR_INIT(SIGN "\x21\x11\0\x1e" FOUR "\x03\0\x04" CRC "\x01\0\x08" "http/1.2"), NULL, NULL },
		{ "2, short checksum", STR_INIT(SIGN "\x21\x11\0\x11" FOUR "\x03\0\x02" "ab"), NULL, NULL },
	};
	struct proxy_protocol p;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (proxy_protocol_read(rows[i].in, &p) != PROXY_PROTOCOL_BAD)
			fail_msg("%s", rows[i].what);
}

static void
written_headers(void **state)
{
	static const struct {
		const char *from, *to;
		struct str v1, v2;
	} rows[] = {
		{ FROM4, TO4, STR_INIT("PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\n"),
		  STR_INIT(SIGN "\x21\x11\0\x0c" FOUR) },
		{ "[::ffff:192.0.2.1]:56324", "[::ffff:198.51.100.2]:443",
		  STR_INIT("PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\n"), STR_INIT(SIGN "\x21\x11\0\x0c" FOUR) },
		{ FROM6, TO6, STR_INIT("PROXY TCP6 2001:db8::1 2001:db8::2 56324 443\r\n"),
		  STR_INIT(SIGN "\x21\x21\0\x24" SIX) },
		{ FROM4, TO6, STR_INIT("PROXY UNKNOWN\r\n"), STR_INIT(SIGN "\x20\0\0\0") },
	};
	union addr none = { .sa.sa_family = AF_UNSPEC };
	char text[PROXY_PROTOCOL_ROOM];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		union addr from, to;

		assert_true(addr_parse(str_c(rows[i].from), &from) && addr_parse(str_c(rows[i].to), &to));
		assert_true(str_eq(str_of(text, proxy_protocol_write(PROXY_PROTOCOL_V1, &from, &to, text)), rows[i].v1));
		assert_true(str_eq(str_of(text, proxy_protocol_write(PROXY_PROTOCOL_V2, &from, &to, text)), rows[i].v2));
	}
	assert_str(str_of(text, proxy_protocol_write(PROXY_PROTOCOL_V1, &none, &none, text)), "PROXY UNKNOWN\r\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_headers),
		cmocka_unit_test(bad_headers),
		cmocka_unit_test(written_headers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
