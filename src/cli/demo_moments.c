#include "cli/demo_moments.h"

#include "cli/demo_nodes.h"
#include "cli/demo_show.h"

/* What a field must be, and what it means here. */
struct word {
	const char *value; /* * stands for anything; NULL: the field is not there */
	const char *means;
};

enum { FIELDS = 5 };

static const enum hdr fields[FIELDS] = { HDR_X_CACHE, HDR_X_CACHE_LOOKUP, HDR_X_CACHE_HITS, HDR_X_CACHE_MISS_FROM,
					 HDR_CACHE_STATUS };

struct moment {
	const char *title;
	const char *happens;
	const char *request;
	struct word words[FIELDS];
};

#define PAGE   "GET /style.css"
#define SHIELD DEMO_SHIELD
#define EDGE   DEMO_EDGE
#define ABSENT NULL

static const struct moment moments[] = {
#define MOMENT(title, happens, request, ...) { title, happens, request, { __VA_ARGS__ } },
#define WORD(value, means)   \
	{                    \
		value, means \
	}
#include "tbl/demo_moments.def"
#undef MOMENT
#undef WORD
};

static void
show_word(struct demo_stage *s, const struct head *answer, enum hdr id, const struct word *w)
{
	if (w->value == ABSENT)
		demo_show_words(hdr_name(id), STR("(not there)"));
	demo_scene_field(s, answer, id, w->value);
	demo_show_note(w->means);
}

static void
play(struct demo_stage *s, const struct moment *m)
{
	struct head answer;

	demo_show_title(m->title);
	demo_show_text(str_c(m->happens));
	demo_show_space();
	if (!demo_scene_ask(s, &s->edge, m->request, 200, &answer))
		return;
	for (int i = 0; i < FIELDS; i++)
		show_word(s, &answer, fields[i], &m->words[i]);
	arena_reset(s->arena);
}

void
demo_moments_play(struct demo_stage *s)
{
	struct head answer;

	demo_show_part("The three moments");
	demo_show_text(STR(
	    "Each node adds its word to five fields of the response, behind the words of those nearer to the site."));
	if (!demo_scene_prepare(s, &s->shield, PAGE, &answer))
		return;
	for (size_t i = 0; i < sizeof moments / sizeof moments[0] && !s->stopped; i++)
		play(s, &moments[i]);
}
