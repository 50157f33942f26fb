#include "unit.h"

#include <arpa/inet.h>

#include "base/clock.h"
#include "net/addr.h"
#include "net/dns_records.h"

#define QUESTION "\5_http\4_tcp\4site\4test\0\0\1\0\1" /* its type does not matter here */
#define NAME_AT  12                                    /* of the question */

/* An answer in the making. */
static unsigned char message[32768];
static size_t length;

static void
put(const void *p, size_t n)
{
	memcpy(message + length, p, n);
	length += n;
}

static void
put16(unsigned v)
{
	unsigned char p[2] = { (unsigned char)(v >> 8), (unsigned char)v };

	put(p, 2);
}

static int
begin(void **state)
{
	static const unsigned char head[12] = { 0, 7, 0x81, 0x80, 0, 1 };

	(void)state;
	length = 0;
	put(head, sizeof head);
	put(QUESTION, sizeof QUESTION - 1);
	return 0;
}

static void
put_record(unsigned type, unsigned class, uint32_t ttl, const void *data, size_t n)
{
	message[7]++;
	message[6] = (unsigned char)(message[6] + (message[7] == 0));
	put16(0xc000 | NAME_AT);
	put16(type);
	put16(class);
	put16(ttl >> 16);
	put16(ttl & 0xffff);
	put16((unsigned)n);
	put(data, n);
}

static void
put_srv(uint32_t ttl, unsigned priority, unsigned weight, unsigned port, const void *target, size_t n)
{
	unsigned char data[300] = { (unsigned char)(priority >> 8), (unsigned char)priority,
				    (unsigned char)(weight >> 8),   (unsigned char)weight,
				    (unsigned char)(port >> 8),     (unsigned char)port };

	memcpy(data + 6, target, n);
	put_record(DNS_SRV, 1, ttl, data, 6 + n);
}

static struct dns_records *
read_as(enum dns_type type)
{
	return dns_records_read(message, length, type);
}

/* So many, for so long. */
static void
assert_read(enum dns_type type, unsigned count, int64_t ttl_ms)
{
	struct dns_records *r = read_as(type);

	assert_non_null(r);
	assert_int_equal(r->count, count);
	assert_int_equal(r->ttl_ms, ttl_ms);
	free(r);
}

static void
assert_malformed(enum dns_type type)
{
	assert_null(read_as(type));
}

static void
assert_addr(const union addr *a, const char *want)
{
	char text[ADDR_TEXT_SIZE];

	addr_text(a, text);
	assert_string_equal(text, want);
}

static void
addresses_and_the_shortest_ttl(void **state)
{
	struct dns_records *r;

	(void)state;
	put_record(DNS_A, 1, 30, "\12\0\0\1", 4);
	put_record(DNS_A, 1, 5, "\12\0\0\2", 4);
	put_record(DNS_AAAA, 1, 1, "0123456789abcdef", 16); /* not asked for */
	r = read_as(DNS_A);
	assert_non_null(r);
	assert_int_equal(r->count, 2);
	assert_int_equal(r->ttl_ms, 5000);
	assert_addr(&r->items[0].addr, "10.0.0.1");
	assert_addr(&r->items[1].addr, "10.0.0.2");
	free(r);
	r = read_as(DNS_AAAA);
	assert_int_equal(r->count, 1);
	assert_int_equal(r->ttl_ms, 1000);
	assert_addr(&r->items[0].addr, "3031:3233:3435:3637:3839:6162:6364:6566");
	free(r);
}

static void
an_alias_shortens(void **state)
{
	(void)state;
	put_record(5, 1, 2, "\3www\0", 5);
	put_record(DNS_A, 1, 60, "\12\0\0\1", 4);
	assert_read(DNS_A, 1, 2000);
}

static void
services(void **state)
{
	struct dns_records *r;

	(void)state;
	put_srv(30, 1, 50, 8080, "\5Pod-0\300\27", 8); /* of site.test, by a pointer */
	put_srv(20, 0, 0, 65535, "\1b\7example\0", 11);
	r = read_as(DNS_SRV);
	assert_non_null(r);
	assert_int_equal(r->count, 2);
	assert_int_equal(r->ttl_ms, 20000);
	assert_string_equal(r->items[0].target, "pod-0.site.test");
	assert_int_equal(r->items[0].target_n, 15);
	assert_int_equal(r->items[0].priority, 1);
	assert_int_equal(r->items[0].weight, 50);
	assert_int_equal(r->items[0].port, 8080);
	assert_string_equal(r->items[1].target, "b.example");
	assert_int_equal(r->items[1].port, 65535);
	free(r);
}

static void
decidedly_none(void **state)
{
	struct dns_records *r;

	(void)state;
	put_srv(30, 0, 0, 0, "\0", 1);
	r = read_as(DNS_SRV);
	assert_int_equal(r->count, 1);
	assert_int_equal(r->items[0].target_n, 0);
	free(r);
}

/* RFC 2181 8. */
static void
a_ttl_beyond_reason_is_none(void **state)
{
	(void)state;
	put_record(DNS_A, 1, 0x80000000, "\12\0\0\1", 4);
	assert_read(DNS_A, 1, 0);
}

static void
what_is_no_host_is_left_out(void **state)
{
	struct dns_records *r;

	(void)state;
	put_srv(1, 0, 0, 80, "\3a b\0", 5);
	put_srv(9, 0, 0, 80, "\3a.b\0", 5); /* a dot inside a label */
	put_srv(30, 0, 0, 80, "\1c\0", 3);
	r = read_as(DNS_SRV);
	assert_int_equal(r->count, 1);
	assert_string_equal(r->items[0].target, "c");
	assert_int_equal(r->ttl_ms, 30000);
	free(r);
}

static void
other_classes_do_not_count(void **state)
{
	(void)state;
	put_record(DNS_A, 3, 1, "\12\0\0\1", 4);
	assert_read(DNS_A, 0, 0);
}

static void
more_than_there_is_room_for(void **state)
{
	struct dns_records *r;

	(void)state;
	for (unsigned i = 0; i < DNS_RECORDS_MAX + 44; i++) {
		unsigned char ip[4] = { 10, 0, (unsigned char)(i >> 8), (unsigned char)i };

		put_record(DNS_A, 1, 5, ip, 4);
	}
	r = read_as(DNS_A);
	assert_int_equal(r->count, DNS_RECORDS_MAX);
	assert_int_equal(r->left_out, 44);
	free(r);
}

struct srv {
	unsigned priority, weight;
	const char *target; /* of one letter, as in a message */
};

/* An answer of these, put in order. */
static struct dns_records *
tidied(uint32_t ttl, const struct srv *all, size_t n)
{
	struct dns_records *r;

	begin(NULL);
	for (size_t i = 0; i < n; i++)
		put_srv(ttl, all[i].priority, all[i].weight, 80, all[i].target, 3);
	r = read_as(DNS_SRV);
	dns_records_tidy(r);
	return r;
}

/* The same in another order, with other TTLs, and twice. */
static void
the_order_says_nothing(void **state)
{
	static const struct srv first[] = { { 1, 5, "\1b" }, { 0, 5, "\1c" }, { 1, 5, "\1a" } };
	static const struct srv same[] = { { 1, 5, "\1a" }, { 1, 5, "\1b" }, { 1, 5, "\1B" }, { 0, 5, "\1c" } };
	static const struct srv not_same[] = { { 1, 6, "\1a" }, { 1, 5, "\1b" }, { 0, 5, "\1c" } }; /* a weight */
	struct dns_records *a = tidied(9, first, 3), *b = tidied(5, same, 4), *c = tidied(5, not_same, 3);

	(void)state;
	assert_int_equal(b->count, 3);
	assert_string_equal(b->items[0].target, "c");
	assert_string_equal(b->items[2].target, "b");
	assert_true(dns_records_same(a, b));
	assert_false(dns_records_same(b, c));
	assert_false(dns_records_same(a, NULL));
	assert_true(dns_records_same(NULL, NULL));
	free(a);
	free(b);
	free(c);
}

static void
malformed_answers_are_none(void **state)
{
	size_t whole;

	(void)state;
	put_record(DNS_A, 1, 5, "\12\0\0\1", 3);
	assert_malformed(DNS_A);
	begin(NULL);
	put_record(DNS_AAAA, 1, 5, "\12\0\0\1", 4);
	assert_malformed(DNS_AAAA);
	begin(NULL);
	put_srv(5, 0, 0, 80, "\300\70", 2); /* points at itself */
	assert_malformed(DNS_SRV);
	begin(NULL);
	put_record(DNS_SRV, 1, 5, "\0\0\0\0\0\120", 6); /* no target */
	assert_malformed(DNS_SRV);
	begin(NULL);
	put_srv(5, 0, 0, 80, "\1c\0", 3);
	for (whole = length--; length > 0; length--)
		assert_malformed(DNS_SRV);
	length = whole;
	message[7] = 2; /* one more than there are */
	assert_malformed(DNS_SRV);
	message[7] = 1;
	message[NAME_AT] = 0x80; /* a label of no known kind (RFC 1035 4.1.4) */
	assert_malformed(DNS_SRV);
}

#define ROW(test) cmocka_unit_test_setup(test, begin)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ROW(addresses_and_the_shortest_ttl),
		ROW(an_alias_shortens),
		ROW(services),
		ROW(decidedly_none),
		ROW(a_ttl_beyond_reason_is_none),
		ROW(what_is_no_host_is_left_out),
		ROW(other_classes_do_not_count),
		ROW(more_than_there_is_room_for),
		ROW(the_order_says_nothing),
		ROW(malformed_answers_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
