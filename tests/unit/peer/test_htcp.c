#include "unit.h"

#include "peer/htcp.h"

#define BYTES(lit) str_of((lit), sizeof(lit) - 1)

/* TST with RD, as Squid 5.7 sends it: minor 1, "1/1", no fields. */
static const char tst[] = "\x00\x32\x00\x01"
			  "\x00\x2c\x10\x02\x01\x02\x03\x04"
			  "\x00\x03GET"
			  "\x00\x16http://a.example/x?y=z\x00\x03"
			  "1/1"
			  "\x00\x00"
			  "\x00\x02";
static const char miss[] = "\x00\x14\x00\x01"
			   "\x00\x0e\x11\x01\x01\x02\x03\x04"
			   "\0\0\0\0\0\0"
			   "\x00\x02";
static const char rfc_miss[] = "\x00\x10\x00\x00"
			       "\x00\x0a\x11\x01\x01\x02\x03\x04"
			       "\0\0"
			       "\x00\x02";
static const char hit[] = "\x00\x1c\x00\x01"
			  "\x00\x16\x10\x01\x01\x02\x03\x04"
			  "\x00\x08"
			  "Age: 7\r\n"
			  "\0\0\0\0"
			  "\x00\x02";
static const char clr[] = "\x00\x20\x00\x01"
			  "\x00\x1a\x40\x02\x00\x00\x00\x09"
			  "\x00\x01"
			  "\x00\x03GET"
			  "\x00\x04"
			  "http"
			  "\x00\x01"
			  "x"
			  "\x00\x00"
			  "\x00\x02";
static const char cleared[] = "\x00\x0e\x00\x01"
			      "\x00\x08\x42\x01\x00\x00\x00\x09"
			      "\x00\x02";
static const char nop[] = "\x00\x0e\x00\x01"
			  "\x00\x08\x00\x02\x00\x00\x00\x09"
			  "\x00\x02";
static const char refused[] = "\x00\x0e\x00\x01"
			      "\x00\x08\x15\x03\x00\x00\x00\x09"
			      "\x00\x02";

static void
is_written(const struct htcp *m, struct str want)
{
	char out[HTCP_MAX];

	assert_int_equal(htcp_write(m, out, sizeof out), want.n);
	assert_memory_equal(out, want.p, want.n);
	for (size_t room = 0; room < want.n; room++)
		assert_int_equal(htcp_write(m, out, room), 0);
}

static void
writes_requests(void **state)
{
	const struct htcp test = { .minor = 1,
				   .opcode = HTCP_TST,
				   .wants = true,
				   .id = 0x01020304,
				   .method = STR("GET"),
				   .uri = STR("http://a.example/x?y=z"),
				   .version = STR("1/1") };
	const struct htcp clear = { .minor = 1,
				    .opcode = HTCP_CLR,
				    .wants = true,
				    .id = 9,
				    .reason = HTCP_GONE,
				    .method = STR("GET"),
				    .uri = STR("http"),
				    .version = STR("x") };
	const struct htcp knock = { .minor = 1, .opcode = HTCP_NOP, .wants = true, .id = 9 };

	(void)state;
	is_written(&test, BYTES(tst));
	is_written(&clear, BYTES(clr));
	is_written(&knock, BYTES(nop));
}

static void
writes_answers(void **state)
{
	struct htcp m = {
		.minor = 1, .opcode = HTCP_TST, .answers = true, .response = HTCP_TST_MISS, .id = 0x01020304
	};

	(void)state;
	is_written(&m, BYTES(miss));
	m.response = HTCP_TST_HIT;
	m.response_fields = STR("Age: 7\r\n");
	is_written(&m, BYTES(hit));
	m = (struct htcp){ .minor = 1, .opcode = HTCP_CLR, .answers = true, .response = HTCP_CLR_NOT_FOUND, .id = 9 };
	is_written(&m, BYTES(cleared));
	m = (struct htcp){
		.minor = 1, .opcode = HTCP_TST, .answers = true, .overall = true, .response = HTCP_DISALLOWED, .id = 9
	};
	is_written(&m, BYTES(refused));
}

static void
reads_requests(void **state)
{
	struct htcp m;

	(void)state;
	assert_true(htcp_read(BYTES(tst), &m));
	assert_true(m.opcode == HTCP_TST && m.minor == 1 && !m.answers && m.wants && !m.overall && m.id == 0x01020304);
	assert_str(m.method, "GET");
	assert_str(m.uri, "http://a.example/x?y=z");
	assert_str(m.version, "1/1");
	assert_str(m.fields, "");
	assert_true(htcp_read(BYTES(clr), &m));
	assert_true(m.opcode == HTCP_CLR && m.reason == HTCP_GONE && m.wants);
	assert_str(m.uri, "http");
	assert_true(htcp_read(BYTES(nop), &m));
	assert_true(m.opcode == HTCP_NOP && m.wants);
}

static void
reads_answers(void **state)
{
	struct htcp m;

	(void)state;
	assert_true(htcp_read(BYTES(hit), &m));
	assert_true(m.answers && !m.overall && !m.wants && m.response == HTCP_TST_HIT);
	assert_str(m.response_fields, "Age: 7\r\n");
	assert_true(htcp_read(BYTES(miss), &m) && m.response == HTCP_TST_MISS);
	assert_true(htcp_read(BYTES(rfc_miss), &m) && m.response == HTCP_TST_MISS && m.minor == 0);
	assert_true(htcp_read(BYTES(cleared), &m) && m.response == HTCP_CLR_NOT_FOUND && m.opcode == HTCP_CLR);
	assert_true(htcp_read(BYTES(refused), &m) && m.overall && m.response == HTCP_DISALLOWED);
}

/* The TST request, but for one byte. */
static const struct row {
	size_t at;
	char byte;
} rows[] = {
	{ 0, 1 }, /* another length than it has */
	{ 1, 0x35 },
	{ 2, 1 },              /* another major version */
	{ 3, 2 },              /* a minor version to come */
	{ 5, 7 },              /* less than DATA's own head */
	{ 5, 0x2a },           /* AUTH begins too early */
	{ 5, 0x2e },           /* no room for AUTH */
	{ 6, 0x50 },           /* no such opcode */
	{ 12, 1 },             /* METHOD reaches beyond the end */
	{ 18, 0x30 },          /* URI is longer than what follows can be */
	{ sizeof tst - 2, 3 }, /* AUTH, another length than it has */
};

static void
refuses_what_is_malformed(void **state)
{
	struct htcp m;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char bytes[sizeof tst];

		memcpy(bytes, tst, sizeof tst);
		bytes[rows[i].at] = rows[i].byte;
		if (htcp_read(str_of(bytes, sizeof tst - 1), &m))
			fail_msg("row %zu is read", i);
	}
	for (size_t n = 0; n < sizeof tst - 1; n++)
		assert_false(htcp_read(str_of(tst, n), &m));
	/* A hit says what it found: one CACHE-HDRS is the answer of a miss. */
	{
		char bytes[sizeof rfc_miss];

		memcpy(bytes, rfc_miss, sizeof bytes);
		bytes[6] = 0x10;
		assert_false(htcp_read(str_of(bytes, sizeof bytes - 1), &m));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_requests),
		cmocka_unit_test(writes_answers),
		cmocka_unit_test(reads_requests),
		cmocka_unit_test(reads_answers),
		cmocka_unit_test(refuses_what_is_malformed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
