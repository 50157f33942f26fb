#include "unit.h"

#include <crypt.h>

#include "net/addr.h"
#include "proxy/outcomes.h"
#include "proxy/passwords.h"

static struct loop *loop;
static struct passwords *passwords;
static char cheap[CRYPT_OUTPUT_SIZE], dear[CRYPT_OUTPUT_SIZE]; /* of "secret" */

static int
setup(void **state)
{
	struct crypt_data data = { 0 };

	(void)state;
	strcpy(cheap, crypt_r("secret", "$2b$04$abcdefghijklmnopqrstuu", &data));
	strcpy(dear, crypt_r("secret", "$2b$08$abcdefghijklmnopqrstuu", &data));
	loop = loop_new();
	passwords = passwords_new();
	return loop == NULL || passwords == NULL;
}

static int
teardown(void **state)
{
	(void)state;
	passwords_stop(passwords);
	loop_turn(loop);
	passwords_free(&passwords);
	loop_free(&loop);
	return 0;
}

struct answer {
	unsigned *left;
	bool came, right;
};

static void
on_answer(void *arg, bool right)
{
	struct answer *a = arg;

	a->came = true;
	a->right = right;
	if (--*a->left == 0)
		loop_stop(loop);
}

static struct password_question
question(union addr *client, const char *address, const char *password, const char *hash)
{
	assert_true(addr_parse_ip(str_c(address), 0, client));
	return (struct password_question){
		.client = client, .user = STR("u"), .password = str_c(password), .hash = str_c(hash), .known = true
	};
}

static bool
is_right(const struct password_question *q)
{
	unsigned left = 1;
	struct answer a = { .left = &left };

	assert_non_null(passwords_begin(passwords, loop, q, on_answer, &a));
	loop_run(loop);
	assert_true(a.came);
	return a.right;
}

static void
right_and_wrong(void **state)
{
	union addr client;
	struct password_question q;

	(void)state;
	q = question(&client, "192.0.2.7", "secret", cheap);
	assert_true(is_right(&q));
	assert_true(is_right(&q)); /* remembered */
	q.known = false;
	assert_false(is_right(&q));
	q = question(&client, "192.0.2.7", "Secret", cheap);
	assert_false(is_right(&q));
	q = question(&client, "192.0.2.7", "", cheap);
	assert_false(is_right(&q));
	q = question(&client, "192.0.2.7", "secret", "$2b$04$no");
	assert_false(is_right(&q));
}

/* Whoever guesses has few guesses waiting; those of others come in between. */
static void
a_client_has_few_waiting(void **state)
{
	struct answer answers[12];
	char guesses[8][4];
	unsigned left = 0, taken = 0;
	union addr client;
	struct password_question q;

	(void)state;
	for (unsigned i = 0; i < 8; i++) {
		snprintf(guesses[i], sizeof guesses[i], "g%u", i);
		q = question(&client, i % 2 == 0 ? "2001:db8::7" : "2001:db8::8", guesses[i], dear);
		answers[i] = (struct answer){ .left = &left };
		if (passwords_begin(passwords, loop, &q, on_answer, &answers[i]) != NULL)
			taken++;
	}
	assert_true(taken >= PASSWORDS_WAITING_CLIENT && taken < 8); /* some may have been taken up already */
	q = question(&client, "2001:db8:0:1::7", "secret", dear);
	answers[8] = (struct answer){ .left = &left };
	assert_non_null(passwords_begin(passwords, loop, &q, on_answer, &answers[8]));
	left = taken + 1;
	loop_run(loop);
	assert_true(answers[8].came && answers[8].right);
}

static void
what_is_cancelled_is_not_told(void **state)
{
	struct password_check *checks[3];
	unsigned left = 1;
	struct answer none = { .left = &left }, last = { .left = &left };
	union addr client;
	struct password_question q;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		q = question(&client, "192.0.2.9", i == 0 ? "x" : i == 1 ? "y" : "z", dear);
		checks[i] = passwords_begin(passwords, loop, &q, on_answer, &none);
		assert_non_null(checks[i]);
	}
	for (unsigned i = 0; i < 3; i++) {
		passwords_cancel(&checks[i]);
		assert_null(checks[i]);
	}
	q = question(&client, "192.0.2.9", "secret", dear);
	assert_non_null(passwords_begin(passwords, loop, &q, on_answer, &last));
	loop_run(loop);
	assert_true(last.right);
	assert_false(none.came);
}

/* Who ends while the thread is at work loses nothing but the answer. */
static void
an_end_in_the_middle(void **state)
{
	struct passwords *own = passwords_new();
	unsigned left = 9;
	struct answer a = { .left = &left };
	union addr client;
	struct password_question q;

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		q = question(&client, "192.0.2.9", "x", dear);
		assert_non_null(passwords_begin(own, loop, &q, on_answer, &a));
	}
	passwords_stop(own);
	loop_turn(loop);
	assert_null(passwords_begin(own, loop, &q, on_answer, &a));
	passwords_free(&own);
	assert_null(own);
}

static void
keys_tell_all_apart(void **state)
{
	union addr client;
	struct password_question a = question(&client, "192.0.2.7", "secret", cheap), b;

	(void)state;
	b = a;
	assert_true(hash128_eq(passwords_key(passwords, &a), passwords_key(passwords, &b)));
	b.hash = str_c(dear);
	assert_false(hash128_eq(passwords_key(passwords, &a), passwords_key(passwords, &b)));
	b = a;
	b.known = false;
	assert_false(hash128_eq(passwords_key(passwords, &a), passwords_key(passwords, &b)));
	b = a;
	b.user = STR("us");
	b.password = STR("ecret");
	assert_false(hash128_eq(passwords_key(passwords, &a), passwords_key(passwords, &b)));
}

static void
outcomes_are_bounded(void **state)
{
	static struct outcomes o;
	unsigned found = 0;

	(void)state;
	for (uint64_t i = 1; i <= 10 * OUTCOMES_SETS * OUTCOMES_WAYS; i++)
		outcomes_add(&o, (struct hash128){ i, i }, (int64_t)i);
	for (uint64_t i = 1; i <= 10 * OUTCOMES_SETS * OUTCOMES_WAYS; i++)
		found += outcomes_has(&o, (struct hash128){ i, i }, 0);
	assert_int_equal(found, OUTCOMES_SETS * OUTCOMES_WAYS); /* the latest of each set */
	assert_true(outcomes_has(&o, (struct hash128){ 10 * 1024, 10 * 1024 }, 10 * 1024 - 1));
	assert_false(outcomes_has(&o, (struct hash128){ 10 * 1024, 10 * 1024 }, 10 * 1024));
	assert_false(outcomes_has(&o, (struct hash128){ 10 * 1024, 1 }, 0));
}

static void
hashes_that_will_do(void **state)
{
	static const struct {
		const char *hash, *wrong; /* the beginning of what is said; NULL: it is fine */
	} rows[] = {
		{ "$y$j9T$abcdefgh$IUWJt2doU4Kf6E/JP1UkAT3S5O3Q7SSA8SJirXIlEu9", NULL },
		{ "$2y$05$abcdefghijklmnopqrstuuD7tqMqHyOjcMiQMLr4bOzvfcjrQZOxq", NULL },
		{ "$apr1$abcdefgh$IUWJt2doU4Kf6E/JP1UkAT", "is too weak" },
		{ "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=", "is too weak" },
		{ "$1$abcdefgh$IUWJt2doU4Kf6E/JP1UkAT", "is too weak" },
		{ "$6$abcdefgh$IUWJt2doU4Kf6E/JP1UkAT", "is too weak" },
		{ "secret", "is too weak" },
		{ "", "is too weak" },
		{ "$2y$31$abcdefghijklmnopqrstuuD7tqMqHyOjcMiQMLr4bOzvfcjrQZOxq", "takes minutes" },
		{ "$2y$05$abcdefghijklmnopqrstuu", "is damaged" },
		{ "$2y$", "is damaged" },
		{ "$y$", "is damaged" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct str wrong = str_c(passwords_wrong_hash(str_c(rows[i].hash)));

		if ((rows[i].wrong == NULL) != (wrong.p == NULL) ||
		    (wrong.p != NULL && !str_starts(wrong, str_c(rows[i].wrong))))
			fail_msg("%s: %s", rows[i].hash, wrong.p);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(right_and_wrong),
		cmocka_unit_test(a_client_has_few_waiting),
		cmocka_unit_test(what_is_cancelled_is_not_told),
		cmocka_unit_test(an_end_in_the_middle),
		cmocka_unit_test(keys_tell_all_apart),
		cmocka_unit_test(outcomes_are_bounded),
		cmocka_unit_test(hashes_that_will_do),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
