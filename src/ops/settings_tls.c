#include "ops/settings_tls.h"

#include "http/uri.h"
#include "net/tls.h"

#define NAME_MAX_BYTES 253

static bool
is_secure(const struct settings_node *item)
{
	const struct settings_node *url = item->kind == SETTINGS_MAP ? settings_tree_get(item, STR("url")) : item;

	return url != NULL && url->kind == SETTINGS_SCALAR && str_istarts(url->text, STR("https:"));
}

static bool
has_secure_member(const struct settings_node *list)
{
	for (unsigned i = 0; list != NULL && list->kind == SETTINGS_LIST && i < list->count; i++)
		if (is_secure(list->items[i]))
			return true;
	return false;
}

static bool
name_valid(struct str name)
{
	struct str host;
	uint16_t port;

	return uri_parse_host(name, &host, &port) && host.n == name.n && name.p[0] != '[' && name.n <= NAME_MAX_BYTES;
}

static void
check(struct settings_reader *rd, struct settings_place tls, const struct conf_tls *t)
{
	if (t->name.n > 0 && !name_valid(t->name))
		settings_report_error(rd->report, settings_read_blame(rd, tls, STR("name")),
				      "must be a host name alone, such as \"www.example.org\"");
	if (t->key.n > 0 && t->certificate.n == 0)
		settings_report_error(rd->report, settings_read_blame(rd, tls, STR("key")),
				      "is of no use without `certificate`");
	if (!t->verify)
		settings_report_warn(rd->report, settings_read_blame(rd, tls, STR("verify")),
				     "off: whoever answers is believed to be the upstream");
	if (!t->verify && t->ca.n > 0)
		settings_report_warn(rd->report, settings_read_blame(rd, tls, STR("ca")),
				     "has no effect where `verify` is off");
}

static struct tls_settings
wanted(const struct conf_tls *t)
{
	return (struct tls_settings){ .ca = t->verify ? t->ca : STR_NONE,
				      .certificate = t->certificate,
				      .key = t->key,
				      .name = t->name,
				      .verify = t->verify,
				      .only_1_3 = t->min == CONF_tls_V1_3 };
}

static void
trust(struct settings_reader *rd, struct settings_place tls, struct conf_upstream *u)
{
	static const struct str keys[] = { [TLS_FLAW_CA] = STR_INIT("ca"),
					   [TLS_FLAW_CERTIFICATE] = STR_INIT("certificate"),
					   [TLS_FLAW_KEY] = STR_INIT("key"),
					   [TLS_FLAW_OTHER] = STR_INIT("") };
	struct tls_settings settings = wanted(&u->tls);
	enum tls_flaw flaw;
	char why[TLS_TEXT];
	struct tls_context *x = tls_context_new(&settings, &flaw, why);

	if (x == NULL) {
		settings_report_error(rd->report, settings_read_blame(rd, tls, keys[flaw]), "%s", why);
		return;
	}
	group_trust(u->group, x);
	tls_context_unref(&x);
	if (u->tls.verify && u->tls.ca.n == 0 && !tls_system_has_roots())
		settings_report_warn(rd->report, tls,
				     "this system has no root certificates, so nobody will be believed: name a file in "
				     "`ca`, or install some (Debian: ca-certificates)");
}

void
settings_tls_read(struct settings_reader *rd, struct settings_place upstream, struct conf_upstream *u)
{
	struct settings_place tls = settings_read_under(rd, upstream, STR("tls"));
	struct settings_place blame = settings_read_blame(rd, upstream, STR("tls"));
	unsigned errors = settings_report_errors(rd->report);

	settings_read_section(rd, SECTION_TLS, tls, NULL, &u->tls);
	check(rd, blame, &u->tls);
	if (settings_report_errors(rd->report) > errors)
		return;
	if (has_secure_member(settings_read_under(rd, upstream, STR("members")).node))
		trust(rd, blame, u);
	else if (tls.node != NULL)
		settings_report_warn(rd->report, tls, "has no effect: no member of the group is of https");
}
