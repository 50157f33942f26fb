/* An answer that a node has fetched for itself: interim responses, head and body, taken at once and in pieces. */
#include "fuzz.h"
#include "peer/answer.h"

#define BODY_MAX 4096

struct taken {
	struct arena *arena;
	struct answer answer;
	enum answer_is is;
	size_t used;
};

/* In pieces of at most `most` bytes. */
static void
take(struct taken *t, struct str in, size_t most)
{
	uint64_t random = fuzz_seed(in);

	*t = (struct taken){ .arena = arena_new(1 << 20), .is = ANSWER_MORE };
	MUST(t->arena != NULL);
	answer_begin(&t->answer, t->arena, BODY_MAX);
	while (t->is == ANSWER_MORE && t->used < in.n) {
		struct str piece = str_head(str_skip(in, t->used), 1 + fuzz_next(&random) % most);

		t->is = answer_take(&t->answer, piece);
		t->used += piece.n;
		MUST(answer_body(&t->answer).n <= BODY_MAX);
	}
	MUST(t->is != ANSWER_NO_MEMORY);
	MUST(t->answer.left <= t->used);
	t->used -= t->answer.left;
}

static void
end(struct taken *t)
{
	answer_free(&t->answer);
	arena_free(&t->arena);
}

static void
check_whole(const struct taken *t)
{
	const struct answer *a = &t->answer;

	MUST(a->head.status >= 200);
	MUST(!answer_ends_with_connection(a)); /* more might come */
	MUST(!answer_leaves_connection(a) || a->left == 0);
}

/* In how many pieces it comes changes nothing. */
static void
check_same(const struct taken *a, const struct taken *b)
{
	MUST(a->is == b->is);
	if (a->is == ANSWER_WHOLE)
		MUST(a->used == b->used && a->answer.head.status == b->answer.head.status);
	if (a->is == ANSWER_WHOLE || a->is == ANSWER_MORE)
		MUST(str_eq(answer_body(&a->answer), answer_body(&b->answer)));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = fuzz_str(data, size);
	struct taken whole, pieces;

	take(&whole, in, SIZE_MAX / 2);
	take(&pieces, in, 40);
	if (whole.is == ANSWER_WHOLE)
		check_whole(&whole);
	check_same(&whole, &pieces);
	end(&whole);
	end(&pieces);
	return 0;
}
