#include "cli/demo_reasons.h"

#include <stdio.h>

#include "base/strbuf.h"
#include "cli/demo_nodes.h"
#include "cli/demo_show.h"
#include "cli/demo_wait.h"
#include "trail/verdict.h"

/* ---- the scenes ---- */

enum { BEFORE_MAX = 2 };

struct scene {
	const char *group; /* a title for those below, and nothing else; or NULL */
	enum reason reason;
	enum lookup lookup;
	enum fwd fwd;           /* FWD_NONE: a hit, or made up */
	enum proxy_error error; /* PROXY_ERROR_NONE: not made up */
	const char *request;
	const char *story;
	const char *before[BEFORE_MAX];
	bool until_gone;
	const char *flood;
};

static const struct scene scenes[] = {
#define GROUP(title) { .group = title },
#define MISS(why, found, forward, asks, tells, ...) \
	{ .reason = REASON_##why,                   \
	  .lookup = LOOKUP_##found,                 \
	  .fwd = FWD_##forward,                     \
	  .request = asks,                          \
	  .story = tells,                           \
	  .before = { __VA_ARGS__ } },
#define HIT(why, asks, tells, ...) \
	{ .reason = REASON_##why, .lookup = LOOKUP_HIT, .request = asks, .story = tells, .before = { __VA_ARGS__ } },
#define MADE_UP(why, found, wrong, asks, tells, ...) \
	{ .reason = REASON_##why,                    \
	  .lookup = LOOKUP_##found,                  \
	  .error = PROXY_ERROR_##wrong,              \
	  .request = asks,                           \
	  .story = tells,                            \
	  .before = { __VA_ARGS__ } },
#define GONE(why, asks, tells, first, floods) \
	{ .reason = REASON_##why,             \
	  .lookup = LOOKUP_MISS,              \
	  .fwd = FWD_URI_MISS,                \
	  .request = asks,                    \
	  .story = tells,                     \
	  .before = { first },                \
	  .until_gone = true,                 \
	  .flood = floods },
#include "tbl/demo_scenes.def"
#undef GROUP
#undef MISS
#undef HIT
#undef MADE_UP
#undef GONE
};

#define SCENES (sizeof scenes / sizeof scenes[0])

/* ---- playing them ---- */

#define ROUND_MS   100
#define ROUNDS_MAX 100

/* Is something stored for it? Asked such that the answer is always no use, and the copy gains nothing by it. */
static bool
is_stored(struct demo_stage *s, const char *request)
{
	struct head answer;
	char ask[128];

	snprintf(ask, sizeof ask, "%s\nCache-Control: only-if-cached, max-age=0", request);
	return demo_scene_prepare(s, &s->shield, ask, &answer) &&
	       str_starts(head_get(&answer, HDR_X_CACHE_LOOKUP), lookup_word(LOOKUP_HIT));
}

static void
await_gone(struct demo_stage *s, const struct scene *sc)
{
	struct head answer;
	char ask[128];

	for (int i = 0; i < ROUNDS_MAX && is_stored(s, sc->request); i++) {
		if (sc->flood == NULL) {
			demo_wait(NULL, 0, ROUND_MS);
		} else {
			snprintf(ask, sizeof ask, "%s%d", sc->flood, i);
			demo_scene_prepare(s, &s->shield, ask, &answer);
		}
		arena_reset(s->arena);
	}
}

static void
prepare(struct demo_stage *s, const struct scene *sc)
{
	struct head answer;

	for (int i = 0; i < BEFORE_MAX && sc->before[i] != NULL; i++)
		demo_scene_prepare(s, &s->shield, sc->before[i], &answer);
	if (sc->until_gone)
		await_gone(s, sc);
}

/* What its fields must say; the rest of Cache-Status is free. */
static void
compare(struct demo_stage *s, const struct scene *sc, const struct head *answer)
{
	bool made_up = sc->error != PROXY_ERROR_NONE, hit = !made_up && sc->fwd == FWD_NONE;
	struct str found = lookup_word(sc->lookup), why = reason_token(sc->reason);
	struct str fwd = fwd_token(sc->fwd), error = proxy_error_token(sc->error);
	char text[128];

	demo_scene_field(s, answer, HDR_X_CACHE, hit ? "HIT from " DEMO_SHIELD : "MISS from " DEMO_SHIELD);
	snprintf(text, sizeof text, "%.*s from " DEMO_SHIELD ":3128", STR_FMT(found));
	demo_scene_field(s, answer, HDR_X_CACHE_LOOKUP, text);
	if (made_up)
		snprintf(text, sizeof text, DEMO_SHIELD "; error=%.*s", STR_FMT(error));
	else if (hit)
		snprintf(text, sizeof text, DEMO_SHIELD "; hit; *detail=%.*s", STR_FMT(why));
	else
		snprintf(text, sizeof text, DEMO_SHIELD "; fwd=%.*s; *detail=%.*s", STR_FMT(fwd), STR_FMT(why));
	demo_scene_field(s, answer, HDR_CACHE_STATUS, made_up ? NULL : text);
	demo_scene_field(s, answer, HDR_PROXY_STATUS, made_up ? text : NULL);
}

static void
play(struct demo_stage *s, const struct scene *sc)
{
	int status = sc->error == PROXY_ERROR_NONE ? 200 : proxy_error_status(sc->error);
	struct head answer;

	demo_show_named(reason_token(sc->reason), reason_sentence(sc->reason));
	if (sc->story != NULL)
		demo_show_words(STR("before"), str_c(sc->story));
	fflush(stdout);
	prepare(s, sc);
	if (!s->stopped && demo_scene_ask(s, &s->shield, sc->request, status, &answer))
		compare(s, sc, &answer);
	arena_reset(s->arena);
}

static void
show_others(struct arena *a)
{
	struct strbuf b = strbuf_in(a, 512);
	bool played[REASON_COUNT] = { true }; /* REASON_NONE is the one of groups, too */
	const char *before = ": ";

	for (size_t i = 0; i < SCENES; i++)
		played[scenes[i].reason] = true;
	strbuf_lit(&b, "Not shown, because they take a fault, a flood, or more nodes");
	for (unsigned r = 0; r < REASON_COUNT; r++) {
		if (played[r])
			continue;
		strbuf_printf(&b, "%s%.*s", before, STR_FMT(reason_token(r)));
		before = ", ";
	}
	strbuf_lit(&b, ".");
	demo_show_space();
	demo_show_text(strbuf_str(&b));
	arena_reset(a);
}

void
demo_reasons_play(struct demo_stage *s)
{
	demo_show_part("The reasons");
	demo_show_text(
	    STR("From here on the shield alone is asked. Whatever it does, the detail in Cache-Status says why; where "
		"it makes up an answer of its own, Proxy-Status says what went wrong."));
	for (size_t i = 0; i < SCENES && !s->stopped; i++) {
		if (scenes[i].group != NULL)
			demo_show_title(scenes[i].group);
		else
			play(s, &scenes[i]);
	}
	if (!s->stopped)
		show_others(s->arena);
}
