#include "../ops/settings_case.h"

#include "proxy/access.h"

/* One question: of a client that uses the node as its proxy, unless the listener is a site's. */
struct question {
	const char *client, *method, *host;
	unsigned port;
	const char *destination; /* NULL: not known yet; "-": a configured upstream */
	const char *rule;        /* "+access[0]": allowed by it; "-default": denied by it; "+": allowed */
};

static union addr
address(const char *text)
{
	union addr a;

	assert_true(addr_parse_ip(str_c(text), 0, &a));
	return a;
}

static void
ask(const struct conf *c, const struct question *q)
{
	bool direct = q->destination == NULL || *q->destination != '-';
	union addr client = address(q->client), destination;
	struct access_asked a = { .listener = &c->listeners[0],
				  .client = &client,
				  .method = str_c(q->method),
				  .host = str_c(q->host),
				  .port = (uint16_t)q->port,
				  .connect = strcmp(q->method, "CONNECT") == 0,
				  .proxied = c->listeners[0].mode != CONF_mode_REVERSE,
				  .direct = direct };
	struct access_answer answer;

	if (q->destination != NULL && direct) {
		destination = address(q->destination);
		a.destination = &destination;
	}
	answer = access_judge(c, &a);
	if ((*q->rule == '+') != (answer.verdict == ACCESS_ALLOWED) || !str_eq(answer.rule, str_c(q->rule + 1)))
		fail_msg("%s %s %s:%u to %s: %d by \"%.*s\", not %s", q->client, q->method, q->host, q->port,
			 q->destination, answer.verdict, STR_FMT(answer.rule), q->rule);
}

static void
ask_all(const char *yaml, const struct question *rows, size_t count)
{
	struct conf *c = read_yaml(yaml);

	for (size_t i = 0; i < count; i++)
		ask(c, &rows[i]);
	conf_unref(&c);
}

#define ASK_ALL(yaml, rows) ask_all(yaml, rows, sizeof(rows) / sizeof(rows)[0])
#define PROXY               "listeners: [{address: \":80\", mode: forward}]\n" SECRET

static void
a_proxy_is_for_those_who_are_near(void **state)
{
	static const struct question rows[] = {
		{ "127.0.0.1", "GET", "a.example", 80, NULL, "+" },
		{ "10.1.2.3", "GET", "a.example", 80, NULL, "+" },
		{ "192.168.1.1", "POST", "a.example", 8080, "192.0.2.1", "+" },
		{ "fd00::1", "GET", "a.example", 80, NULL, "+" },
		{ "fe80::1", "GET", "a.example", 80, NULL, "+" },
		{ "192.0.2.7", "GET", "a.example", 80, NULL, "-default" },
		{ "2001:db8::1", "CONNECT", "a.example", 443, NULL, "-default" },
		/* tunnels lead to few ports */
		{ "10.1.2.3", "CONNECT", "a.example", 443, NULL, "+" },
		{ "127.0.0.1", "CONNECT", "a.example", 25, NULL, "-forwarding.connect_ports" },
		/* and nobody elsewhere into this machine, however it is written */
		{ "10.1.2.3", "GET", "a.example", 80, "127.0.0.1", "-default destinations" },
		{ "10.1.2.3", "GET", "a.example", 80, "::ffff:127.0.0.1", "-default destinations" },
		{ "10.1.2.3", "GET", "a.example", 80, "0.0.0.0", "-default destinations" },
		{ "10.1.2.3", "GET", "a.example", 80, "::", "-default destinations" },
		{ "10.1.2.3", "GET", "a.example", 80, "::1", "-default destinations" },
		{ "10.1.2.3", "CONNECT", "a.example", 443, "169.254.169.254", "-default destinations" },
		{ "10.1.2.3", "GET", "a.example", 80, "10.9.9.9", "+" },
		{ "127.0.0.1", "GET", "a.example", 80, "127.0.0.1", "+" },
		{ "10.1.2.3", "GET", "a.example", 80, "-", "+" },
	};

	(void)state;
	ASK_ALL(PROXY, rows);
}

static void
a_site_is_for_everybody(void **state)
{
	static const struct question rows[] = {
		{ "192.0.2.7", "GET", "a.example", 80, "-", "+" },
		{ "2001:db8::1", "POST", "a.example", 80, "-", "+" },
	};
	static const struct question kept_out[] = {
		{ "192.0.2.7", "GET", "a.example", 80, "-", "-access[0]" },
		{ "192.0.2.8", "GET", "a.example", 80, "-", "+" },
	};

	(void)state;
	ASK_ALL(REST, rows);
	ASK_ALL("access: [{action: deny, clients: [192.0.2.7]}]\n" REST, kept_out);
}

static void
the_first_rule_that_matches_decides(void **state)
{
	static const char yaml[] =
	    "access:\n"
	    "- {action: deny, hosts: [.bad.example, \"ads*.example.\"], methods: [GET, CONNECT]}\n"
	    "- {action: allow, clients: [10.0.0.0/8, 192.0.2.0/24], ports: [22, 8000-8999]}\n"
	    "- {action: deny, clients: [10.6.0.0/16]}\n"
	    "- {action: allow, clients: [192.0.2.0/24], listeners: [\":80\"]}\n" PROXY;
	static const struct question rows[] = {
		{ "10.1.1.1", "GET", "bad.example", 80, NULL, "-access[0]" },
		{ "10.1.1.1", "GET", "BAD.example.", 80, NULL, "-access[0]" },
		{ "10.1.1.1", "GET", "x.bad.example...", 80, NULL, "-access[0]" }, /* a Squid behind us takes them all off */
		{ "10.1.1.1", "GET", "...", 80, NULL, "+" },
		{ "10.1.1.1", "GET", "x.Bad.Example", 80, NULL, "-access[0]" },
		{ "10.1.1.1", "GET", "xbad.example", 80, NULL, "+" },
		{ "10.1.1.1", "GET", "Ads7.example", 80, NULL, "-access[0]" },
		{ "10.1.1.1", "POST", "bad.example", 80, NULL, "+" },
		{ "10.1.1.1", "CONNECT", "a.example", 22, NULL, "+access[1]" },
		{ "10.6.1.1", "CONNECT", "a.example", 8999, NULL, "+access[1]" },
		{ "10.1.1.1", "CONNECT", "a.example", 9000, NULL, "-forwarding.connect_ports" },
		{ "10.6.1.1", "GET", "a.example", 80, NULL, "-access[2]" },
		{ "192.0.2.1", "GET", "a.example", 80, NULL, "+access[3]" },
		{ "192.0.2.1", "CONNECT", "a.example", 443, NULL, "+access[3]" },
		{ "192.0.2.1", "CONNECT", "a.example", 444, NULL, "-forwarding.connect_ports" },
		{ "192.0.2.1", "GET", "a.example", 80, "127.0.0.1", "-default destinations" },
		{ "192.0.3.1", "GET", "a.example", 80, NULL, "-default" },
	};

	(void)state;
	ASK_ALL(yaml, rows);
}

/* Until the address is known, who may be allowed goes on. */
static void
rules_about_destinations_are_asked_twice(void **state)
{
	static const char yaml[] = "access:\n"
				   "- {action: deny, destinations: [198.51.100.0/24]}\n"
				   "- {action: allow, clients: [10.0.0.1], destinations: [loopback]}\n"
				   "- {action: allow, clients: [192.0.2.7], destinations: [203.0.113.0/24]}\n" PROXY;
	static const struct question rows[] = {
		{ "10.0.0.1", "GET", "a.example", 80, NULL, "+access[1]" },
		{ "10.0.0.1", "GET", "a.example", 80, "198.51.100.7", "-access[0]" },
		{ "10.0.0.1", "GET", "a.example", 80, "127.0.0.1", "+access[1]" },
		{ "10.0.0.1", "GET", "a.example", 80, "203.0.113.9", "+" },
		{ "10.0.0.2", "GET", "a.example", 80, "127.0.0.1", "-default destinations" },
		{ "192.0.2.7", "GET", "a.example", 80, NULL, "+access[2]" },
		{ "192.0.2.7", "GET", "a.example", 80, "203.0.113.9", "+access[2]" },
		{ "192.0.2.7", "GET", "a.example", 80, "203.0.114.9", "-default" },
		/* a configured upstream is no host that the request names */
		{ "192.0.2.7", "GET", "a.example", 80, "-", "-default" },
	};

	(void)state;
	ASK_ALL(yaml, rows);
}

#define YESCRYPT "$y$j9T$abcdefgh$IUWJt2doU4Kf6E/JP1UkAT3S5O3Q7SSA8SJirXIlEu9"
#define USERS    "authentication: {file: users}\n"

static void
put_users(const char *text)
{
	FILE *f = fopen("users", "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
	fclose(f);
}

/* Where plain hits need no question. */
static void
open_to_a_client(void **state)
{
	static const struct {
		const char *yaml, *client;
		bool open;
	} rows[] = {
		{ REST, "192.0.2.7", true },
		{ "access: [{action: deny, clients: [192.0.2.7]}]\n" REST, "192.0.2.7", false },
		{ "access: [{action: deny, clients: [192.0.2.7]}]\n" REST, "192.0.2.8", true },
		{ "access: [{action: deny, methods: [POST]}]\n" REST, "192.0.2.7", true },
		{ "access: [{action: deny, methods: [GET]}]\n" REST, "192.0.2.7", false },
		{ "access: [{action: deny, hosts: [a.example]}]\n" REST, "192.0.2.7", false },
		{ "access: [{action: allow, hosts: [a.example]}, {action: deny}]\n" REST, "192.0.2.7", false },
		{ "access: [{action: deny, ports: [81]}]\n" REST, "192.0.2.7", false },
		{ "access: [{action: deny, destinations: [loopback]}]\n" REST, "192.0.2.7", true },
		{ "access: [{action: deny, listeners: [\":81\"]}]\n"
		  "listeners: [{address: \":80\"}, {address: \":81\"}]\n" ASK ROUTE SECRET,
		  "192.0.2.7", true },
		{ PROXY, "192.0.2.7", false },
		{ PROXY, "10.0.0.1", true },
		{ "listeners: [{address: \":80\", mode: both}]\n" ASK ROUTE SECRET, "192.0.2.7", true },
		/* a site's visitors are no users, and all of a proxy are */
		{ USERS "access: [{action: allow, authenticated: true}]\n" PROXY, "10.0.0.1", false },
		{ USERS "access: [{action: allow, authenticated: true}]\n"
			"listeners: [{address: \":80\", mode: both}]\n" ASK ROUTE SECRET,
		  "10.0.0.1", true },
	};

	(void)state;
	put_users("ann:" YESCRYPT "\n");
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct conf *c = read_yaml(rows[i].yaml);
		union addr client = address(rows[i].client);

		if (access_is_open(c, &c->listeners[0], &client) != rows[i].open)
			fail_msg("%s\n%s: open or not?", rows[i].yaml, rows[i].client);
		conf_unref(&c);
	}
	unlink("users");
}

#define SITES "listeners: [{address: \":80\", mode: both}]\n" ASK ROUTE SECRET

static void
what_is_wrong_with_rules(void **state)
{
	static const struct row rows[] = {
		{ "access: [{clients: [10.0.0.0/8]}]\n" SITES,
		  "c.yaml:1:10: access[0]: action must be given: allow or deny\n" },
		{ "access: [{action: alow, clients: [10.0.0.0/8]}]\n" SITES,
		  "c.yaml:1:19: access[0].action: \"alow\" is none of allow, deny; did you mean \"allow\"?\n" },
		{ "access: [{action: deny, clients: [10.0.0.0/8, lan]}]\n" SITES,
		  "c.yaml:1:47: access[0].clients[1]: \"lan\" is no network: write 10.0.0.0/8, 192.0.2.7, fd00::/8 or "
		  "::1, or loopback, private or link-local\n" },
		{ "access: [{action: deny, clients: []}]\n" SITES,
		  "c.yaml:1:34: access[0].clients: is empty: leave it out where it does not matter\n" },
		{ "access: [{action: deny, ports: [80, 90-81]}]\n" SITES,
		  "c.yaml:1:37: access[0].ports[1]: must be a port, a number from 1 to 65535, or a run of them, such "
		  "as "
		  "8000-8999\n" },
		{ "access: [{action: deny, hosts: [\"http://a\"]}]\n" SITES,
		  "c.yaml:1:33: access[0].hosts[0]: must be a host alone, such as \"www.example.org\", "
		  "\"*.example.org\", or \".example.org\" for that host and all below it; ports stand under ports\n" },
		{ "access: [{action: deny, methods: [\"GET POST\"]}]\n" SITES,
		  "c.yaml:1:35: access[0].methods[0]: must be a method, such as GET or CONNECT\n" },
		{ "access: [{action: deny, listeners: [\":81\"]}]\n" SITES,
		  "c.yaml:1:37: access[0].listeners[0]: no listener has this address: write one as it stands under "
		  "listeners\n" },
		{ "access: [{action: allow}]\n" SITES, "c.yaml:1:10: warning: access[0]: anybody may use listeners[0] "
						       "as a proxy: name clients, or hosts\n" },
		{ "access:\n"
		  "- {action: deny, clients: [private]}\n"
		  "- {action: allow, clients: [10.0.0.0/8], ports: [80]}\n" SITES,
		  "c.yaml:3:3: warning: access[1]: is never reached: access[0] matches all that it does\n" },
		{ "access:\n"
		  "- {action: allow, clients: [private], methods: [GET, CONNECT]}\n"
		  "- {action: allow, clients: [10.0.0.0/8], methods: [CONNECT]}\n" SITES,
		  "c.yaml:3:3: warning: access[1]: is never reached: access[0] matches all that it does\n" },
		/* these are */
		{ "access:\n"
		  "- {action: allow, clients: [private]}\n"
		  "- {action: allow, clients: [10.0.0.0/8], ports: [22]}\n"
		  "- {action: allow, clients: [10.0.0.0/8], destinations: [loopback]}\n"
		  "- {action: deny, clients: [10.0.0.0/7]}\n" SITES,
		  "" },
	};

	(void)state;
	RUN(rows);
}

static void
who_is_asked(void **state)
{
	static const struct {
		bool askable;
		enum who who;
		const char *user, *host;
		enum access_verdict verdict;
		const char *rule;
	} rows[] = {
		{ true, WHO_UNASKED, "", "open.example", ACCESS_ALLOWED, "access[0]" },
		{ true, WHO_UNASKED, "", "a.example", ACCESS_WHO, "access[1]" },
		{ true, WHO_WRONG, "", "a.example", ACCESS_WHO, "access[1]" },
		{ true, WHO_KNOWN, "bob", "a.example", ACCESS_DENIED, "access[1]" },
		{ true, WHO_KNOWN, "ann", "a.example", ACCESS_ALLOWED, "access[2]" },
		/* who cannot be asked is no user */
		{ false, WHO_UNASKED, "", "a.example", ACCESS_DENIED, "access[3]" },
	};
	union addr client = address("10.0.0.1");
	struct conf *c;

	(void)state;
	put_users("# ours\n\nbob:" YESCRYPT "\r\n ann:" YESCRYPT ":1001:\n");
	c = read_yaml(USERS "access:\n"
			    "- {action: allow, hosts: [open.example]}\n"
			    "- {action: deny, users: [bob]}\n"
			    "- {action: allow, authenticated: true}\n"
			    "- {action: deny}\n" PROXY);
	assert_int_equal(c->authentication.user_count, 2);
	assert_true(str_eq(c->authentication.users[0].name, STR("ann")));
	assert_true(str_eq(c->authentication.users[0].hash, STR(YESCRYPT)));
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct access_asked a = { .listener = &c->listeners[0],
					  .client = &client,
					  .method = STR("GET"),
					  .host = str_c(rows[i].host),
					  .port = 80,
					  .proxied = true,
					  .direct = true,
					  .askable = rows[i].askable,
					  .who = rows[i].who,
					  .user = str_c(rows[i].user) };
		struct access_answer answer = access_judge(c, &a);

		if (answer.verdict != rows[i].verdict || !str_eq(answer.rule, str_c(rows[i].rule)))
			fail_msg("row %zu: %d by %.*s", i, answer.verdict, STR_FMT(answer.rule));
	}
	conf_unref(&c);
	unlink("users");
}

/* Of what is allowed as long as nobody knows where the host leads. */
static void
it_may_come_to_matter_who_asks(void **state)
{
	static const struct {
		const char *rules;
		bool may;
	} rows[] = {
		{ "", false },
		{ "{action: allow, destinations: [10.0.0.0/8]}, {action: allow, authenticated: true}", true },
		{ "{action: allow, destinations: [10.0.0.0/8]}, {action: deny, methods: [GET]}, {action: allow, "
		  "authenticated: true}",
		  false },
		{ "{action: allow, destinations: [10.0.0.0/8]}, {action: allow, users: [ann], hosts: [b.example]}",
		  false },
		{ "{action: deny, destinations: [10.0.0.0/8]}, {action: allow, clients: [private]}, {action: deny, "
		  "authenticated: true}",
		  false },
		{ "{action: deny, destinations: [10.0.0.0/8], users: [ann]}, {action: allow, clients: [private]}",
		  true },
		/* where it leads into this machine */
		{ "{action: allow, clients: [private]}, {action: allow, destinations: [loopback], users: [ann]}",
		  true },
		{ "{action: allow, clients: [private]}, {action: allow, users: [ann]}", false },
	};
	union addr client = address("10.0.0.1"), destination = address("192.0.2.1");

	(void)state;
	put_users("ann:" YESCRYPT "\n");
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char yaml[512];
		struct access_asked a = { .client = &client,
					  .method = STR("GET"),
					  .host = STR("a.example"),
					  .port = 80,
					  .proxied = true,
					  .direct = true,
					  .askable = true };
		struct conf *c;

		snprintf(yaml, sizeof yaml, USERS "access: [%s]\n" PROXY, rows[i].rules);
		c = read_yaml(yaml);
		a.listener = &c->listeners[0];
		if (access_may_ask(c, &a) != rows[i].may)
			fail_msg("%s", rows[i].rules);
		a.destination = &destination;
		assert_false(access_may_ask(c, &a));
		conf_unref(&c);
	}
	unlink("users");
}

static void
what_is_wrong_with_users(void **state)
{
	static const struct {
		const char *users;
		struct row row;
	} rows[] = {
		{ "a:" YESCRYPT "\na",
		  { USERS PROXY, "c.yaml:1:24: authentication.file: users, line 2: must be a name, a "
				 "colon and a hash of the password, such as `htpasswd -B` writes\n" } },
		{ "a:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=",
		  { USERS PROXY,
		    "c.yaml:1:24: authentication.file: users, line 1: is too weak a hash, or none: make one "
		    "with `mkpasswd -m yescrypt` or `htpasswd -B`\n" } },
		{ "a:" YESCRYPT "\na:" YESCRYPT,
		  { USERS PROXY, "c.yaml:1:24: authentication.file: has the user \"a\" twice\n" } },
		{ "# nobody\n", { USERS PROXY, "c.yaml:1:24: authentication.file: has no users\n" } },
		{ NULL,
		  { USERS PROXY, "c.yaml:1:24: authentication.file: cannot be read: No such file or directory\n" } },
		{ NULL,
		  { "authentication: {file: /dev/zero}\n" PROXY,
		    "c.yaml:1:24: authentication.file: cannot be read: it is no file\n" } },
		{ NULL,
		  { "authentication: {realm: x}\n" PROXY,
		    "c.yaml:1:17: authentication.file: file must be given: a line for each user, name:hash\n" } },
		{ NULL,
		  { "access: [{action: allow, users: [a]}]\n" PROXY,
		    "c.yaml:1:10: access[0]: wants users, and there is no authentication.file that has any\n" } },
		{ "a:" YESCRYPT,
		  { "access: [{action: allow, users: [a, b]}]\n" USERS PROXY,
		    "c.yaml:1:37: warning: access[0].users[1]: authentication.file has no such user\n" } },
		{ "a:" YESCRYPT,
		  { "access: [{action: deny, authenticated: true}]\n" USERS REST,
		    "c.yaml:1:10: warning: access[0]: never matches: users can be asked on forward listeners "
		    "alone\n" } },
		{ "a:" YESCRYPT,
		  { "access: [{action: allow, authenticated: true}, {action: allow, users: [a]}]\n" USERS PROXY,
		    "c.yaml:1:48: warning: access[1]: is never reached: access[0] matches all that it does\n" } },
		{ "a:" YESCRYPT,
		  { "access: [{action: allow, users: [a]}, {action: allow, authenticated: true}]\n" USERS PROXY, "" } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (rows[i].users != NULL)
			put_users(rows[i].users);
		run(&rows[i].row, 1);
		unlink("users");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_proxy_is_for_those_who_are_near),
		TEST(a_site_is_for_everybody),
		TEST(the_first_rule_that_matches_decides),
		TEST(rules_about_destinations_are_asked_twice),
		TEST(open_to_a_client),
		TEST(what_is_wrong_with_rules),
		TEST(who_is_asked),
		TEST(it_may_come_to_matter_who_asks),
		TEST(what_is_wrong_with_users),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
