#include "ops/settings_pac.h"

#include "http/uri.h"
#include "ops/settings_file.h"
#include "ops/settings_nets.h"
#include "proxy/pac.h"

#define FILE_MOST ((size_t)65536)

static void
read_file(struct settings_reader *rd, struct settings_place at, struct conf_pac *c)
{
	FILE *f = settings_file_open(rd, at, c->file);
	char *text = f == NULL ? NULL : arena_alloc(rd->arena, FILE_MOST + 1);
	size_t n;

	if (text != NULL) {
		n = fread(text, 1, FILE_MOST + 1, f);
		c->text = str_of(text, n);
		if (n > FILE_MOST)
			settings_report_error(rd->report, at, "is larger than 64K");
	}
	if (f != NULL)
		fclose(f);
}

static void
check_proxy(struct settings_reader *rd, struct settings_place at, const struct conf_pac *c)
{
	struct str host;
	uint16_t port = 0;

	if (c->proxy.n > 0 && (!uri_parse_host(c->proxy, &host, &port) || port == 0))
		settings_report_error(rd->report, at, "must be a host and a port, such as proxy.example.org:3128");
}

static bool
is_host(struct str s)
{
	struct str host;
	uint16_t port;

	return uri_parse_host(s, &host, &port) && host.n == s.n;
}

/* Sorted into networks, and hosts in lower case. */
static void
read_direct(struct settings_reader *rd, struct settings_place at, const struct conf_pac *c, struct str_list *hosts,
	    struct net_list *nets)
{
	struct str *names = arena_alloc(rd->arena, c->direct.count * sizeof *names);
	struct str *words = arena_alloc(rd->arena, c->direct.count * sizeof *words);
	struct str_list found = { words, 0 };

	if (names == NULL || words == NULL)
		return;
	for (unsigned i = 0; i < c->direct.count; i++) {
		struct str item = c->direct.items[i], copy = arena_str(rd->arena, item);

		if (settings_nets_is(item)) {
			words[found.count++] = item;
		} else if (is_host(item) && copy.p != NULL) {
			str_put_lower((char *)copy.p, item);
			names[hosts->count++] = uri_plain_host(copy);
		} else {
			settings_report_error(rd->report, settings_read_blame_item(rd, at, STR("direct"), item),
					      "must be a host, such as \".example.org\", or a network");
		}
	}
	hosts->items = names;
	settings_nets_named(rd->arena, found, nets);
}

void
settings_pac_read(struct settings_reader *rd, struct settings_place at)
{
	struct conf_pac *c = &rd->conf->pac;
	struct strbuf rules = strbuf_in(rd->arena, 4096);
	struct str_list hosts = { NULL, 0 };
	struct net_list nets = { NULL, 0 };

	settings_read_section(rd, SECTION_PAC, at, NULL, c);
	check_proxy(rd, settings_read_blame(rd, at, STR("proxy")), c);
	if (c->file.n > 0)
		read_file(rd, settings_read_blame(rd, at, STR("file")), c);
	read_direct(rd, at, c, &hosts, &nets);
	pac_write_rules(&rules, &hosts, &nets);
	c->rules = strbuf_str(&rules);
}
