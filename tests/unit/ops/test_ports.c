#include "ops/ports.h"

#include "unit.h"

/* They are large. */
static struct ports first, second;

static struct conf
conf_with(const char *admin, bool asked_for)
{
	struct conf c = { .admin.asked_for = asked_for };

	c.admin.address = str_c(admin);
	return c;
}

/* Nobody is served yet in any of these: so it is between the starts of two nodes. */

static void
test_a_port_is_had_once_it_is_bound(void **state)
{
	struct conf_listener l = { .at.in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) } };
	struct conf c = conf_with("127.0.0.1:0", true);

	(void)state;
	c.listeners = &l;
	c.listener_count = 1;
	assert_true(ports_bind(&first, &c, 2));
	assert_int_equal(first.count, 2);
	l.at = first.bound[0];
	assert_false(ports_bind(&second, &c, 2));
	ports_close(&first);
	assert_true(ports_bind(&second, &c, 2));
	ports_close(&second);
}

static void
test_an_admin_port_is_had_once_it_is_bound(void **state)
{
	char text[ADDR_TEXT_SIZE];
	struct conf any = conf_with("127.0.0.1:0", true), same;

	(void)state;
	assert_true(ports_bind(&first, &any, 1));
	text[addr_text_port(&first.admin_bound, text)] = '\0';
	same = conf_with(text, false);
	assert_true(ports_bind(&second, &same, 1));
	assert_int_not_equal(addr_port(&first.admin_bound), addr_port(&second.admin_bound));
	ports_close(&second);
	same = conf_with(text, true);
	assert_false(ports_bind(&second, &same, 1));
	ports_close(&first);
	assert_true(ports_bind(&second, &same, 1));
	ports_close(&second);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_port_is_had_once_it_is_bound),
		cmocka_unit_test(test_an_admin_port_is_had_once_it_is_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
