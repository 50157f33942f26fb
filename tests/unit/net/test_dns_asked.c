#include "unit.h"

#include <stdio.h>

#include "base/clock.h"
#include "net/dns_asked.h"

#define PATIENCE_NS (4 * NS_PER_S)

static struct dns_asked asked;

static int
setup(void **state)
{
	(void)state;
	dns_asked_init(&asked, PATIENCE_NS);
	return 0;
}

#define HEAD(id, count) id "\1\0\0" count "\0\0\0\0\0\0"
#define QUERY(id, rest) STR(HEAD(id, "\1") rest)
#define A               "\0\0\1\0\1"
#define AAAA            "\0\0\34\0\1"

static const struct str query = QUERY("ab", "\4site\4test" A);

static void
once_and_no_more(void **state)
{
	(void)state;
	assert_false(dns_asked_expects(&asked, query, 1));
	dns_asked_note(&asked, query, 1);
	assert_true(dns_asked_expects(&asked, query, 2));
	assert_false(dns_asked_expects(&asked, query, 3));
	assert_int_equal(asked.count, 0);
}

static void
what_answers_and_what_does_not(void **state)
{
	static const struct {
		struct str reply;
		bool answers;
	} rows[] = {
		{ QUERY("ab", "\4site\4test" A), true },
		{ QUERY("ab", "\4site\4test" A "\xc0\f\0\1\0\1\0\0\0\7\0\4\177\0\0\1"),
		  true }, /* what is behind is an answer's */
		{ QUERY("ab", "\4SITE\4tEst" A), true },
		{ QUERY("ac", "\4site\4test" A), false },
		{ QUERY("bb", "\4site\4test" A), false },
		{ QUERY("ab", "\4sitf\4test" A), false },
		{ QUERY("ab", "\4site" A), false },
		{ QUERY("ab", "\11site.test" A), false },
		{ QUERY("ab", "\4site\4test" AAAA), false },
		{ QUERY("ab", "\4site\4test\0\0\1\0\3"), false }, /* another class */
		{ QUERY("ab", "\4site\4test\0\0\1\0"), false },
		{ QUERY("ab", "\4site\4tes"), false },
		{ QUERY("ab", "\4site\4test"), false },
		{ QUERY("ab", "\4site\xc0\f" A), false },
		{ QUERY("ab", "\100site" A), false },
		{ QUERY("ab", ""), false },
		{ STR(HEAD("ab", "\0")), false },
		{ STR(HEAD("ab", "\0") "\4site\4test" A), false },
		{ STR(HEAD("ab", "\2") "\4site\4test" A "\4site\4test" A), false },
		{ STR("ab\1"), false },
		{ STR(""), false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		dns_asked_note(&asked, query, 1);
		if (dns_asked_expects(&asked, rows[i].reply, 2) != rows[i].answers)
			fail_msg("row %zu", i);
		assert_int_equal(asked.count, rows[i].answers ? 0 : 1);
	}
}

static void
no_longer_than_it_is_waited_for(void **state)
{
	(void)state;
	dns_asked_note(&asked, query, 1);
	dns_asked_note(&asked, query, NS_PER_S); /* once more */
	assert_int_equal(asked.count, 1);
	assert_true(dns_asked_expects(&asked, query, PATIENCE_NS + NS_PER_S - 1));
	dns_asked_note(&asked, query, 1);
	assert_false(dns_asked_expects(&asked, query, PATIENCE_NS + 1));
	assert_int_equal(asked.count, 0);
}

/* Three labels that are as long as can be, and another one. */
static bool
takes_name_ending_in(size_t last)
{
	static char text[512] = HEAD("ab", "\1");
	const size_t lengths[] = { 63, 63, 63, last };
	struct str whole;
	size_t n = 12;

	for (unsigned i = 0; i < 4; i++) {
		text[n] = (char)lengths[i];
		memset(text + n + 1, 'a', lengths[i]);
		n += 1 + lengths[i];
	}
	memcpy(text + n, A, 5);
	whole = str_of(text, n + 5);
	dns_asked_note(&asked, whole, 1);
	return dns_asked_expects(&asked, whole, 2);
}

static void
the_longest_name(void **state)
{
	(void)state;
	assert_true(takes_name_ending_in(61)); /* of 255 bytes */
	assert_false(takes_name_ending_in(62));
}

static struct str
numbered(unsigned i)
{
	static char text[64];
	size_t n = (size_t)snprintf(text, sizeof text, "%c%cXXXXXXXXXX\4%04u", 'a' + (int)(i % 26), 'a', i);

	memcpy(text + 2, "\1\0\0\1\0\0\0\0\0\0", 10);
	memcpy(text + n, A, 5);
	return str_of(text, n + 5);
}

/* With more of them than are remembered nothing that may have been asked for is taken for made up; until that is over.
 */
static void
more_than_are_remembered(void **state)
{
	(void)state;
	for (unsigned i = 0; i < DNS_ASKED_MAX; i++)
		dns_asked_note(&asked, numbered(i), 1 + i);
	assert_int_equal(asked.count, DNS_ASKED_MAX);
	assert_false(dns_asked_expects(&asked, query, 2000));
	dns_asked_note(&asked, numbered(DNS_ASKED_MAX), 3000);
	assert_int_equal(asked.count, DNS_ASKED_MAX);
	assert_true(dns_asked_expects(&asked, numbered(0), 3001)); /* the first was forgotten */
	assert_true(dns_asked_expects(&asked, query, PATIENCE_NS));
	assert_false(dns_asked_expects(&asked, STR("no answer"), PATIENCE_NS));
	assert_true(dns_asked_expects(&asked, numbered(1), PATIENCE_NS + 1));
	assert_false(dns_asked_expects(&asked, query, PATIENCE_NS + 1));
	assert_true(dns_asked_expects(&asked, numbered(DNS_ASKED_MAX), PATIENCE_NS + 2));
}

int
main(void)
{
#define ROW(test) cmocka_unit_test_setup(test, setup)
	const struct CMUnitTest tests[] = {
		ROW(once_and_no_more), ROW(what_answers_and_what_does_not), ROW(no_longer_than_it_is_waited_for),
		ROW(the_longest_name), ROW(more_than_are_remembered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
