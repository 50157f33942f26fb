/* Random requests, responses, clocks, evictions and faults against a real node, each reply held against a model.
 *
 *   sim [--seeds N] [--steps M] [--seed S] [--random]
 *
 * What a step does hangs on the seed and its number alone. So a run that goes wrong is made smaller by leaving steps
 * out while it still goes wrong; what is left is told step by step.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "steps.h"

struct options {
	uint64_t seed;
	unsigned seeds, steps;
};

/* ---- making it smaller ---- */

struct shrink {
	uint64_t seed;
	unsigned steps;
	bool *skip;
	const char *wrong;
};

/* The same but for its numbers? */
static bool
is_like(const char *a, const char *b)
{
	for (;; a++, b++) {
		a += strspn(a, "0123456789");
		b += strspn(b, "0123456789");
		if (*a != *b)
			return false;
		if (*a == '\0')
			return true;
	}
}

static bool
still_wrong(struct shrink *s, FILE *trace)
{
	char wrong[512];

	return !steps_run(s->seed, s->steps, s->skip, trace, wrong, sizeof wrong) && is_like(wrong, s->wrong);
}

static bool
leave_out(struct shrink *s, unsigned from, unsigned n)
{
	bool *before = malloc(s->steps * sizeof *before);
	bool fine;

	memcpy(before, s->skip, s->steps * sizeof *before);
	for (unsigned i = from; i < from + n && i < s->steps; i++)
		s->skip[i] = true;
	fine = still_wrong(s, NULL);
	if (!fine)
		memcpy(s->skip, before, s->steps * sizeof *before);
	free(before);
	return fine;
}

static void
shrink(struct shrink *s)
{
	bool smaller = true;

	for (unsigned n = s->steps / 2; n > 1; n /= 2)
		for (unsigned from = 0; from < s->steps; from += n)
			leave_out(s, from, n);
	while (smaller) {
		smaller = false;
		for (unsigned i = s->steps; i-- > 0;)
			smaller = (!s->skip[i] && leave_out(s, i, 1)) || smaller;
	}
}

/* ---- runs ---- */

static bool
explain(uint64_t seed, unsigned steps, const char *wrong)
{
	struct shrink s = { .seed = seed, .steps = steps, .skip = calloc(steps, sizeof(bool)), .wrong = wrong };
	bool again = still_wrong(&s, NULL);

	if (again) {
		shrink(&s);
		fprintf(stderr, "seed %llu, %u steps, made smaller:\n", (unsigned long long)seed, steps);
		still_wrong(&s, stderr);
		fprintf(stderr, "Again: sim --seed %llu --steps %u\n", (unsigned long long)seed, steps);
	}
	free(s.skip);
	return again;
}

static bool
run(uint64_t seed, unsigned steps)
{
	char wrong[512];

	if (steps_run(seed, steps, NULL, NULL, wrong, sizeof wrong))
		return true;
	fprintf(stderr, "seed %llu: %s\n", (unsigned long long)seed, wrong);
	if (!explain(seed, steps, wrong))
		fprintf(stderr, "it did not happen again\n");
	return false;
}

static bool
read_options(int argc, char **argv, struct options *o)
{
	for (int i = 1; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : "";

		if (strcmp(argv[i], "--random") == 0) {
			if (getrandom(&o->seed, sizeof o->seed, 0) != sizeof o->seed)
				return false;
			o->seed >>= 32;
			continue;
		}
		if (strcmp(argv[i], "--seeds") == 0)
			o->seeds = (unsigned)strtoul(value, NULL, 10);
		else if (strcmp(argv[i], "--steps") == 0)
			o->steps = (unsigned)strtoul(value, NULL, 10);
		else if (strcmp(argv[i], "--seed") == 0)
			o->seed = strtoull(value, NULL, 10);
		else
			return false;
		i++;
	}
	return o->seeds > 0 && o->steps > 0;
}

int
main(int argc, char **argv)
{
	struct options o = { .seed = 1, .seeds = 40, .steps = 1000 };
	struct steps_totals t;

	if (!read_options(argc, argv, &o)) {
		fprintf(stderr, "usage: sim [--seeds N] [--steps M] [--seed S] [--random]\n");
		return 2;
	}
	for (uint64_t seed = o.seed; seed < o.seed + o.seeds; seed++)
		if (!run(seed, o.steps))
			return 1;
	steps_totals(&t);
	printf("%u seeds of %u steps from %llu on: %llu replies, %llu of them hits, %llu fetches\n", o.seeds, o.steps,
	       (unsigned long long)o.seed, (unsigned long long)t.replies, (unsigned long long)t.hits,
	       (unsigned long long)t.fetches);
	return 0;
}
