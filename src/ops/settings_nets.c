#include "ops/settings_nets.h"

#include "base/must.h"
#include "ops/settings_value.h"

static const struct {
	struct str name, net;
} named[] = {
#define NET(name, net) { STR_INIT(name), STR_INIT(net) },
#include "tbl/nets.def"
#undef NET
};

#define NAMED (sizeof named / sizeof named[0])

/* Adds what the word stands for; false where it is no network. `out` has room for NAMED more. */
static bool
add(struct str word, struct net *out, unsigned *count)
{
	unsigned before = *count;

	for (size_t i = 0; i < NAMED; i++)
		if (str_eq(named[i].name, word))
			MUST(net_parse(named[i].net, &out[(*count)++]));
	if (*count > before)
		return true;
	if (!net_parse(word, &out[*count]))
		return false;
	++*count;
	return true;
}

void
settings_nets_read(struct settings_reader *rd, struct settings_place at, struct str key, struct str_list list,
		   struct net_list *out)
{
	struct net *nets = arena_alloc(rd->arena, list.count * NAMED * sizeof *nets);
	unsigned count = 0;

	if (nets == NULL)
		return;
	for (unsigned i = 0; i < list.count; i++) {
		struct str shown = settings_value_quote(list.items[i], rd->arena);

		if (!add(list.items[i], nets, &count))
			settings_report_error(rd->report, settings_read_blame_item(rd, at, key, list.items[i]),
					      "%.*s is no network: write 10.0.0.0/8, 192.0.2.7, fd00::/8 or ::1, or "
					      "loopback, private or link-local",
					      STR_FMT(shown));
	}
	*out = (struct net_list){ nets, count };
}

bool
settings_nets_is(struct str word)
{
	struct net nets[NAMED];
	unsigned count = 0;

	return add(word, nets, &count);
}

void
settings_nets_named(struct arena *a, struct str_list words, struct net_list *out)
{
	struct net *nets = arena_alloc(a, words.count * NAMED * sizeof *nets);
	unsigned count = 0;

	if (nets == NULL)
		return;
	for (unsigned i = 0; i < words.count; i++)
		MUST(add(words.items[i], nets, &count));
	*out = (struct net_list){ nets, count };
}

static bool
parse_port(struct str s, uint16_t *out)
{
	uint64_t v;

	if (!str_u64(s, &v) || v == 0 || v > UINT16_MAX)
		return false;
	*out = (uint16_t)v;
	return true;
}

static bool
parse_range(struct str s, struct port_range *out)
{
	struct str first;

	if (!str_cut(&s, '-', &first))
		s = first;
	return parse_port(first, &out->first) && parse_port(s, &out->last) && out->first <= out->last;
}

void
settings_nets_ports(struct settings_reader *rd, struct settings_place at, struct str key, struct str_list list,
		    struct port_list *out)
{
	struct port_range *ranges = arena_alloc(rd->arena, list.count * sizeof *ranges);
	unsigned count = 0;

	if (ranges == NULL)
		return;
	for (unsigned i = 0; i < list.count; i++)
		if (parse_range(list.items[i], &ranges[count]))
			count++;
		else
			settings_report_error(
			    rd->report, settings_read_blame_item(rd, at, key, list.items[i]),
			    "must be a port, a number from 1 to 65535, or a run of them, such as 8000-8999");
	*out = (struct port_list){ ranges, count };
}
