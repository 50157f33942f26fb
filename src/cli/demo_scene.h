/* What all scenes of the demo do: ask, show what came, and compare it with what has to come.
 * thread: the main one. */
#ifndef CAIRN_CLI_DEMO_SCENE_H
#define CAIRN_CLI_DEMO_SCENE_H

#include "base/arena.h"
#include "http/head.h"
#include "net/conn.h"

struct demo_stage {
	union addr shield, edge;
	struct arena *arena; /* of the scene that is played */
	unsigned played;
	unsigned wrong; /* things that did not come out */
	bool stopped;   /* by a signal: nothing more is asked, or shown */
};

/* A request for a later one's sake, not shown. False where there was no answer; that is shown and counted unless a
 * signal is behind it. */
bool demo_scene_prepare(struct demo_stage *s, const union addr *to, const char *request, struct head *answer);

/* Asks, shows request and status, and counts a status that is another one. False as above. */
bool demo_scene_ask(struct demo_stage *s, const union addr *to, const char *request, int status, struct head *answer);

/* Shows a field, and counts it where it is not as `pattern` says, in which * stands for anything. NULL: the field must
 * not be there, and nothing is shown then. */
void demo_scene_field(struct demo_stage *s, const struct head *answer, enum hdr id, const char *pattern);

#endif
