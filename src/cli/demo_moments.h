/* The first part of the demo: what the trail of two tiers says at a first visit, at a reload, and when the browser's
 * cache was emptied. thread: the main one. */
#ifndef CAIRN_CLI_DEMO_MOMENTS_H
#define CAIRN_CLI_DEMO_MOMENTS_H

#include "cli/demo_scene.h"

/* Plays and shows them. The stage's nodes have not been asked for anything before. */
void demo_moments_play(struct demo_stage *s);

#endif
