#include "unit.h"

#include "peer/icp.h"

#define URL "http://a.example/x"

/* URL and its NUL: 19 bytes. */
static const char query[] = "\x01\x02\x00\x2b\x12\x34\x56\x78\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0" URL;
static const char hit[] = "\x02\x02\x00\x27\x12\x34\x56\x78\0\0\0\0\0\0\0\0\0\0\0\0" URL;

static void
writes_as_squid_reads_it(void **state)
{
	char out[ICP_MAX];
	struct icp m = { ICP_QUERY, 0x12345678, STR(URL) };

	(void)state;
	assert_int_equal(icp_write(&m, out, sizeof out), sizeof query);
	assert_memory_equal(out, query, sizeof query);
	m.opcode = ICP_HIT;
	assert_int_equal(icp_write(&m, out, sizeof out), sizeof hit);
	assert_memory_equal(out, hit, sizeof hit);
	assert_int_equal(icp_write(&m, out, sizeof hit - 1), 0);
}

static void
reads_what_squid_writes(void **state)
{
	struct icp m;

	(void)state;
	assert_int_equal(icp_read(str_of(query, sizeof query), &m), ICP_READ_OK);
	assert_int_equal(m.opcode, ICP_QUERY);
	assert_int_equal(m.number, 0x12345678);
	assert_str(m.url, URL);
	assert_int_equal(icp_read(str_of(hit, sizeof hit), &m), ICP_READ_OK);
	assert_int_equal(m.opcode, ICP_HIT);
	assert_str(m.url, URL);
}

/* Opcode, number and so on as in the query, but for the byte at `at`. */
static const struct row {
	size_t at;
	char byte;
	enum icp_read is;
} rows[] = {
	{ 0, 0, ICP_READ_BAD },
	{ 0, 5, ICP_READ_BAD },
	{ 1, 1, ICP_READ_BAD },
	{ 1, 3, ICP_READ_BAD },
	{ 3, 0x2a, ICP_READ_BAD },
	{ 3, 0x2c, ICP_READ_BAD },
	{ 2, 1, ICP_READ_BAD },
	{ 26, 0, ICP_READ_BAD_URL },                 /* a NUL inside the URL */
	{ sizeof query - 1, 'y', ICP_READ_BAD_URL }, /* none at its end */
	{ 8, 1, ICP_READ_OK },                       /* options are not heeded */
};

static void
refuses_what_is_malformed(void **state)
{
	struct icp m;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char bytes[sizeof query];

		memcpy(bytes, query, sizeof query);
		bytes[rows[i].at] = rows[i].byte;
		assert_int_equal(icp_read(str_of(bytes, sizeof bytes), &m), rows[i].is);
		if (rows[i].is == ICP_READ_BAD_URL)
			assert_true(m.number == 0x12345678 && m.url.n == 0);
	}
	for (size_t n = 0; n < 20; n++)
		assert_int_equal(icp_read(str_of(query, n), &m), ICP_READ_BAD);
}

/* An answer with the object in it: we never ask for one, and take it for the hit that it is. */
static void
reads_a_hit_with_its_object(void **state)
{
	static const char bytes[] = "\x17\x02\x00\x19\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0/\0\0\1o";
	struct icp m;

	(void)state;
	assert_int_equal(icp_read(str_of(bytes, 25), &m), ICP_READ_OK);
	assert_int_equal(m.opcode, ICP_HIT_OBJ);
	assert_str(m.url, "/");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_as_squid_reads_it),
		cmocka_unit_test(reads_what_squid_writes),
		cmocka_unit_test(refuses_what_is_malformed),
		cmocka_unit_test(reads_a_hit_with_its_object),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
