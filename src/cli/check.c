/* cairn check: reads a configuration, says what is wrong with it, or what it comes to. */

#include "cli/commands.h"
#include "cli/options.h"
#include "ops/settings_rows.h"

static const char *
plural(unsigned n)
{
	return n == 1 ? "" : "s";
}

static struct str
word(enum setting_type type, int value)
{
	struct str text = STR("");
	int one;

	for (unsigned i = 0; settings_rows_choice(type, &i, &text, &one);)
		if (one == value)
			break;
	return text;
}

/* ---- what it comes to ---- */

static void
show_listeners(const struct conf *c)
{
	for (unsigned i = 0; i < c->listener_count; i++) {
		const struct conf_listener *l = &c->listeners[i];
		struct str mode = word(SETTING_ENUM_mode, l->mode);

		printf("  %-9s %.*s, %.*s\n", i == 0 ? "listens" : "", STR_FMT(l->address), STR_FMT(mode));
	}
}

static void
show_member(const char *before, const struct member *m)
{
	printf("%s%.*s%s", before, STR_FMT(m->label), m->tls == NULL ? "" : " (TLS)");
}

static void
show_members(const struct conf_upstream *u)
{
	struct str kind = word(SETTING_ENUM_kind, u->kind);

	printf("%.*s, %.*s", STR_FMT(u->name), STR_FMT(kind));
	for (unsigned i = 0; i < group_roster(u->group)->count; i++)
		show_member(i == 0 ? " at " : ", ", group_roster(u->group)->seats[i].member);
	for (const struct following *f = u->group->followings; f != NULL; f = f->next)
		printf(", %s that %.*s has in DNS", f->follow == FOLLOW_SRV ? "the services" : "the addresses",
		       STR_FMT(f->like.member->host));
}

static void
show_whom(const struct conf_route *r)
{
	const struct conf_upstream *to = r->to;
	bool direct = to == NULL;

	if (r->beside != NULL)
		show_members(r->beside);
	for (const char *before = r->beside == NULL ? "" : ", else "; to != NULL; to = to->next, before = ", else ") {
		fputs(before, stdout);
		show_members(to);
		direct = to->then_direct;
	}
	if (direct)
		printf("%sthe host that is named", r->to == NULL && r->beside == NULL ? "" : ", else ");
}

static void
show_routes(const struct conf *c)
{
	for (unsigned i = 0; i < c->route_count; i++) {
		const struct conf_route *r = &c->routes[i];

		printf("  %-9s %.*s %.*s -> ", i == 0 ? "routes" : "", STR_FMT(r->host), STR_FMT(r->path));
		show_whom(r);
		printf("%s\n", r->cache.enabled ? "" : ", not cached");
	}
}

static void
show_answered(bool any, const char **before, const char *what, struct str at)
{
	if (!any)
		return;
	printf("%s%s%.*s", *before, what, STR_FMT(at));
	*before = ", ";
}

/* What other caches may ask. */
static void
show_neighbours(const struct conf *c)
{
	const struct conf_neighbours *n = &c->neighbours;
	const char *before = "  answers   ";

	show_answered(n->icp.n > 0, &before, "ICP at ", n->icp);
	show_answered(n->htcp.n > 0, &before, "HTCP at ", n->htcp);
	show_answered(c->digest.in_cairns, &before, "digests", STR(""));
	show_answered(c->digest.in_squids, &before, "digests in Squid's form", STR(""));
	if (before[0] == ',')
		putchar('\n');
}

static void
show_size(uint64_t bytes)
{
	static const char units[] = "TGMK";

	for (size_t i = 0; i < sizeof units - 1; i++) {
		uint64_t unit = (uint64_t)1 << (40 - 10 * i);

		if (bytes >= unit && bytes % unit == 0) {
			printf("%llu%c", (unsigned long long)(bytes / unit), units[i]);
			return;
		}
	}
	printf("%llu", (unsigned long long)bytes);
}

static void
show_logs(const struct conf *c)
{
	for (unsigned i = 0; i < c->log_count; i++) {
		const struct conf_log *l = &c->logs[i];
		struct str file = str_eq(l->file, STR("-")) ? STR("standard output") : l->file;
		struct str format = word(SETTING_ENUM_format, l->format);

		printf("  %-9s %.*s, %.*s\n", i == 0 ? "logs" : "", STR_FMT(file), STR_FMT(format));
	}
}

static void
show(const struct conf *c, const char *file)
{
	printf("%s: fine\n", file);
	printf("  %-9s %.*s\n", "node", STR_FMT(c->node.name));
	show_listeners(c);
	show_routes(c);
	show_neighbours(c);
	printf("  %-9s ", "memory");
	show_size(c->store.memory);
	printf("\n  %-9s %.*s\n", "admin", STR_FMT(c->admin.address));
	show_logs(c);
}

/* ---- the command ---- */

static void
complain(const struct settings_report *r, const char *file)
{
	unsigned errors = settings_report_errors(r), warnings = settings_report_warnings(r);

	fprintf(stderr, "%s: %u error%s", file, errors, plural(errors));
	if (warnings > 0)
		fprintf(stderr, ", %u warning%s", warnings, plural(warnings));
	fputc('\n', stderr);
}

static int
check(const struct settings_flags *flags, struct settings_report *r)
{
	const char *file = flags->file == NULL ? "command line" : flags->file;
	struct conf *c = settings_load(flags, r);

	settings_report_print(r, stderr);
	if (c == NULL) {
		complain(r, file);
		return EXIT_WRONG;
	}
	show(c, file);
	conf_unref(&c);
	return EXIT_FINE;
}

int
cli_check(int argc, char **argv)
{
	struct settings_flags flags = { .dry = true };
	int first = options_settings(argc, argv, &flags);
	struct settings_report *r;
	int status;

	if (first < 0)
		return options_exit(first);
	if (first < argc && flags.file == NULL)
		flags.file = argv[first++];
	if (first < argc) {
		fprintf(stderr, "cairn check: \"%s\" is one file too many\n", argv[first]);
		return EXIT_WRONG;
	}
	r = settings_report_new();
	if (r == NULL) {
		fprintf(stderr, "cairn check: no memory\n");
		return EXIT_FAILED;
	}
	status = check(&flags, r);
	settings_report_free(&r);
	return status;
}
