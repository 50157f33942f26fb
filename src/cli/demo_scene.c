#include "cli/demo_scene.h"

#include "cli/demo_client.h"
#include "cli/demo_show.h"
#include "cli/demo_wait.h"
#include "http/status.h"

bool
demo_scene_prepare(struct demo_stage *s, const union addr *to, const char *request, struct head *answer)
{
	const char *why = demo_client_ask(to, request, s->arena, answer);

	if (why == NULL)
		return true;
	s->stopped = demo_wait(NULL, 0, 0) == DEMO_STOP;
	if (!s->stopped) {
		s->wrong++;
		demo_show_wrong("%s", why);
	}
	return false;
}

static void
show_request(struct str lines)
{
	struct str name = STR("request"), line;

	for (; lines.n > 0; name = STR("")) {
		str_cut(&lines, '\n', &line);
		demo_show_words(name, line);
	}
}

bool
demo_scene_ask(struct demo_stage *s, const union addr *to, const char *request, int status, struct head *answer)
{
	s->played++;
	show_request(str_c(request));
	if (!demo_scene_prepare(s, to, request, answer))
		return false;
	demo_show_words(STR("response"),
			arena_printf(s->arena, "%d %.*s", answer->status, STR_FMT(status_reason(answer->status))));
	if (answer->status != status) {
		s->wrong++;
		demo_show_wrong("%d", status);
	}
	return true;
}

void
demo_scene_field(struct demo_stage *s, const struct head *answer, enum hdr id, const char *pattern)
{
	struct str value = head_joined(answer, id, s->arena);
	bool there = head_has(answer, id);

	if (there || pattern != NULL)
		demo_show_value(hdr_name(id), there ? value : STR("-"));
	if (there == (pattern != NULL) && (!there || str_glob(value, str_c(pattern))))
		return;
	s->wrong++;
	demo_show_wrong("%s", pattern == NULL ? "must not be there" : pattern);
}
