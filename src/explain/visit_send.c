/* What a visit sends, and where to. */
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "explain/visit_impl.h"

#define LINE_MAX_N 4096 /* of a line that we write ourselves */

/* Adds a line; a list that is NULL, after it was not, stays so: there is no memory. */
static void
add(struct curl_slist **list, bool *ok, const char *line)
{
	struct curl_slist *longer = *ok ? curl.slist_append(*list, line) : NULL;

	*ok = longer != NULL;
	if (longer != NULL)
		*list = longer;
}

static struct curl_slist *
whole_or_none(struct curl_slist *list, bool ok)
{
	if (ok)
		return list;
	curl.slist_free_all(list);
	return NULL;
}

/* ---- fields ---- */

/* What is meant for one origin alone, and would be told to another one after a redirect. */
static const struct str kept_from_others[] = {
	STR_INIT("Authorization"),
	STR_INIT("Cookie"),
	STR_INIT("Host"),
	STR_INIT("Cairn-Trace"),
};

static struct str
name_in(const char *line)
{
	struct str rest = str_c(line), name;

	str_cut(&rest, ':', &name);
	return str_trim(name);
}

static bool
stays_behind(struct str name)
{
	for (size_t i = 0; i < sizeof kept_from_others / sizeof *kept_from_others; i++)
		if (str_ieq(name, kept_from_others[i]))
			return true;
	return false;
}

/* Does the plan say itself what this field is to be? */
static bool
is_planned(const struct visit_plan *plan, struct str name)
{
	for (unsigned i = 0; i < plan->field_count; i++)
		if (str_ieq(name_in(plan->fields[i]), name))
			return true;
	return false;
}

static void
add_own(const struct visit_plan *plan, struct curl_slist **list, bool *ok, const char *name, struct str value)
{
	char room[LINE_MAX_N];
	struct strbuf line = strbuf_fixed(room, sizeof room - 1);

	if (is_planned(plan, str_c(name)))
		return;
	strbuf_printf(&line, "%s: %.*s", name, STR_FMT(value));
	room[line.n] = '\0';
	add(list, ok, room);
}

static void
add_asks(const struct visit_plan *plan, struct curl_slist **list, bool *ok)
{
	static const struct {
		const char *name, *value;
	} rows[] = {
#define ASK(name, value, who, what) { name, value },
#include "tbl/asks.def"
#undef ASK
	};
	size_t count = sizeof rows / sizeof *rows;

	for (size_t i = 0, next; i < count; i = next) {
		char room[LINE_MAX_N];
		struct strbuf value = strbuf_fixed(room, sizeof room);

		for (next = i; next < count && str_eq(str_c(rows[next].name), str_c(rows[i].name)); next++)
			strbuf_printf(&value, "%s%s", next == i ? "" : ", ", rows[next].value);
		add_own(plan, list, ok, rows[i].name, strbuf_str(&value));
	}
}

struct curl_slist *
visit_fields(const struct visit_plan *plan, bool crossed)
{
	struct curl_slist *list = NULL;
	bool ok = true;

	/* What browsers say too: Vary would else show us a variant that nobody else asks for. */
	add_own(plan, &list, &ok, "Accept-Encoding", STR("gzip, deflate, br"));
	add_own(plan, &list, &ok, "User-Agent", STR("cairn/" CAIRN_VERSION));
	if (plan->ask)
		add_asks(plan, &list, &ok);
	if (plan->ask && plan->token != NULL && !crossed)
		add_own(plan, &list, &ok, "Cairn-Trace", str_c(plan->token));
	for (unsigned i = 0; i < plan->field_count; i++)
		if (!crossed || !stays_behind(name_in(plan->fields[i])))
			add(&list, &ok, plan->fields[i]);
	return whole_or_none(list, ok);
}

/* ---- addresses ---- */

/* "host:port:" and the addresses, from the one whose turn it is. */
static void
add_in_turn(struct curl_slist **list, bool *ok, struct str host_port, struct str addresses, unsigned turn)
{
	char room[LINE_MAX_N];
	struct strbuf line = strbuf_fixed(room, sizeof room - 1);
	struct str one, rest = addresses;
	unsigned count = 1;

	for (size_t i = 0; i < addresses.n; i++)
		count += addresses.p[i] == ',';
	for (turn %= count; turn > 0; turn--)
		str_cut(&rest, ',', &one);
	one = str_head(addresses, addresses.n - rest.n);
	strbuf_printf(&line, "%.*s%.*s%s%.*s", STR_FMT(host_port), STR_FMT(rest), one.n > 0 ? "," : "",
		      (int)(one.n > 0 ? one.n - 1 : 0), one.p);
	room[line.n] = '\0';
	if (!line.over)
		add(list, ok, room);
}

struct str
visit_host_port(const char *entry)
{
	struct str all = str_c(entry);
	size_t at = str_starts(all, STR("[")) ? (size_t)(str_chr(all, ']') + 1) : 0;

	if (at == 0 && str_starts(all, STR("[")))
		return STR_NONE;
	for (int colons = 0; at < all.n; at++)
		if (all.p[at] == ':' && ++colons == 2)
			return str_head(all, at + 1);
	return STR_NONE;
}

/* The name's addresses of the family that the system prefers, joined by commas. */
static void
look_up(struct strbuf *out, const char *host, const char *port)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG };
	struct addrinfo *all = NULL;
	char text[NI_MAXHOST];

	if (getaddrinfo(host, port, &hints, &all) != 0)
		return; /* curl will meet the same, and say it */
	for (const struct addrinfo *a = all; a != NULL; a = a->ai_next)
		if (a->ai_family == all->ai_family &&
		    getnameinfo(a->ai_addr, a->ai_addrlen, text, sizeof text, NULL, 0, NI_NUMERICHOST) == 0)
			strbuf_printf(out, "%s%s", out->n > 0 ? "," : "", text);
	freeaddrinfo(all);
}

/* Is somebody else to look the name up? */
static bool
has_proxy(const struct visit_plan *plan)
{
	static const char *const names[] = { "http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY" };

	if (plan->proxy != NULL)
		return true;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (getenv(names[i]) != NULL)
			return true;
	return false;
}

static bool
is_resolved(const struct visit_plan *plan, struct str host_port)
{
	for (unsigned i = 0; i < plan->resolve_count; i++)
		if (str_ieq(visit_host_port(plan->resolve[i]), host_port))
			return true;
	return false;
}

static void
add_host(const struct visit_plan *plan, const char *host, const char *port, unsigned turn, struct curl_slist **list,
	 bool *ok)
{
	char entry[LINE_MAX_N], found[LINE_MAX_N];
	struct strbuf host_port = strbuf_fixed(entry, sizeof entry), addresses = strbuf_fixed(found, sizeof found);

	strbuf_printf(&host_port, "%s:%s:", host, port);
	if (host_port.over || is_resolved(plan, strbuf_str(&host_port)))
		return;
	look_up(&addresses, host, port);
	if (addresses.n > 0)
		add_in_turn(list, ok, strbuf_str(&host_port), strbuf_str(&addresses), turn);
}

bool
visit_addresses(const struct visit_plan *plan, CURLU *url, unsigned turn, struct curl_slist **out)
{
	char *host = NULL, *port = NULL;
	bool ok = true;

	*out = NULL;
	for (unsigned i = 0; i < plan->resolve_count; i++) {
		struct str host_port = visit_host_port(plan->resolve[i]);

		add_in_turn(out, &ok, host_port, str_skip(str_c(plan->resolve[i]), host_port.n), turn);
	}
	/* Once is what anybody's program would do: then it is left to curl. */
	if (plan->repeat > 1 && !has_proxy(plan) &&
	    curl.url_get(url, CURLUPART_HOST, &host, CURLU_PUNYCODE) == CURLUE_OK &&
	    curl.url_get(url, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK)
		add_host(plan, host, port, turn, out, &ok);
	curl.free(host);
	curl.free(port);
	*out = whole_or_none(*out, ok);
	return ok;
}
