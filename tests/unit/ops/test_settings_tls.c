#include "settings_case.h"

#include "net/pki.h"
#include "peer/roster.h"

#define GROUP(tls) "upstreams:\n  s:\n    members: [\"https://a.example\"]\n    tls: " tls "\n" LISTEN ROUTE SECRET

static int
setup(void **state)
{
	struct pki authority, guest, other;

	if (enter_dir(state) != 0)
		return 1;
	authority = pki_make("Authority", NULL, NULL, -1, 1);
	guest = pki_make("guest", "DNS:guest.example", &authority, -1, 1);
	other = pki_make("other", "DNS:other.example", &authority, -1, 1);
	pki_write(&authority, "ca.pem", true, false, NULL);
	pki_write(&guest, "guest.pem", true, false, NULL);
	pki_write(&guest, "guest.key", false, true, NULL);
	pki_write(&other, "other.key", false, true, NULL);
	pki_free(&authority);
	pki_free(&guest);
	pki_free(&other);
	setenv("SSL_CERT_FILE", "ca.pem", 1);
	setenv("SSL_CERT_DIR", "none", 1);
	return 0;
}

static int
teardown(void **state)
{
	unlink("ca.pem");
	unlink("guest.pem");
	unlink("guest.key");
	unlink("other.key");
	return leave_dir(state);
}

static void
messages(void **state)
{
	static const struct row rows[] = {
		{ GROUP("{}"), "" },
		{ GROUP("{ca: ca.pem, certificate: guest.pem, key: guest.key, name: b.example, min: 1.3}"), "" },
		{ GROUP("{ca: none.pem}"),
		  "c.yaml:4:15: upstreams.s.tls.ca: cannot be read: No such file or directory\n" },
		{ GROUP("{ca: guest.key}"), "c.yaml:4:15: upstreams.s.tls.ca: has no certificate in it (PEM)\n" },
		{ GROUP("{certificate: guest.pem, key: other.key}"),
		  "c.yaml:4:40: upstreams.s.tls.key: its key does not fit the certificate\n" },
		{ GROUP("{certificate: guest.pem}"),
		  "c.yaml:4:24: upstreams.s.tls.certificate: has no private key in it that can be read (PEM)\n" },
		{ GROUP("{key: guest.key}"), "c.yaml:4:16: upstreams.s.tls.key: is of no use without `certificate`\n" },
		{ GROUP("{name: \"a.example:80\", min: 1.1, vrify: no}"),
		  "c.yaml:4:17: upstreams.s.tls.name: must be a host name alone, such as \"www.example.org\"\n"
		  "c.yaml:4:38: upstreams.s.tls.min: \"1.1\" is none of 1.2, 1.3; did you mean \"1.2\"?\n"
		  "c.yaml:4:43: upstreams.s.tls.vrify: unknown setting; did you mean \"verify\"?\n" },
		{ GROUP("{verify: false}"),
		  "c.yaml:4:19: warning: upstreams.s.tls.verify: off: whoever answers is believed to be the "
		  "upstream\n" },
		{ GROUP("{verify: false, ca: none.pem}"),
		  "c.yaml:4:19: warning: upstreams.s.tls.verify: off: whoever answers is believed to be the "
		  "upstream\n"
		  "c.yaml:4:30: warning: upstreams.s.tls.ca: has no effect where `verify` is off\n" },
		{ GROUP("[a]"), "c.yaml:4:10: upstreams.s.tls: must be settings with names, not a list\n" },
		{ "upstreams: {s: {members: [{url: \"HTTPS://a\"}, http://b], tls: {ca: none}}}\n" LISTEN ROUTE SECRET,
		  "c.yaml:1:68: upstreams.s.tls.ca: cannot be read: No such file or directory\n" },
		{ "upstreams: {s: {members: [http://b], tls: {ca: ca.pem}}}\n" LISTEN ROUTE SECRET,
		  "c.yaml:1:43: warning: upstreams.s.tls: has no effect: no member of the group is of https\n" },
	};

	(void)state;
	RUN(rows);
}

static void
no_roots_at_all(void **state)
{
	const char *yaml = "upstreams: {s: {members: [https://b]}}\n" LISTEN ROUTE SECRET;
	struct conf *c;

	(void)state;
	setenv("SSL_CERT_FILE", "none.pem", 1);
	put(str_c(yaml));
	c = load(&from_file, NULL, yaml,
		 "c.yaml:1:16: warning: upstreams.s.tls: this system has no root certificates, so nobody will be "
		 "believed: name a file in `ca`, or install some (Debian: ca-certificates)\n");
	conf_unref(&c);
}

static const struct member *
only_member(const struct conf *c)
{
	return group_roster(c->upstreams[0].group)->seats[0].member;
}

/* What is known of a member outlives a reload, unless it is believed by something else from now on. */
static void
reloads(void **state)
{
	struct conf *first = read_yaml(GROUP("{ca: ca.pem}")), *next;
	const struct member *m = only_member(first);

	(void)state;
	assert_non_null(m->tls);
	next = load(&from_file, first, "the same", "");
	assert_ptr_equal(only_member(next), m);
	conf_unref(&next);
	put(STR(GROUP("{ca: guest.pem}")));
	next = load(&from_file, first, "another authority", "");
	assert_ptr_not_equal(only_member(next), m);
	conf_unref(&next);
	unlink("ca.pem");
	assert_int_equal(rename("guest.pem", "ca.pem"), 0);
	put(STR(GROUP("{ca: ca.pem}")));
	next = load(&from_file, first, "another in the same file", "");
	assert_ptr_not_equal(only_member(next), m);
	conf_unref(&next);
	conf_unref(&first);
}

#define ROW(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ROW(messages),
		ROW(no_roots_at_all),
		ROW(reloads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
