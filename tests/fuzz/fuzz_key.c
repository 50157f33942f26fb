/* Keys. The first line is a host, the second a target, the others are fields of the request. Only what can be sent on is
 * keyed. A key's URL has the same key, no value of a field can look like another field, and what rules leave out is out. */
#include "cache/key.h"
#include "heads.h"
#include "http/uri.h"

static const struct hash_secret secret;
static const struct str ignore[] = { STR_INIT("utm_*"), STR_INIT("x"), STR_INIT("*y*z") };
static const struct str joined[] = { STR_INIT("cookie"), STR_INIT("x-a") };
static const struct key_rules all = { .ignore = ignore, 3, .fields = joined, 2, .sort_query = true };

static bool
same(const struct key *a, const struct key *b)
{
	return str_eq(a->text, b->text) && hash128_eq(a->hash, b->hash);
}

/* The URL of a key that no field has joined names it. */
static void
check_url(const struct key *key, const struct key_rules *rules, struct arena *a)
{
	struct key again;

	MUST(key_of_url(&secret, key->text, rules, a, &again));
	MUST(same(key, &again));
}

static void
check_joined(const struct key *key, const struct head *request)
{
	unsigned blanks = 0, fields = head_has(request, HDR_COOKIE), x = 0;

	for (uint32_t i = 0; i < request->count; i++)
		x |= str_ieq(field_name(&request->fields[i]), joined[1]);
	for (size_t i = 0; i < key->text.n; i++) {
		MUST((unsigned char)key->text.p[i] >= ' ' && key->text.p[i] != 0x7f);
		blanks += key->text.p[i] == ' ';
	}
	MUST(blanks == fields + x);
}

static void
check_query(struct str text)
{
	struct str path, param, name, before = STR("");

	if (!str_cut(&text, '?', &path))
		return;
	for (bool more = true; more; before = name) {
		more = str_cut(&text, '&', &param);
		str_cut(&param, '=', &name);
		MUST(!str_starts(name, STR("utm_")) && !str_eq(name, STR("x")));
		MUST(str_cmp(before, name) <= 0);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = fuzz_str(data, size), authority, target, host;
	struct arena *a = arena_new((size_t)64 << 20);
	struct key_rules rules = all;
	struct head request;
	struct key_parts parts;
	struct uri u;
	uint16_t port;
	struct key key;

	str_cut(&in, '\n', &authority);
	str_cut(&in, '\n', &target);
	head_init(&request, a);
	fuzz_add_fields(&request, in);
	if (!uri_parse_host(authority, &host, &port) || !uri_parse_target(target, false, &u) || u.form != URI_ORIGIN) {
		arena_free(&a);
		return 0;
	}
	parts = key_parts_of(STR("http"), authority, target);
	key = key_make(&secret, &parts, NULL, &request, a);
	check_url(&key, NULL, a);
	key = key_make(&secret, &parts, &all, &request, a);
	check_joined(&key, &request);
	rules.field_count = 0;
	parts.scheme = STR("HTTP");
	key = key_make(&secret, &parts, &rules, &request, a);
	check_query(key.text);
	check_url(&key, &rules, a);
	arena_free(&a);
	return 0;
}
