/* The second part of the demo: each reason for which a node asks upstream, or does not, one node alone being asked.
 * thread: the main one. */
#ifndef CAIRN_CLI_DEMO_REASONS_H
#define CAIRN_CLI_DEMO_REASONS_H

#include "cli/demo_scene.h"

/* Plays and shows them, on the shield. */
void demo_reasons_play(struct demo_stage *s);

#endif
