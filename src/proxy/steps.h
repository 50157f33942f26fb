/* The steps of a request, by number. Rows in tbl/steps.def. */
#ifndef CAIRN_PROXY_STEPS_H
#define CAIRN_PROXY_STEPS_H

enum step {
#define STEP(id, name, what, successors) STEP_##id,
#include "tbl/steps.def"
#undef STEP
	STEP_END,  /* the request is gone */
	STEP_WAIT, /* a wake-up was handed to whoever ends the wait */
};

#define STEP_COUNT STEP_END

#endif
