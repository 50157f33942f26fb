/* cairn demo: a site, a shield and an edge in one terminal, and what the trail says at each step. */
#include <stdio.h>

#include "base/must.h"
#include "cli/commands.h"
#include "cli/demo_moments.h"
#include "cli/demo_nodes.h"
#include "cli/demo_origin.h"
#include "cli/demo_reasons.h"
#include "cli/demo_show.h"
#include "cli/demo_wait.h"
#include "cli/options.h"

#define ARENA_MAX (1 << 20)

struct demo {
	bool keep;
	struct demo_origin *origin;
	union addr origin_at;
	struct demo_nodes nodes;
	struct demo_stage stage;
};

static bool
take_option(void *arg, enum option_id id, const char *value)
{
	struct demo *d = arg;

	(void)value;
	MUST(id == OPTION_KEEP);
	d->keep = true;
	return true;
}

static bool
start(struct demo *d)
{
	d->stage.arena = arena_new(ARENA_MAX);
	d->origin = demo_wait_begin() && d->stage.arena != NULL ? demo_origin_start(&d->origin_at) : NULL;
	if (d->origin == NULL) {
		fprintf(stderr, "cairn demo: the system does not let it start\n");
		return false;
	}
	if (!demo_nodes_start(&d->nodes, &d->origin_at))
		return false;
	d->stage.shield = d->nodes.shield.at;
	d->stage.edge = d->nodes.edge.at;
	return true;
}

/* ---- what it tells ---- */

static void
show_cast(const struct demo *d)
{
	char site[ADDR_TEXT_SIZE];

	site[addr_text_port(&d->origin_at, site)] = '\0';
	demo_show_part("cairn demo: the trail that two caches leave");
	printf("  you  -->  %-16s -->  %-18s -->  %s\n", DEMO_EDGE, DEMO_SHIELD, "the site");
	printf("            %-16s      %-18s      %s\n", "the edge", "the shield", "an origin");
	printf("            %-16s      %-18s      %s\n\n", d->nodes.edge.listens, d->nodes.shield.listens, site);
	demo_show_text(STR(
	    "Edge and shield are nodes as you would run them: `cairn serve -c FILE`, on ports that happened to be "
	    "free. In the trail both show port 3128 (a setting, shown_port), so that it looks the same each time."));
}

static void
show_result(const struct demo_stage *s)
{
	char text[96];

	if (s->wrong == 0)
		snprintf(text, sizeof text, "All %u scenes came out as they should.", s->played);
	else
		snprintf(text, sizeof text, "In %u scenes %u things are NOT AS EXPECTED: see above.", s->played,
			 s->wrong);
	demo_show_title(text);
}

static void
show_next(void)
{
	demo_show_part("What to type next");
	demo_show_command(STR("cairn demo --keep"), "The same; and the nodes stay up, for requests of your own.");
	demo_show_command(STR("cairn serve --origin http://127.0.0.1:8000"),
			  "A node in front of a site of yours. It listens on 127.0.0.1:8080.");
	demo_show_command(STR("curl -i http://127.0.0.1:8080/"),
			  "Twice: the first is a MISS and stored, the second a HIT.");
	demo_show_command(STR("cairn help serve"),
			  "The other options. With a file, as in examples/, there is more to say.");
}

/* For who has the nodes before him. */
static void
show_kept(struct demo *d)
{
	const struct demo_nodes *n = &d->nodes;
	struct arena *a = d->stage.arena;

	demo_show_part("What to type next, in another terminal");
	demo_show_command(arena_printf(a, "curl -i http://%s/", n->edge.listens),
			  "Through edge and shield. Twice: a MISS that both store, then a HIT at the edge.");
	demo_show_command(arena_printf(a, "curl -i -H 'Cache-Control: no-cache' http://%s/", n->edge.listens),
			  "A reload.");
	demo_show_command(arena_printf(a, "curl -X PURGE http://%s/", n->edge.listens),
			  "Take it away from the edge: what does the next request say?");
	demo_show_command(arena_printf(a, "curl 'http://%s/v1/explain?url=http://%s/'", n->edge.admin, n->edge.listens),
			  "What the edge would do with such a request now, and why.");
	demo_show_command(arena_printf(a, "curl http://%s/metrics", n->shield.admin), "What the shield has counted.");
	demo_show_space();
	demo_show_words(STR("edge"), arena_printf(a, "%s, admin port %s", n->edge.listens, n->edge.admin));
	demo_show_words(STR(""), str_c(n->edge.file));
	demo_show_words(STR("shield"), arena_printf(a, "%s, admin port %s", n->shield.listens, n->shield.admin));
	demo_show_words(STR(""), str_c(n->shield.file));
	demo_show_title("All of it stays up until Ctrl-C.");
	fflush(stdout);
}

/* ---- the command ---- */

static int
run(struct demo *d)
{
	struct demo_stage *s = &d->stage;

	if (!start(d))
		return EXIT_FAILED;
	demo_show_begin();
	show_cast(d);
	demo_moments_play(s);
	if (!s->stopped)
		demo_reasons_play(s);
	if (s->stopped) {
		demo_show_space();
		return EXIT_FAILED;
	}
	show_result(s);
	if (!d->keep) {
		show_next();
	} else {
		show_kept(d);
		s->wrong += !demo_nodes_keep(&d->nodes);
		demo_show_space();
	}
	return s->wrong == 0 ? EXIT_FINE : EXIT_FAILED;
}

int
cli_demo(int argc, char **argv)
{
	struct demo d = { 0 };
	int first = options_end(options_parse(argc, argv, take_option, &d), argc, argv);
	int status;

	if (first < 0)
		return options_exit(first);
	status = run(&d);
	if (!demo_nodes_stop(&d.nodes))
		status = EXIT_FAILED;
	demo_origin_stop(&d.origin);
	demo_wait_end();
	arena_free(&d.stage.arena);
	return status;
}
