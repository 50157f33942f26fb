/* Stories for tests, of heads that are written as text. */
#ifndef CAIRN_TESTS_UNIT_EXPLAIN_STORIES_H
#define CAIRN_TESTS_UNIT_EXPLAIN_STORIES_H

#include "http/heads.h"

#include "explain/story.h"

/* The last line may end in a line feed. */
static inline struct head
head_of_lines(const char *text, struct arena *a)
{
	size_t n = text == NULL ? 0 : strlen(text);

	return head_of(n == 0 ? "" : arena_str(a, str_of(text, n - (text[n - 1] == '\n'))).p, a);
}

/* An exchange of which nobody told more than its head. */
static inline struct exchange
exchange_of(int status, const char *response, const char *request, struct arena *a)
{
	struct exchange x = {
		.response = head_of_lines(response, a),
		.request = head_of_lines(request, a),
		.has_request = request != NULL,
		.browser_hits = EXCHANGE_UNKNOWN,
		.came_ms = EXCHANGE_UNKNOWN,
		.started_ms = EXCHANGE_UNKNOWN,
		.wait_us = EXCHANGE_UNKNOWN,
		.all_us = EXCHANGE_UNKNOWN,
		.wire_bytes = EXCHANGE_UNKNOWN,
		.body_bytes = EXCHANGE_UNKNOWN,
	};

	x.response.status = status;
	x.request.method = METHOD_GET;
	return x;
}

static inline bool
remarks_have(const struct remark *r, const char *text)
{
	for (; r != NULL; r = r->next)
		if (str_find(r->text, str_c(text)) >= 0)
			return true;
	return false;
}

#endif
