#include "base/pages.h"

#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>

#define SMALL ((size_t)4096)
#define HUGE  ((size_t)2 * 1024 * 1024)

/* Not before Linux 5.14, nor in the C library's headers of that time. */
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

/* The system may lay a mapping anywhere: more is asked for, and what lies outside given back. */
void *
pages_new(size_t n)
{
	size_t before;
	char *p = mmap(NULL, n + HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	before = -(uintptr_t)p & (HUGE - 1);
	if (before > 0)
		munmap(p, before);
	p += before;
	munmap(p + n, HUGE - before);
	/* One by one: for a huge page, a writer would wait while five hundred are cleared. */
	(void)madvise(p, n, MADV_NOHUGEPAGE);
	return p;
}

static void
touch(volatile char *p, size_t n)
{
	for (size_t i = 0; i < n; i += SMALL)
		p[i] = 0;
}

bool
pages_take(void *p, size_t n)
{
	(void)madvise(p, n, MADV_HUGEPAGE);
	if (madvise(p, n, MADV_POPULATE_WRITE) == 0)
		return true;
	if (errno != EINVAL)
		return false;
	touch(p, n);
	return true;
}

void
pages_drop(void *p, size_t n)
{
	(void)madvise(p, n, MADV_DONTNEED);
}

void
pages_free(void *p, size_t n)
{
	munmap(p, n);
}
