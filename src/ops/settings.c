#include "ops/settings.h"

#include <errno.h>

#include "ops/secret.h"
#include "ops/settings_flags.h"
#include "ops/settings_foreign.h"
#include "ops/settings_running.h"
#include "ops/settings_sections.h"
#include "ops/settings_yaml.h"

#define FILE_MAX  ((size_t)1 << 20)
#define ARENA_CAP ((size_t)64 << 20)

static const struct settings_place nowhere = { NULL, NULL };

/* ---- the file ---- */

/* The whole file; STR_NONE, with a message, where it cannot be had. */
static struct str
slurp(FILE *f, struct arena *a, struct settings_report *r)
{
	char *text = arena_alloc(a, FILE_MAX + 1);
	size_t n;

	if (text == NULL)
		return STR_NONE;
	n = fread(text, 1, FILE_MAX + 1, f);
	if (ferror(f)) {
		settings_report_error(r, nowhere, "cannot be read: %s", strerror(errno));
		return STR_NONE;
	}
	if (n > FILE_MAX) {
		settings_report_error(r, nowhere, "is larger than 1M: no configuration is");
		return STR_NONE;
	}
	return str_of(text, n);
}

static struct settings_node *
parse(FILE *f, struct arena *a, struct settings_report *r)
{
	struct arena *scratch = arena_new(4 * FILE_MAX);
	struct settings_node *root = NULL;
	struct str text;

	if (scratch == NULL) {
		settings_report_error(r, nowhere, "no memory to read it");
		return NULL;
	}
	text = slurp(f, scratch, r);
	if (text.p != NULL && !settings_foreign(text, r))
		root = settings_yaml_read(text, a, r);
	arena_free(&scratch);
	return root;
}

static struct settings_node *
read_file(const char *name, struct arena *a, struct settings_report *r)
{
	FILE *f = fopen(name, "re");
	struct settings_node *root;

	if (f == NULL) {
		settings_report_error(r, nowhere, "cannot be opened: %s", strerror(errno));
		return NULL;
	}
	root = parse(f, a, r);
	fclose(f);
	return root;
}

/* The tree of the file, or an empty one where flags have to do; NULL where there is nothing to go by. */
static struct settings_node *
read_tree(const struct settings_flags *flags, struct arena *a, struct settings_report *r)
{
	settings_report_file(r, flags->file);
	if (flags->file != NULL)
		return read_file(flags->file, a, r);
	if (flags->origin.count > 0 || flags->parent.count > 0)
		return settings_tree_map(a, NULL);
	settings_report_error(
	    r, nowhere,
	    "nothing says whom to ask: give --origin URL (the site to stand in front of), --parent URL (the "
	    "next cache), or -c FILE");
	return NULL;
}

/* ---- the node's identity ---- */

static struct trail_fields
wanted(const struct conf_trail *t)
{
	return (struct trail_fields){
		.x_cache = t->x_cache,
		.x_cache_lookup = t->x_cache_lookup,
		.x_cache_hits = t->x_cache_hits,
		.x_cache_miss_from = t->x_cache_miss_from,
		.cache_status = t->cache_status,
		.x_cache_status = t->x_cache_status,
		.server_timing = t->server_timing,
		.proxy_status = t->proxy_status,
	};
}

/* The secret that was given; else the one that is kept, or made now. */
static struct str
trail_secret(struct settings_reader *rd, bool dry)
{
	struct conf *c = rd->conf;
	const struct secret_home home = { c->node.state, c->node.user, dry };
	struct settings_place top = { rd->root, NULL };
	struct settings_place node = settings_read_under(rd, top, STR("node"));
	struct str secret;
	int err;

	if (c->trail.secret.n > 0)
		return c->trail.secret;
	secret = secret_trail(&home, rd->arena, &err);
	if (err == -EBADMSG)
		settings_report_error(rd->report, settings_read_blame(rd, node, STR("state")),
				      "trail-secret in it is damaged: remove it, and another one is made");
	else if (err != 0)
		settings_report_error(rd->report, settings_read_blame(rd, node, STR("state")),
				      "trail-secret in it can be neither read nor written: %s", strerror(-err));
	return secret;
}

static void
set_identity(struct settings_reader *rd, bool dry)
{
	struct conf_trail *t = &rd->conf->trail;
	struct str secret = trail_secret(rd, dry);

	if (secret.p == NULL)
		return; /* the report says why, or the arena is full */
	if (!trail_node_init(&t->node, rd->arena, rd->conf->node.name, secret, secret_instance()))
		settings_report_error(rd->report, nowhere, "no memory to hash the node's name");
	t->node.fields = wanted(t);
	t->node.revalidated_is_hit = t->revalidated_is_hit;
}

/* ---- all together ---- */

static struct conf *
conf_new(void)
{
	struct arena *a = arena_new(ARENA_CAP);
	struct conf *c;

	if (a == NULL)
		return NULL;
	c = arena_zalloc(a, sizeof *c);
	if (c == NULL) {
		arena_free(&a);
		return NULL;
	}
	c->arena = a;
	atomic_init(&c->refs, 1);
	return c;
}

static void
fill(struct settings_reader *rd, const struct settings_flags *flags, const struct conf *running)
{
	struct settings_node *root = read_tree(flags, rd->arena, rd->report);

	if (root == NULL)
		return;
	settings_flags_overlay(flags, root, rd->arena, rd->report);
	rd->root = root;
	settings_sections_read(rd);
	if (settings_report_errors(rd->report) > 0 || arena_failed(rd->arena))
		return;
	if (running != NULL)
		settings_running_keep(rd, running);
	set_identity(rd, flags->dry);
}

struct conf *
settings_reload(const struct settings_flags *flags, const struct conf *running, struct settings_report *report)
{
	struct conf *c = conf_new();
	struct settings_reader rd = { .conf = c, .report = report, .has_file = flags->file != NULL };

	if (c == NULL) {
		settings_report_error(report, nowhere, "no memory for a configuration");
		return NULL;
	}
	rd.arena = c->arena;
	fill(&rd, flags, running);
	if (arena_failed(c->arena))
		settings_report_error(report, nowhere, "needs more memory than a configuration may have");
	if (settings_report_errors(report) > 0)
		conf_unref(&c);
	return c;
}

struct conf *
settings_load(const struct settings_flags *flags, struct settings_report *report)
{
	return settings_reload(flags, NULL, report);
}
