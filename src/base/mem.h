/* Memory by malloc, where malloc's own ways take too long.
 *
 * thread: a struct mem_spares is one thread's.
 */
#ifndef CAIRN_BASE_MEM_H
#define CAIRN_BASE_MEM_H

#include <stdlib.h>
#include <string.h>

/* Zeroed; NULL where memory is short. glibc's calloc does not look at what the thread keeps at hand (before 2.41), which takes
 * some hundred instructions more than it takes to clear a small struct. */
static inline void *
mem_zeroed(size_t n)
{
	void *p = malloc(n);

	__asm__("" : "+r"(p)); /* else gcc sees that these two are a calloc, and calls that */
	return p == NULL ? NULL : memset(p, 0, n);
}

/* Pieces of one size that were given back, for who wants one next. Start zeroed, but for `most`. */
struct mem_spares {
	struct mem_spare *first;
	unsigned count;
	unsigned most; /* that are kept */
};

/* One of them; NULL where there is none. */
void *mem_spare(struct mem_spares *s);

/* Keeps `p`, from malloc, or frees it where there are enough. Under AddressSanitizer all are freed, so that a use after the end
 * is seen. */
void mem_give_back(struct mem_spares *s, void *p);

/* Frees all. */
void mem_free_spares(struct mem_spares *s);

#endif
